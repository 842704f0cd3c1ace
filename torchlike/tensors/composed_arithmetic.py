"""Arithmetic that PyTorch makes of other operators, or that gives back its argument."""

from __future__ import annotations

from typing import Any

from torchlike import dtypes
from torchlike.operators import declaration
from torchlike.tensors import dispatch, writes
from torchlike.tensors.attributes import method
from torchlike.tensors.composite import composite
from torchlike.tensors.tensor import Tensor

__all__: list[str] = []


def _call(name: str, *args: Any) -> Any:
    op = declaration.get(name)
    return dispatch.call(op, (*args, *op.defaults[len(args) :]))


def _cast(t: Tensor, to: dtypes.dtype) -> Tensor:
    return t if t.dtype is to else _call("_cast", t, to)


@composite(
    "_reflected_division(Tensor self, Tensor|Scalar other) -> Tensor", dunder=("__rtruediv__", "__rdiv__")
)
def reflected_division(self: Tensor, other: Any) -> Tensor:
    return _call("mul", _call("reciprocal", self), other)


@composite("positive(Tensor self) -> Tensor", dunder=("__pos__",))
def positive(self: Tensor) -> Tensor:
    if self.dtype.category == 0:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return self


@composite("_invert(Tensor self) -> Tensor", namespaces=(), dunder=("__invert__",))
def invert(self: Tensor) -> Tensor:
    if self.dtype.category >= 2:
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return _call("bitwise_not", self)


def _abs_inplace(self: Tensor) -> Tensor:
    if self.dtype.is_complex:
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return writes.call_inplace(declaration.get("abs"), (self,))


composite("abs_(Tensor self) -> Tensor", aliases=("absolute_",))(_abs_inplace)


def _double(*operands: Any) -> dtypes.dtype:
    complex_ = any(isinstance(x, complex) or (isinstance(x, Tensor) and x.dtype.is_complex) for x in operands)
    return dtypes.complex128 if complex_ else dtypes.float64


@composite("float_power(Tensor|Scalar self, Tensor|Scalar exponent) -> Tensor", out=True)
def float_power(self: Any, exponent: Any) -> Tensor:
    to = _double(self, exponent)
    if not isinstance(exponent, Tensor):
        return _call("pow.Tensor_Scalar", _cast(self, to), exponent)
    if not isinstance(self, Tensor):
        return _call("pow.Scalar", self, _cast(exponent, to))
    return _call("pow.Tensor_Tensor", _cast(self, to), _cast(exponent, to))


@composite("float_power_(Tensor self, Tensor|Scalar exponent) -> Tensor", namespaces=())
def float_power_(self: Tensor, exponent: Any) -> Tensor:
    to = _double(self, exponent)
    if self.dtype is not to:
        names = {dtypes.float64: "Double", dtypes.complex128: "ComplexDouble"}
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.dtype.legacy_name} but the operation's result "
            f"requires dtype {names[to]}"
        )
    name = "pow.Tensor_Tensor" if isinstance(exponent, Tensor) else "pow.Tensor_Scalar"
    exponent = _cast(exponent, to) if isinstance(exponent, Tensor) else exponent
    return writes.call_inplace(declaration.get(name), (self, exponent))


@composite("conj(Tensor self) -> Tensor")
def conj(self: Tensor) -> Tensor:
    return _call("_conj", self) if self.dtype.is_complex else self


@composite("resolve_conj(Tensor self) -> Tensor", aliases=("resolve_neg",))
def resolve_conj(self: Tensor) -> Tensor:
    # Nothing is left unresolved: a conjugate is computed, not marked.
    return self


@composite("conj_physical(Tensor self) -> Tensor", out=True)
def conj_physical(self: Tensor) -> Tensor:
    return conj(self)


@composite("conj_physical_(Tensor self) -> Tensor")
def conj_physical_(self: Tensor) -> Tensor:
    return writes.call_inplace(declaration.get("_conj"), (self,))


@composite("polygamma_(Tensor self, int n) -> Tensor", namespaces=())
def polygamma_(self: Tensor, n: int) -> Tensor:
    made = _call("polygamma", n, self)
    if not dtypes.can_cast(made.dtype, self.dtype):
        raise RuntimeError(
            f"result type {made.dtype.legacy_name} can't be cast to the desired output type {self.dtype.legacy_name}"
        )
    return self.copy_(made)


@composite("polygamma(Tensor self, int n) -> Tensor", namespaces=())
def polygamma(self: Tensor, n: int) -> Tensor:
    return _call("polygamma", n, self)


@composite("real(Tensor self) -> Tensor", method=False)
def real(self: Tensor) -> Tensor:
    return dispatch.call_view(declaration.get("_real"), (self,)) if self.dtype.is_complex else self


@composite("imag(Tensor self) -> Tensor", method=False)
def imag(self: Tensor) -> Tensor:
    if not self.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return dispatch.call_view(declaration.get("_imag"), (self,))


def _set(part: Tensor, value: Any) -> None:
    part.copy_(value) if isinstance(value, Tensor) else part.fill_(value)


def _set_real(self: Tensor, value: Any) -> None:
    _set(real(self), value)


def _set_imag(self: Tensor, value: Any) -> None:
    _set(imag(self), value)


method("real")(property(real, _set_real, doc="The real part: a view of a complex tensor, a real one itself."))
method("imag")(property(imag, _set_imag, doc="The imaginary part, a view."))


def _declare_running(name: str) -> None:
    @composite(f"{name}_(Tensor self, int dim, *, dtype? dtype=None) -> Tensor", namespaces=())
    def accumulate_(self: Tensor, dim: int, dtype: dtypes.dtype | None) -> Tensor:
        # Out of place integers become int64; what is written to keeps its type.
        if self.dtype.category == 0 and dtype is None:
            raise NotImplementedError(f"\"{name}_out_cpu\" not implemented for 'Bool'")
        return writes.call_inplace(declaration.get(name), (self, dim, dtype or self.dtype))


_declare_running("cumsum")
_declare_running("cumprod")
