"""Evenly spaced numbers, to the last bit of PyTorch's CPU kernels: `arange`, `linspace`, `logspace`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.dtypes import dtype
from torchlike.tensors.fused_arithmetic import fma64

__all__ = ["arange", "linspace", "logspace"]

_HALF = (dtypes.float16, dtypes.bfloat16)


def _multiply_add(a: Any, b: Any, c: Any, to: np.dtype) -> np.ndarray:
    """`a * b + c`, rounded once to `to`."""
    if to == np.float64:
        return fma64(a, b, c)
    # Products of float32 values are exact in float64.
    return (np.asarray(a, np.float64) * b + c).astype(to)


def arange(start: float, end: float, step: float, to: dtype) -> np.ndarray:
    """`start, start + step, ...` up to `end`, which is excluded.

    Raises:
        RuntimeError: the step is zero, or leads away from the end, or a bound is not finite.
        NotImplementedError: PyTorch has no kernel for the dtype.
    """
    if to.category in (0, 3) or to.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{to.legacy_name}'")
    if to.category == 1:
        first, last, stride = (float(x) if not math.isfinite(x) else int(x) for x in (start, end, step))
    else:
        first, last, stride = start, end, step
    if stride == 0:
        raise (ValueError if step else RuntimeError)("step must be nonzero")
    if not (math.isfinite(first) and math.isfinite(last)):
        raise RuntimeError(f"unsupported range: {_shown(first)} -> {_shown(last)}")
    if (stride > 0) != (last >= first) and first != last:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if to is dtypes.int64:
        count = -((first - last) // stride) if stride > 0 else -((last - first) // -stride)
    else:
        count = math.ceil((end - start) / step)
    if to.category == 1:
        with np.errstate(over="ignore"):
            return (np.int64(first) + np.int64(stride) * np.arange(int(count), dtype=np.int64)).astype(to.np)
    return _floats(float(start), float(step), int(count), to)


def _floats(start: float, step: float, count: int, to: dtype) -> np.ndarray:
    # A vector is filled from its first element's rounded value; the rest, less than two vectors, element by element.
    lanes = 32 // to.itemsize
    index = np.arange(count, dtype=np.float64)
    head = count // (2 * lanes) * 2 * lanes
    if to in _HALF:
        start, step = float(np.float32(start)), float(np.float32(step))
        exact = (index * step + start).astype(np.float32)
        base = exact[:head:lanes].astype(to.np).astype(np.float64).repeat(lanes)
        within = (index[:head] % lanes * step + base).astype(np.float32)
        return np.concatenate([within, exact[head:]]).astype(to.np)
    base = _multiply_add(np.float64(step), index[:head:lanes], np.float64(start), to.np).astype(np.float64)
    within = _multiply_add(index[:head] % lanes, np.float64(step), base.repeat(lanes), to.np)
    return np.concatenate([within, _multiply_add(np.float64(step), index[head:], np.float64(start), to.np)])


def _shown(x: float) -> str:
    return f"{x:g}" if isinstance(x, float) else str(x)


def linspace(start: complex, end: complex, steps: int, to: dtype) -> np.ndarray:
    """`steps` numbers from `start` to `end`, both included.

    Raises:
        NotImplementedError: PyTorch has no kernel for the dtype.
    """
    if to.category == 0 or to.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"linspace_cpu\" not implemented for '{to.legacy_name}'")
    if steps == 0:
        return np.empty(0, to.np)
    first: Any
    last: Any
    if to.category == 1:
        first, last = np.float64(int(start.real)), np.float64(int(end.real))
        wide = np.dtype(np.float64)
    else:
        wide = to.np
        first, last = (np.array(x if to.is_complex else x.real).astype(wide)[()] for x in (start, end))
    if steps == 1:
        return np.array([first]).astype(to.np)
    rising = np.arange(steps) < steps // 2
    up, down = np.arange(steps), steps - 1 - np.arange(steps)
    if to in _HALF:
        step = ((last - first).astype(wide) / wide.type(steps - 1)).astype(wide)
        ups = (first + (step * up.astype(wide)).astype(wide)).astype(wide)
        downs = (last - (step * down.astype(wide)).astype(wide)).astype(wide)
        return np.where(rising, ups, downs)
    step = ((last - first) / wide.type(steps - 1)).astype(wide)
    if to.is_complex:
        return np.where(rising, first + step * up.astype(wide), last - step * down.astype(wide)).astype(wide)
    ups = _multiply_add(step, up.astype(wide), first, wide)
    downs = _multiply_add(-step, down.astype(wide), last, wide)
    return np.where(rising, ups, downs).astype(to.np)


def logspace(start: complex, end: complex, steps: int, base: float, to: dtype) -> np.ndarray:
    """`base` to the powers that `linspace` would give.

    Raises:
        NotImplementedError: PyTorch has no kernel for the dtype.
    """
    if to.category == 0 or to.name in ("uint16", "uint32", "uint64"):
        raise NotImplementedError(f"\"logspace_cpu\" not implemented for '{to.legacy_name}'")
    if steps == 0:
        return np.empty(0, to.np)
    rising = np.arange(steps) < steps // 2
    up, down = np.arange(steps), steps - 1 - np.arange(steps)
    if to.is_complex:
        exponents = np.where(
            rising,
            start + (end - start) / max(steps - 1, 1) * up,
            end - (end - start) / max(steps - 1, 1) * down,
        )
        return (
            (complex(base) ** exponents).astype(to.np)
            if steps > 1
            else np.array([complex(base) ** start]).astype(to.np)
        )
    first: Any
    last: Any
    if to.category == 1:
        first, last = np.float64(int(start.real)), np.float64(int(end.real))
        difference = np.float64(last - first)
    else:
        first, last = (np.array(x.real).astype(to.np)[()] for x in (start, end))
        difference = np.float64((last - first).astype(to.np))
    if steps == 1:
        return np.array([math.pow(base, first)]).astype(to.np)
    step = difference / (steps - 1)
    if to.category == 1:
        step = np.float64(np.float32(step))
    exponents = np.where(rising, np.float64(first) + step * up, np.float64(last) - step * down)
    return np.array([_power(base, x) for x in exponents.tolist()]).astype(to.np)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan
