"""Modules that hold modules: in a row, in a list, in a dictionary."""

from __future__ import annotations

import operator
import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import chain
from typing import Any, TypeVar

from torchlike.nn.declared import class_text
from torchlike.nn.module import Module

__all__ = ["Container", "ModuleDict", "ModuleList", "Sequential"]

Self = TypeVar("Self", bound=Module)


class Container(Module):
    """Deprecated by PyTorch: `Module` does all that it did."""

    def __init__(self, **kwargs: Any) -> None:
        warnings.warn(
            "`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. "
            "Subclass that instead.",
            FutureWarning,
            stacklevel=2,
        )
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


class _Numbered(Module):
    """What `Sequential` and `ModuleList` share: children that are looked up by position."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def __getitem__(self, idx: int | slice) -> Any:
        raise NotImplementedError

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._name_at(idx), module)

    def __delitem__(self, idx: int | slice) -> None:
        names = list(self._modules)[idx] if isinstance(idx, slice) else [self._name_at(idx)]
        for name in names:
            delattr(self, name)
        self._modules = OrderedDict((str(i), module) for i, module in enumerate(self))

    def _name_at(self, idx: int) -> str:
        return list(self._modules)[self._position(idx)]

    def _position(self, idx: int) -> int:
        position = operator.index(idx)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} is out of range")
        return position % len(self)

    def append(self: Self, module: Module) -> Self:
        """Add `module` at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take out and return the child at `key`, or the children of a slice."""
        taken = self[key]
        del self[key]
        return taken

    def _shift_from(self, index: int) -> None:
        for i in range(len(self), index, -1):
            self._modules[str(i)] = self._modules[str(i - 1)]


class Sequential(_Numbered):
    """Calls its modules one after the other, each on the output of the one before.

    Args:
        args: the modules, or one `OrderedDict` of them, whose keys are then their names.

    Shape:
        What the first module takes, to what the last one gives.

    Example:
        >>> import torchlike as torch
        >>> from torchlike import nn
        >>> net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> net(torch.zeros(2, 4)).shape
        torch.Size([2, 1])
        >>> net[:2]
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): ReLU()
        )
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        """The output of the last module."""
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, idx: slice | int) -> Any:
        if isinstance(idx, slice):
            return type(self)(OrderedDict(list(self._modules.items())[idx]))
        return list(self._modules.values())[self._position(idx)]

    def __add__(self, other: Sequential) -> Sequential:
        _check_is_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self: Self, other: Sequential) -> Self:
        _check_is_sequential(other)
        return self.extend(list(other))

    def __mul__(self, other: int) -> Sequential:
        self._check_factor(other)
        return Sequential(*(list(self) * other))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self: Self, other: int) -> Self:
        self._check_factor(other)
        return self.extend(list(self) * (other - 1))

    def _check_factor(self, factor: Any) -> None:
        if not isinstance(factor, int):
            raise TypeError(
                f"unsupported operand type(s) for *: {class_text(type(self))} and {class_text(type(factor))}"
            )
        if factor <= 0:
            raise ValueError(f"Non-positive multiplication factor {factor} for {class_text(type(self))}")

    def insert(self: Self, index: int, module: Module) -> Self:
        """Put `module` before position `index`; the ones after it move up by one."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {class_text(Module)}")
        n = len(self)
        if not -n <= index <= n:
            raise IndexError(f"Index out of range: {index}")
        index += n if index < 0 else 0
        self._shift_from(index)
        self._modules[str(index)] = module
        return self

    def extend(self: Self, sequential: Iterable[Module]) -> Self:
        """Add all modules of another `Sequential`, or of any iterable, at the end."""
        for module in sequential:
            self.append(module)
        return self


def _check_is_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {class_text(type(other))} is given."
        )


class ModuleList(_Numbered):
    """A list of modules whose parameters are found, as those in a plain list are not.

    Args:
        modules: what the list begins with.

    Example:
        >>> import torchlike as torch
        >>> from torchlike import nn
        >>> nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
        ModuleList(
          (0-2): 3 x Linear(in_features=8, out_features=8, bias=True)
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _name_at(self, idx: int) -> str:
        return str(self._position(idx))

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)(list(self)[idx])
        return self._modules[self._name_at(idx)]

    def __iadd__(self: Self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def insert(self, index: int, module: Module) -> None:
        """Put `module` before position `index`; the ones after it move up by one."""
        self._shift_from(index)
        self._modules[str(index)] = module

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """Add all of `modules` at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}"
            )
        start = len(self)
        for i, module in enumerate(modules, start):
            self.add_module(str(i), module)
        return self

    def __repr__(self) -> str:
        """As any module's, but a run of equal children takes one line."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        if not runs:
            return f"{self._get_name()}()"
        lines = [
            f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]
        # Unlike `Module`'s, blank lines inside a child are moved in too.
        body = "\n  ".join(line.replace("\n", "\n  ") for line in lines)
        return f"{self._get_name()}(\n  {body}\n)"


class ModuleDict(Module):
    """A dictionary of modules, in the order they were put in.

    Args:
        modules: a mapping, or an iterable of pairs, to begin with.

    Example:
        >>> from torchlike import nn
        >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
        >>> choices["tanh"]
        Tanh()
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove every module."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take out and return the module under `key`."""
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """The names with their modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add the modules of a mapping or of an iterable of pairs, replacing those under the same names."""
        for name, module in named_values("ModuleDict", "ModuleDict", modules):
            self[name] = module


def named_values(method_of: str, element_of: str, values: Any) -> Iterator[tuple[str, Any]]:
    """The pairs of a mapping or of an iterable of pairs, with `update`'s complaints about what is neither."""
    if not isinstance(values, Iterable):
        raise TypeError(
            f"{method_of}.update should be called with an iterable of key/value pairs, "
            f"but got {type(values).__name__}"
        )
    if isinstance(values, Mapping) or (isinstance(values, Module) and hasattr(values, "items")):
        yield from values.items()
        return
    for i, pair in enumerate(values):
        if not isinstance(pair, Iterable):
            raise TypeError(
                f"{element_of} update sequence element #{i} should be Iterable; is{type(pair).__name__}"
            )
        fields = tuple(pair)
        if len(fields) != 2:
            raise ValueError(
                f"{element_of} update sequence element #{i} has length {len(fields)}; 2 is required"
            )
        yield fields
