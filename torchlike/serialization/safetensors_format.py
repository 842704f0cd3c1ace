"""Files of the safetensors library, which `torch.load` takes by their names."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike.devices import device
from torchlike.dtypes import ALL_DTYPES
from torchlike.errors import with_note
from torchlike.serialization.memories import Loaded
from torchlike.tensors.placement import place
from torchlike.tensors.storage import contiguous_strides
from torchlike.tensors.tensor import Tensor

__all__ = ["load_safetensors"]

_NAMES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
_DTYPES = {theirs: d for theirs, ours in _NAMES.items() for d in ALL_DTYPES if d.name == ours}


def load_safetensors(path: str, map_location: Any) -> dict[str, Tensor]:
    """The tensors of a file by their names.

    Args:
        path: the file's.
        map_location: the device to put them on.

    Raises:
        RuntimeError: safetensors is not installed, or `map_location` is no device.
    """
    if isinstance(map_location, dict) or callable(map_location):
        given = "dict" if isinstance(map_location, dict) else "callable"
        raise RuntimeError(
            f"Loading safetensors file with {given} map_location is not supported. Use a device string or torch.device "
            "instead."
        )
    try:
        from safetensors import deserialize
    except ImportError as error:
        raise with_note(
            RuntimeError(
                "Attempting to load a safetensors file but safetensors is not installed. Please install safetensors "
                "with: pip install safetensors"
            ),
            "It is in an extra: pip install torchlike[safetensors]",
        ) from error
    on = place(device("cpu") if map_location is None else device(str(map_location)))
    with open(path, "rb") as f:
        entries = deserialize(f.read())
    found = {}
    for name, entry in entries:
        kind = _DTYPES.get(entry["dtype"])
        if kind is None:
            raise NotImplementedError(f"torchlike does not implement safetensors' dtype {entry['dtype']} yet")
        size = tuple(entry["shape"])
        array = np.frombuffer(bytes(entry["data"]), kind.np)
        found[name] = Loaded(array, on).tensor(0, size, contiguous_strides(size), False)
    return found
