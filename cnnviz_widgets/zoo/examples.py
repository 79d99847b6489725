"""What networks are trained and judged on: pictures in [0, 1] and the index of each one's class."""

import numpy as np
from jaxtyping import Float32, Int32

Examples = tuple[Float32[np.ndarray, "n h w c"], Int32[np.ndarray, " n"]]
