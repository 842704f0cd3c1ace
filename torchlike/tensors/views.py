"""The public view functions: check and complete the arguments, then share the memory or, where PyTorch does, copy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.views import view_strides
from torchlike.tensors import dispatch, layouts
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import function, read_only
from torchlike.tensors.composite import composite
from torchlike.tensors.dispatch import call_view
from torchlike.tensors.geometry import is_contiguous
from torchlike.tensors.queries import type_string, wrap_dim
from torchlike.tensors.storage import contiguous_strides
from torchlike.tensors.strided import as_strided, change_shape
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_get = declaration.get
_VIEW, _RESHAPE_ALIAS = _get("_view"), _get("_reshape_alias")
_SQUEEZES = [_get(f"_squeeze{i}") for i in range(6)]
_UNSQUEEZES = [_get(f"_unsqueeze{i}") for i in range(2)]
_EXPAND = _get("_expand")
_PERMUTE = _get("_permute")
_TRANSPOSE, _TRANSPOSE_, _T, _T_ = (_get(n) for n in ("_transpose", "_transpose_", "_t", "_t_"))
_SELECT, _SLICE = _get("_select"), _get("_slice")
_DIAGONAL, _UNFOLD, _VIEW_DTYPE = _get("_diagonal"), _get("_unfold"), _get("_view_dtype")


# -- sizes ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def complete_size(numel: int, size: tuple[int, ...]) -> tuple[int, ...]:
    """A size with its -1 replaced.

    Raises:
        RuntimeError: the size does not fit the number of elements.
    """
    known, inferred = 1, None
    for i, n in enumerate(size):
        if n == -1:
            if inferred is not None:
                raise RuntimeError("only one dimension can be inferred")
            inferred = i
        elif n < 0:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(size)}")
        else:
            known *= n
    if inferred is None:
        if known != numel:
            raise RuntimeError(f"shape '{list(size)}' is invalid for input of size {numel}")
        return size
    if known == 0:
        if numel == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(size)} because the unspecified dimension size "
                "-1 can be any value and is ambiguous"
            )
        raise RuntimeError(f"shape '{list(size)}' is invalid for input of size {numel}")
    if numel % known:
        raise RuntimeError(f"shape '{list(size)}' is invalid for input of size {numel}")
    return (*size[:inferred], numel // known, *size[inferred + 1 :])


def _numel(t: Tensor) -> int:
    return prod(t.shape)


@composite("view.dtype(Tensor self, dtype dtype) -> Tensor", namespaces=())
def view_dtype(self, dtype):
    own = self.dtype
    if dtype is own:
        return view(self, self.shape)
    a, b = own.itemsize, dtype.itemsize
    if a == b:
        return _retyped(self, dtype, 0)
    between = f"to view {own.legacy_name} as {dtype.legacy_name} (different element sizes)"
    if self.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {between}")
    strides = self.stride()
    if strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {between}, but got {strides[-1]}")
    if a > b:
        return _retyped(self, dtype, a // b)
    ratio = b // a
    if self.shape[-1] % ratio:
        raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {between}, but got {self.shape[-1]}")
    if self.storage_offset() % ratio:
        raise RuntimeError(
            f"self.storage_offset() must be divisible by {ratio} {between}, but got {self.storage_offset()}"
        )
    for i, s in enumerate(strides[:-1]):
        if s % ratio:
            raise RuntimeError(f"self.stride({i}) must be divisible by {ratio} {between}, but got {s}")
    return _retyped(self, dtype, -ratio)


def _retyped(t: Tensor, dtype: Any, ratio: int) -> Tensor:
    made = call_view(_VIEW_DTYPE, (t, dtype, ratio))
    # It shares the memory, but to the graph it is no view, nor has it a gradient.
    made._base = made._creation = None
    return made


@composite("view(Tensor self, int[] size) -> Tensor", namespaces=())
def view(self, size):
    return call_view(_VIEW, (self, complete_size(_numel(self), size)))


@composite("view_as(Tensor self, Tensor other) -> Tensor", namespaces=())
def view_as(self, other):
    return view(self, tuple(other.shape))


def _unsafe_view(t: Tensor, size: tuple[int, ...]) -> Tensor:
    """A copy in another shape: what PyTorch makes with `clone` and `_unsafe_view`."""
    copied = t.clone(memory_format=layouts.contiguous_format)
    return dispatch.call(_get("_unsafe_view"), (copied, size))


@composite("reshape(Tensor self, int[] shape) -> Tensor")
def reshape(self, shape):
    size = complete_size(_numel(self), shape)
    if self._geometry is None or is_contiguous(self.shape, self._geometry[0]):
        return call_view(_VIEW, (self, size))
    if view_strides(tuple(self.shape), self._geometry[0], size) is not None:
        return call_view(_RESHAPE_ALIAS, (self, size))
    return _unsafe_view(self, size)


@composite("reshape_as(Tensor self, Tensor other) -> Tensor", namespaces=())
def reshape_as(self, other):
    return reshape(self, tuple(other.shape))


@composite("flatten(Tensor self, int start_dim=0, int end_dim=-1) -> Tensor")
def flatten(self, start_dim, end_dim):
    shape = self.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(self, (1,))
    if start == end:
        return self
    return reshape(self, (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite("unflatten(Tensor self, int dim, int[] sizes) -> Tensor")
def unflatten(self, dim, sizes):
    shape = self.shape
    dim = wrap_dim(dim, len(shape))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    if any(n < -1 for n in sizes) or sizes.count(-1) > 1:
        return complete_size(shape[dim], sizes)
    known = prod(n for n in sizes if n != -1)
    if (-1 in sizes and (known == 0 or shape[dim] % known)) or (-1 not in sizes and known != shape[dim]):
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the "
            "input tensor"
        )
    return view(self, (*shape[:dim], *complete_size(shape[dim], sizes), *shape[dim + 1 :]))


@composite("ravel(Tensor self) -> Tensor")
def ravel(self):
    return view(self.contiguous(), (-1,))


def _squeezable(t: Tensor, dims: Sequence[int] | None) -> tuple[int, ...]:
    shape = t.shape
    if dims is None:
        return tuple([i for i, n in enumerate(shape) if n == 1])
    found = []
    for d in dims:
        d = wrap_dim(d, len(shape))
        if d in found:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
        found.append(d)
    return tuple(sorted([d for d in found if shape and shape[d] == 1]))


@composite("squeeze(Tensor self) -> Tensor")
def squeeze(self):
    return call_view(_SQUEEZES[0], (self, _squeezable(self, None)))


@composite("squeeze.dim(Tensor self, int dim) -> Tensor")
def squeeze_dim(self, dim):
    return call_view(_SQUEEZES[1], (self, _squeezable(self, (dim,))))


@composite("squeeze.dims(Tensor self, int[] dim) -> Tensor")
def squeeze_dims(self, dim):
    return call_view(_SQUEEZES[2], (self, _squeezable(self, dim)))


@composite("squeeze_(Tensor self) -> Tensor", namespaces=())
def squeeze_(self):
    return change_shape(self, _SQUEEZES[3], (_squeezable(self, None),))


@composite("squeeze_.dim(Tensor self, int dim) -> Tensor", namespaces=())
def squeeze_dim_(self, dim):
    return change_shape(self, _SQUEEZES[4], (_squeezable(self, (dim,)),))


@composite("squeeze_.dims(Tensor self, int[] dim) -> Tensor", namespaces=())
def squeeze_dims_(self, dim):
    return change_shape(self, _SQUEEZES[5], (_squeezable(self, dim),))


@composite("unsqueeze(Tensor self, int dim) -> Tensor")
def unsqueeze(self, dim):
    return call_view(_UNSQUEEZES[0], (self, wrap_dim(dim, self.ndim + 1)))


@composite("unsqueeze_(Tensor self, int dim) -> Tensor", namespaces=())
def unsqueeze_(self, dim):
    return change_shape(self, _UNSQUEEZES[1], (wrap_dim(dim, self.ndim + 1),))


def expanded_size(t: Tensor, size: tuple[int, ...]) -> tuple[int, ...]:
    """A size with its -1s replaced by the sizes that a tensor has.

    Raises:
        RuntimeError: the tensor cannot be expanded to it.
    """
    shape = t.shape
    lead = len(size) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({type_string(t)}{{{list(shape)}}}, size={list(size)}): the number of sizes provided ({len(size)}) "
            f"must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    if size == shape:
        return size
    out = []
    for i, n in enumerate(size):
        if n == -1:
            if i < lead:
                raise RuntimeError(
                    f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {i}"
                )
            n = shape[i - lead]
        elif i >= lead and n != shape[i - lead] and shape[i - lead] != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({shape[i - lead]}) at "
                f"non-singleton dimension {i}.  Target sizes: {list(size)}.  Tensor sizes: {list(shape)}"
            )
        if n < 0:
            raise RuntimeError("numel: integer multiplication overflow")
        out.append(n)
    return tuple(out)


@composite("expand(Tensor self, int[] size, *, bool implicit=False) -> Tensor", namespaces=())
def expand(self, size, implicit):
    return call_view(_EXPAND, (self, expanded_size(self, size)))


@composite("expand_as(Tensor self, Tensor other) -> Tensor", namespaces=())
def expand_as(self, other):
    return expand(self, tuple(other.shape), False)


@composite("broadcast_to(Tensor self, int[] size) -> Tensor")
def broadcast_to(self, size):
    return expand(self, size, False)


# -- orders -----------------------------------------------------------------------------------------------------------


@composite("transpose(Tensor self, int dim0, int dim1) -> Tensor", aliases=("swapaxes", "swapdims"))
def transpose(self, dim0, dim1):
    n = self.ndim
    dim0, dim1 = wrap_dim(dim0, n), wrap_dim(dim1, n)
    if n == 0:
        return call_view(_VIEW, (self, ()))
    return call_view(_TRANSPOSE, (self, dim0, dim1))


@composite(
    "transpose_(Tensor self, int dim0, int dim1) -> Tensor", namespaces=(), aliases=("swapaxes_", "swapdims_")
)
def transpose_(self, dim0, dim1):
    n = self.ndim
    dim0, dim1 = wrap_dim(dim0, n), wrap_dim(dim1, n)
    if n == 0:
        return self
    return change_shape(self, _TRANSPOSE_, (dim0, dim1))


def _check_matrix(name: str, t: Tensor) -> None:
    if t.ndim > 2:
        raise RuntimeError(f"{name}() expects a tensor with <= 2 dimensions, but self is {t.ndim}D")


@composite("t(Tensor self) -> Tensor")
def t(self):
    _check_matrix("t", self)
    return call_view(_T, (self, 0, max(self.ndim - 1, 0))) if self.ndim else call_view(_VIEW, (self, ()))


@composite("t_(Tensor self) -> Tensor", namespaces=())
def t_(self):
    _check_matrix("t_", self)
    return change_shape(self, _T_, (0, max(self.ndim - 1, 0))) if self.ndim else self


@composite("permute(Tensor self, int[] dims) -> Tensor")
def permute(self, dims):
    n = self.ndim
    if len(dims) != n:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {n} is not equal to len(dims) = {len(dims)}"
        )
    order = []
    for d in dims:
        d = wrap_dim(d, n)
        if d in order:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
        order.append(d)
    return call_view(_PERMUTE, (self, tuple(order)))


def _move(self, source, destination):
    n = self.ndim
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain the same number "
            f"of dims as destination ({list(destination)} dims)"
        )
    src = [wrap_dim(d, n) for d in source]
    dst = [wrap_dim(d, n) for d in destination]
    for name, given, found in (("source", source, src), ("destination", destination, dst)):
        if len(set(found)) != len(found):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if n == 0:
        return call_view(_VIEW, (self, ()))
    order: list = [None] * n
    for s, d in zip(src, dst, strict=True):
        order[d] = s
    rest = iter([d for d in range(n) if d not in src])
    return call_view(_PERMUTE, (self, tuple([next(rest) if d is None else d for d in order])))


@composite("movedim.int(Tensor self, int source, int destination) -> Tensor", aliases=("moveaxis",))
def movedim(self, source, destination):
    return _move(self, (source,), (destination,))


@composite("movedim.intlist(Tensor self, int[] source, int[] destination) -> Tensor", aliases=("moveaxis",))
def movedim_list(self, source, destination):
    return _move(self, source, destination)


@read_only
def T(self: Tensor) -> Tensor:
    """The tensor with its dimensions in reverse order."""
    n = self.ndim
    if n == 2:
        return call_view(_PERMUTE, (self, (1, 0)))
    if n == 0:
        warn(
            "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases.", once=True
        )
        return call_view(_PERMUTE, (self, ()))
    warn(
        "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will throw "
        "an error in a future release. Consider `x.mT` to transpose batches of matrices or "
        "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
        once=True,
    )
    return call_view(_PERMUTE, (self, tuple(range(n - 1, -1, -1))))


@read_only
def mT(self: Tensor) -> Tensor:
    """The tensor with its last two dimensions exchanged."""
    n = self.ndim
    if n == 1:
        raise RuntimeError("tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.")
    if n == 0:
        warn(
            "Tensor.mT is deprecated on 0-D tensors. This function is the identity in these cases.", once=True
        )
        return self
    return transpose(self, -2, -1)


def _adjoint(self: Tensor) -> Tensor:
    found = transpose(self, -2, -1)
    return found.conj() if self.dtype.is_complex else found


@read_only
def H(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix."""
    n = self.ndim
    if n not in (0, 2):
        batch = " For batches of matrices, consider using tensor.mH" if n > 2 else ""
        raise RuntimeError(f"tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor.{batch}")
    if n == 0:
        warn("Tensor.H is deprecated on 0-D tensors. Consider using x.conj().", once=True)
        return self.conj()
    return _adjoint(self)


