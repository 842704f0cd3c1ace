"""What differs between CPU, GPU and TPU: compile options, devices, and the 64-bit mode of the engine's own calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax

from torchlike.devices import device

__all__ = ["accelerator", "engine_config", "jit", "jax_device", "of"]

log = logging.getLogger("torchlike.engine")


def engine_config():  # type: ignore[no-untyped-def]
    """The JAX configuration of the engine's own calls: 64-bit types on. The user's own JAX code is left as it was."""
    return jax.enable_x64(True)


# Library matrix products make convolutions about twice as fast on CPU; excess precision would let a fused program
# round half types less often than operator by operator, so that the two tiers would differ.
_WANTED: dict[str, dict[str, Any]] = {
    "cpu": {
        "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_DOT",
        "xla_allow_excess_precision": False,
    },
    "gpu": {"xla_allow_excess_precision": False},
    "tpu": {},
}


@cache
def compile_options(platform: str) -> dict[str, Any]:
    """The wanted compile options that this jaxlib knows; an unknown one is dropped with a debug log line."""
    known: dict[str, Any] = {}
    for name, value in _WANTED.get(platform, {}).items():
        try:
            jax.jit(lambda x: x + 1, compiler_options={name: value}).lower(1.0).compile()
        except Exception as error:  # jaxlib has no exception type of its own for this
            log.debug("compile option %s is not known to this jaxlib: %s", name, error)
        else:
            known[name] = value
    return known


def jit(fn: Callable, platform: str = "cpu", donate: tuple[int, ...] = ()) -> Callable:
    """`jax.jit` with the platform's compile options."""
    return jax.jit(fn, donate_argnums=donate, compiler_options=compile_options(platform))


@cache
def accelerator() -> str | None:
    """JAX's platform for `cuda`, if this process has one."""
    try:
        return "gpu" if jax.devices("gpu") else None
    except RuntimeError:
        return None


def of(arrays: Sequence) -> str:
    """The platform on which a program reading these arrays runs."""
    if accelerator() is None:
        return "cpu"
    for x in arrays:
        if isinstance(x, jax.Array):
            return next(iter(x.devices())).platform
    return "cpu"


@cache
def jax_device(on: device) -> jax.Device:
    """JAX's device for a torchlike device."""
    if on.type == "cpu":
        return jax.devices("cpu")[0]
    return jax.devices("gpu")[on.index or 0]
