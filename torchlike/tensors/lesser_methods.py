"""Methods that few programs use: elementwise Python functions, subclasses, old ways to reshape, views as copies."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from torchlike.engine import from_host
from torchlike.errors import warn
from torchlike.tensors import binding, writes
from torchlike.tensors.attributes import function, method
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import holding
from torchlike.tensors.nested import to_array
from torchlike.tensors.splitting import chunk, split, split_with_sizes
from torchlike.tensors.tensor import Tensor, alias
from torchlike.tensors.views import expanded_size

__all__: list[str] = []


# -- Python functions of elements -------------------------------------------------------------------------------------


def _check_detached(name: str, *tensors: Tensor) -> None:
    if any(t._gradient_edge() is not None for t in tensors):
        raise RuntimeError(
            f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead."
        )


def _rewrite(name: str, t: Tensor, others: tuple[Tensor, ...], callable: Callable) -> Tensor:
    _check_detached(name, t, *others)
    writes.check_writable(t, False)
    columns = [t.tolist() if t.ndim == 0 else t.reshape(-1).tolist()]
    columns += [o.expand(expanded_size(o, tuple(t.shape))).reshape(-1).tolist() for o in others]
    if t.ndim == 0:
        columns[0] = [columns[0]]
    made, _ = to_array([callable(*row) for row in zip(*columns, strict=True)], t.dtype)
    writes.write(t, from_host(made.reshape(t.shape), t.device), None)
    return t


@method()
def apply_(self: Tensor, callable: Callable) -> Tensor:
    """Replace every element by what a Python function makes of it, one call an element.

    Args:
        callable: of a number, giving a number.

    Raises:
        RuntimeError: the tensor requires grad.

    Example:
        >>> import torchlike as torch
        >>> torch.tensor([1.0, 2.0]).apply_(lambda v: v + 1).tolist()
        [2.0, 3.0]
    """
    return _rewrite("apply_", self, (), callable)


@method()
def map_(self: Tensor, tensor: Tensor, callable: Callable) -> Tensor:
    """Replace every element by what a Python function makes of it and of another tensor's element.

    Args:
        tensor: broadcast to this one's shape.
        callable: of two numbers, giving a number.
    """
    return _rewrite("map_", self, (tensor,), callable)


@method()
def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable) -> Tensor:
    """As `map_`, with two other tensors."""
    return _rewrite("map2_", self, (x, y), callable)


# -- subclasses -------------------------------------------------------------------------------------------------------


@method()
def as_subclass(self: Tensor, cls: type) -> Tensor:
    """The same memory and graph as a tensor of a subclass; operators on it give plain tensors.

    Args:
        cls: a subclass of `Tensor`.
    """
    made = alias(self, cls)
    made._edge = self._gradient_edge()
    return made


def _make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Tensor:
    made = alias(data, cls)
    if require_grad:
        made.requires_grad = True
    return made


method("_make_subclass")(staticmethod(_make_subclass))


# -- shapes -----------------------------------------------------------------------------------------------------------


@composite("sum_to_size(Tensor self, int[] size) -> Tensor", namespaces=())
def sum_to_size(self, size):
    shape = self.shape
    lead = len(shape) - len(size)
    if lead < 0 or any(n != m and n != 1 for n, m in zip(size, shape[max(lead, 0) :], strict=True)):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    dims = [*range(lead), *[i for i in range(lead, len(shape)) if size[i - lead] == 1 and shape[i] != 1]]
    if not dims:
        return self
    found = self.sum(dims, keepdim=True)
    return found.view(size) if lead else found


@method()
def resize(self: Tensor, *sizes: Any) -> Tensor:
    """`reshape` by its old name."""
    warn("non-inplace resize is deprecated")
    return _resized(
        self, tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes
    )


def _resized(self: Tensor, size: tuple[int, ...]) -> Tensor:
    if prod(size) != self.shape.numel():
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, size))} ({prod(size)} elements in total), but the given tensor "
            f"has a size of {'x'.join(map(str, self.shape))} ({self.shape.numel()} elements). autograd's resize can "
            "only change the shape of a given tensor, while preserving the number of elements. "
        )
    return self.contiguous().view(size)


@method()
def resize_as(self: Tensor, tensor: Tensor) -> Tensor:
    """`reshape_as` by its old name."""
    warn("non-inplace resize_as is deprecated")
    return _resized(self, tuple(tensor.shape))


@method()
def to_dense(self: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """The tensor itself: every tensor is dense.

    Args:
        dtype: a dtype to convert to.
        masked_grad: about gradients of sparse tensors, of which there are none.
    """
    return self if dtype is None else self.to(dtype)


@method("__delitem__")
def __delitem__(self: Tensor, index: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


@method()
def const_data_ptr(self: Tensor) -> int:
    """The same as `data_ptr`."""
    return self.data_ptr()


def _apart(parts: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple([p.clone() for p in parts])


@composite("unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]")
def unsafe_chunk(self, chunks, dim):
    return _apart(chunk(self, chunks, dim))


@composite("unsafe_split(Tensor self, int split_size, int dim=0) -> Tensor[]")
def unsafe_split(self, split_size, dim):
    return _apart(split(self, split_size, dim))


@composite("unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]")
def unsafe_split_with_sizes(self, split_sizes, dim):
    return _apart(split_with_sizes(self, split_sizes, dim))


# -- indices ----------------------------------------------------------------------------------------------------------


@composite("nonzero_static(Tensor self, *, int size, int fill_value=-1) -> Tensor")
def nonzero_static(self, size, fill_value):
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    found = np.full((size, self.ndim), fill_value, np.int64)
    where = np.argwhere(self._value().numpy())[:size]
    found[: len(where)] = where
    return holding(found, self.device)


@function("unravel_index")
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates that flat indices have in a shape.

    Args:
        indices: flat indices, integers.
        shape: the shape.

    Returns:
        A tensor of coordinates for each dimension.

    Example:
        >>> import torchlike as torch
        >>> [t.tolist() for t in torch.unravel_index(torch.tensor([5, 1]), (2, 3))]
        [[1, 0], [2, 1]]
    """
    if not isinstance(indices, Tensor) or indices.dtype.category != 1:
        kind = indices.dtype if isinstance(indices, Tensor) else type(indices).__name__
        raise ValueError(f"expected 'indices' to be integer dtype, but got {kind}")
    size = (shape,) if isinstance(shape, int) else tuple(shape)
    found = []
    for i, n in enumerate(size):
        step = prod(size[i + 1 :])
        found.append(indices.div(step, rounding_mode="floor").remainder(n) if n else indices)
    return binding.namespace("torch")["stack"](found, -1).unbind(-1)


# -- views as copies --------------------------------------------------------------------------------------------------


def _declare_copy(name: str) -> None:
    @function(f"{name}_copy")
    def copied(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        of = binding.namespace("torch").get(name) or (lambda t, *a, **k: getattr(t, name)(*a, **k))
        made = of(input, *args, **kwargs)
        return tuple([m.clone() for m in made]) if isinstance(made, tuple) else made.clone()

    copied.__doc__ = f"A copy of what `{name}` shows."


for _name in (
    "as_strided detach diagonal expand permute select split split_with_sizes squeeze t transpose unbind unfold "
    "unsqueeze view view_as_complex view_as_real"
).split():
    _declare_copy(_name)
