"""What networks are trained and judged on: pictures or sounds and the index of each one's class."""

import numpy as np
from jaxtyping import Float32, Int32

Examples = tuple[Float32[np.ndarray, "n ..."], Int32[np.ndarray, " n"]]
