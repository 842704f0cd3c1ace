"""`Optax`: any gradient transformation of optax's as an optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

import torchlike as torch
from torchlike_optax.options import Options, number
from torchlike_optax.recipes import Name, Place, Recipe
from torchlike_optax.updates import Leaf, leaves

__all__ = ["Optax"]


@dataclass(slots=True)
class _Plan:
    """What a step of a group needs to know, as long as it is asked for the same.

    Attributes:
        group: the group.
        params: its parameters that have a gradient.
        values: its options.
        extra: see `Recipe`.
        recipe: what the program is compiled for.
        numbers: the options that are its inputs.
        slots: the parameter under which each array of the state is kept, and its name there.
    """

    group: Any
    params: list
    values: tuple
    extra: tuple[tuple[str, bool], ...]
    recipe: Recipe
    numbers: list
    slots: list[tuple[Any, str]]


class Optax(torch.optim.Optimizer):
    """An optimizer that steps by a gradient transformation of optax's: `p = p + update(gradients, state, parameters)`.

    Each group of parameters is transformed by itself, those together that have a gradient; the others, and their
    state, stay as they are. What belongs to a parameter is kept in its `state` under the name that it has in optax's
    ("0.mu"), what belongs to the group (a count) in that of the group's first parameter. To the transformation, and to
    its masks and labels, a group is a dictionary: by name if the parameters came with names, else by place.

    The options of a transformation that are numbers, texts or None are those of the parameter groups; the others
    (schedules, masks, dtypes) are the optimizer's. Floating numbers, and the learning rate, are inputs of the compiled
    step: a new one compiles nothing.

    Args:
        params: as every optimizer takes them.
        transformation: a function that makes a transformation, as `optax.adam`, whose arguments are then the options,
            the learning rate under the name `lr`. Or a transformation, as `optax.adam(1e-3)`; its numbers are part of
            the program.
        static: the names of options that are part of the program though they are floating numbers.
        **options: the transformation's; what is left out has the function's default. A transformation without a
            learning rate of its own, as `optax.scale_by_adam`, can have `lr` too: what it gives is multiplied by `-lr`.

    Raises:
        TypeError: the transformation is none, or has no such option, or lacks one.
        ValueError: a parameter is given twice.
        NotImplementedError: a parameter is complex, or shares memory with another.

    Example:
        >>> import optax
        >>> import torchlike as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.plugins.optax.Optax([w], optax.sgd, lr=0.25)
        >>> (w**2).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.5000, -1.0000])
        >>> optimizer.param_groups[0]["lr"] = 0.125
    """

    def __init__(
        self, params: Iterable, transformation: Any, *, static: str | Iterable[str] = (), **options: Any
    ) -> None:
        self._options = Options(transformation, static, options)
        self._plans: dict[int, _Plan] = {}
        super().__init__(params, dict(self._options.defaults))

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_options": self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._plans = {}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimize further parameters, with options of their own.

        Args:
            param_group: the options, and the tensors under `params`.

        Raises:
            Exception: see `Optax` and `torchlike.optim.Optimizer.add_param_group`; the optimizer is then as it was.
        """
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        try:
            self._options.check(group)
            _check_params([param for g in self.param_groups for param in g["params"]])
            self._leaves(self._recipe(group, group["params"])[0], group["params"])
        except BaseException:
            self.param_groups.pop()
            raise

    def step(self, closure: Callable[[], Any] | None = None, **extra: Any) -> Any:
        """Update the parameters that have a gradient.

        Args:
            closure: computes the loss and its gradients anew.
            **extra: what the transformation's `update` takes by name, tensors and numbers: `value=loss` for
                `optax.contrib.reduce_on_plateau`.

        Returns:
            What the closure gave.

        Raises:
            Exception: whatever the transformation raises; no parameter and no state has been changed then.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        given, kinds = _given(extra)
        done = []
        for i, group in enumerate(self.param_groups):
            pairs = [(param, grad) for param in group["params"] if (grad := param.grad) is not None]
            if not pairs:
                continue
            params, grads = map(list, zip(*pairs, strict=True))
            plan = self._plan(i, group, params, kinds)
            state = self._state(plan)
            done.append(
                (plan, torch.ops.optax.update(params, grads, state, plan.numbers, given, recipe=plan.recipe))
            )
        with torch.no_grad():
            for plan, results in done:
                values = iter(results)
                for param in plan.params:
                    param.copy_(next(values))
                for (param, name), value in zip(plan.slots, values, strict=True):
                    self.state[param][name] = value
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` of an optimizer with the same transformation and the same groups gave.

        Args:
            state_dict: its tensors are moved to the device of their parameter and cast to what the transformation has.

        Raises:
            ValueError, TypeError: the groups, their options or the state are not those of this transformation; the
                optimizer is then as it was.
        """
        taken: dict[tuple[Any, str], Any] = {}

        def check(_: Any, loaded: dict[str, Any]) -> None:
            taken.update(self._taken(loaded))

        def put(_: Any) -> None:
            # The base class gives all state the dtype of its parameter, counts included.
            for (param, name), value in taken.items():
                self.state[param][name] = value

        hooks = [
            self.register_load_state_dict_pre_hook(check),
            self.register_load_state_dict_post_hook(put, prepend=True),
        ]
        try:
            super().load_state_dict(state_dict)
        finally:
            for hook in hooks:
                hook.remove()

    def _recipe(self, group: Mapping[str, Any], params: list, extra: tuple = ()) -> tuple[Recipe, list]:
        """What the program for these parameters of a group is compiled for, and the numbers that are its inputs."""
        names: Any = group.get("param_names")
        places = {id(param): i for i, param in enumerate(group["params"])}
        found = [places[id(param)] for param in params]
        keys = tuple([Place(i) if names is None else Name(names[i]) for i in found])
        return self._options.recipe(group, keys, extra)

    def _leaves(self, recipe: Recipe, params: list) -> list[Leaf]:
        return leaves(recipe, tuple([(tuple(p.shape), str(p.dtype).removeprefix("torch.")) for p in params]))

    def _plan(self, i: int, group: Any, params: list, extra: tuple[tuple[str, bool], ...]) -> _Plan:
        """What a step of these parameters of the i-th group needs to know."""
        values = tuple([tuple(v) if isinstance(v := group[n], list) else v for n in self._options.defaults])
        old = self._plans.get(i)
        if old is not None and not (old.group is group and _are(old.params, params)):
            old = None
        if old is not None and old.extra == extra and _are(old.values, values):
            return old
        recipe, numbers = self._recipe(group, params, extra)
        if old is not None and old.recipe is recipe:
            slots = old.slots
        else:
            slots = self._slots(group, params, recipe)
        plan = self._plans[i] = _Plan(group, params, values, extra, recipe, numbers, slots)
        return plan

    def _slots(self, group: Any, params: list, recipe: Recipe) -> list[tuple[Any, str]]:
        """The parameter under which each array of the state is kept, and its name there.

        Raises:
            RuntimeError: gradients are sparse, or the state that is kept is that of other parameters.
        """
        if any(param.grad.is_sparse for param in params):
            raise RuntimeError(f"{type(self).__name__} does not support sparse gradients")
        _check_params([param for g in self.param_groups for param in g["params"]])
        found = []
        for leaf in self._leaves(recipe, params):
            holder = group["params"][0] if leaf.owner is None else params[leaf.owner]
            kept = self.state.get(holder, {}).get(leaf.name)
            if kept is not None and tuple(kept.shape) != leaf.shape:
                raise RuntimeError(
                    f"{type(self).__name__}: the state '{leaf.name}' has the shape {list(kept.shape)}, and the "
                    f"transformation needs {list(leaf.shape)} for the parameters that have a gradient now"
                )
            found.append((holder, leaf.name))
        return found

    def _state(self, plan: _Plan) -> list:
        """The arrays of a plan's state; what is not kept yet begins."""
        kept = [self.state.get(param, {}).get(name) for param, name in plan.slots]
        if any(value is None for value in kept):
            begun = torch.ops.optax.init(plan.params, plan.numbers, recipe=plan.recipe)
            kept = [new if value is None else value for value, new in zip(kept, begun, strict=True)]
        return kept

    def _taken(self, loaded: dict[str, Any]) -> dict[tuple[Any, str], Any]:
        """The state of a checkpoint by parameter and name, as the transformation has it.

        Raises:
            ValueError: it is not this transformation's.
        """
        found: dict[tuple[Any, str], Any] = {}
        for i, (group, saved) in enumerate(zip(self.param_groups, loaded["param_groups"], strict=False)):
            lacking = [name for name in self._options.defaults if name not in saved]
            if lacking:
                raise ValueError(f"loaded state dict has no {', '.join(lacking)} in parameter group {i}")
            self._options.check(saved)
            # The base class raises where the sizes do not agree.
            numbers = dict(zip(group["params"], saved["params"], strict=False))
            state = {param: own for param, n in numbers.items() if (own := loaded["state"].get(n))}
            if not state:
                continue
            for (param, name), leaf in self._expected(group, saved, state).items():
                value = state[param][name]
                if not isinstance(value, torch.Tensor):
                    raise ValueError(
                        f"loaded state dict has a {type(value).__name__} for '{name}' of parameter {numbers[param]}"
                    )
                if tuple(value.shape) != leaf.shape:
                    raise ValueError(
                        f"loaded state dict has the shape {list(value.shape)} for '{name}' of parameter "
                        f"{numbers[param]}, which has {list(leaf.shape)} here"
                    )
                found[param, name] = value.to(device=param.device, dtype=getattr(torch, leaf.dtype))
        return found

    def _expected(
        self, group: Any, saved: dict[str, Any], state: dict[Any, dict]
    ) -> dict[tuple[Any, str], Leaf]:
        """The state that a checkpoint of a group should have, given for which parameters it has any."""
        kept = {**group, **{name: saved[name] for name in self._options.defaults}}
        params = group["params"]
        owned = {
            leaf.name
            for leaf in self._leaves(self._recipe(kept, params)[0], params)
            if leaf.owner is not None
        }
        # Those that had a gradient; nobody knows which where there is only state of the group.
        active = [param for param in params if owned & state.get(param, {}).keys()] or params
        found = {
            (params[0] if leaf.owner is None else active[leaf.owner], leaf.name): leaf
            for leaf in self._leaves(self._recipe(kept, active)[0], active)
        }
        for param in params:
            names = {name for of, name in found if of is param}
            if names != state.get(param, {}).keys():
                raise ValueError(
                    f"loaded state dict has the state {sorted(state.get(param, {}))} where this transformation has "
                    f"{sorted(names)}"
                )
        return found


