"""Joining and rearranging, where arguments are completed on the host or several operators follow."""

from __future__ import annotations

from itertools import combinations as _combinations
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import dispatch, layouts
from torchlike.tensors.arguments import type_name
from torchlike.tensors.attributes import function, functions
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import _refuse_pinning, full_of, holding
from torchlike.tensors.geometry import elementwise_strides
from torchlike.tensors.placement import place
from torchlike.tensors.python_functions import builtin
from torchlike.tensors.queries import size_dim, wrap_dim
from torchlike.tensors.storage import contiguous_strides
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.views import expand, flatten, ravel, reshape, slice_part, unsqueeze, view

__all__: list[str] = []

_get = declaration.get
_CAT, _STACK, _FLIP, _ROLL = (_get(n) for n in ("cat", "stack", "flip", "_roll"))


def _check_some(name: str, tensors: tuple) -> None:
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")


@composite("hstack(Tensor[] tensors) -> Tensor", method=False, out=True)
def hstack(tensors):
    _check_some("hstack", tensors)
    tensors = tuple([functions["atleast_1d"](t) for t in tensors])
    return dispatch.call(_CAT, (tensors, 0 if tensors[0].ndim == 1 else 1))


@composite("vstack(Tensor[] tensors) -> Tensor", method=False, out=True, aliases=("row_stack",))
def vstack(tensors):
    _check_some("vstack", tensors)
    return dispatch.call(_CAT, (tuple([functions["atleast_2d"](t) for t in tensors]), 0))


@composite("dstack(Tensor[] tensors) -> Tensor", method=False, out=True)
def dstack(tensors):
    _check_some("dstack", tensors)
    return dispatch.call(_CAT, (tuple([functions["atleast_3d"](t) for t in tensors]), 2))


@composite("column_stack(Tensor[] tensors) -> Tensor", method=False, out=True)
def column_stack(tensors):
    _check_some("column_stack", tensors)
    return hstack(tuple([reshape(t, (t.shape.numel(), 1)) if t.ndim <= 1 else t for t in tensors]))


@composite("tile(Tensor self, int[] dims) -> Tensor")
def tile(self, dims):
    return dispatch.call(_get("repeat"), (self, (1,) * (self.ndim - len(dims)) + tuple(dims)))


def _spread(repeats: Tensor, output_size: int | None) -> np.ndarray:
    """The positions that are left when position `i` is repeated `repeats[i]` times."""
    if repeats.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if repeats.dtype not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(
            f"\"repeat_interleave_cpu\" not implemented for '{repeats.dtype.legacy_name}'"
        )
    counts = repeats._value().numpy()
    if output_size is not None and output_size != counts.sum() and counts.size:
        raise RuntimeError("allocated size does not match required size")
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    return np.repeat(np.arange(counts.size, dtype=counts.dtype), counts)


@composite(
    "repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None)"
    " -> Tensor"
)
def repeat_interleave(self, repeats, dim, output_size):
    if dim is None:
        self, dim = flatten(self, 0, -1), 0
    n = size_dim(self, dim) if self.ndim == 0 else self.shape[wrap_dim(dim, self.ndim)]
    if repeats.ndim == 0 or tuple(repeats.shape) == (1,):
        repeats = expand(reshape(repeats, (1,)), (n,), False)
    elif repeats.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    elif repeats.shape[0] != n:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{repeats.shape[0]} and input.size({dim}) = {n}"
        )
    return _index_select(self, dim, wrap(from_host(_spread(repeats, output_size), self.device)))


_index_select = builtin("torch", "index_select")


@composite("repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor", method=False)
def repeat_interleave_positions(repeats, output_size):
    return wrap(from_host(_spread(repeats, output_size), repeats.device))


@composite(
    "repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor"
)
def repeat_interleave_evenly(self, repeats, dim, output_size):
    given = self
    if dim is None:
        self = flatten(self, 0, -1)
    d = wrap_dim(0 if dim is None else dim, given.ndim)
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    if self.ndim == 0:
        raise IndexError("Dimension out of range (expected to be in range of [-1, 0], but got 1)")
    size = self.shape[d] * repeats
    if output_size is not None and output_size != size:
        raise RuntimeError(f"repeat_interleave: Invalid output_size, expected {size} but got {output_size}")
    shape = self.shape
    spread = expand(unsqueeze(self, d + 1), (*shape[: d + 1], repeats, *shape[d + 1 :]), False)
    return flatten(spread.clone(memory_format=layouts.contiguous_format), d, d + 1)


_empty_like = builtin("torch", "empty_like")


