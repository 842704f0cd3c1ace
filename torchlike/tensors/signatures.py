"""The overloads that PyTorch lists when a call fits none of them.

Where an operator here takes "a tensor or a number", PyTorch has an overload for each, in an order of its own
and not all with `out=`; those lists stand here. The others follow from the declarations.
"""

from __future__ import annotations

from torchlike.operators.schema import MISSING, Schema
from torchlike.tensors import arguments
from torchlike.tensors.arguments import type_name

__all__ = ["invalid_call"]

_OUT = "Tensor out = None"
_PAIRS = "tuple of Tensors out = None"
_COMPARED = (f"Tensor input, Tensor other, *, {_OUT}", f"Tensor input, Number other, *, {_OUT}")
_OR_NUMBER = (f"Tensor input, Tensor other, *, {_OUT}", "Tensor input, Number other")
_EITHER = (
    f"Tensor input, Tensor other, *, {_OUT}",
    f"Number self, Tensor other, *, {_OUT}",
    f"Tensor input, Number other, *, {_OUT}",
)
_BITWISE = (
    f"Tensor input, Tensor other, *, {_OUT}",
    "Number self, Tensor other",
    f"Tensor input, Number other, *, {_OUT}",
)
_POWERS = (
    f"Tensor input, Tensor exponent, *, {_OUT}",
    f"Number self, Tensor exponent, *, {_OUT}",
    f"Tensor input, Number exponent, *, {_OUT}",
)
_SUBTRACTED = (
    "Tensor input, Tensor other, *, Number alpha = 1",
    "Tensor input, Number other, Number alpha = 1",
)
_BY_MODE = "Tensor input, Tensor other, *, str rounding_mode"
_JUDGED = (
    f"Tensor input, *, {_OUT}",
    f"Tensor input, tuple of ints dim = None, bool keepdim = False, *, {_OUT}",
    f"Tensor input, int dim, bool keepdim = False, *, {_OUT}",
)
_EXTREME = (
    f"Tensor input, *, {_OUT}",
    f"Tensor input, Tensor other, *, {_OUT}",
    f"Tensor input, int dim, bool keepdim = False, *, {_PAIRS}",
)
_BETA_ALPHA = "*, Number beta = 1, Number alpha = 1"


def _spread(out: str) -> tuple[str, ...]:
    star, tail = (", *", f", {out}") if out else ("", "")
    return (
        f"Tensor input, tuple of ints dim, bool unbiased = True, bool keepdim = False{star}{tail}",
        f"Tensor input, tuple of ints dim = None, *, Number correction = None, bool keepdim = False{tail}",
        "Tensor input, bool unbiased = True",
    )


_MADE = (
    "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, "
    "bool requires_grad = False"
)
_DRAWN = (f"torch.Generator generator, {_OUT}, {_MADE}", f"{_OUT}, {_MADE}")
_DTYPED = ("", ", torch.dtype out_dtype")
_SEARCHED = "*, bool out_int32 = False, bool right = False"
_ISIN = f"*, bool assume_unique = False, bool invert = False, {_OUT}"
_LISTED: dict[str, tuple[str, ...]] = {
    "add": (f"Tensor input, Tensor other, *, Number alpha = 1, {_OUT}",),
    "sub": (f"Tensor input, Tensor other, *, Number alpha = 1, {_OUT}",),
    "subtract": (f"{_SUBTRACTED[0]}, {_OUT}", _SUBTRACTED[1]),
    "rsub": _SUBTRACTED,
    "multiply": _OR_NUMBER,
    "true_divide": _OR_NUMBER,
    "floor_divide": _OR_NUMBER,
    "div": (_OR_NUMBER[0], f"{_BY_MODE}, {_OUT}", "Tensor input, Number other, *, str rounding_mode"),
    "divide": (
        _OR_NUMBER[0],
        f"{_BY_MODE}, {_OUT}",
        "Tensor input, Number other",
        "Tensor input, Number other, *, str rounding_mode",
    ),
    "addcmul": (f"Tensor input, Tensor tensor1, Tensor tensor2, *, Number value = 1, {_OUT}",),
    "addcdiv": (f"Tensor input, Tensor tensor1, Tensor tensor2, *, Number value = 1, {_OUT}",),
    "addbmm": (f"Tensor input, Tensor batch1, Tensor batch2, {_BETA_ALPHA}, {_OUT}",),
    "addmv": (f"Tensor input, Tensor mat, Tensor vec, {_BETA_ALPHA}, {_OUT}",),
    "addr": (f"Tensor input, Tensor vec1, Tensor vec2, {_BETA_ALPHA}, {_OUT}",),
    "randint": tuple(
        f"{limits}, tuple of ints size, *, {rest}"
        for limits in ("int high", "int low, int high")
        for rest in _DRAWN
    ),
    "linspace": tuple(
        f"{start} start, {end} end, int steps, *, {_OUT}, {_MADE}"
        for end in ("Tensor", "Number")
        for start in ("Tensor", "Number")
    ),
    "normal": (
        f"Tensor mean, Tensor std, *, torch.Generator generator = None, {_OUT}",
        f"Tensor mean, float std = 1, *, torch.Generator generator = None, {_OUT}",
        f"float mean, Tensor std, *, torch.Generator generator = None, {_OUT}",
        f"float mean, float std, tuple of ints size, *, torch.Generator generator = None, {_OUT}, {_MADE}",
    ),
    "mm": tuple(f"Tensor input, Tensor mat2{to}, *, {_OUT}" for to in _DTYPED),
    "bmm": tuple(f"Tensor input, Tensor mat2{to}, *, {_OUT}" for to in _DTYPED),
    "narrow": tuple(f"Tensor input, int dim, {start} start, int length" for start in ("Tensor", "int")),
    "tensor_split": (
        "Tensor input, tuple of ints indices, int dim = 0",
        "Tensor input, Tensor tensor_indices_or_sections, int dim = 0",
        "Tensor input, int sections, int dim = 0",
    ),
    "pow": _POWERS,
    "float_power": _POWERS,
    "where": (
        "Tensor condition",
        f"Tensor condition, Tensor input, Tensor other, *, {_OUT}",
        "Tensor condition, Number self, Tensor other",
        "Tensor condition, Tensor input, Number other",
        "Tensor condition, Number self, Number other",
    ),
    "isin": (
        f"Tensor elements, Tensor test_elements, {_ISIN}",
        f"Number element, Tensor test_elements, {_ISIN}",
        f"Tensor elements, Number test_element, {_ISIN}",
    ),
    "prod": (
        "Tensor input, *, torch.dtype dtype = None",
        f"Tensor input, int dim, bool keepdim = False, *, torch.dtype dtype = None, {_OUT}",
    ),
    "any": _JUDGED,
    "all": _JUDGED,
    "max": _EXTREME,
    "min": _EXTREME,
    "std": _spread(_OUT),
    "var": _spread(_OUT),
    "std_mean": _spread(""),
    "var_mean": _spread(""),
    "trapz": ("Tensor y, *, float dx = 1, int dim = -1", "Tensor y, Tensor x, *, int dim = -1"),
    "sort": (
        f"Tensor input, *, bool stable, int dim = -1, bool descending = False, {_PAIRS}",
        f"Tensor input, int dim = -1, bool descending = False, *, {_PAIRS}",
    ),
    "argsort": (
        f"Tensor input, *, bool stable, int dim = -1, bool descending = False, {_OUT}",
        "Tensor input, int dim = -1, bool descending = False",
    ),
    "searchsorted": tuple(
        f"Tensor sorted_sequence, {kind}, {_SEARCHED}, str side = None, Tensor sorter = None, {_OUT}"
        for kind in ("Tensor input", "Number self")
    ),
    "bucketize": (
        f"Tensor input, Tensor boundaries, {_SEARCHED}, {_OUT}",
        f"Number self, Tensor boundaries, {_SEARCHED}",
    ),
}
_LISTED |= dict.fromkeys(("remainder", "bitwise_and", "bitwise_or", "bitwise_xor"), _BITWISE)
_LISTED |= dict.fromkeys(("bitwise_left_shift", "bitwise_right_shift"), _BITWISE)
_LISTED |= dict.fromkeys(("xlogy", "xlog1py", "zeta"), _EITHER)
_LISTED |= dict.fromkeys(("fmod", "copysign", "eq", "ne", "lt", "le", "gt", "ge"), _COMPARED)
_LISTED |= dict.fromkeys(("not_equal", "less", "less_equal", "greater", "greater_equal"), _COMPARED)


def _parts(signature: str) -> list[str]:
    return signature.split(", ")


def _of_method(signature: str) -> str:
    """The signature without the tensor itself and without `out=`."""
    kept = [p for p in _parts(signature) if p not in (_OUT, _PAIRS)]
    kept = kept[1:] if kept[0] == "Tensor input" else [p for p in kept if p != "Tensor input"]
    return ", ".join(kept[:-1] if kept and kept[-1] == "*" else kept)


