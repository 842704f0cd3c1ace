"""What a tensor is, without reading its elements: size, dtype, device, flags."""

from __future__ import annotations

from typing import Any

from torchlike.dtypes import dtype
from torchlike.engine import KIND_OF
from torchlike.operators.promotion import result_type as _meet
from torchlike.sizes import Size
from torchlike.tensors import layouts
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import method, read_only
from torchlike.tensors.composite import composite
from torchlike.tensors.geometry import is_contiguous as _is_contiguous
from torchlike.tensors.tensor import Tensor

__all__ = [
    "broadcast_shapes",
    "is_storage",
    "is_tensor",
    "numel",
    "result_type",
    "typename",
]


def wrap_dim(dim: int, n: int) -> int:
    """A dimension counted from the front.

    Raises:
        IndexError: there is no such dimension; a zero-dimensional tensor is treated as having one.
    """
    m = max(n, 1)
    if not -m <= dim < m:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-m}, {m - 1}], but got {dim})"
        )
    return dim % m


@composite("size(Tensor self) -> any", namespaces=())
def size(self: Tensor) -> Size:
    return self.shape


@composite("size.dim(Tensor self, int dim) -> any", namespaces=())
def size_dim(self: Tensor, dim: int) -> int:
    shape = self.shape
    n = len(shape)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(n, 1)}, {max(n, 1) - 1}], but got {dim})"
            if n
            else f"Dimension specified as {dim} but tensor has no dimensions"
        )
    return shape[dim]


@method("dim", "ndimension")
def dim(self: Tensor) -> int:
    """The number of dimensions."""
    return len(self.shape)


@composite("numel(Tensor self) -> any", aliases=("nelement",))
def numel(self: Tensor) -> int:
    return self.shape.numel()


@method()
def element_size(self: Tensor) -> int:
    """Bytes an element."""
    return self.dtype.itemsize


@read_only
def itemsize(self: Tensor) -> int:
    """Bytes an element."""
    return self.dtype.itemsize


@read_only
def nbytes(self: Tensor) -> int:
    """Bytes of all elements."""
    return self.shape.numel() * self.dtype.itemsize


@method()
def is_contiguous(self: Tensor, memory_format: Any = layouts.contiguous_format) -> bool:
    """Whether the elements lie in order without gaps.

    Args:
        memory_format: the order asked for; row-major by default.
    """
    geometry = self._geometry
    if memory_format is layouts.contiguous_format:
        return geometry is None or _is_contiguous(self.shape, geometry[0])
    if memory_format is layouts.preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return layouts.is_in_format(memory_format, self.shape, self.stride())


def _flag(name: str, answer: Any, is_property: bool = False, function: bool = False) -> None:
    def asked(self: Tensor) -> bool:
        return answer(self)

    asked.__name__ = name
    if function:
        composite(f"{name}(Tensor self) -> any")(asked)
    else:
        (read_only if is_property else method(name))(asked)


_flag("is_floating_point", lambda t: t.dtype.is_floating_point, function=True)
_flag("is_complex", lambda t: t.dtype.is_complex, function=True)
_flag("is_signed", lambda t: t.dtype.is_signed, function=True)
_flag("is_inference", lambda t: t._inference, function=True)
_flag("is_conj", lambda t: False, function=True)
_flag("is_neg", lambda t: False, function=True)
_flag("is_nonzero", bool, function=True)
_flag("is_shared", lambda t: t.device.type != "cpu")
_flag("is_pinned", lambda t: False)
_flag("is_coalesced", lambda t: False)
_flag("_is_view", lambda t: t._base is not None)
_flag("is_cuda", lambda t: t.device.type == "cuda", is_property=True)
_flag("is_cpu", lambda t: t.device.type == "cpu", is_property=True)
for _kind in ("ipu", "xpu", "xla", "vulkan", "mps", "mtia", "maia", "hpu", "meta"):
    _flag(f"is_{_kind}", lambda t: False, is_property=True)
for _kind in ("mkldnn", "quantized", "sparse", "sparse_csr", "nested"):
    _flag(f"is_{_kind}", lambda t: False, is_property=True)


@read_only
def layout(self: Tensor) -> layouts.layout:
    """Always `torch.strided`."""
    return layouts.strided


method("__array_priority__")(1000)