def _check_diff(self: Tensor, n: int, dim: int, others: list[Tensor]) -> int:
    if self.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    d = wrap_dim(dim, self.ndim)
    for other in others:
        if other.ndim != self.ndim:
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
        for i, (a, b) in enumerate(zip(self.shape, other.shape, strict=True)):
            if i != d and a != b:
                raise RuntimeError(
                    "diff expects the shape of tensor to prepend or append to match that of input except along the "
                    f"differencing dimension; input.size({i}) = {a}, but got tensor.size({i}) = {b}"
                )
    return d


@composite(
    "diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor", out=True
)
def diff(self, n, dim, prepend, append):
    others = [t for t in (prepend, append) if t is not None]
    d = _check_diff(self, n, dim, others)
    if n == 0:
        return _empty_like(self).copy_(self)
    found = self
    if others:
        found = dispatch.call(_CAT, ([t for t in (prepend, self, append) if t is not None], d))
    minus = _get("logical_xor" if found.dtype is dtypes.bool_ else "sub")
    for _ in range(min(n, found.shape[d])):
        left = found.shape[d] - 1
        later, earlier = slice_part(found, d, 1, left), slice_part(found, d, 0, left)
        found = dispatch.call(minus, (later, earlier, *minus.defaults[2:]))
    return found


@composite("roll(Tensor self, int[1] shifts, int[1] dims=()) -> Tensor")
def roll(self, shifts, dims):
    if not shifts:
        raise RuntimeError("`shifts` required")
    if len(shifts) != len(dims) and (dims or len(shifts) != 1):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if self.ndim == 0 and dims:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    wrapped = tuple([wrap_dim(d, self.ndim) for d in dims]) if self.shape.numel() else ()
    return dispatch.call(_ROLL, (self, wrap(from_host(np.array(shifts, np.int64), self.device)), wrapped))


@composite("rot90(Tensor self, int k=1, int[] dims=(0, 1)) -> Tensor")
def rot90(self, k, dims):
    k %= 4
    made = dispatch.call(_get("_rot90"), (self, k, dims))
    if k == 0:
        return made
    shape = self.shape
    strides = list(elementwise_strides(shape, [(shape, self.stride())]) or contiguous_strides(shape))
    if k != 2:
        a, b = dims
        strides[a], strides[b] = strides[b], strides[a]
    if tuple(strides) != contiguous_strides(made.shape):
        made._geometry = (tuple(strides), 0)
        made._storage.strides = tuple(strides)
    return made


def _check_tensors(tensors: Any) -> None:
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type_name(t)}")


