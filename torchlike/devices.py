"""Devices: PyTorch's `device` objects, and which of them this process has."""

from __future__ import annotations

import re

__all__ = ["CPU", "as_device", "device"]

_KINDS = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, "
    "privateuseone"
)
_KNOWN = frozenset(_KINDS.split(", "))
_FORM = re.compile(r"([a-z]+)(?::(\d+))?")


class device:
    """Where a tensor lives: a kind and, for accelerators, an index.

    Args:
        type: `"cpu"`, `"cuda"`, `"cuda:1"`, another device, or an accelerator's index.
        index: the accelerator's index, when `type` has none.

    Example:
        >>> import torchlike as torch
        >>> torch.device("cuda", 0)
        device(type='cuda', index=0)
    """

    __slots__ = ("type", "index")
    type: str
    index: int | None

    def __new__(cls, type: str | int | device = "cpu", index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        self = object.__new__(cls)
        if isinstance(type, int) and not isinstance(type, bool):
            self.type, self.index = "cuda", type
            return self
        if not isinstance(type, str):
            raise TypeError(
                f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}"
            )
        match = _FORM.fullmatch(type)
        if match is None:
            raise RuntimeError(f"Invalid device string: '{type}'")
        if match[1] not in _KNOWN:
            raise RuntimeError(f"Expected one of {_KINDS} device type at start of device string: {match[1]}")
        if match[2] is not None and index is not None:
            raise RuntimeError(
                f"type (string) must not include an index because index was passed explicitly: {type}"
            )
        self.type = match[1]
        self.index = int(match[2]) if match[2] is not None else index
        return self

    def __repr__(self) -> str:
        if self.index is None:
            return f"device(type='{self.type}')"
        return f"device(type='{self.type}', index={self.index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple:
        return (device, (self.type, self.index) if self.index is not None else (self.type,))


CPU = device("cpu")


def as_device(value: object) -> device:
    """A `device` from whatever a `device=` argument may be; `None` is the CPU."""
    if value is None:
        return CPU
    return value if isinstance(value, device) else device(value)  # type: ignore[arg-type]
