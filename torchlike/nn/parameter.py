"""`Parameter` and `Buffer`: the tensors that a module registers when they are assigned to it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from torchlike.errors import missing
from torchlike.nn.declared import torch
from torchlike.tensors.tensor import Tensor, alias

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


class _Marked(type):
    """Counts tensors of other classes as instances, if they carry the class's mark."""

    _mark: str

    def __instancecheck__(cls, instance: object) -> bool:
        if type.__instancecheck__(cls, instance):
            return True
        return isinstance(instance, Tensor) and bool(getattr(instance, cls._mark, False))


class Parameter(Tensor, metaclass=_Marked):
    """A tensor to be trained: assigned to an attribute of a `Module`, it is one of its parameters.

    Args:
        data: the tensor, whose storage the parameter shares; an empty one if not given.
        requires_grad: whether autograd follows it.

    Example:
        >>> import torchlike as torch
        >>> torch.nn.Parameter(torch.zeros(2))
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
    """

    _mark = "_is_param"

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = torch.empty(0)
        if type(data) in (Tensor, Parameter):
            if requires_grad and data.dtype.category < 2:
                raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
            param = alias(data, cls)
            param.requires_grad = requires_grad
            return param
        param = data.detach().requires_grad_(requires_grad)
        if type(param) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} requires that "
                f"detach() returns an instance of the same type, but return type {type(param).__name__} "
                "was found instead. To use the type as a Parameter, please correct the detach() semantics "
                "defined by its __torch_dispatch__() implementation."
            )
        param._is_param = True
        return param

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        pass

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        found = memo.get(id(self))
        if found is None:
            found = memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return found

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> tuple:
        state = {name: value for name, value in self.__dict__.items() if name not in Tensor.__annotations__}
        hooks: OrderedDict = OrderedDict()
        if state:
            return rebuilt_with_state, (self.data, self.requires_grad, hooks, state)
        return rebuilt, (self.data, self.requires_grad, hooks)


def rebuilt(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    # The third argument is what PyTorch's pickles hold; its hooks are never in them.
    return Parameter(data, requires_grad)


def rebuilt_with_state(
    data: Tensor, requires_grad: bool, backward_hooks: Any, state: dict[str, Any]
) -> Parameter:
    param = Parameter(data, requires_grad)
    param.__dict__.update(state)
    return param


class Buffer(Tensor, metaclass=_Marked):
    """A tensor that a module keeps in its state but does not train.

    Assigned to an attribute of a `Module`, it is one of its buffers, as with `register_buffer`. What this
    makes is a plain tensor that carries a mark.

    Args:
        data: the tensor, whose storage the buffer shares; an empty one if not given.
        persistent: whether the module's `state_dict()` includes it.

    Example:
        >>> import torchlike as torch
        >>> module = torch.nn.Module()
        >>> module.mean = torch.nn.Buffer(torch.zeros(2))
        >>> [name for name, _ in module.named_buffers()]
        ['mean']
    """

    _mark = "_is_buffer"
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = torch.empty(0)
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


class UninitializedParameter(Parameter):
    """A parameter whose shape is not known yet; lazy layers need it, and there are none yet."""

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        raise missing("torch.nn.UninitializedParameter", "torch.nn.Parameter of the final shape")


class UninitializedBuffer(Tensor):
    """A buffer whose shape is not known yet; lazy layers need it, and there are none yet."""

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        raise missing("torch.nn.UninitializedBuffer", "torch.nn.Buffer of the final shape")


def is_lazy(param: Any) -> bool:
    """Whether a parameter's shape is not known yet."""
    return isinstance(param, (UninitializedParameter, UninitializedBuffer))
