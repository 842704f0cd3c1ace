"""`gather`, `scatter`, `index_add`, `take` and their kin: checks, then the kernels of `operators.indexing`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import checks as deferred
from torchlike.engine import from_host, record
from torchlike.errors import warn
from torchlike.operators import declaration
from torchlike.operators.declaration import broadcast_shape
from torchlike.tensors import bounds
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import holding
from torchlike.tensors.dispatch import call
from torchlike.tensors.overflow import element
from torchlike.tensors.queries import wrap_dim
from torchlike.tensors.tensor import Tensor, wrap
from torchlike.tensors.writes import call_inplace

__all__ = ["indices_of"]

_get = declaration.get
_INTEGERS = (dtypes.int64, dtypes.int32)


def _declare_both(name: str, arguments: str, kernel: str, prepare: Callable, overload: str = "") -> None:
    """Declare a function and its in-place form.

    Args:
        name: the public name.
        arguments: the schema behind `self`.
        kernel: the operator.
        prepare: checks the arguments and gives the operator's.
        overload: the overload's suffix.
    """
    op = _get(kernel)

    @composite(f"{name}{overload}(Tensor self, {arguments}) -> Tensor", out=True)
    def out_of_place(*args: Any) -> Tensor:
        return call(op, prepare(*args))

    @composite(f"{name}_{overload}(Tensor self, {arguments}) -> Tensor", namespaces=())
    def in_place(*args: Any) -> Tensor:
        return call_inplace(op, prepare(*args))


def _out_of_bounds(error: type, dim: int, size: int) -> Callable[[int], Exception]:
    return lambda i: error(f"index {i} is out of bounds for dimension {dim} with size {size}")


def _check_range(index: Tensor, size: int, error: Callable[[int], Exception], negative: bool = False) -> None:
    bounds.verify(index, -size if negative else 0, size, error)


def _size(t: Tensor, dim: int) -> int:
    return t.shape[dim] if t.ndim else 1


# -- gather and scatter -----------------------------------------------------------------------------------------------


@composite("index_select(Tensor self, int dim, Tensor index) -> Tensor", out=True)
def index_select(self, dim, index):
    dim = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if index.dtype not in _INTEGERS:
        raise RuntimeError("index_select(): Expected dtype int32 or int64 for index")
    if self.ndim == 0 and index.shape.numel() != 1:
        raise RuntimeError(
            f"index_select(): Index to scalar can have only 1 value, got {index.shape.numel()} value(s)"
        )
    n = _size(self, dim)
    empty = self.ndim > 1 and not self.shape.numel()
    if empty and not n and index.shape.numel():
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    if dim == 1 or empty:
        # PyTorch has a kernel of its own for the second dimension, and a check for what has no elements.
        _check_range(
            index, n, lambda i: RuntimeError(f"INDICES element is out of DATA bounds, id={i} axis_dim={n}")
        )
    else:
        _check_range(index, n, lambda i: IndexError("index out of range in self"))
    if self.ndim == 0:
        return self.clone()
    if index.ndim == 0:
        index = index.reshape(1)
    return call(_get("_index_select"), (self, dim, index))


def _check_gather(name: str, t: Tensor, dim: int, index: Tensor, what: str) -> int:
    dim = wrap_dim(dim, t.ndim)
    if index.dtype not in _INTEGERS:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if index.shape.numel() and max(t.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError(f"Index tensor must have the same number of dimensions as {what} tensor")
    return dim


@composite("gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor", out=True)
def gather(self, dim, index, sparse_grad):
    dim = _check_gather("gather", self, dim, index, "input")
    if sparse_grad and self.requires_grad:
        from torchlike.errors import missing

        raise missing("torch.gather(sparse_grad=True)", "sparse_grad=False")
    if index.shape.numel() == 0:
        return (
            call(_get("_masked_pick"), (self, index))
            if self.requires_grad
            else self.new_empty(tuple(index.shape))
        )
    for i in range(index.ndim):
        if i != dim and self.ndim and index.shape[i] > self.shape[i]:
            raise RuntimeError(
                f"Size does not match at dimension {i} expected index {list(index.shape)} to be no larger than self "
                f"{list(self.shape)} apart from dimension {dim}"
            )
    n = _size(self, dim)
    _check_range(index, n, _out_of_bounds(RuntimeError, dim, n))
    return call(_get("_gather"), (self, dim, index))


def _check_scatter(name: str, t: Tensor, dim: int, index: Tensor, src: Tensor | None) -> int:
    dim = _check_gather(name, t, dim, index, "self")
    if src is not None:
        if src.dtype is not t.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
        if index.shape.numel() and max(src.ndim, 1) != max(index.ndim, 1):
            raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    bad = any(
        (i != dim and t.ndim and n > t.shape[i]) or (src is not None and src.ndim and n > src.shape[i])
        for i, n in enumerate(index.shape)
    )
    if bad and index.shape.numel():
        beyond = "" if src is None else f" and to be no larger size than src {list(src.shape)}"
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self {list(t.shape)} apart from dimension {dim}"
            f"{beyond}"
        )
    n = _size(t, dim)
    _check_range(index, n, _out_of_bounds(RuntimeError, dim, n))
    return dim


def _prepare_scatter(self, dim, index, src):
    return self, _check_scatter("scatter", self, dim, index, src), index, src


def _prepare_scatter_value(self, dim, index, value):
    return self, _check_scatter("scatter", self, dim, index, None), index, value


def _prepare_scatter_add(self, dim, index, src):
    return self, _check_scatter("scatter_add", self, dim, index, src), index, src


_REDUCTIONS = {"add": "sum", "multiply": "prod"}


def _scatter_reduction(self, dim, index, src, reduce):
    if isinstance(src, Tensor):
        warn(
            "The reduce argument of torch.scatter with Tensor src is deprecated and will be removed in a future "
            "PyTorch release. Use torch.scatter_reduce instead for more reduction options.",
        )
    if reduce not in _REDUCTIONS:
        raise RuntimeError("reduce argument must be either add or multiply.")
    if self.requires_grad or (isinstance(src, Tensor) and src.requires_grad):
        from torchlike.errors import missing

        raise missing("the gradient of torch.scatter(reduce=...)", "torch.scatter_reduce")
    dim = _check_scatter("scatter", self, dim, index, src if isinstance(src, Tensor) else None)
    if not isinstance(src, Tensor):
        src = self.new_full(tuple(index.shape), src)
    return self, dim, index, src, _REDUCTIONS[reduce], True


_declare_both("scatter", "int dim, Tensor index, Tensor src", "_scatter", _prepare_scatter)
_declare_both(
    "scatter", "int dim, Tensor index, Scalar value", "_scatter_value", _prepare_scatter_value, ".value"
)
_declare_both(
    "scatter",
    "int dim, Tensor index, Tensor src, *, str reduce",
    "_scatter_reduce",
    _scatter_reduction,
    ".reduce",
)
_declare_both(
    "scatter",
    "int dim, Tensor index, Scalar value, *, str reduce",
    "_scatter_reduce",
    _scatter_reduction,
    ".value_reduce",
)
_declare_both("scatter_add", "int dim, Tensor index, Tensor src", "_scatter_add", _prepare_scatter_add)


def _check_reduce(reduce: str) -> None:
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")


def _prepare_scatter_reduce(self, dim, index, src, reduce, include_self):
    _check_reduce(reduce)
    dim = _check_scatter("scatter", self, dim, index, src)
    return self, dim, index, src, reduce, include_self


_declare_both(
    "scatter_reduce",
    "int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True",
    "_scatter_reduce",
    _prepare_scatter_reduce,
    ".two",
)


# -- along one dimension ----------------------------------------------------------------------------------------------


def _prepare_index_add(self, dim, index, source, alpha):
    dim = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError(
            f"index_add_(): Index is supposed to be a vector, but got dim: {index.ndim} with type: "
            f"{index.dtype.legacy_name} and size: {list(index.shape)}"
        )
    if index.dtype not in _INTEGERS:
        raise RuntimeError(
            f"index_add_(): Expected dtype int32/int64 for index but got: {index.dtype.legacy_name}"
        )
    if source.dtype is not self.dtype:
        raise RuntimeError(
            f"index_add_(): self ({self.dtype.legacy_name}) and source ({source.dtype.legacy_name}) must have the same "
            "scalar type"
        )
    n = index.shape.numel()
    if _size(source, dim) != n:
        raise RuntimeError(
            f"index_add_(): Number of indices ({n}) should be equal to source.size(dim): ({_size(source, dim)}), for "
            f"dim: {dim}"
        )
    own = [*self.shape[:dim], *self.shape[dim + 1 :]]
    theirs = [*source.shape[:dim], *source.shape[dim + 1 :]]
    if own != theirs and (self.ndim and source.ndim):
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = "
            f"{list(self.shape)} source.shape = {list(source.shape)}"
        )
    size = _size(self, dim)
    if self.ndim > 1:
        _check_range(index, size, _out_of_bounds(RuntimeError, dim, size))
    else:
        _check_range(index, size, lambda i: IndexError("index out of range in self"))
    return self, dim, index, source, alpha


_declare_both(
    "index_add", "int dim, Tensor index, Tensor source, *, Scalar alpha=1", "_index_add", _prepare_index_add
)


def _prepare_index_copy(self, dim, index, source):
    dim = wrap_dim(dim, self.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    n = index.shape.numel()
    if source.ndim == 0 and n != 1:
        raise IndexError(f"index_copy_(): When source is scalar, index should have one element (got {n})")
    if source.ndim != self.ndim and source.ndim and self.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
            f"dimensionality ({source.ndim}), destination dimensionality ({self.ndim})"
        )
    if index.dtype is not dtypes.int64:
        raise RuntimeError(
            f"index_copy_(): Expected a long tensor for index, but got {index.dtype.legacy_name}"
        )
    if source.dtype is not self.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got (self) "
            f"{self.dtype.legacy_name} and (source) {source.dtype.legacy_name}"
        )
    own = [*self.shape[:dim], *self.shape[dim + 1 :]]
    theirs = [*source.shape[:dim], *source.shape[dim + 1 :]]
    if own != theirs and source.ndim:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: "
            f"{' '.join(map(str, own))} at dimension {dim} and source slice shape: {' '.join(map(str, theirs))} at "
            f"dimension {0 if source.ndim == 0 else dim}."
        )
    if source.ndim and n != source.shape[dim]:
        raise IndexError(
            f"index_copy_(): Number of indices ({n}) should be equal to source.size(dim) ({source.shape[dim]})"
        )
    size = _size(self, dim)
    _check_range(
        index,
        size,
        lambda i: IndexError(
            f"index_copy_(): index {i} is out of bounds for dimension {dim} with size {size}"
        ),
    )
    return self, dim, index, source


_declare_both("index_copy", "int dim, Tensor index, Tensor source", "_index_copy", _prepare_index_copy)


def _prepare_index_fill(self, dim, index, value):
    dim = wrap_dim(dim, self.ndim)
    if index.dtype is not dtypes.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if index.ndim > 1:
        raise RuntimeError("Index has to be a vector/scalar")
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                f"index_fill_ only supports a 0-dimensional value tensor, but got tensor with {value.ndim} "
                "dimension(s)."
            )
    else:
        element(value, self.dtype)
    size = _size(self, dim)
    _check_range(index, size, _out_of_bounds(IndexError, dim, size), negative=True)
    return self, dim, index, value


_declare_both(
    "index_fill", "int dim, Tensor index, Tensor value", "_index_fill_tensor", _prepare_index_fill, ".Tensor"
)
_declare_both("index_fill", "int dim, Tensor index, Scalar value", "_index_fill", _prepare_index_fill)


def _prepare_index_reduce(self, dim, index, source, reduce, include_self):
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    warn("index_reduce() is in beta and the API may change at any time.")
    kernel = ""
    if self.ndim <= 1 and (self.dtype.is_complex or self.dtype.category == 0):
        kernel = "index_func_"
    elif self.dtype.is_complex and reduce in ("amax", "amin"):
        kernel = "maximum_cpu" if reduce == "amax" else "minimum_cpu"
    if kernel:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{self.dtype.legacy_name}'")
    self, dim, index, source, _ = _prepare_index_add(self, dim, index, source, 1)
    return self, dim, index, source, reduce, include_self


_declare_both(
    "index_reduce",
    "int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True",
    "_index_reduce",
    _prepare_index_reduce,
)


# -- the flat tensor --------------------------------------------------------------------------------------------------


def _check_flat(name: str, t: Tensor, index: Tensor) -> None:
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"{name}(): Expected a long tensor for index, but got {index.dtype.legacy_name}")
    n = t.shape.numel()
    bounds.verify(
        index,
        -n,
        n,
        lambda i: IndexError(f"out of range: tried to access index {i} on a tensor of {n} elements."),
    )


@composite("take(Tensor self, Tensor index) -> Tensor", out=True)
def take(self, index):
    if index.dtype is dtypes.int64 and self.shape.numel() == 0 and index.shape.numel():
        raise IndexError("take(): tried to take from an empty tensor")
    _check_flat("take", self, index)
    return call(_get("_take"), (self, index))


def _prepare_put(self, index, source, accumulate):
    if index.dtype is not dtypes.int64:
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {index.dtype.legacy_name}")
    if source.dtype is not self.dtype:
        raise RuntimeError(
            f"put_(): self and source expected to have the same dtype, but got self.dtype = {_plain(self.dtype)} and "
            f"source.dtype = {_plain(source.dtype)}"
        )
    if source.shape.numel() != index.shape.numel():
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.shape.numel()}, index.numel() = {index.shape.numel()}"
        )
    _check_flat("put_", self, index)
    return self, index, source, accumulate


def _plain(d: dtypes.dtype) -> str:
    return d.legacy_name


_declare_both("put", "Tensor index, Tensor source, bool accumulate=False", "_put", _prepare_put)


@composite("take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor", out=True)
def take_along_dim(self, indices, dim):
    if indices.dtype is not dtypes.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {indices.dtype.legacy_name}"
        )
    if dim is None:
        return gather(self.reshape(-1), 0, indices.reshape(-1), False)
    if self.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{self.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    dim = wrap_dim(dim, self.ndim)
    own, theirs = list(self.shape), list(indices.shape)
    own[dim], theirs[dim] = theirs[dim], self.shape[dim]
    wide_index = broadcast_shape(tuple(own), tuple(indices.shape))
    wide = broadcast_shape(tuple(self.shape), tuple(theirs))
    index = indices.expand(wide_index)
    return gather(self.expand(wide), dim, index, False)


# -- masks ------------------------------------------------------------------------------------------------------------


def indices_of(mask: Tensor) -> tuple[np.ndarray, ...]:
    """Where a tensor is not zero, per dimension; waits for what is pending."""
    return np.nonzero(mask._value().numpy())


@composite("masked_select(Tensor self, Tensor mask) -> Tensor", out=True)
def masked_select(self, mask):
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    shape = broadcast_shape(tuple(mask.shape), tuple(self.shape))
    flat = np.flatnonzero(np.broadcast_to(mask._value().numpy(), shape))
    return call(_get("_masked_pick"), (self.expand(shape), wrap(from_host(flat, self.device))))


def _prepare_masked_scatter(self, mask, source):
    if source.dtype is not self.dtype:
        raise RuntimeError(
            f"masked_scatter: expected self and source to have same dtypes but got{self.dtype.legacy_name} and "
            f"{source.dtype.legacy_name}"
        )
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask with dtype {mask.dtype.legacy_name}"
        )
    shape = broadcast_shape(tuple(self.shape), tuple(mask.shape))
    mask = mask.expand(shape)
    value, n = mask._value(), source.shape.numel()
    if n < mask.shape.numel():
        count = record(_get("_count_true").entry((value.aval,)), (value,))[0]
        if value.array is not None:
            if int(np.asarray(count.get())) > n:
                raise RuntimeError("Number of elements of source < number of ones in mask")
        else:
            flag = call(_get("gt"), (wrap(count), n))
            deferred.add(
                flag._value(), lambda: RuntimeError("Number of elements of source < number of ones in mask")
            )
    return self.expand(shape) if tuple(self.shape) != shape else self, mask, source


_declare_both("masked_scatter", "Tensor mask, Tensor source", "_masked_scatter", _prepare_masked_scatter)


def _nonzero(t: Tensor) -> Tensor:
    found = np.argwhere(t._value().numpy())
    if t.ndim == 0:
        found = found.reshape(len(found), 0)
    n = found.shape[0]
    strides = (1, n)
    return holding(np.ascontiguousarray(found), t.device, False, None if found.shape[1] == 1 else strides)


def _nonzero_tuple(t: Tensor) -> tuple[Tensor, ...]:
    return _nonzero(t if t.ndim else t.unsqueeze(0)).unbind(1)


@composite("nonzero(Tensor self, *, bool as_tuple=False) -> Tensor", out=True)
def nonzero(self, as_tuple):
    return _nonzero_tuple(self) if as_tuple else _nonzero(self)


@composite("argwhere(Tensor self) -> Tensor")
def argwhere(self):
    return _nonzero(self)
