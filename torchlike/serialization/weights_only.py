"""What `torch.load(weights_only=True)` lets a file do: name things of a list, call them, and nothing else.

A pickle is a program. This one is read through before it runs: it may have the instructions that PyTorch's own reader
knows, and only names that PyTorch allows or the user has added.
"""

from __future__ import annotations

import pickle
import pickletools
import re
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from codecs import encode
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import IO, Any

from torchlike.dtypes import ALL_DTYPES
from torchlike.errors import warn
from torchlike.serialization.global_names import find, typed_storages

__all__ = [
    "add_safe_globals",
    "allowed",
    "check",
    "clear_safe_globals",
    "explained",
    "get_safe_globals",
    "globals_in",
    "is_added",
    "is_allowed",
    "safe_globals",
]

_INSTRUCTIONS = frozenset(
    "NEWOBJ REDUCE BUILD APPEND APPENDS SETITEM SETITEMS MARK TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWFALSE NEWTRUE "
    "EMPTY_TUPLE EMPTY_LIST EMPTY_DICT EMPTY_SET BINPERSID BININT BININT1 BININT2 BINFLOAT BINUNICODE SHORT_BINSTRING "
    "BINGET LONG_BINGET BINPUT LONG_BINPUT LONG1 PROTO STOP GLOBAL".split()
)
_NEVER = frozenset(("sys", "os", "posix", "nt"))
_PYTHON = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": encode,
    "builtins.bytearray": bytearray,
    "builtins.set": set,
    "builtins.complex": complex,
}
_PYTORCH = frozenset(
    [
        "torch.nn.parameter.Parameter",
        "torch.serialization._get_layout",
        "torch.Size",
        "torch.Tensor",
        "torch.device",
        "torch.storage.UntypedStorage",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_tensor_v3",
        "torch._tensor._rebuild_from_type_v2",
        *[f"torch.{s.name}" for s in typed_storages.values()],
        *[f"torch.{d.name}" for d in ALL_DTYPES],
    ]
)

_added: set = set()


def add_safe_globals(safe_globals: Sequence[Callable | tuple[Callable, str]]) -> None:
    """Let files that are loaded with `weights_only=True` name these classes and functions.

    Args:
        safe_globals: classes and functions, or pairs of one and the full name that the file has for it.

    Example:
        >>> import torchlike as torch
        >>> class Point:
        ...     pass
        >>> torch.serialization.add_safe_globals([Point])
        >>> Point in torch.serialization.get_safe_globals()
        True
        >>> torch.serialization.clear_safe_globals()
    """
    _added.update(safe_globals)


def get_safe_globals() -> list[Callable | tuple[Callable, str]]:
    """What `add_safe_globals` has added."""
    return list(_added)


def clear_safe_globals() -> None:
    """Take back all that `add_safe_globals` has added."""
    _added.clear()


class safe_globals:
    """`add_safe_globals` for the time of a block.

    Args:
        safe_globals: as for `add_safe_globals`.
    """

    def __init__(self, safe_globals: Sequence[Callable | tuple[Callable, str]]) -> None:
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *exception: object) -> None:
        _added.difference_update(self.safe_globals)


def _by_name() -> dict[str, Any]:
    """What was added, by the names that files have for it."""
    named = {}
    for thing in _added:
        if not isinstance(thing, tuple):
            named[f"{thing.__module__}.{thing.__qualname__}"] = thing
            continue
        if len(thing) != 2:
            raise ValueError(
                "Expected tuple of length 2 (global, str of callable full path), but got tuple of length: "
                f"{len(thing)}"
            )
        if type(thing[1]) is not str:
            raise TypeError(
                f"Expected second item in tuple to be str of callable full path, but got: {type(thing[1])}"
            )
        named[thing[1]] = thing[0]
    return named


