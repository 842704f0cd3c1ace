"""`Optimizer`: parameter groups, state, hooks, and what every step has around it."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from torchlike import dtypes, engine
from torchlike.nn.declared import typename
from torchlike.nn.hooks import Hooks, RemovableHandle
from torchlike.tensors.gradients import drop_gradients
from torchlike.tensors.tensor import Tensor

__all__ = [
    "Optimizer",
    "ParamGroup",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]

_step_pre_hooks: Hooks = OrderedDict()
_step_post_hooks: Hooks = OrderedDict()

_HOOK_REGISTRIES = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


class _Required:
    """The default of an option that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class ParamGroup(dict):
    """A parameter group: a dictionary whose entries are attributes too, `group.lr` being `group["lr"]`.

    Example:
        >>> import torchlike as torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(2))], lr=0.1)
        >>> optimizer.param_groups[0].lr = 0.01
        >>> optimizer.param_groups[0]["lr"]
        0.01
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"'dict' object has no attribute '{name}'") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before the step of every optimizer."""
    return _register(_step_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after the step of every optimizer."""
    return _register(_step_post_hooks, hook)


def _register(registry: Hooks, hook: Callable, prepend: bool = False) -> RemovableHandle:
    handle = RemovableHandle(registry)
    registry[handle.id] = hook
    if prepend:
        registry.move_to_end(handle.id, last=False)
    return handle


class Optimizer:
    """Base class of all optimizers.

    A subclass calls `super().__init__(params, defaults)` and defines `step`.

    Args:
        params: the tensors to optimize, or pairs of a name and a tensor, or dictionaries, each a group with
            its own options and the tensors under `params`.
        defaults: the options of groups that do not give their own; a plain number is the learning rate,
            `{"lr": number}`.

    Attributes:
        param_groups: the groups, dictionaries whose entries can be read as attributes too.
        state: what the optimizer remembers of each tensor.
        defaults: the options.

    Raises:
        TypeError: if `params` is a tensor, or holds something that is none.
        ValueError: if there are no parameters, or one that is the result of an operation.

    See https://docs.pytorch.org/docs/stable/optim.html.

    Example:
        >>> import torchlike as torch
        >>> class Descent(torch.optim.Optimizer):
        ...     def __init__(self, params, lr=0.01):
        ...         super().__init__(params, lr)
        ...     @torch.no_grad()
        ...     def step(self):
        ...         for group in self.param_groups:
        ...             for param in group.params:
        ...                 param.sub_(param.grad, alpha=group.lr)
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> (x**2).sum().backward()
        >>> Descent([x], lr=0.25).step()
        >>> x
        tensor([0.5000], requires_grad=True)
    """

    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def __init__(self, params: Iterable, defaults: Any) -> None:
        if isinstance(defaults, (int, float)) and not isinstance(defaults, bool):
            defaults = {"lr": defaults}
        self.defaults = defaults
        for registry in _HOOK_REGISTRIES:
            self.__dict__[registry] = OrderedDict()
        self._patch_step_function()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + typename(params)
            )
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[ParamGroup] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for registry in _HOOK_REGISTRIES:
            self.__dict__.setdefault(registry, OrderedDict())
        self._patch_step_function()
        self.defaults.setdefault("differentiable", False)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            text += "".join(f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
        return text + ")"

    def _patch_step_function(self) -> None:
        """Put the hooks around `step` of this class, once."""
        cls = type(self)
        if not getattr(cls.step, "hooked", False):
            cls.step = self.profile_hook_step(cls.step)  # type: ignore[method-assign]

    @staticmethod
    def profile_hook_step(func: Callable) -> Callable:
        """`func`, a `step`, between its hooks, with the work it recorded started at its end."""

        @functools.wraps(func)
        def step(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            if _step_pre_hooks or self._optimizer_step_pre_hooks:
                for hook in chain(_step_pre_hooks.values(), self._optimizer_step_pre_hooks.values()):
                    replacement = hook(self, args, kwargs)
                    if replacement is None:
                        continue
                    if not (isinstance(replacement, tuple) and len(replacement) == 2):
                        raise RuntimeError(
                            f"{func} must return None or a tuple of (new_args, new_kwargs), but got "
                            f"{replacement}."
                        )
                    args, kwargs = replacement
            result = func(*args, **kwargs)
            if _step_post_hooks or self._optimizer_step_post_hooks:
                for hook in chain(self._optimizer_step_post_hooks.values(), _step_post_hooks.values()):
                    hook(self, args, kwargs)
            # Forward, backward and update are all recorded now: one program.
            engine.end_step()
            return result

        step.hooked = True  # type: ignore[attr-defined]
        return step

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return both anew."""
        return _register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return _register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict()`."""
        return _register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict()`; what it returns is the result."""
        return _register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; what it returns is loaded instead."""
        return _register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after loading."""
        return _register(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def state_dict(self) -> dict[str, Any]:
        """The state and the groups, with numbers in place of the parameters.

        Returns:
            `{"state": {number: state}, "param_groups": [group]}`; the tensors are the optimizer's own.

        Example:
            >>> import torchlike as torch
            >>> w = torch.nn.Parameter(torch.zeros(2))
            >>> torch.optim.SGD([w], lr=0.1).state_dict()["param_groups"][0]["params"]
            [0]
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            params = group["params"]
            for i, param in enumerate(params, start):
                numbers.setdefault(id(param), i)
            packed = {key: value for key, value in group.items() if key != "params"}
            packed["params"] = [numbers[id(param)] for param in params]
            start += len(params)
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()
        }
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replacement = hook(self, result)
            if replacement is not None:
                result = replacement
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` of an optimizer with the same groups gave.

        Args:
            state_dict: tensors in it are cast and moved to the parameter they belong to.

        Raises:
            ValueError: if the groups do not match in number or in size.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replacement = hook(self, state_dict)
            if replacement is not None:
                state_dict = replacement
        groups = self.param_groups
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(
            len(group["params"]) != len(saved["params"])
            for group, saved in zip(groups, saved_groups, strict=True)
        ):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's "
                "group"
            )
        params = dict(
            zip(
                chain.from_iterable(saved["params"] for saved in saved_groups),
                chain.from_iterable(group["params"] for group in groups),
                strict=True,
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _cast(params[key], value, key, state_dict["param_groups"])
            else:
                state[key] = value
        loaded = []
        for group, saved in zip(groups, saved_groups, strict=True):
            saved["params"] = group["params"]
            if "param_names" in group:
                saved.setdefault("param_names", group["param_names"])
            loaded.append(ParamGroup(saved))
        self.__setstate__({"state": state, "param_groups": loaded})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or with `set_to_none=False` fill them with zeros."""
        for group in self.param_groups:
            drop_gradients(group["params"], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters from their gradients; every subclass defines its own.

        Args:
            closure: computes the loss and its gradients anew, for optimizers that need them more than once.

        Returns:
            What the closure gave.
        """
        raise NotImplementedError

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize further parameters, with options of their own.

        Args:
            param_group: the options, and the tensors under `params`. What is missing is filled in from the
                defaults, in this dictionary too.

        Raises:
            TypeError: if it is no dictionary, or its parameters are no tensors or in a set.
            ValueError: if a parameter is in another group, or the result of an operation.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params, names = _unnamed(param_group["params"])
        param_group["params"] = params
        if names:
            if len(names) != len(params):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are missing"
                )
            param_group["param_names"] = names
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is " + typename(param)
                )
            if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}"
                )
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will "
                "cause an error; see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        taken = set()
        for group in self.param_groups:
            taken.update(group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                with_names = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {with_names} to the optimizer"
                )
        if not taken.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(ParamGroup(param_group))


def _unnamed(params: Any) -> tuple[list, list[str]]:
    """The tensors of a group, and the names of those that came with one."""
    if isinstance(params, Tensor):
        params = [params]
    elif isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors "
            "in sets will change between runs. Please use a list instead."
        )
    params = list(params)
    names = [param[0] for param in params if isinstance(param, tuple)]
    return [param[1] if isinstance(param, tuple) else param for param in params], names


def _cast(param: Any, value: Any, number: Any, groups: list[dict[str, Any]], key: Hashable = None) -> Any:
    """State of a checkpoint in the type and place of its parameter, except the step count."""
    if isinstance(value, Tensor):
        if key == "step":
            group = next((group for group in groups if number in group["params"]), {})
            if group.get("capturable", False) or group.get("fused", False):
                return value.to(dtype=dtypes.float32, device=param.device)
            return value
        if param.is_floating_point():
            return value.to(dtype=param.dtype, device=param.device)
        return value.to(device=param.device)
    if isinstance(value, dict):
        return {name: _cast(param, item, number, groups, name) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_cast(param, item, number, groups) for item in value)  # type: ignore[call-arg]
    return value


def with_gradient(params: list) -> list:
    """Those that have a gradient. Asking for `grad` takes longer, and warns where there cannot be one."""
    return [param for param in params if param._grad is not None or param.grad is not None]


def rounds(params: list) -> list[list]:
    """`params` in parts of which none holds two that share storage.

    A step reads all its parameters before it writes any; one that is given twice is stepped twice, as in
    PyTorch.
    """
    parts = []
    while len({param._storage for param in params}) < len(params):
        seen: set[int] = set()
        repeated: list = []
        part: list = []
        for param in params:
            storage = id(param._storage)
            (repeated if storage in seen else part).append(param)
            seen.add(storage)
        parts.append(part)
        params = repeated
    return [*parts, params] if params else parts


def check_fused(param: Any) -> None:
    """Raise PyTorch's error if `fused=True` does not take this parameter."""
    if not param.is_floating_point():
        raise RuntimeError(
            "`fused=True` requires all the params to be floating point Tensors of supported devices: "
            f"['mps', 'cuda', 'xpu', 'hpu', 'cpu', 'mtia', 'privateuseone'] but {param.dtype} and "
            f"{param.device.type}"
        )
