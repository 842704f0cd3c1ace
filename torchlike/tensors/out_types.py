"""Dtypes that `out=` must have: most functions cast their results to what they are given, these refuse."""

from __future__ import annotations

from typing import Any

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.operators.accepted import in_c

__all__ = ["check_type", "check_types"]

# Functions of one result, and of several, that give exactly their own dtypes.
_EXACT = {"argmax", "argmin", "isin"}
_ALL_EXACT = {"max", "min", "sort", "topk", "aminmax"}
_TRUTHS = {"signbit", "isposinf", "isneginf"}


def check_types(name: str, wanted: list[dtype], out: Any) -> None:
    """Raise where tensors given as `out=` are not as many as the results, or not of their dtypes.

    Args:
        name: the function.
        wanted: the results' dtypes.
        out: what was given.

    Raises:
        TypeError, RuntimeError: PyTorch's errors.
    """
    outs = out if isinstance(out, tuple | list) else (out,)
    if len(outs) != len(wanted):
        raise TypeError(f"expected tuple of {len(wanted)} elements but got {len(outs)}")
    for i, (o, to) in enumerate(zip(outs, wanted, strict=True)):
        if not hasattr(o, "_gradient_edge"):
            raise TypeError(f"expected Tensor as element {i} in argument 'out', but got {type(o).__name__}")
        if o.dtype is not to:
            check_type(name, to, o.dtype, len(wanted) > 1)


def check_type(name: str, wanted: dtype, given: dtype, one_of_several: bool) -> None:
    """Raise where a function does not cast a result to the dtype that it is given."""
    if name in (_ALL_EXACT if one_of_several else _EXACT):
        raise RuntimeError(f"Expected out tensor to have dtype {in_c(wanted)}, but got {in_c(given)} instead")
    if name in ("all", "any") and given is not dtypes.uint8:
        raise RuntimeError(f"{name} only supports bool tensor for result, got: {given.legacy_name}")
    if name in _TRUTHS:
        raise RuntimeError(f"{name} does not support non-boolean outputs.")
    if name == "nonzero":
        raise RuntimeError(
            f"nonzero: Expected out tensor to have scalar type Long but got scalar type{given.legacy_name}"
        )
    if name in ("searchsorted", "bucketize"):
        raise RuntimeError(
            "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending "
            f"on whether out_int32 flag is True, but we got output tensor's dtype {given.legacy_name} and out_int32 "
            f"flag is {wanted is dtypes.int32}"
        )
    if name == "float_power":
        raise RuntimeError(
            f"the output given to float_power has dtype {given.legacy_name} but the operation's result requires dtype "
            f"{wanted.legacy_name}"
        )
    if one_of_several:
        _check_pair(name, wanted, given)


def _check_pair(name: str, wanted: dtype, given: dtype) -> None:
    """`check_type` for functions that give values and their indices."""
    wants, has = wanted.legacy_name, given.legacy_name
    indices = wanted is dtypes.int64
    if name == "kthvalue":
        raise RuntimeError(
            "output indices must be of scalar type Long"
            if indices
            else "output values must be of same type as input"
        )
    if name in ("median", "nanmedian"):
        raise RuntimeError(
            f"Expected tensor for argument #1 'indices' to have scalar type Long; but got torch.{has}Tensor instead "
            "(while checking arguments for median)"
            if indices
            else "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type "
            f"torch.{has}Tensor does not equal torch.{wants}Tensor (while checking arguments for median)"
        )
    if name == "mode":
        part = "indices" if indices else "values"
        raise RuntimeError(f"expected scalar type '{wants}' but got '{has}' for {part} output")
    if name in ("cummax", "cummin"):
        raise RuntimeError(f"expected scalar_type {wants} but found {has}")
