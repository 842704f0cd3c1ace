"""What recurrent networks, and single steps of them, have in common."""

from __future__ import annotations

import math
import numbers
import weakref
from typing import Any

from torchlike.errors import warn
from torchlike.nn import init
from torchlike.nn.declared import torch
from torchlike.nn.module import Module
from torchlike.nn.parameter import Parameter
from torchlike.nn.utils.rnn import PackedSequence
from torchlike.tensors.tensor import Tensor

__all__ = ["RNNBase", "RNNCellBase"]

# The rows of the weights, in hidden sizes.
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` have in common: the options, and the parameters of each layer and direction.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers: how many layers; each reads what the one below it gives.
        bias: whether the layers have biases.
        batch_first: whether input and output are (N, T, *) rather than (T, N, *); states always have N second.
        dropout: the probability with which elements between the layers are dropped in training.
        bidirectional: whether there is a second network, from each sequence's end to its beginning, whose output is
            put beside that of the first.
        proj_size: if not 0, the size to which an LSTM's output is projected.
        device, dtype: of the parameters.

    Raises:
        TypeError, ValueError: an option is of a wrong type or makes no sense.
    """

    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int

    __constants__ = [
        "mode",
        "input_size",
        "hidden_size",
        "num_layers",
        "bias",
        "batch_first",
        "dropout",
        "bidirectional",
        "proj_size",
    ]

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._flat_weight_refs: list[weakref.ref | None] = []
        _check_options(dropout, num_layers, bias, batch_first, input_size, hidden_size, proj_size)
        if mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self._flat_weights_names: list[str] = []
        self._all_weights: list[list[str]] = self._names()
        rows, given = _GATES[mode] * hidden_size, proj_size or hidden_size
        for i, names in enumerate(self._all_weights):
            below = input_size if i < self._directions else given * self._directions
            shapes = {
                "weight_ih": (rows, below),
                "weight_hh": (rows, given),
                "weight_hr": (proj_size, hidden_size),
            }
            for name in names:
                shape = shapes.get(name[:9], (rows,))
                setattr(self, name, Parameter(torch.empty(shape, device=device, dtype=dtype)))
            self._flat_weights_names.extend(names)
        self._init_flat_weights()
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _names(self) -> list[list[str]]:
        """The parameters' names, layer by layer and direction by direction."""
        kinds = ["weight_ih", "weight_hh"]
        if self.bias:
            kinds += ["bias_ih", "bias_hh"]
        if self.proj_size > 0:
            kinds.append("weight_hr")
        tails = ["", "_reverse"][: self._directions]
        return [
            [f"{kind}_l{layer}{tail}" for kind in kinds] for layer in range(self.num_layers) for tail in tails
        ]

    def _init_flat_weights(self) -> None:
        self._flat_weights: list[Any] = [getattr(self, name, None) for name in self._flat_weights_names]
        self._refer()
        self.flatten_parameters()

    def _refer(self) -> None:
        self._flat_weight_refs = [None if w is None else weakref.ref(w) for w in self._flat_weights]

    def __setattr__(self, name: str, value: Any) -> None:
        names = self.__dict__.get("_flat_weights_names", ())
        if name in names and "_flat_weights" in self.__dict__:
            self._flat_weights[names.index(name)] = value
        super().__setattr__(name, value)

    def flatten_parameters(self) -> None:
        """Nothing: what PyTorch does here to the parameters' memory is for its kernels on GPUs."""

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._flat_weight_refs = []
        found = super()._apply(fn, recurse)
        self._init_flat_weights()
        return found

    def reset_parameters(self) -> None:
        """Draw the parameters anew, from U(-k, k) with `k = 1 / sqrt(hidden_size)`."""
        _draw(self, self.hidden_size)

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise if the input's dtype, rank or number of features is wrong."""
        dtype = self._flat_weights[0].dtype
        if input.dtype is not dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). "
                f"Convert input: input.to({dtype}), or convert model: model.to({input.dtype})"
            )
        expected = 2 if batch_sizes is not None else 3
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def _state_size(self, input: Tensor, batch_sizes: Tensor | None, features: int) -> tuple[int, int, int]:
        if batch_sizes is not None:
            batch = int(batch_sizes[0])
        else:
            batch = input.size(0) if self.batch_first else input.size(1)
        return self.num_layers * self._directions, batch, features

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that `hx` must have."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Raise if a state has another shape."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise if the input or the state does not fit."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """A state with its batch in another order."""
        return hx if permutation is None else hx.index_select(1, permutation)

    def _weights_have_changed(self) -> bool:
        for ref, name in zip(self._flat_weight_refs, self._flat_weights_names, strict=True):
            weight = self._parameters.get(name)
            if weight is None:
                weight = getattr(self, name, None)
            if weight is not None and ref is not None and ref() is not weight:
                return True
        return False

    def _update_flat_weights(self) -> None:
        if self._weights_have_changed():
            self._init_flat_weights()

    def __getstate__(self) -> dict[str, Any]:
        self._update_flat_weights()
        state = super().__getstate__()
        del state["_flat_weight_refs"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # What older versions of PyTorch saved.
        if "all_weights" in state:
            self._all_weights = state["all_weights"]
        if "proj_size" not in state:
            self.proj_size = 0
        if not isinstance(self._all_weights[0][0], str):
            self._all_weights = self._names()
            self._flat_weights_names = [name for names in self._all_weights for name in names]
            self._flat_weights = [getattr(self, name, None) for name in self._flat_weights_names]
        self._refer()

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters, layer by layer and direction by direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def extra_repr(self) -> str:
        """The sizes, and the options that are not left at their defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size != 0:
            parts.append(f"proj_size={self.proj_size}")
        if self.num_layers != 1:
            parts.append(f"num_layers={self.num_layers}")
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        if self.batch_first is not False:
            parts.append(f"batch_first={self.batch_first}")
        if self.dropout != 0:
            parts.append(f"dropout={self.dropout}")
        if self.bidirectional is not False:
            parts.append(f"bidirectional={self.bidirectional}")
        return ", ".join(parts)

    def _zero_state(self, input: Tensor, batch: Any, features: int) -> Tensor:
        shape = (self.num_layers * self._directions, batch, features)
        return torch.zeros(shape, dtype=input.dtype, device=input.device)

    def _options(self) -> tuple[Any, ...]:
        """What the function of this network takes behind its state."""
        return (
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
        )

    def _forward_of_one_state(self, name: str, input: Any, hx: Tensor | None) -> tuple[Any, Tensor]:
        """The forward of networks whose state is one tensor.

        Args:
            name: of the function, `gru`.
            input, hx: of `forward`.
        """
        self._update_flat_weights()
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, back = input
            if hx is None:
                hx = self._zero_state(data, int(batch_sizes[0]), self.hidden_size)
            else:
                hx = self.permute_hidden(hx, order)
            self.check_forward_args(data, hx, batch_sizes)
            output, hidden = getattr(torch, name)(data, batch_sizes, hx, *self._options())
            return PackedSequence(output, batch_sizes, order, back), self.permute_hidden(hidden, back)
        if input.dim() not in (2, 3):
            shown, what = ("GRU", "") if name == "gru" else ("RNN", " tensor")
            raise ValueError(f"{shown}: Expected input to be 2D or 3D, got {input.dim()}D{what} instead")
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if hx is not None and hx.dim() != input.dim():
            kind = "batched 3-D input, hx should also be 3-D" if batched else _UNBATCHED
            raise RuntimeError(f"For {kind} but got {hx.dim()}-D tensor")
        if not batched:
            input = input.unsqueeze(batch_dim)
        if hx is None:
            hx = self._zero_state(input, input.size(batch_dim), self.hidden_size)
        elif not batched:
            hx = hx.unsqueeze(1)
        self.check_forward_args(input, hx, None)
        output, hidden = getattr(torch, name)(input, hx, *self._options(), self.batch_first)
        if not batched:
            return output.squeeze(batch_dim), hidden.squeeze(1)
        return output, hidden


_UNBATCHED = "unbatched 2-D input, hx should also be 2-D"


def _check_options(
    dropout: Any,
    num_layers: int,
    bias: Any,
    batch_first: Any,
    input_size: Any,
    hidden_size: Any,
    proj_size: int,
) -> None:
    if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
            f"num_layers greater than 1, but got dropout={dropout} and num_layers={num_layers}"
        )
    for name, value, kind in (
        ("bias", bias, bool),
        ("batch_first", batch_first, bool),
        ("input_size", input_size, int),
        ("hidden_size", hidden_size, int),
    ):
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        if kind is int and value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


def _draw(module: Module, hidden_size: int) -> None:
    bound = 1.0 / math.sqrt(hidden_size) if hidden_size > 0 else 0
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


class RNNCellBase(Module):
    """What `RNNCell`, `LSTMCell` and `GRUCell` have in common.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        num_chunks: the rows of the weights, in hidden sizes.
        device, dtype: of the parameters.

    Attributes:
        weight_ih: (num_chunks * hidden_size, input_size).
        weight_hh: (num_chunks * hidden_size, hidden_size).
        bias_ih, bias_hh: (num_chunks * hidden_size,), or None.
    """

    input_size: int
    hidden_size: int
    bias: bool
    weight_ih: Tensor
    weight_hh: Tensor
    # The name in errors, which a subclass of the user's shares.
    _shown = "RNNCellBase"

    __constants__ = ["input_size", "hidden_size", "bias"]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(torch.empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(torch.empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(
                name, Parameter(torch.empty(rows, device=device, dtype=dtype)) if bias else None
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, from U(-k, k) with `k = 1 / sqrt(hidden_size)`."""
        _draw(self, self.hidden_size)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not left at their defaults."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.bias is not True:
            parts.append(f"bias={self.bias}")
        nonlinearity = self.__dict__.get("nonlinearity", "tanh")
        if nonlinearity != "tanh":
            parts.append(f"nonlinearity={nonlinearity}")
        return ", ".join(parts)

    def _weights(self) -> tuple[Any, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _check_rank(self, what: str, x: Tensor) -> None:
        if x.dim() not in (1, 2):
            raise ValueError(f"{self._shown}: Expected {what} to be 1D or 2D, got {x.dim()}D instead")

    def _zero_state(self, input: Tensor) -> Tensor:
        return torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)

    def _step(self, name: str, input: Tensor, hx: Tensor | None) -> Tensor:
        """The forward of cells whose state is one tensor, by their function's name."""
        self._check_rank("input", input)
        if hx is not None:
            self._check_rank("hidden", hx)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
            hx = None if hx is None else hx.unsqueeze(0)
        found = getattr(torch, name)(input, self._zero_state(input) if hx is None else hx, *self._weights())
        return found if batched else found.squeeze(0)