@function("meshgrid")
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Grids of coordinates from vectors of them.

    Args:
        tensors: one or more tensors of at most one dimension and of one dtype, or a sequence of such.
        indexing: "ij", where the grids' first dimension is the first tensor's, or "xy", where it is the
            second's.

    Returns:
        One view a tensor, of the shape that the lengths give.

    Raises:
        RuntimeError: there is no tensor, one has more dimensions, or dtypes differ.

    Example:
        >>> import torchlike as torch
        >>> x, y = torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="xy")
        >>> x
        tensor([[1, 2],
                [1, 2]])
    """
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        tensors = tuple(tensors[0])
    _check_tensors(tensors)
    if indexing is None:
        warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
            once=True,
        )
        indexing = "ij"
    return _grids(tensors, indexing)


def _grids(tensors: tuple, indexing: str) -> tuple[Tensor, ...]:
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(t.dtype is not tensors[0].dtype for t in tensors):
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    if any(t.device != tensors[0].device for t in tensors):
        raise RuntimeError("meshgrid expects all tensors to have the same device")
    if indexing not in ("xy", "ij"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    order = list(range(len(tensors)))
    if indexing == "xy" and len(order) > 1:
        order[0], order[1] = 1, 0
    for i in order:
        if tensors[i].ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {tensors[i]}"
            )
    lengths = [tensors[i].shape.numel() for i in order]
    grids: list = [None] * len(order)
    for position, i in enumerate(order):
        alone = [1] * len(order)
        alone[position] = lengths[position]
        grids[i] = expand(view(tensors[i], tuple(alone)), tuple(lengths), False)
    return tuple(grids)


@function("cartesian_prod")
def cartesian_prod(*tensors: Any) -> Tensor:
    """Every choice of one element from each of several vectors, in the order of `itertools.product`.

    Args:
        tensors: one or more vectors of one dtype.

    Returns:
        A matrix with a row a choice; a single vector is given back as it is.

    Raises:
        RuntimeError: an argument is no vector, or dtypes differ.

    Example:
        >>> import torchlike as torch
        >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([3, 4])).tolist()
        [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    _check_tensors(tensors)
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    grids = _grids(tensors, "ij")
    return dispatch.call(_STACK, (tuple([flatten(g, 0, -1) for g in grids]), 1))


@composite("combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor", method=False)
def combinations(self, r, with_replacement):
    if self.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(self.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return full_of("empty", (0,), 0, self.dtype, self.device)
    chosen = (combinations_with_replacement if with_replacement else _combinations)(range(self.shape[0]), r)
    index = np.array(list(chosen), np.int64).reshape(-1, r)
    return dispatch.call(_get("_combinations"), (self, wrap(from_host(index, self.device))))


@function("broadcast_tensors")
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Views of tensors in the shape to which they broadcast together.

    Args:
        tensors: any number of tensors.

    Returns:
        One a tensor; a tensor that has the shape already is given back as it is.

    Raises:
        RuntimeError: the shapes do not broadcast.

    Example:
        >>> import torchlike as torch
        >>> a, b = torch.broadcast_tensors(torch.zeros(2, 1), torch.zeros(3))
        >>> a.shape, b.shape
        (torch.Size([2, 3]), torch.Size([2, 3]))
    """
    _check_tensors(tensors)
    shape = broadcast_shape(*[tuple(t.shape) for t in tensors])
    return tuple([t if t.shape == shape else expand(t, shape, False) for t in tensors])


@composite("diagflat(Tensor self, int offset=0) -> Tensor")
def diagflat(self, offset):
    return dispatch.call(_get("diag"), (ravel(self), offset))


@function("block_diag")
def block_diag(*tensors: Any) -> Tensor:
    r"""A matrix with the given ones along its diagonal and zeros elsewhere.

    Args:
        tensors: matrices; a vector is a row, a number a matrix of one element.

    Returns:
        A matrix of the dtype in which they meet.

    Raises:
        RuntimeError: a tensor has more than two dimensions.

    Example:
        >>> import torchlike as torch
        >>> torch.block_diag(torch.tensor([[1, 2]]), torch.tensor(3)).tolist()
        [[1, 2, 0], [0, 0, 3]]
    """
    _check_tensors(tensors)
    if not tensors:
        return full_of("zeros", (1, 0), 0, dtypes.get_default_dtype(), None)
    return dispatch.call(_get("_block_diag"), (tensors,))


_INDICES = (
    "(int row, int col, int offset=0, *, dtype? dtype=None, any layout=None, device? device=None,"
    " bool? pin_memory=None, bool? requires_grad=False) -> Tensor"
)


def _triangle(name, find, row, col, offset, dtype, layout, device, pin_memory, requires_grad):
    layouts.check_strided(name, layout)
    for which, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{which} must be non-negative, got{n}")
    _refuse_pinning(pin_memory)
    to = dtype or dtypes.int64
    if to not in (dtypes.int64, dtypes.int32):
        raise NotImplementedError(f"\"{name}\" not implemented for '{to.legacy_name}'")
    return holding(np.stack(find(row, offset, col)).astype(to.np), place(device), requires_grad)


@composite(f"tril_indices{_INDICES}", method=False)
def tril_indices(*arguments):
    return _triangle("tril_indices", np.tril_indices, *arguments)


@composite(f"triu_indices{_INDICES}", method=False)
def triu_indices(*arguments):
    return _triangle("triu_indices", np.triu_indices, *arguments)


_cumprod = builtin("torch", "cumprod")


@composite("vander(Tensor x, int? N=None, bool increasing=False) -> Tensor", method=False)
def vander(x, N, increasing):
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    result = full_of("empty", (x.shape[0], n), 1, dtypes.promote_types(x.dtype, dtypes.int64), x.device)
    if n > 1:
        powers = _cumprod(expand(unsqueeze(x, 1), (x.shape[0], n - 1), False), 1)
        result.narrow(1, 1, n - 1).copy_(powers)
    return result if increasing else dispatch.call(_FLIP, (result, (1,)))


@composite("vander.linalg(Tensor x, *, int? N=None) -> Tensor", method=False, namespaces=("linalg",))
def vander_batched(x, N):
    if x.dtype.category == 0:
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got Bool"
        )
    if x.ndim == 0:
        x = unsqueeze(x, -1)
    n = x.shape[-1] if N is None else N
    if n <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers = _cumprod(expand(unsqueeze(x, -1), (*x.shape, n - 1), False), -1)
    ones = full_of("ones", (*x.shape, 1), 1, powers.dtype, x.device)
    return dispatch.call(_CAT, ((ones, powers), -1))
