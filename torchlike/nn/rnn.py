"""Recurrent networks, and single steps of them."""

from __future__ import annotations

from typing import Any

from torchlike.nn.declared import torch
from torchlike.nn.rnn_base import RNNBase, RNNCellBase
from torchlike.nn.utils.rnn import PackedSequence
from torchlike.tensors.tensor import Tensor

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]


def _refuse_projection(options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """Elman's network: `h[t] = tanh(W_ih @ x[t] + b_ih + W_hh @ h[t - 1] + b_hh)`.

    Elman (1990), Finding structure in time.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers: how many layers.
        nonlinearity: "tanh", or "relu" in its place.
        bias, batch_first, dropout, bidirectional, device, dtype: see `RNNBase`.

    Shape:
        Input (T, N, input_size), or (N, T, input_size) with `batch_first`, or (T, input_size); `hx` (layers *
        directions, N, hidden_size), zeros if it is not given. Output (T, N, directions * hidden_size) and the last
        states, of the shape of `hx`.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: of the first layer; with `_reverse` behind it of the
            other direction; from U(-k, k) with `k = 1 / sqrt(hidden_size)`.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html.

    Example:
        >>> import torchlike as torch
        >>> network = torch.nn.RNN(10, 20, num_layers=2)
        >>> output, h = network(torch.zeros(5, 3, 10))
        >>> output.shape, h.shape
        (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """The outputs of all steps, and the last states."""
        return self._forward_of_one_state(self.mode.lower(), input, hx)


class GRU(RNNBase):
    """Gated recurrent units.

    `r = sigmoid(W_ir @ x + b_ir + W_hr @ h + b_hr)`, `z` likewise, `n = tanh(W_in @ x + b_in + r * (W_hn @ h + b_hn))`
    and `h = (1 - z) * n + z * h`.

    Cho et al. (2014), Learning phrase representations using RNN encoder-decoder.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers, bias, batch_first, dropout, bidirectional, device, dtype: see `RNNBase`.

    Shape:
        As of `RNN`.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: of the first layer, the rows of r, z and n one below the
            other; with `_reverse` behind it of the other direction; from U(-k, k) with `k = 1 / sqrt(hidden_size)`.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html.

    Example:
        >>> import torchlike as torch
        >>> network = torch.nn.GRU(10, 20, batch_first=True, bidirectional=True)
        >>> output, h = network(torch.zeros(3, 5, 10))
        >>> output.shape, h.shape
        (torch.Size([3, 5, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        """The outputs of all steps, and the last states."""
        return self._forward_of_one_state("gru", input, hx)


class LSTM(RNNBase):
    """Long short-term memory.

    `i, f, o = sigmoid(W_i* @ x + b_i* + W_h* @ h + b_h*)`, `g` likewise with tanh, `c = f * c + i * g` and
    `h = o * tanh(c)`; with `proj_size`, `h = W_hr @ (o * tanh(c))`.

    Hochreiter and Schmidhuber (1997), Long short-term memory.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype: see `RNNBase`.

    Shape:
        As of `RNN`, but that the state is a pair: h, of `proj_size` features where that is not 0, and c.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: of the first layer, the rows of i, f, g and o one below
            the other; with `_reverse` behind it of the other direction; from U(-k, k) with `k = 1 / sqrt(hidden_size)`.
        weight_hr_l0: (proj_size, hidden_size), where that is not 0.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html.

    Example:
        >>> import torchlike as torch
        >>> network = torch.nn.LSTM(10, 20)
        >>> output, (h, c) = network(torch.zeros(5, 3, 10))
        >>> output.shape, c.shape
        (torch.Size([5, 3, 20]), torch.Size([1, 3, 20]))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that the state's second part must have."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise if the input or the state does not fit."""
        self.check_input(input, batch_sizes)
        expected = self.get_expected_hidden_size(input, batch_sizes)
        self.check_hidden_size(hidden[0], expected, "Expected hidden[0] size {}, got {}")
        expected = self.get_expected_cell_size(input, batch_sizes)
        self.check_hidden_size(hidden[1], expected, "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """A state with its batch in another order."""
        if permutation is None:
            return hx
        return hx[0].index_select(1, permutation), hx[1].index_select(1, permutation)

    def _zero_states(self, input: Tensor, batch: Any) -> tuple[Tensor, Tensor]:
        h = self._zero_state(input, batch, self.proj_size or self.hidden_size)
        return h, self._zero_state(input, batch, self.hidden_size)

    def forward(
        self, input: Any, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        """The outputs of all steps, and the last states."""
        self._update_flat_weights()
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, back = input
            if hx is None:
                hx = self._zero_states(data, int(batch_sizes[0]))
            else:
                hx = self.permute_hidden(hx, order)
            output, *hidden = torch.lstm(data, batch_sizes, hx, *self._options())
            return PackedSequence(output, batch_sizes, order, back), self.permute_hidden(tuple(hidden), back)
        if input.dim() not in (2, 3):
            raise ValueError(f"LSTM: Expected input to be 2D or 3D, got {input.dim()}D instead")
        batched = input.dim() == 3
        batch_dim = 0 if self.batch_first else 1
        if not batched:
            input = input.unsqueeze(batch_dim)
        if hx is None:
            hx = self._zero_states(input, input.size(batch_dim))
        else:
            rank = 3 if batched else 2
            if hx[0].dim() != rank or hx[1].dim() != rank:
                raise RuntimeError(
                    f"For {'' if batched else 'un'}batched {rank}-D input, hx and cx should also be {rank}-D but "
                    f"got ({hx[0].dim()}-D, {hx[1].dim()}-D) tensors"
                )
            if not batched:
                hx = hx[0].unsqueeze(1), hx[1].unsqueeze(1)
        self.check_forward_args(input, hx, None)
        output, h, c = torch.lstm(input, hx, *self._options(), self.batch_first)
        if not batched:
            return output.squeeze(batch_dim), (h.squeeze(1), c.squeeze(1))
        return output, (h, c)


class RNNCell(RNNCellBase):
    """One step of an `RNN`: `h = tanh(W_ih @ x + b_ih + W_hh @ h + b_hh)`.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        nonlinearity: "tanh", or "relu" in its place.
        device, dtype: of the parameters.

    Shape:
        Input (N, input_size) or (input_size); `hx` (N, hidden_size) or (hidden_size), zeros if it is not given; the
        result like `hx`.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.RNNCell.html.

    Example:
        >>> import torchlike as torch
        >>> cell = torch.nn.RNNCell(10, 20)
        >>> cell(torch.zeros(3, 10)).shape
        torch.Size([3, 20])
    """

    nonlinearity: str
    _shown = "RNNCell"

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=1, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(f"rnn_{self.nonlinearity}_cell", input, hx)


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        device, dtype: of the parameters.

    Shape:
        Input (N, input_size) or (input_size); `hx` a pair of (N, hidden_size) or (hidden_size), zeros if it is not
        given; the result like `hx`.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html.

    Example:
        >>> import torchlike as torch
        >>> cell = torch.nn.LSTMCell(10, 20)
        >>> h, c = cell(torch.zeros(3, 10))
        >>> h.shape, c.shape
        (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    _shown = "LSTMCell"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=4, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The next states."""
        self._check_rank("input", input)
        if hx is not None:
            for i, state in enumerate(hx):
                self._check_rank(f"hx[{i}]", state)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            zeros = self._zero_state(input)
            hx = (zeros, zeros)
        elif not batched:
            hx = (hx[0].unsqueeze(0), hx[1].unsqueeze(0))
        h, c = torch.lstm_cell(input, hx, *self._weights())
        return (h, c) if batched else (h.squeeze(0), c.squeeze(0))


class GRUCell(RNNCellBase):
    """One step of a `GRU`.

    Args:
        input_size: the number of features of the input.
        hidden_size: the number of features of the state.
        bias: whether there are biases.
        device, dtype: of the parameters.

    Shape:
        As of `RNNCell`.

    See https://docs.pytorch.org/docs/stable/generated/torch.nn.GRUCell.html.

    Example:
        >>> import torchlike as torch
        >>> cell = torch.nn.GRUCell(10, 20)
        >>> cell(torch.zeros(10)).shape
        torch.Size([20])
    """

    _shown = "GRUCell"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, num_chunks=3, device=device, dtype=dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next state."""
        return self._step("gru_cell", input, hx)
