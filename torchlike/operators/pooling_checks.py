"""What PyTorch refuses to pool, in its words and in its order."""

from __future__ import annotations

from collections.abc import Sequence

from torchlike import dtypes
from torchlike.engine import Aval
from torchlike.operators.accepted import FLOATING, REAL
from torchlike.operators.windows import Ints, spread

__all__ = [
    "check_avg",
    "check_max",
    "check_max_1d",
    "check_max_with_indices",
    "not_implemented",
    "output_size",
    "raise_dimensions",
]

_COUNTS = {2: "two", 3: "three"}
_AXES = {2: "HW", 3: "THW"}


def output_size(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """How many windows of `k` elements, `d` apart, fit in `n` elements with `p` zeros at both ends.

    Example:
        >>> output_size(5, 2, 2, 0, 1, False), output_size(5, 2, 2, 0, 1, True)
        (2, 3)
    """
    span = n + 2 * p - d * (k - 1) - 1
    out = (span + (s - 1 if ceil_mode else 0)) // s + 1
    # The last window must start inside the input or its left padding.
    return out - 1 if ceil_mode and (out - 1) * s >= n + p else out


def not_implemented(kernel: str, dtype: dtypes.dtype) -> NotImplementedError:
    """The error of a kernel that has no case for a dtype."""
    return NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.legacy_name}'")


