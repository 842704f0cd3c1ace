"""`torch.library`: operators that a program defines for itself, and `torch.ops`, where all operators are found."""

from __future__ import annotations

from typing import Any

from torchlike.library.custom_ops import CustomOpDef, custom_op
from torchlike.library.definitions import fallthrough_kernel
from torchlike.library.fakes import get_ctx
from torchlike.library.libraries import Library
from torchlike.library.operator_checks import opcheck
from torchlike.library.overloads import OpOverload
from torchlike.library.registration import (
    define,
    impl,
    impl_abstract,
    register_autograd,
    register_fake,
    register_kernel,
    register_vmap,
)
from torchlike.library.schema_inference import infer_schema

# PyTorch's, without what is missing here.
__all__ = [
    "Library",
    "custom_op",
    "define",
    "fallthrough_kernel",
    "get_ctx",
    "impl",
    "impl_abstract",
    "infer_schema",
    "register_fake",
    "register_vmap",
]
# What PyTorch has there besides.
_OTHERS = (CustomOpDef, OpOverload, opcheck, register_autograd, register_kernel)


def __getattr__(name: str) -> Any:
    from torchlike.names import lacking

    raise lacking("torch.library", name)
