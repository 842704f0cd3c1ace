"""PyTorch's `torch.autograd.graph`: hooks on saved tensors and several gradients; nodes, edges."""

from __future__ import annotations

import threading
from abc import ABC
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from torchlike.autograd import nodes
from torchlike.autograd.backward_pass import Pass, current_pass
from torchlike.autograd.function import BackwardCFunction
from torchlike.autograd.gradient_edge import GradientEdge, get_gradient_edge
from torchlike.autograd.handles import RemovableHandle
from torchlike.autograd.nodes import tensors as callbacks
from torchlike.autograd.saved import hooks
from torchlike.errors import missing

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "region_activation_memory_budget",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
    "set_override_stale_capture_stream",
    "set_warn_on_accumulate_grad_stream_mismatch",
]


class Node(ABC):  # noqa: B024 - only ever asked by isinstance
    """What every `grad_fn` is an instance of.

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> isinstance((x + 1).grad_fn, torch.autograd.graph.Node)
        True
    """


Node.register(nodes.Node)
Node.register(BackwardCFunction)


class saved_tensors_hooks:
    """Within the block, whatever operators save for the backward pass goes through two functions.

    An operator whose gradient PyTorch computes from its result (`exp`, `tanh`, ...) saves its operand here.

    Args:
        pack_hook: called with the tensor when it is saved; what it returns is kept in its place.
        unpack_hook: called with that when the gradient needs the tensor; must return a tensor of the same
            values.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([3.0], requires_grad=True)
        >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach().numpy(), torch.from_numpy):
        ...     y = x * x
        >>> y.backward()
        >>> x.grad
        tensor([6.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        if hooks.disabled is not None:
            raise RuntimeError(hooks.disabled)
        hooks.stack.append((self.pack_hook, self.unpack_hook))

    def __exit__(self, *exc: object) -> None:
        hooks.stack.pop()


class save_on_cpu(saved_tensors_hooks):
    """Within the block, what operators save for the backward pass is kept in the host's memory.

    Args:
        pin_memory: keep it in pinned memory, which XLA's transfers do not distinguish.
        device_type: the accelerator that it is copied from.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([3.0], requires_grad=True)
        >>> with torch.autograd.graph.save_on_cpu():
        ...     y = x * x
        >>> y.backward()
        >>> x.grad
        tensor([6.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(t: Any) -> tuple:
            return (t.device, t.detach().cpu())

        def unpack(packed: tuple) -> Any:
            on, t = packed
            return t.to(on, non_blocking=pin_memory)

        super().__init__(pack, unpack)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Generator[None]:
    """Refuse saved-tensor hooks within the block.

    Args:
        error_message: of the RuntimeError that refuses them.

    Raises:
        RuntimeError: with that message, where hooks are set inside, or are set already.

    Example:
        >>> import torchlike as torch
        >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        ...     pass
    """
    before = hooks.disabled
    if hooks.stack:
        raise RuntimeError(error_message)
    hooks.disabled = error_message
    try:
        yield
    finally:
        hooks.disabled = before


class _MultiHandle(RemovableHandle):
    """Removes the hooks of several tensors at once."""

    def __init__(self, handles: Iterable[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def __getstate__(self) -> tuple:
        return self.handles

    def __setstate__(self, state: tuple) -> None:
        self.handles = state


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Call a function once per pass about the gradients of several tensors.

    Args:
        tensors: all of which require grad.
        fn: in mode "all" called with the list of their gradients (None where there is none) when the last of
            them is known; in mode "any" with the first that is known.
        mode: "all" or "any".

    Returns:
        A handle that removes the hook.

    Example:
        >>> import torchlike as torch
        >>> a = torch.tensor(2.0, requires_grad=True)
        >>> b = torch.tensor(3.0, requires_grad=True)
        >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), print)
        >>> (a * b).backward()
        [tensor(3.), tensor(2.)]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    lock = threading.Lock()
    if mode == "any":
        seen: WeakSet[Pass] = WeakSet()

        def first(grad: Tensor) -> None:
            now = _this_pass()
            with lock:
                if now in seen:
                    return
                seen.add(now)
            fn(grad)

        return _MultiHandle(t.register_hook(first) for t in tensors if t.requires_grad)

    edges = [t._gradient_edge() for t in tensors]
    if None in edges:
        raise AssertionError("Expected gradient function to be set")
    collected: WeakKeyDictionary[Pass, list] = WeakKeyDictionary()
    left: WeakKeyDictionary[Pass, int] = WeakKeyDictionary()

    def hook_of(i: int) -> Callable:
        def inner(grad: Tensor) -> None:
            now = _this_pass()
            with lock:
                if now not in left:
                    left[now] = sum(e.node in now.reached for e in edges)  # type: ignore[union-attr]
                    collected[now] = [None] * len(edges)
                collected[now][i] = grad
                left[now] -= 1
                done = left[now] == 0
            if done:
                grads = collected.pop(now)
                del left[now]
                fn(grads)

        return inner

    return _MultiHandle(t.register_hook(hook_of(i)) for i, t in enumerate(tensors))


def _this_pass() -> Pass:
    now = current_pass()
    if now is None:
        raise AssertionError("expected this hook to be called inside a backward call")
    return now


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count a write that PyTorch could not see, so that saved tensors complain.

    Args:
        tensor: what was written to, or several of them.

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(1)
        >>> torch.autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    written: Any = (tensor,) if isinstance(tensor, callbacks.tensor_type) else tensor
    for t in written:
        t._versions().version += 1


class _SavedSnapshots:
    """What `allow_mutation_on_saved_tensors` gives: the values of saved tensors at the time of saving."""

    is_open = True

    def clear(self) -> None:
        """Forget them all; their graphs can no longer be differentiated."""
        self.is_open = False

    def pack(self, t: Tensor) -> Any:
        return callbacks.unwrap(t)[0]

    def unpack(self, value: Any) -> Tensor:
        if not self.is_open:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' context"
                "in which the graph was originally recorded."
            )
        return callbacks.wrap(value, None)


_snapshots: _SavedSnapshots | None = None


@contextmanager
def allow_mutation_on_saved_tensors() -> Generator[_SavedSnapshots]:
    """Let saved tensors be written to within the block: gradients read the values from before the write.

    The backward pass must run within the block too.

    Yields:
        An object whose `clear()` forgets the saved values early.

    Raises:
        RuntimeError: such a block is open already.

    Example:
        >>> import torchlike as torch
        >>> x = torch.ones(2, requires_grad=True)
        >>> with torch.autograd.graph.allow_mutation_on_saved_tensors():
        ...     y = x.clone()
        ...     z = (y**2).sum()
        ...     y = y.sin_()
        ...     z.backward()
        >>> x.grad
        tensor([2., 2.])
    """
    global _snapshots
    if _snapshots is not None:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    _snapshots = snapshots = _SavedSnapshots()
    try:
        with saved_tensors_hooks(snapshots.pack, snapshots.unpack):
            yield snapshots
    finally:
        snapshots.clear()
        _snapshots = None


def region_activation_memory_budget(budget: float) -> Any:
    """PyTorch's hint to `torch.compile` about recomputing activations, which is not there."""
    raise missing("torch.autograd.graph.region_activation_memory_budget")


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """PyTorch's setting about CUDA streams, which are not there."""
    raise missing("torch.autograd.graph.set_warn_on_accumulate_grad_stream_mismatch")


def set_override_stale_capture_stream(enabled: bool) -> None:
    """PyTorch's setting about CUDA graphs, which are not there."""
    raise missing("torch.autograd.graph.set_override_stale_capture_stream")
