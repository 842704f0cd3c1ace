"""What PyTorch refuses to convolve, in its words and in its order."""

from __future__ import annotations

from math import prod
from types import SimpleNamespace

from torchlike import dtypes
from torchlike.engine import Aval

__all__ = ["check_convolution", "check_ndim", "check_padded", "check_transposed", "cpp_name", "legacy_type"]

Ints = tuple[int, ...]

_CPP_NAMES = {
    "float32": "float",
    "float64": "double",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "int64": "long int",
    "int32": "int",
    "int16": "short int",
    "int8": "signed char",
    "uint8": "unsigned char",
    "bool": "bool",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def cpp_name(dtype: dtypes.dtype) -> str:
    """A dtype's name as C++ spells it in full."""
    return _CPP_NAMES.get(dtype.name, dtype.name)


_NO_LEGACY_TENSOR = ("bfloat16", "bool", "complex64", "complex128")


def legacy_type(dtype: dtypes.dtype) -> str:
    """A tensor type's old name, `torch.FloatTensor`, or what PyTorch prints for the newer dtypes."""
    if dtype.name in _NO_LEGACY_TENSOR:
        return f"CPU{dtype.legacy_name}Type"
    return f"torch.{dtype.legacy_name}Tensor"


def check_ndim(name: str, shape: Ints, dims: int) -> None:
    """Raise if the shape has not one or two dimensions more than the convolution slides over."""
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got input of "
            "size: "
            f"{list(shape)}"
        )


def _batched(input: Aval, dims: int) -> Ints:
    return tuple(input.shape) if input.ndim == dims + 2 else (1, *input.shape)


def _spread(values: Ints, name: str, dims: int) -> Ints:
    if len(values) == 1:
        return tuple(values) * dims
    if len(values) != dims:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {dims} values to match the "
            "convolution "
            f"dimensions, but got {name}={list(values)}"
        )
    return tuple(values)


class _Parameters(SimpleNamespace):
    """The arguments of one convolution, spread to one value a dimension."""

    shape: Ints
    stride: Ints
    padding: Ints
    dilation: Ints
    output_padding: Ints
    groups: int
    transposed: bool


def _parameters(
    shape: Ints,
    weight: Aval,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    output_padding: Ints,
    groups: int,
    transposed: bool,
) -> _Parameters:
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    dims = weight.ndim - 2
    if dims <= 0:
        raise RuntimeError("weight should have at least three dimensions")
    return _Parameters(
        shape=shape,
        stride=_spread(stride, "stride", dims),
        padding=_spread(padding, "padding", dims),
        dilation=_spread(dilation, "dilation", dims),
        output_padding=_spread(output_padding, "output_padding", dims),
        groups=groups,
        transposed=transposed,
    )


