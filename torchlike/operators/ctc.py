"""Connectionist temporal classification: how likely a sequence of labels is, over all its alignments."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from torchlike.operators.declaration import operator

__all__: list[str] = []

# Stands for minus infinity, whose differences would be NaN.
_NEVER = -1e30


def _shifted(x, by: int):
    return jnp.pad(x, ((0, 0), (by, 0)), constant_values=_NEVER)[:, : x.shape[1]]


def _negative_log_likelihood(log_probs, targets, lengths, target_lengths, blank: int):
    """(N,): Graves et al. (2006), section 4.1; log_probs (T, N, C), targets (N, S)."""
    samples, labels = targets.shape
    # A blank between all labels, and at both ends.
    path = jnp.full((samples, 2 * labels + 1), blank, targets.dtype).at[:, 1::2].set(targets)
    emitted = jnp.take_along_axis(log_probs, path[None], axis=2, mode="clip")
    position = jnp.arange(path.shape[1])
    # A blank between two labels may be left out, if the labels differ.
    may_skip = (position % 2 == 1) & (position > 1) & (path != jnp.roll(path, 2, axis=1))
    first = jnp.where((position == 0) | ((position == 1) & (target_lengths[:, None] > 0)), emitted[0], _NEVER)

    def step(state, now):
        time, of_now = now
        reached = [state, _shifted(state, 1), jnp.where(may_skip, _shifted(state, 2), _NEVER)]
        following = jax.nn.logsumexp(jnp.stack(reached), axis=0) + of_now
        return jnp.where((time < lengths)[:, None], following, state), None

    last, _ = lax.scan(step, first, (jnp.arange(1, log_probs.shape[0]), emitted[1:]))
    end = 2 * target_lengths[:, None]
    in_blank = jnp.take_along_axis(last, end, axis=1)
    in_label = jnp.where(end > 0, jnp.take_along_axis(last, jnp.maximum(end - 1, 0), axis=1), _NEVER)
    loss = -jnp.logaddexp(in_blank, in_label)[:, 0]
    # Nothing was heard: only no label is certain.
    return jnp.where(lengths > 0, loss, jnp.where(target_lengths > 0, -_NEVER, 0.0))


@partial(jax.custom_jvp, nondiff_argnums=(4, 5))
def _ctc(log_probs, targets, lengths, target_lengths, blank: int, zero_infinity: bool):
    loss = _negative_log_likelihood(log_probs, targets, lengths, target_lengths, blank)
    return jnp.where(loss > -_NEVER / 2, jnp.inf, loss).astype(log_probs.dtype)


@_ctc.defjvp
def _ctc_jvp(blank, zero_infinity, primals, tangents):
    # PyTorch's gradient is the one with respect to what `log_softmax` made `log_probs` of.
    log_probs, targets, lengths, target_lengths = primals
    loss = _ctc(log_probs, targets, lengths, target_lengths, blank, zero_infinity)
    _, pull = jax.vjp(
        lambda x: _negative_log_likelihood(x, targets, lengths, target_lengths, blank), log_probs
    )
    slope = jnp.exp(log_probs) + pull(jnp.ones_like(loss))[0]
    never = jnp.isinf(loss)[None, :, None]
    slope = jnp.where(never, 0.0 if zero_infinity else jnp.nan, slope)
    heard = jnp.arange(log_probs.shape[0])[:, None] < lengths
    slope = jnp.where(heard[:, :, None], slope, 0.0).astype(log_probs.dtype)
    return loss, jnp.sum(slope * tangents[0], axis=(0, 2))


@operator(
    "_ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank, "
    "bool zero_infinity) -> Tensor",
    namespaces=(),
    method=False,
    backward="CtcLossBackward0",
    aside=("targets", "input_lengths", "target_lengths"),
)
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity):
    return _ctc(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)
