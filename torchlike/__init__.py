"""PyTorch's interface on JAX: `import torchlike as torch`."""

from torchlike.tensors import public as _public

globals().update(_public.names())
