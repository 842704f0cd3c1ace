"""The zip archives that PyTorch's files are: records without compression, each beginning at a multiple of 64 bytes."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from typing import IO, Any

import numpy as np

__all__ = ["ALIGNMENT", "Reader", "is_archive", "write"]

ALIGNMENT = 64
_MAGIC = b"PK\x03\x04"
# Of a record's header before its name; and what marks the bytes that fill up to the alignment.
_HEADER = 30
_PADDING = b"FB"
_PADDING_HEADER = 4


def write(f: str | IO[bytes], records: Iterable[tuple[str, Any]]) -> None:
    """Write an archive.

    Args:
        f: a path, or what has `write`.
        records: name and bytes of each, in order; the archive's own follow.
    """
    name = os.path.splitext(os.path.basename(f))[0] if isinstance(f, str) else "archive"
    seen = sha256()
    with zipfile.ZipFile(f, "w", zipfile.ZIP_STORED) as archive:
        for record, data in records:
            seen.update(record.encode())
            seen.update(data)
            _write_record(archive, f"{name}/{record}", data)
        _write_record(archive, f"{name}/version", b"3\n")
        identity = f"{int.from_bytes(seen.digest()[:16], 'big') % 10**40:040d}"
        _write_record(archive, f"{name}/.data/serialization_id", identity.encode())


def _write_record(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    begins = archive.fp.tell() + _HEADER + len(name.encode()) + _PADDING_HEADER  # type: ignore[union-attr]
    padding = -begins % ALIGNMENT
    info.extra = _PADDING + padding.to_bytes(2, "little") + b"Z" * padding
    archive.writestr(info, data)


def is_archive(f: IO[bytes]) -> bool:
    """Whether a file is an archive at its present position, which stays as it is."""
    start = f.tell()
    begin = f.read(len(_MAGIC))
    f.seek(start)
    return begin == _MAGIC


class Reader:
    """An archive that is read.

    Args:
        f: the file, at the archive's first byte.

    Raises:
        RuntimeError: it is no whole archive, in PyTorch's words.
    """

    def __init__(self, f: IO[bytes]) -> None:
        self._file = f
        try:
            self._archive = zipfile.ZipFile(f)
        except zipfile.BadZipFile as error:
            raise RuntimeError(
                "PytorchStreamReader failed reading zip archive: failed finding central directory. This is an internal "
                "miniz error. If you are seeing this error, there is a high likelihood that your checkpoint file is "
                "corrupted. This can happen if the checkpoint was not saved properly, was transferred incorrectly, or "
                "the file was modified after saving."
            ) from error
        names = self._archive.namelist()
        self._prefix = names[0].split("/")[0] if names else ""
        self._names = frozenset(names)
        if not self.has("version"):
            raise RuntimeError(
                'Expected hasRecord("version") to be true, but got false.  (Could this error message be improved?  If '
                "so, please report an enhancement request to PyTorch.)"
            )

    def has(self, record: str) -> bool:
        """Whether there is a record."""
        return f"{self._prefix}/{record}" in self._names

    def read(self, record: str) -> bytes:
        """A record's bytes."""
        if not self.has(record):
            raise RuntimeError(f"PytorchStreamReader failed locating file {record}: file not found")
        try:
            return self._archive.read(f"{self._prefix}/{record}")
        except zipfile.BadZipFile as error:
            raise RuntimeError(
                f"PytorchStreamReader failed reading file {record}: file read failed"
            ) from error

    def mapped(self, record: str, path: str) -> np.ndarray:
        """A record's bytes, which stay in the file at this path until they are looked at."""
        info = self._archive.getinfo(f"{self._prefix}/{record}")
        if info.file_size == 0:
            return np.empty(0, np.uint8)
        self._file.seek(info.header_offset + _HEADER - 4)
        name, extra = (int.from_bytes(self._file.read(2), "little") for _ in range(2))
        begins = info.header_offset + _HEADER + name + extra
        return np.memmap(path, np.uint8, "r", begins, (info.file_size,))
