"""`torch.save`: objects with tensors as files that PyTorch reads."""

from __future__ import annotations

import io
import os
import pickle
import sys
from functools import cache
from types import FunctionType
from typing import IO, Any

from torchlike.dtypes import dtype
from torchlike.errors import missing
from torchlike.serialization import archive
from torchlike.serialization.global_names import StorageType, name_of, typed_storages
from torchlike.serialization.memories import Reference, layout_named, reduced
from torchlike.tensors.layouts import layout
from torchlike.tensors.memory import UntypedStorage
from torchlike.tensors.storage import Storage
from torchlike.tensors.tensor import Tensor

__all__ = ["save"]

_PROTOCOL = 2


def save(
    obj: object,
    f: str | os.PathLike | IO[bytes],
    pickle_module: Any = pickle,
    pickle_protocol: int = _PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Save an object, tensors in it included, to a file that `torch.load` reads, here and in PyTorch.

    Tensors that share memory share it in the file, and whole storages are saved: a small view of a large tensor takes
    the large one's room, unless it is a clone. Nothing is written if the object cannot be saved.

    Args:
        obj: what to save; a `state_dict()` is the usual choice.
        f: a path, or an object with `write`.
        pickle_module: `pickle`; no other is there.
        pickle_protocol: of the part of the file that is a pickle.

    Raises:
        AttributeError: `f` is neither.
        RuntimeError: its folder does not exist, or two tensors see one memory as different dtypes.
        pickle.PicklingError: something in the object cannot be pickled.

    See https://docs.pytorch.org/docs/stable/generated/torch.save.html.

    Example:
        >>> import io
        >>> import torchlike as torch
        >>> file = io.BytesIO()
        >>> torch.save({"weight": torch.ones(2)}, file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        {'weight': tensor([1., 1.])}
    """
    if pickle_module is not pickle:
        raise missing("torch.save(pickle_module=...)", "pickle, the default")
    if not _use_new_zipfile_serialization:
        raise missing(
            "torch.save(_use_new_zipfile_serialization=False)", "the format of PyTorch 1.6 and later"
        )
    if not isinstance(f, str | os.PathLike) and not hasattr(f, "write"):
        raise AttributeError(
            "expected 'f' to be string, path, or a file-like object with a 'write' attribute"
        )
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, pickle_protocol)
    pickler.dump(obj)
    records: list[tuple[str, Any]] = [
        ("data.pkl", buffer.getvalue()),
        (".format_version", b"1"),
        (".storage_alignment", str(archive.ALIGNMENT).encode()),
    ]
    if not _disable_byteorder_record:
        records.append(("byteorder", sys.byteorder.encode()))
    records += [
        (f"data/{key}", UntypedStorage(storage)._bytes()) for key, storage in pickler.storages.items()
    ]
    if isinstance(f, str | os.PathLike):
        f = os.fspath(f)
        folder = os.path.dirname(f)
        if folder and not os.path.isdir(folder):
            raise RuntimeError(f"Parent directory {folder} does not exist.")
    archive.write(f, records)


# The one in Python, where names can be other ones.
_PythonPickler: Any = pickle._Pickler


class _Pickler(_PythonPickler):
    """Writes PyTorch's names for what is torchlike's, and storages as keys.

    Attributes:
        storages: by their keys.
    """

    def __init__(self, f: IO[bytes], protocol: int) -> None:
        super().__init__(f, protocol)
        self.storages: dict[str, Storage] = {}
        self._keys: dict[int, str] = {}
        self._dtypes: dict[int, dtype | None] = {}

    def persistent_id(self, obj: Any) -> tuple | None:
        if isinstance(obj, UntypedStorage):
            obj = Reference(obj._storage, None)
        if not isinstance(obj, Reference):
            return None
        storage, aval = obj.storage, obj.storage.value.aval
        if aval.nbytes and self._dtypes.setdefault(id(storage), obj.dtype) is not obj.dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different types"
            )
        key = self._keys.setdefault(id(storage), str(len(self._keys)))
        self.storages[key] = storage
        kind = UntypedStorage if obj.dtype is None else typed_storages[obj.dtype]
        count = aval.nbytes // (1 if obj.dtype is None else obj.dtype.itemsize)
        return "storage", kind, key, _location(str(aval.device)), count

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor) and type(obj).__reduce_ex__ is Tensor.__reduce_ex__:
            return reduced(obj)
        if isinstance(obj, StorageType | dtype):
            return obj.name
        if isinstance(obj, layout):
            return layout_named, (str(obj),)
        return NotImplemented

    def save_global(self, obj: Any, name: str | None = None) -> None:
        found = name_of(obj)
        if found is None:
            try:
                super().save_global(obj, name)
            except (pickle.PicklingError, AttributeError):
                pickle.dumps(obj, self.proto)  # its error is the one that PyTorch's users see
                raise
            return
        module, name = found
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)


_Pickler.dispatch = {**_PythonPickler.dispatch, FunctionType: _Pickler.save_global}


@cache
def _location(device: str) -> str:
    # One object for each place, and no other than those: a pickle holds it once, as PyTorch's do.
    return device.encode().decode()
