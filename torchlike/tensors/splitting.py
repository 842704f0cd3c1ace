"""Several views at once: `split`, `chunk`, `unbind` and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchlike.autograd.modes import state
from torchlike.autograd.nodes import Edge
from torchlike.autograd.operator_nodes import view_node
from torchlike.engine import INT, Value, record
from torchlike.operators import declaration
from torchlike.operators.views import part_entry
from torchlike.tensors import dispatch
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.forbidden_writes import check_edge
from torchlike.tensors.queries import wrap_dim
from torchlike.tensors.storage import Storage, ViewStep, contiguous_strides
from torchlike.tensors.tensor import Tensor
from torchlike.tensors.views import select_part, slice_along, slice_part

__all__: list[str] = []

_SLICE, _SELECT = declaration.get("_slice"), declaration.get("_select")
# So many views at most come from one entry; more would be slow to compile.
_AT_ONCE = 64


def parts(t: Tensor, name: str, dim: int, lengths: tuple[int, ...] | None) -> tuple[Tensor, ...]:
    """All parts of a dimension, side by side.

    Args:
        t: the tensor.
        name: the node's name.
        dim: the dimension, counted from the front.
        lengths: the parts' lengths, or None for single elements without the dimension.

    Returns:
        Views that share one node. PyTorch forbids writing to them while the graph is recorded.
    """
    value = t._value()
    place = (value.aval, t._geometry, dim, lengths)
    steps = _steps.get(place)
    if steps is None:
        if len(_steps) >= _MAX_STEPS:
            _steps.clear()
        steps = _steps[place] = _prepared(t, value, dim, lengths)
    edge = t._edge if state.enabled else None
    node = values = None
    ordinary = t._storage.__class__ is Storage
    if edge is not None or (0 < len(steps) <= _AT_ONCE and ordinary):
        entry = part_entry(value.aval, dim, lengths)
        values = record(entry, (value,))
        if edge is not None:
            check_edge(edge)
            node = view_node(entry, name, (value,), edge)
    made = []
    for i, (step, geometry) in enumerate(steps):
        if values is not None:
            own = values[i]
        elif ordinary:
            own = record(step.read, (value, *step.numbers))[0]
        else:
            own = t._storage.region(step.read.out_avals[0], geometry)  # type: ignore[attr-defined]
        view = dispatch.view_of(t, step, own)
        view._geometry = geometry
        if node is not None:
            view._edge = Edge(node, i)
        if state.enabled:
            view._creation = "multiple"
        made.append(view)
    return tuple(made)


# The parts of a dimension: per part its step and its geometry.
_steps: dict[tuple, list[tuple[ViewStep, tuple | None]]] = {}
_MAX_STEPS = 1024


def _prepared(
    t: Tensor, value: Value, dim: int, lengths: tuple[int, ...] | None
) -> list[tuple[ViewStep, tuple | None]]:
    strides, offset = t.stride(), t.storage_offset()
    kept = (*strides[:dim], *strides[dim + 1 :]) if lengths is None else strides
    found: list[tuple[ViewStep, tuple | None]] = []
    start = 0
    for length in (1,) * t.shape[dim] if lengths is None else lengths:
        op, key = (
            (_SELECT, (value.aval, dim, INT))
            if lengths is None
            else (_SLICE, (value.aval, dim, INT, length, 1))
        )
        entry = op.entry(key)
        at = offset + start * strides[dim]
        plain = at == 0 and kept == contiguous_strides(entry.out_avals[0].shape)
        found.append((ViewStep(op, key, entry, (start,)), None if plain else (kept, at)))
        start += length
    return found


def _split_lengths(n: int, size: int) -> tuple[int, ...]:
    if size < 0:
        raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
    if size == 0:
        if n:
            raise RuntimeError(
                f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
            )
        return (0,)
    return tuple([min(size, n - i) for i in range(0, n, size)]) or (0,)


def _check_ranked(name: str, t: Tensor) -> None:
    if t.ndim == 0:
        raise RuntimeError(f"{name} expects at least a 1-dimensional tensor")


@composite("split.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]")
def split(self, split_size, dim):
    _check_ranked("split", self)
    self._gradient_edge()
    dim = wrap_dim(dim, self.ndim)
    return parts(self, "SplitBackward0", dim, _split_lengths(self.shape[dim], split_size))


def _with_sizes(self, sizes, dim):
    _check_ranked("split", self)
    self._gradient_edge()
    dim = wrap_dim(dim, self.ndim)
    n = self.shape[dim]
    if any(s < 0 for s in sizes):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={list(sizes)}"
        )
    if sum(sizes) != n:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), but "
            f"got split_sizes={list(sizes)}"
        )
    return parts(self, "SplitWithSizesBackward0", dim, tuple(sizes))


@composite("split.sizes(Tensor self, int[] split_size, int dim=0) -> Tensor[]")
def split_sizes(self, split_size, dim):
    return _with_sizes(self, split_size, dim)


@composite("split_with_sizes(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]")
def split_with_sizes(self, split_sizes, dim):
    return _with_sizes(self, split_sizes, dim)


@composite("chunk(Tensor self, int chunks, int dim=0) -> Tensor[]")
def chunk(self, chunks, dim):
    shape = self.shape
    if not shape:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    self._gradient_edge()
    dim = wrap_dim(dim, len(shape))
    n = shape[dim]
    size = -(-n // chunks)
    if size == 0 and n == 0:
        return parts(self, "SplitWithSizesBackward0", dim, (0,) * chunks)
    return parts(self, "SplitBackward0", dim, _split_lengths(n, size))


@composite("unbind(Tensor self, int dim=0) -> Tensor[]")
def unbind(self, dim):
    if self.ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    self._gradient_edge()
    return parts(self, "UnbindBackward0", wrap_dim(dim, self.ndim), None)


@method("__iter__")
def __iter__(self: Tensor) -> Iterator[Tensor]:
    if self.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    n = self.shape[0]
    if n <= _AT_ONCE or self.requires_grad:
        return iter(unbind(self, 0))
    # Rows are looked up as the loop gets to them.
    return (select_part(self, 0, i) for i in range(n))


def _tensor_split(t: Tensor, bounds: tuple[int, ...], dim: int) -> tuple[Tensor, ...]:
    ends = (*bounds, None)
    starts = (0, *bounds)
    return tuple([slice_along(t, dim, a, b, 1) for a, b in zip(starts, ends, strict=True)])


def _sections(t: Tensor, sections: int, dim: int) -> tuple[Tensor, ...]:
    if sections <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
    n = t.shape[dim]
    small, more = divmod(n, sections)
    made, start = [], 0
    for i in range(sections):
        length = small + (i < more)
        made.append(slice_part(t, dim, start, length))
        start += length
    return tuple(made)


def _check_splittable(t: Tensor) -> None:
    if t.ndim == 0:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )


@composite("tensor_split.sections(Tensor self, int sections, int dim=0) -> Tensor[]")
def tensor_split(self, sections, dim):
    _check_splittable(self)
    return _sections(self, sections, wrap_dim(dim, self.ndim))


@composite("tensor_split.indices(Tensor self, int[] indices, int dim=0) -> Tensor[]")
def tensor_split_indices(self, indices, dim):
    _check_splittable(self)
    return _tensor_split(self, tuple(indices), wrap_dim(dim, self.ndim))


@composite("tensor_split.tensor(Tensor self, Tensor tensor_indices_or_sections, int dim=0) -> Tensor[]")
def tensor_split_tensor(self, tensor_indices_or_sections, dim):
    _check_splittable(self)
    given = tensor_indices_or_sections
    if given.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but "
            f"got a tensor with {given.ndim} dims"
        )
    dim = wrap_dim(dim, self.ndim)
    if given.ndim == 0:
        return _sections(self, int(given), dim)
    return _tensor_split(self, tuple(given.tolist()), dim)


def _declare_stackwise(name: str, rank: int, dim_of: Any) -> None:
    def check(t: Tensor) -> None:
        if t.ndim < rank:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {rank} dimension, but got a tensor with {t.ndim} "
                "dimensions!"
            )

    @composite(f"{name}.int(Tensor self, int sections) -> Tensor[]")
    def by_sections(self, sections):
        check(self)
        dim = dim_of(self)
        n = self.shape[dim]
        if sections == 0 or n % sections:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension {n} is not "
                f"divisible by the split_size {sections}!"
            )
        return _sections(self, sections, dim)

    @composite(f"{name}.array(Tensor self, int[] indices) -> Tensor[]")
    def by_indices(self, indices):
        check(self)
        return _tensor_split(self, tuple(indices), dim_of(self))


_declare_stackwise("hsplit", 1, lambda t: 0 if t.ndim == 1 else 1)
_declare_stackwise("vsplit", 2, lambda t: 0)
_declare_stackwise("dsplit", 3, lambda t: 2)
