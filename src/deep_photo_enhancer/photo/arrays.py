"""The kinds of arrays that photos become."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.unsignedinteger[Any]]
"""(H, W, C) codes: uint8, and for photos of more than 8 bits a channel uint16."""

Floats = NDArray[np.floating[Any]]
"""(H, W, C) colours, white at 1 unless said otherwise."""
