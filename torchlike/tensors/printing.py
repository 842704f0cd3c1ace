"""The text of a tensor, to the character PyTorch's.

One `_Format` serves all elements of a tensor: it is chosen from the values that will be shown, and decides
between whole numbers, decimals and powers of ten, and how wide an element is. The text is then laid out by
rows, cut at `linewidth`, and followed by what the values do not say: device, size, type, gradient.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from torchlike import dtypes
from torchlike.devices import CPU, device
from torchlike.dtypes import dtype

__all__ = [
    "OPTIONS",
    "PrintOptions",
    "format_meta_tensor",
    "format_sparse_tensor",
    "format_tensor",
    "get_printoptions",
    "parameter_text",
    "printoptions",
    "set_printoptions",
]


@dataclasses.dataclass
class PrintOptions:
    """How tensors are printed; `set_printoptions` describes each."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


OPTIONS = PrintOptions()
"""The options in force."""

_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed from now on. What is not given stays, except `sci_mode`.

    Args:
        precision: digits after the decimal point, 4 at first.
        threshold: tensors of more elements are shown by their edges, 1000 at first.
        edgeitems: how many elements an edge has, 3 at first.
        linewidth: characters a line may have, 80 at first.
        profile: `"default"`, `"short"` or `"full"`, set before the other arguments; other names do nothing.
        sci_mode: whether to print powers of ten; `None`, at every call without it, leaves it to the values.

    Example:
        >>> from torchlike import dtypes
        >>> set_printoptions(precision=2)
        >>> format_tensor(np.array([3.14159]), dtype=dtypes.float64, default_dtype=dtypes.float64)
        'tensor([3.14])'
        >>> set_printoptions(profile="default")
    """
    for name, value in _PROFILES.get(profile or "", {}).items():
        setattr(OPTIONS, name, value)
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, number in given.items():
        if number is not None:
            setattr(OPTIONS, name, number)
    OPTIONS.sci_mode = sci_mode


def get_printoptions() -> dict[str, object]:
    """The options in force, as keyword arguments of `set_printoptions`.

    Example:
        >>> get_printoptions()["linewidth"]
        80
    """
    return dataclasses.asdict(OPTIONS)


@contextlib.contextmanager
def printoptions(**options: object) -> Iterator[None]:
    """`set_printoptions` for the length of a `with` block.

    Args:
        **options: as `set_printoptions` takes them.

    Example:
        >>> with printoptions(precision=1):
        ...     get_printoptions()["precision"]
        1
    """
    before = get_printoptions()
    set_printoptions(**options)  # type: ignore[arg-type]
    try:
        yield
    finally:
        set_printoptions(**before)  # type: ignore[arg-type]


def format_tensor(
    data: np.ndarray,
    *,
    dtype: dtype,
    default_dtype: dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    device: str | device = CPU,
    class_name: str = "tensor",
    tangent: str | None = None,
    parameter_subclass: bool = False,
) -> str:
    """The text of a tensor.

    Args:
        data: its values.
        dtype: its type.
        default_dtype: the default floating type; tensors of it, of its complex type, and of int64 and bool do
            not say their type.
        requires_grad: whether it is a leaf that wants a gradient.
        grad_fn_name: name of its gradient node, `"AddBackward0"`, if it has one.
        device: where it lives; said unless that is the CPU.
        class_name: `"tensor"` for tensors and parameters, else the subclass's name.
        tangent: the text of its tangent, when it is a dual number of forward-mode differentiation.
        parameter_subclass: whether its class is a proper subclass of `nn.Parameter`.

    Returns:
        What `repr` gives in PyTorch.

    Example:
        >>> from torchlike import dtypes
        >>> data = np.array([[1.0, 2.5]], np.float32)
        >>> format_tensor(data, dtype=dtypes.float32, default_dtype=dtypes.float32, requires_grad=True)
        'tensor([[1.0000, 2.5000]], requires_grad=True)'
    """
    prefix = f"{class_name}("
    suffixes = _device_suffix(device)
    if data.size == 0:
        body = "[]"
        if data.ndim != 1:
            suffixes.append(f"size={data.shape}")
        if dtype is not default_dtype:
            suffixes.append(f"dtype={dtype!r}")
    else:
        body = _body(data, dtype, len(prefix))
        if not OPTIONS.edgeitems:
            suffixes.append(f"size={data.shape}")
        if not _goes_without_saying(dtype, default_dtype):
            suffixes.append(f"dtype={dtype!r}")
    suffixes += _gradient_suffixes(requires_grad, grad_fn_name, tangent)
    text = _with_suffixes(prefix + body, suffixes, len(prefix))
    return f"Parameter({text})" if parameter_subclass else text


def format_meta_tensor(
    shape: Sequence[int],
    *,
    dtype: dtype,
    default_dtype: dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    device: str | device = "meta",
    class_name: str = "tensor",
) -> str:
    """The text of a tensor without values.

    Args:
        shape: its shape.
        dtype, default_dtype, requires_grad, grad_fn_name, device, class_name: as for `format_tensor`.

    Returns:
        What `repr` gives in PyTorch.

    Example:
        >>> from torchlike import dtypes
        >>> format_meta_tensor((2, 3), dtype=dtypes.float32, default_dtype=dtypes.float32)
        "tensor(..., device='meta', size=(2, 3))"
    """
    prefix = f"{class_name}("
    suffixes = [*_device_suffix(device), f"size={tuple(shape)}"]
    if dtype is not default_dtype:
        suffixes.append(f"dtype={dtype!r}")
    suffixes += _gradient_suffixes(requires_grad, grad_fn_name, None)
    return _with_suffixes(f"{prefix}...", suffixes, len(prefix))


def format_sparse_tensor(
    indices: dict[str, np.ndarray],
    values: np.ndarray,
    *,
    shape: Sequence[int],
    nnz: int,
    layout: str,
    dtype: dtype,
    default_dtype: dtype,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    device: str | device = CPU,
    class_name: str = "tensor",
) -> str:
    """The text of a sparse tensor.

    Args:
        indices: its index arrays by name, in the order shown: `indices`, or `crow_indices` and `col_indices`.
        values: its values.
        shape: its shape.
        nnz: how many elements, or blocks, it stores.
        layout: `"sparse_coo"`, `"sparse_csr"` and so on.
        dtype, default_dtype, requires_grad, grad_fn_name, device, class_name: as for `format_tensor`.

    Returns:
        What `repr` gives in PyTorch.

    Example:
        >>> from torchlike import dtypes
        >>> print(
        ...     format_sparse_tensor(
        ...         {"indices": np.array([[1], [0]])},
        ...         np.array([5.0], np.float32),
        ...         shape=(2, 2),
        ...         nnz=1,
        ...         layout="sparse_coo",
        ...         dtype=dtypes.float32,
        ...         default_dtype=dtypes.float32,
        ...     )
        ... )
        tensor(indices=tensor([[1],
                               [0]]),
               values=tensor([5.]),
               size=(2, 2), nnz=1, layout=torch.sparse_coo)
    """
    prefix = f"{class_name}("
    parts = []
    for name, part in {**indices, "values": values}.items():
        head = f"{name}=tensor("
        body = _body(part, dtypes.from_numpy(part.dtype), len(prefix) + len(head))
        if part.size == 0:
            body += f", size={part.shape}"
        parts.append(f"{head}{body})")
    suffixes = [*_device_suffix(device), f"size={tuple(shape)}", f"nnz={nnz}"]
    if not _goes_without_saying(dtype, default_dtype):
        suffixes.append(f"dtype={dtype!r}")
    suffixes.append(f"layout=torch.{layout}")
    suffixes += _gradient_suffixes(requires_grad, grad_fn_name, None)
    text = prefix + (",\n" + " " * len(prefix)).join(parts)
    return _with_suffixes(text, suffixes, len(prefix), new_line=layout == "sparse_coo")


def parameter_text(text: str) -> str:
    """The text of an `nn.Parameter` from that of the same tensor.

    Example:
        >>> print(parameter_text("tensor([1.], requires_grad=True)"))
        Parameter containing:
        tensor([1.], requires_grad=True)
    """
    return f"Parameter containing:\n{text}"


def _device_suffix(where: str | device) -> list[str]:
    shown = str(where)
    return [] if shown == "cpu" else [f"device='{shown}'"]


def _gradient_suffixes(requires_grad: bool, grad_fn_name: str | None, tangent: str | None) -> list[str]:
    suffixes = []
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    return suffixes


def _goes_without_saying(type: dtype, default_dtype: dtype) -> bool:
    default_complex = dtypes.complex128 if default_dtype is dtypes.float64 else dtypes.complex64
    return type in (default_dtype, default_complex, dtypes.int64, dtypes.bool_)


def _with_suffixes(text: str, suffixes: list[str], indent: int, new_line: bool = False) -> str:
    # PyTorch counts the last line of the values two characters longer than it is.
    length = len(text) - text.rfind("\n") + 1
    parts = [text]
    for suffix in suffixes:
        if new_line or length + len(suffix) + 2 > OPTIONS.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            length = indent + len(suffix)
            new_line = False
        else:
            parts.append(", " + suffix)
            length += len(suffix) + 2
    return "".join(parts) + ")"


class _Format:
    """How the elements of one tensor, or of its real or imaginary parts, are written.

    Args:
        values: the elements that will be shown, float64 for floating types.
        floating: whether the type is a floating one.
    """

    def __init__(self, values: np.ndarray, floating: bool) -> None:
        self.width = 1
        self.spec = ""
        self.whole = False
        if not floating:
            self.width = max((len(str(value)) for value in values.ravel().tolist()), default=1)
            return
        finite = values[np.isfinite(values) & (values != 0)]
        self.whole = bool((finite == np.ceil(finite)).all())
        powers = False
        if finite.size:
            powers = _needs_powers(np.abs(finite)) if OPTIONS.sci_mode is None else bool(OPTIONS.sci_mode)
        if powers:
            self.spec = f".{OPTIONS.precision}e"
            self.whole = False
        else:
            self.spec = ".0f" if self.whole else f".{OPTIONS.precision}f"
        # Zeros, infinities and NaNs do not count, so they may be wider than the others.
        point = 1 if self.whole else 0
        self.width = max((len(format(v, self.spec)) + point for v in finite.tolist()), default=1)

    def text(self, value: float) -> str:
        """One element, padded on the left to the common width."""
        shown = format(value, self.spec)
        if self.whole and math.isfinite(value):
            shown += "."
        return shown.rjust(self.width)


def _needs_powers(magnitudes: np.ndarray) -> bool:
    least, most = magnitudes.min(), magnitudes.max()
    with np.errstate(over="ignore"):
        return bool(most / least > 1000.0 or most > 1.0e8 or least < 1.0e-4)


class _ComplexFormat:
    """How complex elements are written: a format for the real parts and one for the imaginary parts."""

    def __init__(self, values: np.ndarray) -> None:
        self.real = _Format(values.real, True)
        self.imaginary = _Format(values.imag, True)
        self.width = self.real.width + self.imaginary.width + 1

    def text(self, value: complex) -> str:
        real = self.real.text(value.real)
        imaginary = (self.imaginary.text(value.imag) + "j").lstrip()
        sign = "" if imaginary[0] in "+-" else "+"
        return real + sign + imaginary


def _body(data: np.ndarray, type: dtype, indent: int) -> str:
    """The values in their brackets, the first line beginning after `indent` characters."""
    if data.size == 0:
        return "[]"
    edge = OPTIONS.edgeitems
    cut = data.size > OPTIONS.threshold
    if cut and data.ndim and not edge:
        return "[...]"
    gaps = tuple(cut and size > 2 * edge for size in data.shape)
    for axis, gap in enumerate(gaps):
        if gap:
            size = data.shape[axis]
            data = np.take(data, [*range(edge), *range(size - edge, size)], axis)
    form: _Format | _ComplexFormat
    if type.is_complex:
        data = data.astype(np.complex128)
        form = _ComplexFormat(data)
    else:
        if type.is_floating_point:
            data = data.astype(np.float64)
        form = _Format(data, type.is_floating_point)
    return _rows(data, gaps, indent, form)


def _rows(data: np.ndarray, gaps: tuple[bool, ...], indent: int, form: _Format | _ComplexFormat) -> str:
    """The elements shown; along an axis with a gap, dots stand in the middle."""
    if data.ndim == 0:
        return form.text(data.item())
    if data.ndim == 1:
        return _vector(data, gaps[0], indent, form)
    rows = [_rows(row, gaps[1:], indent + 1, form) for row in data]
    if gaps[0]:
        rows.insert(OPTIONS.edgeitems, "...")
    between = "," + "\n" * (data.ndim - 1) + " " * (indent + 1)
    return "[" + between.join(rows) + "]"


def _vector(data: np.ndarray, gap: bool, indent: int, form: _Format | _ComplexFormat) -> str:
    texts = [form.text(value) for value in data.tolist()]
    if gap:
        texts.insert(OPTIONS.edgeitems, " ...")
    per_line = max(1, math.floor((OPTIONS.linewidth - indent) / (form.width + 2)))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
