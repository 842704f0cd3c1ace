"""`torch.load`: files that `torch.save` wrote, here or in PyTorch, as objects with tensors."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

from torchlike.devices import device
from torchlike.engine import gpus
from torchlike.errors import missing, warn
from torchlike.nn.parameter import Parameter
from torchlike.serialization import archive, old_format
from torchlike.serialization import weights_only as restricted
from torchlike.serialization.global_names import find, storage_type
from torchlike.serialization.memories import Loaded, decoded, loaded_storage
from torchlike.serialization.safetensors_format import load_safetensors
from torchlike.tensors.memory import UntypedStorage
from torchlike.tensors.placement import place
from torchlike.tensors.storage import Storage
from torchlike.tensors.tensor import Tensor

__all__ = ["get_unsafe_globals_in_checkpoint", "load"]

_TRUE = ("1", "y", "yes", "true")


def load(
    f: str | os.PathLike | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Load an object that `torch.save` saved, here or in PyTorch.

    Args:
        f: a path, or a file that can seek.
        map_location: where tensors are to be: a device, a dict from saved to wanted ones, or a function of a storage
            and the saved device's name that gives a storage, or None for where it was saved.
        pickle_module: `pickle`, with `weights_only=False`; no other is there.
        weights_only: whether the file may hold nothing but tensors, containers, numbers and strings, and what
            `torch.serialization.add_safe_globals` allows. That is so if it is not given. Otherwise the file may run
            any code: trust where it comes from.
        mmap: whether tensors stay in the file until they are used; for paths only.
        pickle_load_args: `encoding` and `errors`, for what Python 2 wrote.

    Raises:
        FileNotFoundError: there is no such file.
        pickle.UnpicklingError: it may not be loaded with `weights_only=True`, or is no such file.
        RuntimeError: it is damaged, or the device is not there.

    See https://docs.pytorch.org/docs/stable/generated/torch.load.html.

    Example:
        >>> import io
        >>> import torchlike as torch
        >>> file = io.BytesIO()
        >>> torch.save([torch.arange(3), "three"], file)
        >>> _ = file.seek(0)
        >>> torch.load(file)
        [tensor([0, 1, 2]), 'three']
    """
    weights_only = _is_weights_only(
        pickle_module is None if weights_only is None else weights_only, weights_only
    )
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if pickle_module not in (None, pickle):
        raise missing("torch.load(pickle_module=...)", "pickle, the default")
    if pickle_load_args and weights_only:
        warn("pickle_load_args only works if `weights_only=False`.")
    pickle_load_args.setdefault("encoding", "utf-8")
    place_for = _placement(map_location)
    if isinstance(f, str | os.PathLike) and os.fspath(f).endswith(".safetensors"):
        return load_safetensors(os.fspath(f), map_location)
    with _opened(f) as opened:
        zipped = archive.is_archive(opened)
        if mmap and not zipped:
            name = f"{f}, " if isinstance(f, str) else ""
            raise RuntimeError(
                f"mmap can only be used with files saved with `torch.save({name}"
                "_use_new_zipfile_serialization=True), please torch.save your checkpoint with this option in order to "
                "use mmap."
            )
        reader = archive.Reader(opened) if zipped else None
        if reader is not None and reader.has("constants.pkl"):
            raise missing("loading a TorchScript archive with torch.load", "a file with a state_dict")
        if mmap and not isinstance(f, str | os.PathLike):
            raise ValueError("f must be a file path in order to use the mmap argument")
        try:
            if reader is None:
                unpickler = _Restricted if weights_only else _Trusting
                return old_format.read(opened, place_for, unpickler, weights_only, pickle_load_args)
            path = os.fspath(f) if mmap else None  # type: ignore[arg-type]
            return _read(reader, place_for, path, weights_only, pickle_load_args)
        except pickle.UnpicklingError as error:
            if not weights_only:
                raise
            raise pickle.UnpicklingError(restricted.explained(str(error))) from None


def _is_weights_only(wanted: bool, asked: bool | None) -> bool:
    """`weights_only` as it follows from the arguments, unless the environment forces it.

    Args:
        wanted: what follows.
        asked: what was given.
    """
    forced, forbidden = (
        os.environ.get(f"TORCH_FORCE_{name}_LOAD", "0").lower() in _TRUE
        for name in ("WEIGHTS_ONLY", "NO_WEIGHTS_ONLY")
    )
    if forced and forbidden:
        raise RuntimeError(
            "Only one of `TORCH_FORCE_WEIGHTS_ONLY_LOAD` or `TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD` should be set, but both "
            "were set."
        )
    if forbidden and asked is None:
        warn(
            "Environment variable TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD detected, since the`weights_only` argument was not "
            "explicitly passed to `torch.load`, forcing weights_only=False."
        )
        return False
    return forced or wanted


@contextmanager
def _opened(f: Any) -> Iterator[IO[bytes]]:
    """The file to read; one that was given stays open."""
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as opened:
            yield opened
        return
    try:
        f.seek(f.tell())
    except (io.UnsupportedOperation, AttributeError) as error:
        raise type(error)(
            f"{error}. You can only torch.load from a file that is seekable. Please pre-load the data into a buffer "
            "like io.BytesIO and try to load from it instead."
        ) from None
    yield f