def _check_shapes(p: _Parameters, weight: Aval, bias: Aval | None) -> None:
    if min(p.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(p.output_padding) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(p.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(p.dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")
    _check_weight(p, weight)
    w, groups = list(weight.shape), p.groups
    channels = w[0] if p.transposed else w[1] * groups
    given = "transposed=1" if p.transposed else f"groups={groups}"
    if p.shape[1] != channels:
        raise RuntimeError(
            f"Given {given}, weight of size {w}, expected input{list(p.shape)} to have {channels} channels, "
            "but got "
            f"{p.shape[1]} channels instead"
        )
    wanted = w[1] * groups if p.transposed else w[0]
    if bias is not None and tuple(bias.shape) != (wanted,):
        given = "Given transposed=1, weight" if p.transposed else "Given weight"
        raise RuntimeError(
            f"{given} of size {w}, expected bias to be 1-dimensional with {wanted} elements, but got bias of "
            "size "
            f"{list(bias.shape)} instead"
        )
    if p.transposed:
        return
    padded = [n + 2 * pad for n, pad in zip(p.shape[2:], p.padding, strict=True)]
    kernel = [d * (k - 1) + 1 for d, k in zip(p.dilation, w[2:], strict=True)]
    if any(n < k or n == 0 for n, k in zip(padded, kernel, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(kernel)}). "
            "Kernel size "
            "can't be greater than actual input size"
        )


def _by(sizes: list[int]) -> str:
    return " x ".join(map(str, sizes))


def _check_weight(p: _Parameters, weight: Aval) -> None:
    w, groups = list(weight.shape), p.groups
    if len(p.shape) != weight.ndim:
        raise RuntimeError(
            f"Expected {weight.ndim}-dimensional input for {weight.ndim}-dimensional weight {w}, but got "
            f"{len(p.shape)}-dimensional input of size {list(p.shape)} instead"
        )
    if w[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight "
            "of size "
            f"{w} instead"
        )
    if w[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got "
            "weight of "
            f"size [{w}] instead"
        )


def _check_the_rest(p: _Parameters, input: Aval, weight: Aval) -> None:
    library = _uses_library(p, input, weight)
    if 0 in weight.shape[2:] or (0 in p.dilation and p.transposed and library):
        kind = "deconvolution" if p.transposed else "convolution"
        raise RuntimeError(
            f"could not create a primitive descriptor for the {kind} forward propagation primitive. Run "
            "workload with "
            "environment variable ONEDNN_VERBOSE=all to get additional diagnostic information."
        )
    if 0 in p.dilation:
        if library:
            raise RuntimeError("non-positive dilation is not supported")
        raise RuntimeError(f"dilation should be greater than zero, but got {list(p.dilation)}")
    if 0 in p.shape[2:] and 0 not in p.shape[:2]:
        raise RuntimeError(
            f"Only zero batch or zero channel inputs are supported, but got input shape: {list(p.shape)}"
        )


def _uses_library(p: _Parameters, input: Aval, weight: Aval) -> bool:
    """Whether PyTorch on CPU hands this to oneDNN, whose messages differ from those of its own kernels."""
    if p.transposed and any(e >= s for e, s in zip(p.output_padding, p.stride, strict=True)):
        return False
    if input.dtype is dtypes.bfloat16:
        return True
    if input.dtype is not dtypes.float32:
        return False
    if p.groups > 1 or p.shape[0] > 1 or prod(p.shape) > 20480:
        return True
    kernel = (1, *weight.shape[2:]) if len(p.shape) == 3 else weight.shape[2:]
    return kernel[-1] > 3 and kernel[-2] > 3


def _check_types(p: _Parameters, input: Aval, weight: Aval, kernel: str, refused: tuple[str, ...]) -> None:
    x, w = input.dtype, weight.dtype
    if x.is_complex:
        if w is not x:
            raise RuntimeError(
                f"Input type ({legacy_type(x)}) and weight type ({legacy_type(w)}) should be the same"
            )
        return
    if _uses_library(p, input, weight):
        if w is not x:
            raise RuntimeError(
                f"Input type ({legacy_type(x)}) and weight type ({legacy_type(w)}) should be the same or "
                "input should "
                "be a MKLDNN tensor and weight is a dense tensor"
            )
        return
    if x.name in refused:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{x.legacy_name}'")
    if w is not x:
        raise RuntimeError(f"expected scalar type {x.legacy_name} but found {w.legacy_name}")


def _kernel(p: _Parameters) -> tuple[str, tuple[str, ...]]:
    """The name of PyTorch's own kernel, and the types that it refuses."""
    if any(d > 1 for d in p.dilation):
        return "slow_conv_dilated<>", ("bool", "uint8", "int8", "int16", "int32")
    return "compute_columns3d" if len(p.shape) == 5 else "slow_conv2d_cpu", ("bool",)


def check_convolution(
    dims: int,
    input: Aval,
    weight: Aval,
    bias: Aval | None,
    stride: Ints,
    padding: Ints,
    dilation: Ints,
    groups: int,
) -> None:
    """Raise what `conv1d`, `conv2d` and `conv3d` raise."""
    if bias is not None and bias.dtype is not input.dtype:
        raise RuntimeError(
            f"Input type ({cpp_name(input.dtype)}) and bias type ({cpp_name(bias.dtype)}) should be the same"
        )
    check_ndim(f"conv{dims}d", input.shape, dims)
    p = _parameters(
        _batched(input, dims), weight, stride, padding, dilation, (0,) * (weight.ndim - 2), groups, False
    )
    _check_shapes(p, weight, bias)
    _check_the_rest(p, input, weight)
    _check_types(p, input, weight, *_kernel(p))


def check_padded(
    input: Aval, weight: Aval, bias: Aval | None, stride: Ints, pads: tuple, dilation: Ints, groups: int
) -> None:
    """Raise what a convolution with `padding='same'` raises once its padding is known."""
    dims = weight.ndim - 2
    shape = _batched(input, dims)
    # PyTorch appends the odd zero to the input first, and its messages speak of what that gives.
    grown = tuple(n + b - a for n, (a, b) in zip(shape[2:], pads, strict=True))
    before = tuple(a for a, _ in pads)
    p = _parameters((*shape[:2], *grown), weight, stride, before, dilation, (0,), groups, False)
    _check_shapes(p, weight, bias)
    _check_the_rest(p, input, weight)
    _check_types(p, input, weight, *_kernel(p))
    if bias is not None and bias.dtype is not input.dtype:
        raise RuntimeError(
            f"expected scalar type {input.dtype.legacy_name} but found {bias.dtype.legacy_name}"
        )


def check_transposed(
    dims: int,
    input: Aval,
    weight: Aval,
    bias: Aval | None,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
) -> None:
    """Raise what `conv_transpose1d`, `conv_transpose2d` and `conv_transpose3d` raise."""
    check_ndim(f"conv_transpose{dims}d", input.shape, dims)
    p = _parameters(_batched(input, dims), weight, stride, padding, dilation, output_padding, groups, True)
    _check_shapes(p, weight, bias)
    _check_the_rest(p, input, weight)
    kernel = "slow_conv_transpose3d_out_cpu" if dims == 3 else "slow_conv_transpose2d_out_cpu"
    _check_types(p, input, weight, kernel, ("bool", "uint8", "int8", "int16", "int32"))
    if bias is not None and bias.dtype is not input.dtype:
        _check_transposed_bias(p, input, weight, bias)
    _check_transposed_sizes(p, weight)


def _check_transposed_bias(p: _Parameters, input: Aval, weight: Aval, bias: Aval) -> None:
    x, b = input.dtype, bias.dtype
    if _uses_library(p, input, weight):
        raise RuntimeError(
            f"Input type ({legacy_type(x)}) and bias type ({legacy_type(b)}) should be the same or input "
            "should be a "
            "MKLDNN tensor and bias is a dense tensor"
        )
    if len(p.shape) == 5:
        raise RuntimeError(f"expected scalar type {x.legacy_name} but found {b.legacy_name}")
    if not dtypes.can_cast(b, x):
        raise RuntimeError(
            f"result type {dtypes.promote_types(x, b).legacy_name} can't be cast to the desired output type "
            f"{x.legacy_name}"
        )


def _check_transposed_sizes(p: _Parameters, weight: Aval) -> None:
    # PyTorch computes one dimension as two of which the first has size 1.
    one = len(p.shape) == 3
    sizes = [1, p.shape[2]] if one else list(p.shape[2:])
    kernel = [1, weight.shape[2]] if one else list(weight.shape[2:])
    stride = (1, *p.stride) if one else p.stride
    padding = (0, *p.padding) if one else p.padding
    dilation = (1, *p.dilation) if one else p.dilation
    extra = (0, *p.output_padding) if one else p.output_padding
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
        sides = ("depth", "height", "width")[-len(sizes) :]
        shown = " ".join(
            f"{name}_{side}: {value}"
            for name, values in (("output_padding", extra), ("stride", stride), ("dilation", dilation))
            for side, value in zip(sides, values, strict=True)
        )
        raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {shown}")
    outs = [
        (n - 1) * s - 2 * a + d * (k - 1) + e + 1
        for n, s, a, d, k, e in zip(sizes, stride, padding, dilation, kernel, extra, strict=True)
    ]
    if min(outs) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({_by(sizes)}). Calculated output size per channel: "
            f"({_by(outs)}). Output "
            "size is too small"
        )
