"""Forward-mode differentiation by dual numbers, which is not there."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from torchlike.errors import missing

__all__ = [
    "UnpackedDualTensor",
    "dual_level",
    "enter_dual_level",
    "exit_dual_level",
    "make_dual",
    "unpack_dual",
]

_NEAREST = "torch.autograd.functional.jvp, which gets the same numbers from two backward passes"


class UnpackedDualTensor(NamedTuple):
    """What `unpack_dual` would give."""

    primal: Any
    tangent: Any


class dual_level:
    """The block in which dual tensors live, which is not there.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self) -> None:
        raise missing("torch.autograd.forward_ad.dual_level", _NEAREST)


def enter_dual_level() -> NoReturn:
    """Raise NotImplementedError."""
    raise missing("torch.autograd.forward_ad.enter_dual_level", _NEAREST)


def exit_dual_level(*, level: int | None = None) -> NoReturn:
    """Raise NotImplementedError."""
    raise missing("torch.autograd.forward_ad.exit_dual_level", _NEAREST)


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> NoReturn:
    """Raise NotImplementedError."""
    raise missing("torch.autograd.forward_ad.make_dual", _NEAREST)


def unpack_dual(tensor: Any, *, level: int | None = None) -> NoReturn:
    """Raise NotImplementedError."""
    raise missing("torch.autograd.forward_ad.unpack_dual", _NEAREST)
