"""What a network holds inside, read through its public replay, and how it is compared."""

from collections.abc import Mapping, Sequence

import numpy as np

from cnnviz_widgets.network import Network


def _values(replay, x, names):
    return replay(x, names)


def taps(net: Network, x, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The values of layers as the framework would give them, from one pass."""
    batch = net.batch(x)
    found = net.at(batch.shape).run(_values, batch, names=tuple(names))
    return {name: np.asarray(value, np.float32) for name, value in found.items()}


def assert_same(got, wanted, what: str = "", tolerance: float = 2e-5) -> None:
    """Equal up to the rounding of another order of summation."""
    got, wanted = np.asarray(got, np.float32), np.asarray(wanted, np.float32)
    assert got.shape == wanted.shape, f"{what}: {got.shape} is not {wanted.shape}"
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    worst = float(np.abs(got - wanted).max(initial=0))
    assert worst <= tolerance * scale, f"{what}: off by {worst:.3g} where values reach {scale:.3g}"


def assert_taps(net: Network, x, wanted: Mapping[str, object], tolerance: float = 2e-5) -> None:
    """Every wanted layer has the wanted value and says the right shape of it."""
    found = taps(net, x, tuple(wanted))
    for name, value in wanted.items():
        assert_same(found[name], value, name, tolerance)
        assert net[name].shape == np.shape(value)[1:], name


def pictures(shape: Sequence[int], count: int = 2, seed: int = 0) -> np.ndarray:
    """A batch of random examples in [0, 1]."""
    return np.random.default_rng(seed).random((count, *shape), np.float32)