def allowed(module: str, name: str) -> Any:
    """The thing that a file calls by a name.

    Raises:
        pickle.UnpicklingError: nobody has allowed it.
    """
    module, name = _in_python_3(module, name)
    path = f"{module}.{name}"
    if module in _NEVER:
        raise pickle.UnpicklingError(
            f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked."
        )
    if path in _PYTHON:
        return _PYTHON[path]
    if path in _PYTORCH:
        return find(module, name)
    added = _by_name()
    if path in added:
        return added[path]
    shown = path.removeprefix("builtins.")
    raise pickle.UnpicklingError(
        f"Unsupported global: GLOBAL {shown} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{shown}])` or the `torch.serialization.safe_globals([{shown}])` "
        "context manager to allowlist this global if you trust this class/function."
    )


def is_allowed(path: str) -> bool:
    """Whether a file may name something by its full name."""
    return path in _PYTHON or path in _PYTORCH or path in _by_name()


def is_added(kind: type) -> bool:
    """Whether a class is among what the user has allowed."""
    return kind in _by_name().values()


def _in_python_3(module: str, name: str) -> tuple[str, str]:
    """What Python 2 called so, which is what pickles of protocol 2 say."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))


def _names(f: IO[bytes]) -> Any:
    """The names in a pickle in order, up to its end."""
    kept = set()
    for instruction, value, _ in pickletools.genops(f):
        if instruction.name == "PROTO" and value != 2:
            warn(
                f"Detected pickle protocol {value} in the checkpoint, which was not the default pickle protocol used "
                "by `torch.load` (2). The weights_only Unpickler might not support all instructions implemented by "
                "this protocol, please file an issue for adding support if you encounter this."
            )
        if instruction.name not in _INSTRUCTIONS:
            raise pickle.UnpicklingError(f"Unsupported operand {ord(instruction.code)}")
        if instruction.name in ("BINPUT", "LONG_BINPUT"):
            kept.add(value)
        elif instruction.name in ("BINGET", "LONG_BINGET") and value not in kept:
            raise KeyError(value)
        elif instruction.name == "GLOBAL":
            yield _in_python_3(*str(value).split(" ", 1))


def check(f: IO[bytes]) -> None:
    """Read through a pickle, up to its end.

    Raises:
        pickle.UnpicklingError: it may not be loaded.
        EOFError, KeyError: it ends too soon, or is no pickle.
    """
    try:
        for module, name in _names(f):
            allowed(module, name)
    except ValueError as error:
        if "exhausted" in str(error) or "not enough data" in str(error):
            raise EOFError from None
        # It is no pickle; PyTorch's reader tells what it has read.
        unknown = re.search(r"opcode b'(.*)' unknown", str(error))
        if unknown is None:
            raise
        code = unknown[1].encode().decode("unicode_escape")
        raise pickle.UnpicklingError(f"Unsupported operand {ord(code)}") from None


def globals_in(f: IO[bytes]) -> set[str]:
    """The full names in a pickle."""
    return {f"{module}.{name}" for module, name in _names(f)}


UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to "
    "`True`. Re-running `torch.load` with `weights_only` set to `False` will likely succeed, but it can result in "
    "arbitrary code execution. Do it only if you got the file from a trusted source."
)


def explained(message: str) -> str:
    """PyTorch's text of the error for a file that may not be loaded."""
    if "was not an allowed global by default." in message:
        text = (
            "Weights only load failed. This file can still be loaded, to do so you have two options, \033[1mdo those "
            f"steps only if you trust the source of the checkpoint\033[0m. \n\t(1) {UNSAFE}\n\t(2) Alternatively, to "
            "load with `weights_only=True` please check the recommended steps in the following error message.\n\t"
            f"WeightsUnpickler error: {message}"
        )
    else:
        text = f"Weights only load failed. {UNSAFE}\n"
        if "is blocked" not in message:
            text += (
                "Please file an issue with the following so that we can make `weights_only=True` compatible with your "
                "use case: WeightsUnpickler error: "
            )
        text += f"\n\n{message}"
    return (
        f"{text}\n\nCheck the documentation of torch.load to learn more about types accepted by default with "
        "weights_only https://pytorch.org/docs/stable/generated/torch.load.html."
    )
