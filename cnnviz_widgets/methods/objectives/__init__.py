"""What an ascent makes larger.

An objective is which layers it needs, a function of their values, and that function's arguments:
`form` is what is compiled, `algebra` the objective with its sums and products, `texts` reads what
a person writes. `units`, `directions`, `batches`, `comparisons` and `pictures` are the families.

Objectives are added, subtracted and multiplied: `channel("conv3", 5) - 0.1 * total_variation()`.
Where a part is a text, it stands for a unit or a layer: `"conv3:5" + diversity("conv3")`.

Signs: whatever an objective is named after grows when it is climbed. So `diversity` makes pictures
differ and `alignment` makes them alike, while `total_variation`, `l1`, `l2`, `blur` and
`boundary_complexity` are there to be subtracted.
"""

from .algebra import Objective
from .batches import alignment, diversity, each, interpolation
from .checks import check_index, check_position, check_units
from .comparisons import activation_difference, likeness, wanted_values
from .directions import direction, direction_at, directions, local_group, tensor_direction
from .form import INPUT, OF_THE_PICTURE, OPACITY, Form, Place, Score, Scores, Values, Weighed
from .own import of_taps
from .pictures import (
    blur,
    boundary_complexity,
    input_difference,
    l1,
    l2,
    opacity,
    total_variation,
)
from .scores import only, per_image
from .texts import objective
from .units import channel, class_logit, class_probability, layer, neuron

__all__ = [
    "INPUT", "OF_THE_PICTURE", "OPACITY", "Form", "Objective", "Place", "Score", "Scores",
    "Values", "Weighed", "activation_difference", "alignment", "blur", "boundary_complexity",
    "channel", "check_index", "check_position", "check_units", "class_logit", "class_probability",
    "direction", "direction_at", "directions", "diversity", "each", "input_difference",
    "interpolation", "l1", "l2", "layer", "likeness", "local_group", "neuron", "objective",
    "of_taps", "only", "opacity", "per_image", "tensor_direction", "total_variation",
    "wanted_values",
]  # fmt: skip