@composite("get_device(Tensor self) -> any")
def get_device(self: Tensor) -> int:
    return -1 if self.device.type == "cpu" else self.device.index or 0


@method()
def dense_dim(self: Tensor) -> int:
    """The number of dense dimensions: all."""
    return self.ndim


@method()
def sparse_dim(self: Tensor) -> int:
    """The number of sparse dimensions: none."""
    return 0


@composite("is_same_size(Tensor self, Tensor other) -> any")
def is_same_size(self: Tensor, other: Tensor) -> bool:
    return self.shape == other.shape


@method()
def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both are the same part of the same storage."""
    return (
        self._storage is tensor._storage
        and self.shape == tensor.shape
        and self.stride() == tensor.stride()
        and self.storage_offset() == tensor.storage_offset()
    )


@method()
def dim_order(self: Tensor) -> tuple[int, ...]:
    """The dimensions from the slowest to the fastest in memory."""
    strides = self.stride()
    return tuple(sorted(range(self.ndim), key=lambda i: -strides[i]))


def is_tensor(obj: object) -> bool:
    """Whether an object is a tensor.

    Example:
        >>> import torchlike as torch
        >>> torch.is_tensor(torch.ones(1)), torch.is_tensor(1)
        (True, False)
    """
    return isinstance(obj, Tensor)


def is_storage(obj: object) -> bool:
    """Whether an object is a storage: what `Tensor.untyped_storage` gives."""
    from torchlike.tensors.memory import UntypedStorage

    return isinstance(obj, UntypedStorage)


def typename(obj: object) -> str:
    """The name of an object's type, of a tensor that of its kind.

    Example:
        >>> import torchlike as torch
        >>> torch.typename(torch.ones(1))
        'torch.FloatTensor'
    """
    if isinstance(obj, Tensor):
        return type_string(obj)
    module = getattr(obj, "__module__", "") or ""
    if module in ("builtins", "__builtin__", ""):
        prefix = ""
    else:
        prefix = f"{module}."
    if hasattr(obj, "__qualname__"):
        return prefix + obj.__qualname__
    if hasattr(obj, "__name__"):
        return prefix + obj.__name__
    module = type(obj).__module__ or ""
    prefix = "" if module in ("builtins", "__builtin__") else f"{module}."
    return prefix + type(obj).__qualname__


def type_string(t: Tensor) -> str:
    """A tensor's kind as `Tensor.type()` names it: `torch.FloatTensor`."""
    return f"torch.{'cuda.' if t.device.type == 'cuda' else ''}{t.dtype.legacy_name}Tensor"


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype in which two tensors or numbers meet in an operator.

    Args:
        tensor1, tensor2: tensors or Python numbers.

    Raises:
        TypeError: an argument is neither.

    Example:
        >>> import torchlike as torch
        >>> torch.result_type(torch.tensor([1, 2]), 1.0)
        torch.float32
    """
    found: list[Any] = []
    for x in (tensor1, tensor2):
        if isinstance(x, Tensor):
            found.append(x._value().aval)
        elif type(x) in KIND_OF:
            found.append(KIND_OF[type(x)])
        else:
            raise TypeError(
                f"result_type() received an invalid combination of arguments - got ({type_name(tensor1)}, "
                f"{type_name(tensor2)}), but expected one of:\n * (Tensor tensor, Tensor other)\n * (Number scalar, "
                "Tensor tensor)\n * (Tensor tensor, Number other)\n * (Number scalar1, Number scalar2)\n"
            )
    return _meet(found)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape to which shapes broadcast.

    Args:
        shapes: tuples of ints, or ints for shapes of one dimension.

    Raises:
        RuntimeError: they do not broadcast.

    Example:
        >>> import torchlike as torch
        >>> torch.broadcast_shapes((2, 1), (3,))
        torch.Size([2, 3])
    """
    given = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    n = max((len(s) for s in given), default=0)
    result = [1] * n
    for position, shape in enumerate(given):
        for i in range(-1, -1 - len(shape), -1):
            if shape[i] < 0:
                raise RuntimeError(
                    f"Trying to create tensor with negative dimension ({shape[i]}): ({shape[i]})"
                )
            if shape[i] in (1, result[i]):
                continue
            if result[i] != 1:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[i]} at {i}! Mismatching argument at index "
                    f"{position} had {shape}; but expected shape should be broadcastable to {result}"
                )
            result[i] = shape[i]
    return Size(result)
