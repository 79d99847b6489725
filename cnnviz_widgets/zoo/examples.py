"""What networks are trained and judged on: pictures, sounds or texts, and the class of each."""

import numpy as np
from jaxtyping import Int32, Num

Examples = tuple[Num[np.ndarray, "n ..."], Int32[np.ndarray, " n"]]
