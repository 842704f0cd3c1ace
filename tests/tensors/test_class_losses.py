"""Targets that are checked, whether they are known or still to be computed, and what a loss costs."""

import pytest

import torchlike as torch
import torchlike.nn.functional as F
from torchlike.engine import trace

LOGITS = [[0.5, 1.0, -1.0], [2.0, 0.0, 0.0]]


def test_a_known_target_out_of_range_raises_at_the_call():
    with pytest.raises(IndexError, match=r"^Target 10 is out of bounds\.$"):
        F.cross_entropy(torch.tensor(LOGITS), torch.tensor([1, 10]))


def test_a_pending_target_out_of_range_raises_at_the_next_read():
    loss = F.cross_entropy(torch.tensor(LOGITS), torch.tensor([1, 5]) * 2)
    with pytest.raises(IndexError) as caught:
        loss.item()
    assert str(caught.value) == "Target 10 is out of bounds."


def test_a_pending_target_in_range_is_not_refused():
    loss = F.cross_entropy(torch.tensor(LOGITS), torch.tensor([1, 0]) * 2)
    assert loss.item() > 0


def test_the_ignored_index_is_no_target_out_of_range():
    both = F.cross_entropy(torch.tensor(LOGITS), torch.tensor([1, -100]))
    one = F.cross_entropy(torch.tensor(LOGITS[:1]), torch.tensor([1]))
    assert both.item() == pytest.approx(one.item())


def recorded(run) -> list[str]:
    """The names of the operators that a call records."""
    trace.dispatch()
    kept = run()
    assert kept is not None
    return [entry.name for entry in trace.current().code if hasattr(entry, "in_avals")]


@pytest.mark.parametrize(
    "call",
    [
        lambda x, t: F.cross_entropy(x, t),
        lambda x, t: F.mse_loss(x, x),
        lambda x, t: F.dropout(x, 0.5),
        lambda x, t: F.batch_norm(x, torch.zeros(3), torch.ones(3), training=True),
        lambda x, t: F.embedding(t, x),
        lambda x, t: F.max_pool2d(x.detach().view(1, 2, 3), 2),
        lambda x, t: F.conv1d(x.detach().view(1, 2, 3), torch.ones(4, 2, 2), torch.ones(4)),
    ],
    ids=["cross_entropy", "mse_loss", "dropout", "batch_norm", "embedding", "max_pool2d", "conv1d"],
)
def test_one_operator_a_call(call):
    x, t = torch.tensor(LOGITS, requires_grad=True), torch.tensor([1, 0])
    x.detach().sum().item()
    names = [n for n in recorded(lambda: call(x, t)) if n not in ("view", "_view")]
    assert len(names) == 1, names