def _read(
    reader: archive.Reader, place_for: Callable, path: str | None, weights_only: bool, options: dict[str, Any]
) -> Any:
    """What an archive holds.

    Args:
        reader: the archive.
        place_for: where each storage goes.
        path: of the file, if tensors stay in it.
        weights_only: whether only what is allowed may be named.
        options: for the unpickler.
    """
    order = reader.read("byteorder").decode() if reader.has("byteorder") else "little"
    if order not in ("little", "big"):
        raise ValueError(f"Unknown endianness type: {order}")
    loaded: dict[str, Loaded] = {}

    def storage(saved: tuple) -> Loaded:
        kind, key, location, _ = saved
        if key not in loaded:
            data = reader.mapped(f"data/{key}", path) if path else reader.read(f"data/{key}")
            array = np.frombuffer(data, np.uint8) if isinstance(data, bytes) else data
            loaded[key] = loaded_storage(array, kind, order, place_for, location)
        return loaded[key]

    data = io.BytesIO(reader.read("data.pkl"))
    if weights_only:
        restricted.check(data)
        data.seek(0)
        return _Restricted(data, storage, options).load()
    return _Trusting(data, storage, options).load()


def _placement(map_location: Any) -> Callable[[np.ndarray, str], Loaded]:
    """The function that gives a storage its place, of its elements and of the name of where it was."""
    if callable(map_location):

        def chosen(array: np.ndarray, location: str) -> Loaded:
            # On the CPU first, as PyTorch does.
            here = UntypedStorage(Storage(Loaded(array, device("cpu")).value()))
            result = map_location(here, location)
            if result is None:
                return Loaded(array, _checked(location))
            if not isinstance(result, UntypedStorage):
                raise missing(
                    f"torch.load(map_location=...) that gives a {type(result).__name__}", "its argument"
                )
            return Loaded(array, result.device, None if result == here else result._storage)

        return chosen
    if map_location is None:
        return lambda array, location: Loaded(array, _checked(location))
    if isinstance(map_location, dict):
        return lambda array, location: Loaded(array, _checked(map_location.get(location, location)))
    wanted = map_location.decode() if isinstance(map_location, bytes) else str(map_location)
    return lambda array, location: Loaded(array, _checked(wanted))


def _checked(location: Any) -> device:
    """A place by its name.

    Raises:
        RuntimeError: it is not there, in PyTorch's words for files.
    """
    on = location if isinstance(location, device) else None
    name = str(location)
    if on is None:
        try:
            on = device(name)
        except RuntimeError:
            raise RuntimeError(
                f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {name})"
            ) from None
    if on.type == "cuda":
        index, count = on.index or 0, len(gpus.all())
        if not count:
            raise RuntimeError(
                "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are "
                "running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map "
                "your storages to the CPU."
            )
        if index >= count:
            raise RuntimeError(
                f"Attempting to deserialize object on CUDA device {index} but torch.cuda.device_count() is {count}. "
                "Please use torch.load with map_location to map your storages to an existing device."
            )
    return place(on)


class _Trusting(pickle.Unpickler):
    """Loads whatever a file names.

    Args:
        f: the pickle.
        storage: what gives a storage by what the file says of it.
        options: `encoding` and `errors`.
    """

    def __init__(self, f: IO[bytes], storage: Callable[[tuple], Any], options: dict[str, Any]) -> None:
        super().__init__(f, **options)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        kind = storage_type(name) if "Storage" in name else None
        if kind is not None:
            return kind
        if module == "torch" or module.startswith("torch."):
            return find(module, name)
        return super().find_class(module, name)

    def persistent_load(self, saved: Any) -> Any:
        return _persistent(self._storage, saved)


def _persistent(storage: Callable[[tuple], Any], saved: Any) -> Any:
    """A storage by what a file says of it: `("storage", kind, key, location, count, ...)`."""
    if not isinstance(saved, tuple):
        raise AssertionError(f"saved_id must be a tuple, got {type(saved).__name__}")
    kind = decoded(saved[0])
    if kind == "module":
        return saved[1]
    if kind != "storage":
        raise AssertionError(f"Unknown typename for persistent_load, expected 'storage' but got '{kind}'")
    return storage(saved[1:])


# The one in Python, where BUILD can be watched.
_PythonUnpickler: Any = pickle._Unpickler


class _Restricted(_PythonUnpickler):
    """Loads what `weights_only` allows; see `weights_only.py`."""

    def __init__(self, f: IO[bytes], storage: Callable[[tuple], Any], options: dict[str, Any]) -> None:
        super().__init__(f, **options)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        return restricted.allowed(module, name)

    def persistent_load(self, saved: Any) -> Any:
        if not isinstance(saved, tuple) or not saved or decoded(saved[0]) != "storage":
            raise pickle.UnpicklingError(
                f"Only persistent_load of storage is allowed, but got {type(saved[0] if saved else saved)}"
            )
        return _persistent(self._storage, saved)

    def load_build(self) -> None:
        kind = type(self.stack[-2])
        if kind not in (Tensor, Parameter, OrderedDict) and not restricted.is_added(kind):
            raise pickle.UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                f"{kind}"
            )
        super().load_build()

    dispatch = {**_PythonUnpickler.dispatch, pickle.BUILD[0]: load_build}


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike | IO[bytes]) -> list[str]:
    """The names in a file that `torch.load(weights_only=True)` does not allow.

    Args:
        f: a path or a file.

    Raises:
        ValueError: `torch.save` did not write it.
    """
    with _opened(f) as opened:
        if not archive.is_archive(opened):
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        reader = archive.Reader(opened)
        if reader.has("constants.pkl"):
            raise ValueError(
                "Expected input to be a checkpoint returned by torch.save but got a torchscript checkpoint"
            )
        names = restricted.globals_in(io.BytesIO(reader.read("data.pkl")))
        return [name for name in names if not restricted.is_allowed(name)]
