"""Versions, as `torch.version` gives them."""

__version__ = "0.1.0"
# PyTorch's own libraries, none of which is in use.
cuda = None
hip = None
xpu = None
debug = False
