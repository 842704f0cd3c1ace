"""The `Tensor` class: a storage, a view of it, and where its gradient goes.

Only what is not an operator is written here; functions and methods that are operators come from their declarations
(`torchlike.tensors.binding`). Attributes that most tensors do not need are defaults of the class, so that making a
tensor sets one attribute.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, overload

from torchlike import dtypes
from torchlike.autograd.modes import state
from torchlike.autograd.nodes import AccumulateGrad, Edge, Node, Variable, move_retained
from torchlike.devices import device
from torchlike.engine import Value
from torchlike.errors import missing
from torchlike.sizes import Size
from torchlike.tensors.forbidden_writes import ForbiddenWrite, LostView, check_edge
from torchlike.tensors.storage import Counter, Storage, ViewStep, contiguous_strides, read_through

__all__ = ["Tensor", "alias", "read", "relative_steps", "root_of", "wrap"]


class Tensor:
    """A multi-dimensional array of one dtype that can record how it was computed.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (x ** 2).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """

    _storage: Storage
    # A differentiable tensor's gradient goes to this edge: a node's output, or the leaf's AccumulateGrad.
    _edge: Edge | None = None
    _grad: Tensor | None = None
    # Views: the steps over the storage, the tensor viewed, the last value read and the write count at that time.
    _view: tuple[ViewStep, ...] | None = None
    _base: Tensor | None = None
    _cached: Value
    _seen: int = 0
    # The version at which a view's edge was derived; writes through `.data` change its value and leave this.
    _derived_at: int = 0
    # How a view came to be, where PyTorch forbids writing to it: "no_grad", "multiple", "inference".
    _creation: str | None = None
    # (strides, offset) where they are not those of a contiguous tensor at offset 0.
    _geometry: tuple[tuple[int, ...], int] | None = None
    # The version counter, where it is not the storage's.
    _counter: Counter | None = None
    _inference: bool = False
    # The tensor as it was before its own shape was changed in place, to which its views still refer.
    _root: Tensor | None = None
    # After a write through a view: where its base's gradient went then, and the version.
    _rebased: tuple[Edge, int] | None = None
    # Where the gradient of that one went when `_edge` was derived from it.
    _root_edge: Edge | None = None
    _leaf_hooks: OrderedDict | None = None
    _post_accumulate_hooks: OrderedDict | None = None

    if TYPE_CHECKING:

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...

        # What `binding.install` puts on the class and `__getattr__` does not stand for.
        grad: Tensor | None
        data: Tensor

        def __getitem__(self, index: Any) -> Tensor: ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __iter__(self) -> Iterator[Tensor]: ...
        def __len__(self) -> int: ...
        def __bool__(self) -> bool: ...
        def __neg__(self) -> Tensor: ...
        def __invert__(self) -> Tensor: ...
        def __add__(self, other: Any) -> Tensor: ...
        def __radd__(self, other: Any) -> Tensor: ...
        def __sub__(self, other: Any) -> Tensor: ...
        def __rsub__(self, other: Any) -> Tensor: ...
        def __mul__(self, other: Any) -> Tensor: ...
        def __rmul__(self, other: Any) -> Tensor: ...
        def __truediv__(self, other: Any) -> Tensor: ...
        def __rtruediv__(self, other: Any) -> Tensor: ...
        def __pow__(self, other: Any) -> Tensor: ...
        def __rpow__(self, other: Any) -> Tensor: ...
        def __matmul__(self, other: Any) -> Tensor: ...
        def __and__(self, other: Any) -> Tensor: ...
        def __or__(self, other: Any) -> Tensor: ...
        def __lt__(self, other: Any) -> Tensor: ...
        def __le__(self, other: Any) -> Tensor: ...
        def __gt__(self, other: Any) -> Tensor: ...
        def __ge__(self, other: Any) -> Tensor: ...

    # -- values -------------------------------------------------------------------------------------------------

    def _value(self) -> Value:
        """The current value."""
        if self._view is None:
            return self._storage.value
        return read(self)

    def _versions(self) -> Storage | Counter:
        return self._counter or self._storage

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return (self._storage.value if self._view is None else self._cached).aval.shape

    @property
    def dtype(self) -> dtypes.dtype:
        """The elements' type."""
        return self._storage.value.aval.dtype if self._view is None else self._cached.aval.dtype

    @property
    def device(self) -> device:
        """Where the elements live."""
        return self._storage.value.aval.device

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self._versions().version

    # -- geometry -----------------------------------------------------------------------------------------------

    @overload
    def stride(self, dim: None = None) -> tuple[int, ...]: ...

    @overload
    def stride(self, dim: int) -> int: ...

    def stride(self, dim: int | None = None) -> tuple[int, ...] | int:
        """The jump in the storage, in elements, from one index of a dimension to the next.

        Args:
            dim: one dimension, or None for all.

        Example:
            >>> import torchlike as torch
            >>> torch.zeros(2, 3).t().stride()
            (1, 3)
        """
        geometry = self._geometry
        strides = contiguous_strides(self.shape) if geometry is None else geometry[0]
        if dim is None:
            return strides
        n = len(strides)
        if not -n <= dim < n:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-max(n, 1)}, {max(n, 1) - 1}], but got {dim})"
            )
        return strides[dim]

    def storage_offset(self) -> int:
        """The position in the storage of the first element."""
        return 0 if self._geometry is None else self._geometry[1]

    # -- autograd -----------------------------------------------------------------------------------------------

    def _gradient_edge(self) -> Edge | None:
        """The edge, after bringing a view's up to date."""
        if self._view is not None:
            read(self)
        return self._edge

    @property
    def requires_grad(self) -> bool:
        """Whether operators on it record the graph."""
        if self._edge is not None or self._view is None:
            return self._edge is not None
        root = root_of(self)
        return root is not None and root.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value is not True and value is not False:
            raise RuntimeError("requires_grad must be a bool")
        edge = self._gradient_edge()
        if edge is not None and type(edge.node) is not AccumulateGrad:
            if not value:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to use a computed "
                    "variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
                )
            return
        if value and self.dtype.category < 2:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        if not value:
            self._edge = None
        elif edge is None:
            if self._inference and not state.inference:
                raise RuntimeError(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
                )
            node = AccumulateGrad(self)
            if self._leaf_hooks is not None:
                node.rarities().tensor_hooks = {0: self._leaf_hooks}
            node.post_hooks = self._post_accumulate_hooks
            self._edge = Edge(node, 0)

    @property
    def is_leaf(self) -> bool:
        """Whether no operator of the graph made it."""
        return self.grad_fn is None

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operator that made it, or None."""
        edge = self._gradient_edge()
        if edge is None or type(edge.node) is AccumulateGrad:
            return None
        check_edge(edge)
        return edge.node.public

    @property
    def output_nr(self) -> int:
        """Which of its operator's results it is."""
        edge = self._gradient_edge()
        return 0 if edge is None else edge.nr


