"""What Zennit's composites give for the same networks; see tests/golden/make_zennit.py."""

import pytest

from cnnviz_widgets import methods
from tests.models.golden import MODELS, TARGET, X, apart, golden, network

GOLDEN = golden("zennit")


@pytest.mark.parametrize("composite", ["epsilon_plus_flat", "epsilon_gamma_box"])
@pytest.mark.parametrize("name", MODELS)
def test_composites_agree(name, composite, lenient_ranks):
    """Zennit merges the batch norm, too, and adds its stabiliser to means rather than to sums."""
    found = methods.lrp(network(name), X, target=TARGET, composite=composite)
    assert apart(found.values, GOLDEN[f"{name}/{composite}"]) <= 1e-5