def raise_dimensions(name: str, input: Aval) -> None:
    """Raise unless the input has two or three dimensions, as the pooling of lines wants."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 'self' "
            f"(while checking arguments for {name})"
        )


def _check_one(name: str, **arguments: Ints | None) -> None:
    for argument, values in arguments.items():
        if values is not None and len(values) != 1 and not (argument == "stride" and not values):
            raise RuntimeError(f"{name}() argument '{argument}' should contain one int (got {len(values)})")


def _check_lengths(name: str, dims: int, must_be: str, **arguments: Ints | None) -> None:
    for argument, values in arguments.items():
        if values is None or len(values) in (1, dims) or (argument == "stride" and not values):
            continue
        must = "be either" if argument == "dilation" else must_be
        omitted = " omitted," if argument == "stride" else ""
        raise RuntimeError(
            f"{name}: {argument} must {must}{omitted} a single int, or a tuple of {_COUNTS[dims]} ints"
        )


def _by_axis(prefix: str, values: Sequence[int]) -> str:
    return " ".join(f"{prefix}{axis}: {v}" for axis, v in zip(_AXES[len(values)], values, strict=True))


def _sizes(values: Sequence[int]) -> str:
    return "x".join(map(str, values))


def _check_windows(
    fn: str,
    shape: Ints,
    kernel: Ints,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
    within: bool = False,
) -> None:
    """Raise unless there is at least one window.

    Args:
        fn: the function that PyTorch's text names for three dimensions.
        shape: the input's.
        kernel, stride, padding, dilation: a value for each pooled dimension.
        ceil_mode: whether a last window may reach over the end.
        within: whether the window must not be larger than the input without its padding.
    """
    dims = len(kernel)
    sizes = shape[-dims:]
    for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True):
        if s == 0:
            raise RuntimeError("stride should not be zero")
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > int(((k - 1) * d + 1) / 2):  # towards zero, as in C
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                f"dilation={d}"
            )
    for name, prefix, values in (
        ("kernel size", "k", kernel),
        ("stride", "d", stride),
        ("dilation", "dilation", dilation),
    ):
        if min(values) <= 0:
            raise RuntimeError(f"{name} should be greater than zero, but got {_by_axis(prefix, values)}")
    _check_not_empty(fn, shape, dims)
    if within and any(n < k for n, k in zip(sizes, kernel, strict=True)):
        raise RuntimeError(
            f"input image ({_by_axis('', sizes)}) smaller than kernel size ({_by_axis('k', kernel)})"
        )
    outs = [
        output_size(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]
    if min(outs) < 1:
        planes = shape[-dims - 1]
        raise RuntimeError(
            f"Given input size: ({_sizes((planes, *sizes))}). Calculated output size: "
            f"({_sizes((planes, *outs))}). Output size is too small"
        )


def _check_not_empty(fn: str, shape: Ints, dims: int) -> None:
    must = shape[1:] if len(shape) == dims + 2 else shape
    if 0 not in must:
        return
    if dims == 2:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:"
            f"{list(shape)}"
        )
    raise RuntimeError(
        f"{fn}: Expected input's non-batch dimensions to have positive length, but input has a shape of "
        f"{list(shape)} and non-batch dimension 0 has length zero!"
    )


def _check_ndim(input: Aval, dims: int) -> None:
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(f"non-empty {dims + 1}D or {dims + 2}D (batch mode) tensor expected for input")


def check_max(
    dims: int, input: Aval, kernel: Ints, stride: Ints | None, padding: Ints, dilation: Ints, ceil_mode: bool
) -> None:
    """Raise what `max_pool2d` and `max_pool3d` raise."""
    given = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    _check_lengths(f"max_pool{dims}d", dims, "either be", **given)
    _check_ndim(input, dims)
    kernel = spread(kernel, dims)
    _check_windows(
        "max_pool3d_with_indices_out_cpu_template()",
        tuple(input.shape),
        kernel,
        spread(stride, dims) if stride else kernel,
        spread(padding, dims),
        spread(dilation, dims),
        ceil_mode,
    )
    if input.dtype not in REAL:
        raise not_implemented(f"max_pool{dims}d", input.dtype)


def check_max_with_indices(
    dims: int, input: Aval, kernel: Ints, stride: Ints | None, padding: Ints, dilation: Ints, ceil_mode: bool
) -> None:
    """Raise what the functions that also give indices raise."""
    if dims > 1:
        return check_max(dims, input, kernel, stride, padding, dilation, ceil_mode)
    raise_dimensions("max_pool1d", input)
    _check_one("max_pool1d", kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    shape = (*input.shape[:-1], 1, input.shape[-1])
    stride = stride or kernel
    _check_windows("", shape, (1, *kernel), (1, *stride), (0, *padding), (1, *dilation), ceil_mode)
    if input.dtype not in REAL:
        raise not_implemented("max_pool2d", input.dtype)
    return None


def check_max_1d(
    input: Aval, kernel: Ints, stride: Ints | None, padding: Ints, dilation: Ints, ceil_mode: bool
) -> None:
    """Raise what `max_pool1d` raises."""
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(input.shape)}"
        )
    for name, values, kinds in (
        ("kernel_size", kernel, "an int, list of ints or"),
        ("stride", stride, "None, an int, list of ints, or"),
        ("padding", padding, "an int, list of ints, or"),
        ("dilation", dilation, "an int, list of ints or"),
    ):
        if values is not None and len(values) != 1 and not (name == "stride" and not values):
            raise RuntimeError(
                f"max_pool1d() {name} must be {kinds} tuple of ints of size 1 but got size {len(values)}"
            )
    k, p, d = kernel[0], padding[0], dilation[0]
    s = stride[0] if stride else k
    for name, value in (("kernel_size", k), ("stride", s)):
        if value <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {value}")
    if p < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if p > k // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={p} and "
            f"kernel_size={k}"
        )
    if d <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {d}")
    out = output_size(input.shape[-1], k, s, p, d, ceil_mode)
    if out <= 0:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {out}")
    if input.dtype not in FLOATING:
        raise not_implemented("max_pool1d_impl", input.dtype)


def check_avg(
    dims: int,
    input: Aval,
    kernel: Ints,
    stride: Ints | None,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None = None,
) -> None:
    """Raise what `avg_pool1d`, `avg_pool2d` and `avg_pool3d` raise."""
    shape = tuple(input.shape)
    if dims == 1:
        raise_dimensions("avg_pool1d", input)
        _check_one("avg_pool1d", kernel_size=kernel, stride=stride, padding=padding)
        stride = (1, *(stride or kernel))
        shape, kernel, padding = (*shape[:-1], 1, shape[-1]), (1, *kernel), (0, *padding)
    else:
        must_be = "either be" if dims == 2 else "be"
        _check_lengths(f"avg_pool{dims}d", dims, must_be, kernel_size=kernel, stride=stride, padding=padding)
    wide = max(dims, 2)
    kernel = spread(kernel, wide)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if dims == 2 and len(shape) < 3:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-len(shape)}, {len(shape) - 1}], but got "
            "-3)"
        )
    if dims == 3:
        _check_ndim(input, dims)
    _check_windows(
        "avg_pool3d()",
        shape,
        kernel,
        spread(stride, wide) if stride else kernel,
        spread(padding, wide),
        (1,) * wide,
        ceil_mode,
        within=dims == 3,
    )
    if dims == 2 and len(shape) > 4:
        _check_not_empty("", (0,), 2)
    narrow = dims == 3 and input.dtype in (dtypes.float16, dtypes.bfloat16)
    if narrow or (input.dtype not in FLOATING and input.dtype is not dtypes.int64):
        raise not_implemented("avg_pool3d_out_frame" if dims == 3 else "avg_pool2d", input.dtype)
