"""What differs between CPU, GPU and TPU: compile options, devices, and the 64-bit mode of the engine's own calls."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import jax
import numpy as np

from torchlike.devices import device

__all__ = [
    "FAIR",
    "FULL",
    "QUICK",
    "accelerator",
    "engine_config",
    "first_call",
    "is_default",
    "jax_device",
    "jitted",
    "of",
    "put",
]

log = logging.getLogger("torchlike.engine")


def engine_config():
    """The JAX configuration of the engine's own calls: 64-bit types on. The user's own JAX code is left as it was."""
    return jax.enable_x64(True)


def outside_tracing():
    """What runs in this context is computed and not traced, though JAX is tracing a function around it."""
    return jax.ensure_compile_time_eval()


def _is_tracing() -> bool:
    # JAX has no public name for it; where there is none, JAX says itself that programs do not run while it traces.
    clean = getattr(jax._src.core, "trace_state_clean", None)
    return clean is not None and not clean()


def program_config():
    """The JAX configuration in which programs run: as always, or, while JAX is tracing a function, outside of that."""
    return _outside_tracing() if _is_tracing() else engine_config()


@contextmanager
def _outside_tracing():
    with engine_config(), outside_tracing():
        yield


# On CPU XLA gives matrix products and convolutions to a library; its convolutions use one thread, so those are left
# to XLA's own, about twice as fast on two. Products alone (`DOT` would take what follows them along: a broadcast
# behind one made it seven times slower). Excess precision would let a fused program round half types less often than
# operator by operator, so that the two tiers would differ.
_WANTED: dict[str, dict[str, Any]] = {
    "cpu": {
        "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT",
        "xla_allow_excess_precision": False,
    },
    "gpu": {"xla_allow_excess_precision": False},
    "tpu": {},
}
# How hard to try. On CPU a program that may run only once is compiled eight times faster than one compiled in full,
# and runs up to three times slower; a fair one is compiled three times faster and runs a twentieth slower. The older
# fusions and one module make the difference, and LLVM's optimisations the rest.
QUICK, FAIR, FULL = range(3)
_FAIR: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
_EFFORTS: dict[str, dict[int, dict[str, Any]]] = {
    "cpu": {QUICK: {**_FAIR, "xla_backend_optimization_level": 0}, FAIR: _FAIR},
}

_UNKNOWN = re.compile(r"[Nn]o such compile option: '(\w+)'")


def jitted(fn: Callable, on: str, effort: int, donate: tuple[int, ...]) -> Any:
    """A pure function of arrays as a jitted one, with the platform's options; `first_call` says what they are."""
    options = {**_WANTED.setdefault(on, {}), **_EFFORTS.get(on, {}).get(effort, {})}
    return jax.jit(fn, donate_argnums=donate, compiler_options=options)


def first_call(
    fn: Callable, on: str, effort: int, donate: tuple[int, ...], operands: Sequence
) -> tuple[Callable, Sequence]:
    """Compile a function with the platform's options by calling it; an option unknown to this jaxlib is dropped.

    Args:
        fn: a pure function of arrays.
        on: JAX's platform.
        effort: `QUICK`, `FAIR` or `FULL`.
        donate: the operands whose memory the results may take over.
        operands: of the first call.

    Returns:
        The compiled function and the results of this call.
    """
    sets = [_WANTED.setdefault(on, {}), _EFFORTS.get(on, {}).get(effort, {})]
    while True:
        call = jitted(fn, on, effort, donate)
        try:
            return call, call(*operands)
        except Exception as error:  # jaxlib has no exception type of its own for this
            unknown = _UNKNOWN.search(str(error))
            if unknown is None or not any(unknown[1] in options for options in sets):
                raise
            log.debug("this jaxlib does not know the compile option %s", unknown[1])
            for options in sets:
                options.pop(unknown[1], None)


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
def is_default(on: device) -> bool:
    """Whether JAX puts arrays there unasked."""
    return jax.devices()[0] == jax_device(on)


def put(array: np.ndarray, on: device) -> jax.Array:
    """Send a host array to a device.

    On the default device the array stays uncommitted, as the results of programs are: a program would be compiled
    anew for committed operands.
    """
    with program_config():
        return jax.device_put(array) if is_default(on) else jax.device_put(array, jax_device(on))


def sent(array: np.ndarray) -> jax.Array:
    """An operand of a program, sent ahead to wherever the program runs."""
    return jax.device_put(array)


@cache
def jax_device(on: device) -> jax.Device:
    """JAX's device for a torchlike device."""
    if on.type == "cpu":
        return jax.devices("cpu")[0]
    return jax.devices("gpu")[on.index or 0]
