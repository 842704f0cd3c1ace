"""Files from before PyTorch 1.6: pickles one after the other, then the storages."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from torchlike.errors import missing
from torchlike.serialization import weights_only as restricted
from torchlike.serialization.memories import Loaded, loaded_storage, typed

__all__ = ["read"]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001


def read(
    f: IO[bytes], place_for: Callable, unpickler: type, weights_only: bool, options: dict[str, Any]
) -> Any:
    """What such a file holds.

    Args:
        f: the file.
        place_for: where each storage goes.
        unpickler: what reads a pickle.
        weights_only: whether each pickle is looked through first.
        options: for the unpickler.

    Raises:
        RuntimeError: it is no such file.
    """

    def nothing(saved: tuple) -> Any:
        raise pickle.UnpicklingError("unsupported persistent id encountered")

    def value(storage: Callable[[tuple], Any] = nothing) -> Any:
        if weights_only:
            start = f.tell()
            restricted.check(f)
            f.seek(start)
        return unpickler(f, storage, options).load()

    if value() != _MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = value()
    if version != _VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    order = "little" if value().get("little_endian", True) else "big"
    loaded: dict[Any, tuple[Any, Loaded]] = {}

    def storage(saved: tuple) -> Loaded:
        # Its elements come later.
        kind, key, location, count, view = saved
        if view is not None:
            raise missing("loading a file with views of storages")
        if key not in loaded:
            empty = np.zeros(count * kind.dtype.itemsize, np.uint8)
            loaded[key] = kind, loaded_storage(empty, kind, order, place_for, location)
        return loaded[key][1]

    result = value(storage)
    for key in value():
        kind, memory = loaded[key]
        size = int.from_bytes(f.read(8), order) * kind.dtype.itemsize  # type: ignore[arg-type]
        memory.fill(typed(np.frombuffer(f.read(size), np.uint8), kind, order))
    return result
