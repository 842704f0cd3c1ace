"""Interpolation and grid sampling as `torch.nn.functional` has them."""

from __future__ import annotations

import math
import warnings
from typing import Any

from torchlike.errors import missing
from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []

_MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "lanczos", "area", "nearest-exact")
_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}


def _spread(value: Any, dims: int) -> list:
    return list(value) if isinstance(value, list | tuple) else [value] * dims


def _check_counts(input: Tensor, name: str, short: str, value: Any) -> None:
    dims = input.dim() - 2
    if isinstance(value, list | tuple) and len(value) != dims:
        shape = list(input.shape[2:])
        if name == "size":
            both, shown, form = (
                "Input and output",
                f"output size of {value}",
                "output size in (o1, o2, ...,oK)",
            )
        else:
            both, shown = "Input and scale_factor", f"scale_factor of shape {value}"
            form = "scale_factor in (s1, s2, ...,sK)"
        raise ValueError(
            f"{both} must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {shape} and {shown}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            f"{form} format."
        )


@functional()
def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """An image, line or volume with more or fewer elements.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W).
        size: the spatial sizes wanted, an int or one for each dimension.
        scale_factor: instead, how many times the input's.
        mode: "nearest", "nearest-exact", "linear" (3D), "bilinear", "bicubic" (4D), "trilinear" (5D) or "area".
        align_corners: whether the corner elements' centres coincide, not their outer corners; for the linear modes
            and "bicubic".
        recompute_scale_factor: compute the scale again from the rounded size.
        antialias: smooth first what is shrunk; for "bilinear" and "bicubic".

    Returns:
        (N, C, *size).

    Example:
        >>> import torchlike as torch
        >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | "
                "bicubic | trilinear"
            )
    elif align_corners is None:
        align_corners = False
    dims = input.dim() - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    sizes: list | None = None
    scales: list | None = None
    if size is not None:
        _check_counts(input, "size", "", size)
        if isinstance(size, list | tuple) and not all(isinstance(n, int) for n in size):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], "
                f"but got size with types {[type(n) for n in size]}"
            )
        sizes = _spread(size, dims)
    else:
        _check_counts(input, "scale_factor", "", scale_factor)
        scales = _spread(scale_factor, dims)
    if recompute_scale_factor is not None and recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if scales is not None and (mode == "area" or recompute_scale_factor):
        sizes = _scaled(input, scales)
        scales = None
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D "
            "tensor as input"
        )
    return _run(input, sizes, scales, mode, bool(align_corners), antialias)


def _scaled(input: Tensor, scales: list) -> list[int]:
    return [math.floor(float(n * s)) for n, s in zip(input.shape[2:], scales, strict=True)]


def _run(
    input: Tensor, sizes: list | None, scales: list | None, mode: str, align: bool, antialias: bool
) -> Any:
    dims = input.dim() - 2
    wants = _LINEAR.get(mode)
    if mode == "lanczos":
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
        raise missing("torch.nn.functional.interpolate(mode='lanczos')", "mode='bicubic', antialias=True")
    if mode not in _MODES or dims not in (1, 2, 3) or (mode == "bicubic" and dims != 2):
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported "
            f"(got {input.dim()}D) for the modes: {' | '.join(_MODES)} (got {mode})"
        )
    if wants is not None and wants != dims:
        raise NotImplementedError(f"Got {input.dim()}D input, but {mode} mode needs {wants + 2}D input")
    if mode == "area":
        assert sizes is not None
        return builtin("nn.functional", f"adaptive_avg_pool{dims}d")(input, tuple(sizes))
    out = _scaled(input, scales) if sizes is None and scales is not None else sizes
    assert out is not None
    if not all(isinstance(n, int) for n in out):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but "
            f"got size with types {[type(n) for n in out]}"
        )
    name = "linear" if wants is not None else mode.replace("-", "_")
    if antialias:
        name = f"{mode}_antialiased"
    op = declaration.get(f"_interpolate_{name}")
    given = tuple(map(float, scales)) if scales is not None else (None,) * dims
    return dispatch.call(op, (input, tuple(out), align, given))


def _warn_upsample(name: str, stacklevel: int = 3) -> None:
    warnings.warn(f"`{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=stacklevel)


@functional()
def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Deprecated: `interpolate`."""
    _warn_upsample("nn.functional.upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


@functional()
def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Deprecated: `interpolate` with `mode="nearest"`."""
    _warn_upsample("nn.functional.upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


@functional()
def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Deprecated: `interpolate` with `mode="bilinear"` and `align_corners=True`."""
    _warn_upsample("nn.functional.upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


@functional()
def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input at the places of a grid, which run from -1 to 1 along each dimension.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, H', W', 2) or (N, D', H', W', 3); a place's last coordinate is along the first dimension.
        mode: "bilinear" (also for volumes), "nearest" or "bicubic".
        padding_mode: what is outside: "zeros", "border" or "reflection".
        align_corners: whether -1 and 1 are the centres of the outermost elements, not their outer edges.

    Returns:
        (N, C, H', W') or (N, C, D', H', W').
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: "
            f"'{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', "
            f"but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
            "Please specify align_corners=True if the old behavior is desired. See the documentation of "
            "grid_sample for details.",
            stacklevel=2,
        )
        align_corners = False
    op = declaration.get("_grid_sample")
    return dispatch.call(op, (input, grid, mode, padding_mode, align_corners))


@functional()
def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """The grids for `grid_sample` that affine maps give.

    Args:
        theta: (N, 2, 3) or (N, 3, 4), the maps.
        size: of the image wanted: (N, C, H, W) or (N, C, D, H, W).
        align_corners: as for `grid_sample`.

    Returns:
        (N, H, W, 2) or (N, D, H, W, 3).
    """
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
            "Please specify align_corners=True if the old behavior is desired. See the documentation of "
            "grid_sample for details.",
            stacklevel=2,
        )
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    dims = len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got "
            f"size {size}."
        )
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {size}. Got "
            f"{theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return dispatch.call(declaration.get("_affine_grid"), (theta, tuple(size), align_corners))
