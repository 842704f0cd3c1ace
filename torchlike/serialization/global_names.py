"""The names that PyTorch's files have for what they refer to: classes, functions, dtypes, kinds of storages.

A file of PyTorch's says `torch.nn.modules.linear Linear`; here that is a class of torchlike's, and what is written here
says the same, so that either library reads the other's files.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import FunctionType
from typing import Any

from torchlike.devices import device
from torchlike.dtypes import ALL_DTYPES, dtype
from torchlike.errors import missing
from torchlike.nn.parameter import Parameter
from torchlike.sizes import Size
from torchlike.tensors.memory import UntypedStorage
from torchlike.tensors.tensor import Tensor

__all__ = ["StorageType", "find", "name_of", "special", "storage_type", "typed_storages"]


class StorageType:
    """A kind of storage by the name that files have for it, such as `FloatStorage`.

    Attributes:
        name: that name.
        dtype: of its elements.
    """

    __slots__ = ("name", "dtype")

    def __init__(self, name: str, dtype: dtype) -> None:
        self.name = name
        self.dtype = dtype

    def __str__(self) -> str:
        return f"StorageType(dtype={self.dtype})"


_TYPED = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "bfloat16": "BFloat16Storage",
    "complex128": "ComplexDoubleStorage",
    "complex64": "ComplexFloatStorage",
}
typed_storages = {d: StorageType(_TYPED[d.name], d) for d in ALL_DTYPES if d.name in _TYPED}
_QUANTIZED = frozenset("QInt8Storage QInt32Storage QUInt8Storage QUInt4x2Storage QUInt2x4Storage".split())

_BY_NAME: dict[tuple[str, str], Any] = {
    ("torch", "Size"): Size,
    ("torch", "Tensor"): Tensor,
    ("torch._tensor", "Tensor"): Tensor,
    ("torch.tensor", "Tensor"): Tensor,
    ("torch", "device"): device,
    ("torch.nn.parameter", "Parameter"): Parameter,
    ("torch.storage", "UntypedStorage"): UntypedStorage,
    **{("torch", s.name): s for s in typed_storages.values()},
    **{("torch", d.name): d for d in ALL_DTYPES},
}
_NAMES: dict[int, tuple[str, str]] = {}
for _name, _named in _BY_NAME.items():
    _NAMES.setdefault(id(_named), _name)


# Where PyTorch's built-in functions are by their own account.
_ELSEWHERE = {"torch._C._nn": "torch.nn.functional"}


def special(module: str, name: str) -> Callable:
    """A decorator: this function is what files call by PyTorch's name."""

    def named(fn: Callable) -> Callable:
        _BY_NAME[module, name] = fn
        _NAMES[id(fn)] = module, name
        return fn

    return named


def storage_type(name: str) -> StorageType | None:
    """The kind of storage that a file's name stands for, None if it is none of PyTorch's."""
    if name in _QUANTIZED:
        raise missing(f"torch.{name}")
    found = _BY_NAME.get(("torch", name))
    return found if isinstance(found, StorageType) else None


def find(module: str, name: str) -> Any:
    """What a file of PyTorch's calls by a name.

    Args:
        module: where PyTorch has it, `torch` or a module of it.
        name: its qualified name there.

    Raises:
        AttributeError, ModuleNotFoundError: there is no such thing.
        NotImplementedError: PyTorch has it, torchlike does not.
    """
    found = _BY_NAME.get((module, name))
    if found is not None:
        return found
    place: Any = import_module("torchlike")
    if (module, name) == ("torch._C", "_VariableFunctionsClass"):
        # The functions of PyTorch's own namespace are this class's.
        return place
    path = _ELSEWHERE.get(module, module).split(".")[1:]
    for i, part in enumerate(path):
        if not hasattr(place, part):
            place = import_module(".".join(("torchlike", *path[: i + 1])))
        else:
            place = getattr(place, part)
    for part in name.split("."):
        place = getattr(place, part)
    return place


def name_of(thing: Any) -> tuple[str, str] | None:
    """PyTorch's module and qualified name of something of torchlike's, None if it has none."""
    found = _NAMES.get(id(thing))
    if found is not None:
        return found
    if not isinstance(thing, type | FunctionType):
        return None
    inside = (thing.__module__ or "").split(".")
    if inside[0] not in ("torchlike", "torch"):
        return None
    name = thing.__qualname__
    paths = [inside[1:]]
    if isinstance(thing, FunctionType):
        paths = [["nn", "functional"], [], *paths]
    elif inside[1:2] == ["nn"]:
        # A layer is where PyTorch has it, which is not always a file of the same name.
        files = import_module("torchlike.nn.modules").__all__
        paths = [["nn", "modules", file] for file in (*inside[2:], *files)] + paths
    for path in paths:
        module = ".".join(("torch", *path))
        try:
            if find(module, name) is thing:
                return module, name
        except (AttributeError, ModuleNotFoundError, NotImplementedError):
            continue
    return None
