"""`torch.serialization`: tensors and what holds them as files, in PyTorch's own format."""

from __future__ import annotations

from typing import Any

from torchlike.errors import missing_name
from torchlike.serialization.loading import get_unsafe_globals_in_checkpoint, load
from torchlike.serialization.saving import save
from torchlike.serialization.weights_only import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "safe_globals",
    "save",
]


_ABSENT = frozenset(
    "LoadEndianness SourceChangeWarning StorageType check_module_version_greater_or_equal default_restore_location "
    "get_crc32_options get_default_load_endianness get_default_mmap_options location_tag normalize_storage_type "
    "register_package set_crc32_options set_default_load_endianness set_default_mmap_options skip_data "
    "storage_to_tensor_type validate_cuda_device validate_hpu_device".split()
)


def __getattr__(name: str) -> Any:
    if name in _ABSENT:
        raise missing_name(f"torch.serialization.{name}")
    raise AttributeError(f"module 'torch.serialization' has no attribute '{name}'")
