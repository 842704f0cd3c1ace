"""The loss of connectionist temporal classification as PyTorch has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.engine import from_host
from torchlike.operators import declaration
from torchlike.tensors import dispatch
from torchlike.tensors.composite import composite
from torchlike.tensors.loss_reduction import number
from torchlike.tensors.python_functions import builtin, functional
from torchlike.tensors.tensor import Tensor, wrap

__all__: list[str] = []

_loss = declaration.get("_ctc_loss")
_ARGUMENT = " (while checking arguments for ctc_loss_allocate_outputs)"


def _lengths(name: str, given: Any) -> np.ndarray:
    if not isinstance(given, Tensor):
        if not all(isinstance(n, int) for n in given):
            raise TypeError(
                f"ctc_loss(): argument '{name}' must be tuple of ints, but found others in {given}"
            )
        return np.array(given, np.int64).reshape(-1)
    if given.dtype.category != 1:
        raise RuntimeError(f"{name} must be integral")
    return given.detach().cpu().numpy().astype(np.int64).reshape(-1)


def _padded(targets: Tensor, lengths: np.ndarray) -> np.ndarray:
    """(N, S): the labels of each sample, from those of all in a row or from padded ones."""
    labels = targets.detach().cpu().numpy().astype(np.int64)
    longest = int(lengths.max(initial=0))
    if labels.ndim == 1:
        total = int(lengths.sum())
        if labels.shape[0] != total:
            raise RuntimeError(
                f"Expected tensor to have size {total} at dimension 0, but got size {labels.shape[0]} for argument #2 "
                f"'targets'{_ARGUMENT}"
            )
        padded = np.zeros((len(lengths), longest), np.int64)
        padded[np.arange(longest) < lengths[:, None]] = labels
        return padded
    if labels.ndim != 2:
        raise RuntimeError(
            f"Expected 1 to 2 dimensions, but got {labels.ndim}-dimensional tensor for argument #2 'targets'{_ARGUMENT}"
        )
    if labels.shape[0] != len(lengths):
        raise RuntimeError(
            f"Expected tensor to have size {len(lengths)} at dimension 0, but got size {labels.shape[0]} for argument "
            f"#2 'targets'{_ARGUMENT}"
        )
    if labels.shape[1] < longest:
        raise RuntimeError(
            f"Expected tensor to have size at least {longest} at dimension 1, but got size {labels.shape[1]} for "
            f"argument #2 'targets'{_ARGUMENT}"
        )
    return labels[:, :longest]


def _check(log_probs: Tensor, lengths: np.ndarray, target_lengths: np.ndarray, blank: int) -> None:
    if log_probs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for argument #1 'log_probs'"
            f"{_ARGUMENT}"
        )
    if log_probs.dtype not in (dtypes.float32, dtypes.float64):
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{log_probs.dtype.legacy_name}'")
    times, samples, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, given in (("input_lengths", lengths), ("target_lengths", target_lengths)):
        if len(given) != samples:
            raise RuntimeError(f"{name} must be of size batch_size")
    if (target_lengths < 0).any():
        wrong = target_lengths[target_lengths < 0][0]
        raise RuntimeError(
            f"Expected target_lengths to have value at least 0, but got value {wrong}{_ARGUMENT}"
        )
    if (lengths > times).any():
        wrong = lengths[lengths > times][0]
        raise RuntimeError(
            f"Expected input_lengths to have value at most {times}, but got value {wrong}{_ARGUMENT}"
        )


@composite(
    "ctc_loss(Tensor log_probs, Tensor targets, any input_lengths, any target_lengths, int blank=0, int reduction=1, "
    "bool zero_infinity=False) -> Tensor",
    method=False,
)
def by_number(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity):
    batched = log_probs.ndim == 3
    if not batched:
        # PyTorch adds the batch wherever there are not three dimensions.
        log_probs = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.ndim == 1 else targets
    lengths, wanted = _lengths("input_lengths", input_lengths), _lengths("target_lengths", target_lengths)
    _check(log_probs, lengths, wanted, blank)
    labels = _padded(targets, wanted)
    used = labels[np.arange(labels.shape[1]) < wanted[:, None]]
    outside = used[(used < 0) | (used >= log_probs.shape[2])]
    if outside.size:
        # PyTorch reads whatever memory lies there.
        raise IndexError(f"Target {outside[0]} is out of bounds.")
    operands = [wrap(from_host(np.ascontiguousarray(x), log_probs.device)) for x in (labels, lengths, wanted)]
    loss = dispatch.call(_loss, (log_probs, *operands, blank, zero_infinity))
    if zero_infinity:
        loss = loss.where(loss != float("inf"), 0.0)
    if reduction == 1:
        return (loss / operands[2].clamp(min=1).to(loss.dtype)).mean()
    if reduction == 2:
        return loss.sum()
    return loss if batched else loss.squeeze(0)


@functional()
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """How unlikely the labels are, over all alignments with the inputs. Graves et al. (2006).

    Args:
        log_probs: (T, N, C) or (T, C), what `log_softmax` gives.
        targets: (N, S), or all labels of all samples in a row.
        input_lengths: of each sample, (N,) or a sequence of ints, at most T.
        target_lengths: likewise, at most S.
        blank: the class that means no label.
        reduction: "none", "mean" (over the target lengths, then the batch) or "sum".
        zero_infinity: set infinite losses, where the labels do not fit, and their gradients to zero.

    Returns:
        A number, or (N,) without a reduction.

    Raises:
        RuntimeError: sizes do not go together.
        IndexError: a label is no class.

    Example:
        >>> import torchlike as torch
        >>> even = torch.full((3, 1, 2), 0.5).log()
        >>> torch.nn.functional.ctc_loss(even, torch.tensor([[1]]), [3], [1], reduction="sum")
        tensor(0.2877)
    """
    return builtin("torch", "ctc_loss")(
        log_probs, targets, input_lengths, target_lengths, blank, number(reduction), zero_infinity
    )