@read_only
def mH(self: Tensor) -> Tensor:
    """The conjugate transpose of the last two dimensions."""
    n = self.ndim
    if n == 1:
        raise RuntimeError(
            "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return _adjoint(self) if n else self.conj()


@composite("adjoint(Tensor self) -> Tensor")
def adjoint(self):
    if self.ndim == 1:
        raise RuntimeError(
            "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor."
        )
    return _adjoint(self) if self.ndim else self.conj()


# -- parts ------------------------------------------------------------------------------------------------------------


def select_part(t: Tensor, dim: int, index: int) -> Tensor:
    """The part at an index of a dimension, both counted from the front and in range."""
    return call_view(_SELECT, (t, dim, index))


def slice_part(t: Tensor, dim: int, start: int, length: int, step: int = 1) -> Tensor:
    """`length` parts of a dimension from `start` on, counted from the front and in range."""
    if length <= 1:
        # One step is like another, and fewer kernels are made.
        made = call_view(_SLICE, (t, dim, start, length, 1))
        if step != 1:
            strides, offset = made._geometry or (made.stride(), 0)
            strides = (*strides[:dim], t.stride()[dim] * step, *strides[dim + 1 :])
            made._geometry = (
                None if offset == 0 and strides == contiguous_strides(made.shape) else (strides, offset)
            )
        return made
    return call_view(_SLICE, (t, dim, start, length, step))


@composite("select(Tensor self, int dim, int index) -> Tensor")
def select(self, dim, index):
    shape = self.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, len(shape))
    n = shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}"
        )
    return select_part(self, dim, index % n)