def _read_only(name: str) -> None:
    found = Tensor.__dict__[name]

    def refuse(self: Tensor, value: Any) -> None:
        raise AttributeError(f"attribute '{name}' of 'torch._C.TensorBase' objects is not writable")

    setattr(Tensor, name, property(found.fget, refuse, None, found.__doc__))


for _name in ("shape", "dtype", "device", "ndim", "_version", "is_leaf", "grad_fn", "output_nr"):
    _read_only(_name)

# What users see is `torch.Tensor`, as in PyTorch's `print(type(x))`; `__reduce_ex__` never names the class.
Tensor.__module__ = "torch"


def wrap(value: Value, edge: Edge | None = None) -> Tensor:
    """A tensor with a storage of its own."""
    t = _new(Tensor)
    t._storage = Storage(value)
    if edge is not None:
        t._edge = edge
    if state.inference:
        t._inference = True
    return t


_new = object.__new__


def root_of(t: Tensor) -> Tensor | None:
    """The tensor whose graph a view takes part in: its base, as that was before any change of its own shape."""
    if t._root is not None:
        return t._root
    base = t._base
    if base is None:
        return None
    return base if base._root is None else base._root


def relative_steps(steps: tuple[ViewStep, ...], root: Tensor) -> tuple[ViewStep, ...]:
    """The steps from a root, which may show only a part of its storage, to one of its views."""
    before = root._view
    if before is None:
        return steps
    n = len(before)
    if steps[:n] != before:
        raise missing("the gradient of a write through as_strided of a detached view")
    return steps[n:]


def read(t: Tensor) -> Value:
    """The current value of a view, re-derived if its storage was written to; its edge follows its base's."""
    if t._seen != t._storage.writes:
        _derive(t)
    if t._edge is None:
        base = t._base
        if base is not None and base._edge is not None and t._cached.aval.dtype.category >= 2:
            # What it is a view of was told since to require grad.
            if t._versions().version != t._derived_at:
                _derive(t)
            else:
                # To PyTorch so does the view, as a leaf.
                t._edge = base._edge  # not to come back here
                t._edge = Edge(AccumulateGrad(t, accepts=False), 0)
    return t._cached


def _derive(t: Tensor) -> None:
    """Read a view's part of its storage, and derive its edge from its base's."""
    storage, steps, root = t._storage, t._view, root_of(t)
    assert steps is not None
    # `_base` is set on what is a view to the graph. A write through `.data` leaves the edge as it is.
    edge = None if root is None else root._gradient_edge()
    versions = t._counter or storage
    if t._rebased is not None and t._rebased[1] == versions.version:
        # Whatever has become of the base since: this is what was written.
        edge = t._rebased[0]
    if edge is None or root is None or t._root_edge is edge or versions.version == t._derived_at:
        t._cached = storage.part(t)
        if edge is None and root is not None and versions.version != t._derived_at and t._edge is not None:
            if t._root is None and type(t._edge.node) is not AccumulateGrad:
                t._edge = Edge(LostView(t._cached.aval), 0)
    elif t._creation is not None:
        t._cached = storage.part(t)
        if t._edge is None or type(t._edge.node) is not ForbiddenWrite:
            t._edge = Edge(ForbiddenWrite(t._creation, t._edge, t._cached.aval), 0)
    else:
        value = root._storage.value if root._view is None else root._cached
        name = "AsStridedBackward0" if t._root is None else edge.node.name()
        out = read_through(Variable(value, edge), relative_steps(steps, root), name)
        if t._edge is not None and t._edge.node.rare is not None:
            move_retained(t, t._edge, out.edge)
        t._cached, t._edge = out.value, out.edge
        if t._root is not None:
            t._root_edge = edge
    if edge is not None:
        t._derived_at = versions.version
    t._seen = storage.writes


def alias(t: Tensor, cls: type = Tensor) -> Tensor:
    """A tensor on the same storage, outside the graph: what `detach()` gives."""
    a: Any = _new(cls)
    a._storage = t._storage
    if t._view is not None:
        a._cached = read(t)
        a._view = t._view
        a._seen = t._seen
    if t._geometry is not None:
        a._geometry = t._geometry
    if t._counter is not None:
        a._counter = t._counter
    if t._inference:
        a._inference = True
    return a