def _listed(name: str, method: bool) -> tuple[str, ...] | None:
    base = name.removesuffix("_") if method and not name.startswith("__") else name
    base = base.removeprefix("special_")
    found = _LISTED.get(base)
    if found is None or not method:
        return found
    return tuple(_of_method(s) for s in found if "Number self" not in s and s != "Tensor condition")


def _plausible(signature: str, count: int) -> bool:
    """Whether a call with so many arguments could be meant for a signature."""
    parts = [p for p in _parts(signature) if p not in ("*", "")]
    return sum(" = " not in p for p in parts) <= count <= len(parts)


_ACCEPTS = {"float": ("float", "int"), "Tensor": ("Tensor", "Parameter")}


def _why_not(signature: str, args: tuple, kwargs: dict) -> str | None:
    """PyTorch's line on why a signature was passed over; only where the counts agree, `*` counted too."""
    parts = _parts(signature)
    if len(parts) != len(args) + len(kwargs):
        return None
    options = [part.rpartition(" ") for part in parts]
    # Where there is a default PyTorch takes it for the name, so that such keywords never match.
    names = {name: kind for kind, _, name in options[len(parts) - len(kwargs) :]}
    wrong = [k for k in reversed(kwargs) if k not in names]
    if wrong:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(wrong)}"

    def judged(shown: str, value: object, kind: str) -> str:
        fits = type_name(value) in _ACCEPTS.get(kind, (kind,))
        return shown if fits else f"!{shown}!"

    types = [
        judged(_full_type_name(v), v, kind)
        for v, (kind, _, _) in zip(args, options[: len(args)], strict=True)
    ]
    types += [judged(f"{k}={_full_type_name(v)}", v, names[k]) for k, v in reversed(kwargs.items())]
    return f"      didn't match because some of the arguments have invalid types: ({', '.join(types)})"


def _full_type_name(value: object) -> str:
    """A type's name, that of a sequence with those of all its elements."""
    if isinstance(value, list | tuple) and not hasattr(value, "numel"):
        inside = ", ".join(_full_type_name(v) for v in value)
        if isinstance(value, list):
            return f"list of [{inside}]" if value else "list"
        return f"tuple of ({inside}{',' if len(value) == 1 else ''})" if value else "tuple"
    return type_name(value)


def invalid_call(
    name: str,
    overloads: list[tuple[Schema, tuple[str, ...], bool]],
    why: list[str],
    args: tuple,
    kwargs: dict,
    method: bool,
) -> TypeError:
    """PyTorch's TypeError for a call that fits no overload.

    Args:
        name: the function.
        overloads: its declarations: schema, the arguments' shown names, whether there is an `out=`.
        why: per overload, why the call does not fit it.
        args, kwargs: the call, without the tensor whose method it is.
        method: whether it is a method's.
    """
    if method and all(len(schema.arguments) == 1 for schema, _, _ in overloads):
        # Such methods are plain C functions in PyTorch: Python itself refuses the arguments.
        given = "keyword arguments" if kwargs else f"arguments ({len(args)} given)"
        return TypeError(f"TensorBase.{name}() takes no {given}")
    listed = _listed(name, method)
    if listed is None:
        if len(overloads) == 1:
            return arguments.invalid_call(name, overloads, why, args, kwargs)
        listed = tuple(arguments.shown_signature(*overload)[1:-1] for overload in overloads)
    count = len(args) + len(kwargs)
    if sum(_plausible(s, count) for s in listed) == 1:
        reason = why[0] if len(why) == 1 else _nearest(overloads, why, count + method)
        return TypeError(f"{name}(): {reason}" if reason.startswith("argument") else f"{name}() {reason}")
    got = ", ".join(
        [type_name(a) for a in args] + [f"{k}={type_name(v)}" for k, v in reversed(kwargs.items())]
    )
    if kwargs and not args:
        got += ", "
    text = f"{name}() received an invalid combination of arguments - got ({got}), but expected "
    if len(listed) == 1:
        return TypeError(f"{text}({listed[0]})")
    lines = [f"{text}one of:"]
    for s in listed:
        lines.append(f" * ({s})")
        reason_line = _why_not(s, args, kwargs)
        if reason_line is not None:
            lines.append(reason_line)
    return TypeError("\n".join(lines) + "\n")


def _nearest(overloads: list[tuple[Schema, tuple[str, ...], bool]], why: list[str], count: int) -> str:
    """The reason of the overload that takes so many arguments."""
    for (schema, _, _), reason in zip(overloads, why, strict=True):
        least = sum(a.default is MISSING for a in schema.arguments)
        if least <= count <= len(schema.arguments):
            return reason
    return why[0]