def slice_along(t: Tensor, dim: int, start: int | None, end: int | None, step: int) -> Tensor:
    """`t[start:end:step]` along a dimension counted from the front, by Python's rules."""
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    n = t.shape[dim]
    first, last, _ = slice(start, end, step).indices(n)
    return slice_part(t, dim, first, max(0, -(-(last - first) // step)), step)


@composite(
    "slice(Tensor self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor",
    namespaces=(),
    method=False,
)
def slice_(self, dim, start, end, step):
    return slice_along(self, wrap_dim(dim, self.ndim), start, end, step)


def _narrow(self, dim, start, length):
    shape = self.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = wrap_dim(dim, len(shape))
    n = shape[dim]
    if not -n <= start <= n:
        raise IndexError(f"start out of range (expected to be in range of [-{n}, {n}], but got {start})")
    if start < 0:
        start += n
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return slice_part(self, dim, start, length)


@composite("narrow(Tensor self, int dim, int start, int length) -> Tensor")
def narrow(self, dim, start, length):
    return _narrow(self, dim, start, length)


@composite("narrow_copy(Tensor self, int dim, int start, int length) -> Tensor")
def narrow_copy(self, dim, start, length):
    return _narrow(self, dim, start, length).clone(memory_format=layouts.contiguous_format)


@composite("diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor")
def diagonal(self, offset, dim1, dim2):
    n = self.ndim
    first, second = wrap_dim(dim1, n), wrap_dim(dim2, n)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return call_view(_DIAGONAL, (self, offset, first, second))


@composite("unfold(Tensor self, int dimension, int size, int step) -> Tensor", namespaces=())
def unfold(self, dimension, size, step):
    dimension = wrap_dim(dimension, self.ndim)
    n = self.shape[dimension] if self.ndim else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return call_view(_UNFOLD, (self, dimension, size, step))


@composite("as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None) -> Tensor")
def as_strided_(self, size, stride, storage_offset):
    return as_strided(self, size, stride, storage_offset)


def _atleast(name: str, raise_rank: Any) -> None:
    @function(name)
    def atleast(*tensors: Any) -> Any:
        given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
        for i, x in enumerate(given):
            if not isinstance(x, Tensor):
                raise TypeError(
                    f"{name}(): argument 'tensors' (position {i + 1}) must be Tensor, not {type_name(x)}"
                )
        if len(tensors) == 1 and isinstance(tensors[0], Tensor):
            return raise_rank(tensors[0])
        return tuple([raise_rank(x) for x in given])

    atleast.__doc__ = f"Tensors of at least {name[8]} dimensions: views where one has fewer."


_atleast("atleast_1d", lambda x: reshape(x, (1,)) if x.ndim == 0 else x)
_atleast("atleast_2d", lambda x: reshape(x, (1, 1)) if x.ndim == 0 else unsqueeze(x, 0) if x.ndim == 1 else x)
_atleast(
    "atleast_3d",
    lambda x: (
        reshape(x, (1, 1, 1))
        if x.ndim == 0
        else unsqueeze(unsqueeze(x, 0), -1)
        if x.ndim == 1
        else unsqueeze(x, -1)
        if x.ndim == 2
        else x
    ),
)
