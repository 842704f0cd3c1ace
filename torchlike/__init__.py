"""PyTorch's interface on JAX: `import torchlike as torch`."""

from torchlike import operators  # noqa: F401 - declares every operator
from torchlike import tensors as _tensors
from torchlike.tensors import binding

_tensors.import_families()
binding.install()
globals().update({name: fn for name, fn in binding.namespace("torch").items() if not name.startswith("_")})
