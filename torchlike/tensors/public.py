"""The names that `torchlike` has from this floor and those below."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

from torchlike import dtypes
from torchlike.autograd import anomaly_mode, modes
from torchlike.devices import device
from torchlike.sizes import Size
from torchlike.tensors import (
    binding,
    exchange,
    layouts,
    legacy,
    placement,
    printing,
    process_settings,
    queries,
    sampling,
)
from torchlike.tensors.generator import Generator, default_generator
from torchlike.tensors.tensor import Tensor

__all__ = ["names"]

_FROM: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (
        dtypes,
        ("dtype", "finfo", "iinfo", "can_cast", "promote_types", "get_default_dtype", "set_default_dtype"),
    ),
    (
        modes,
        (
            "enable_grad",
            "inference_mode",
            "is_grad_enabled",
            "is_inference_mode_enabled",
            "no_grad",
            "set_grad_enabled",
        ),
    ),
    (anomaly_mode, ("is_anomaly_check_nan_enabled", "is_anomaly_enabled")),
    (queries, ("broadcast_shapes", "is_storage", "is_tensor", "result_type", "typename")),
    (placement, ("get_default_device", "set_default_device")),
    (legacy, ("set_default_tensor_type",)),
    (exchange, ("from_dlpack", "to_dlpack")),
    (printing, ("set_printoptions",)),
    (process_settings, tuple(process_settings.__all__)),
    (sampling, ("get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state")),
    (
        layouts,
        (
            "layout",
            "memory_format",
            "strided",
            "sparse_coo",
            "sparse_csr",
            "sparse_csc",
            "sparse_bsr",
            "sparse_bsc",
            "contiguous_format",
            "preserve_format",
            "channels_last",
            "channels_last_3d",
        ),
    ),
)


def names() -> dict[str, Any]:
    """Functions, dtypes, classes and constants, once `binding.install` has run."""
    found: dict[str, Any] = {
        name: fn for name, fn in binding.namespace("torch").items() if not name.startswith("_")
    }
    found.update({d.name: d for d in dtypes.ALL_DTYPES}, **dtypes.ALIASES)
    found.update(legacy.TYPED)
    for module, chosen in _FROM:
        found.update({name: getattr(module, name) for name in chosen})
    found.update(
        Tensor=Tensor,
        Size=Size,
        device=device,
        Generator=Generator,
        default_generator=default_generator,
        pi=math.pi,
        e=math.e,
        inf=math.inf,
        nan=math.nan,
        newaxis=None,
        return_types=SimpleNamespace(**binding.return_types),
    )
    return found