def _given(extra: dict[str, Any]) -> tuple[list, tuple[tuple[str, bool], ...]]:
    """What `update` is given by name, as tensors, and of each whether it is a number."""
    tensors = []
    for name, value in extra.items():
        if isinstance(value, torch.Tensor):
            tensors.append(value)
        elif isinstance(value, int | float):
            tensors.append(number(value))
        elif callable(value):
            raise NotImplementedError(
                f"step({name}=a function): a transformation that evaluates the model itself, as a line search does"
            )
        else:
            raise TypeError(f"step({name}=...) must be a tensor or a number, not {type(value).__name__}")
    return tensors, tuple([(name, not isinstance(value, torch.Tensor)) for name, value in extra.items()])


def _check_params(params: Sequence) -> None:
    """Raise if parameters are complex, or if two of them are the same or share memory."""
    if len({id(param) for param in params}) < len(params):
        raise ValueError("a parameter is given more than once")
    places = []
    for param in params:
        if param.is_complex():
            raise NotImplementedError(
                "complex parameters, whose gradients optax and PyTorch define differently; optimize the real tensor "
                "that torch.view_as_complex makes one of"
            )
        if param.numel():
            length = 1 + sum((n - 1) * step for n, step in zip(param.shape, param.stride(), strict=True))
            start = param.data_ptr()
            places.append((str(param.device), start, start + length * param.element_size()))
    places.sort()
    for (device, _, end), (other, start, _) in zip(places, places[1:], strict=False):
        if device == other and start < end:
            raise NotImplementedError("parameters that share memory")


def _are(some: Sequence, others: Sequence) -> bool:
    """Whether these are those, one by one."""
    return len(some) == len(others) and all(map(is_, some, others))
