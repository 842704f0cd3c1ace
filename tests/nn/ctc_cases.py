"""Lines about the loss of connectionist temporal classification whose outcome under PyTorch is frozen."""

from __future__ import annotations

# Every case begins with these definitions. Gradients are shown in hundredths: a sum near zero has no digits to compare.
PREAMBLE = """
F = nn.functional
targets = torch.tensor([[1, 2, 1], [3, 3, 2]])
lengths, target_lengths = torch.tensor([6, 5]), torch.tensor([3, 2])
hard, hard_lengths, three = torch.tensor([[1, 1, 1], [2, 2, 2]]), torch.tensor([4, 6]), torch.tensor([3, 3])
drawn = torch.randn(6, 2, 4)
log_probs = drawn.log_softmax(2)

def loss(*arguments, x=None, **options):
    x = (log_probs if x is None else x).clone().requires_grad_()
    found = F.ctc_loss(x, *(arguments or (targets, lengths, target_lengths)), **options)
    found.sum().backward()
    return found, x.grad.mul(100).round().add(0.0).tolist()
"""

CASES: dict[str, list[str]] = {
    "ctc_loss": [
        "loss()",
        "loss(reduction='sum')",
        "loss(reduction='none')",
        "loss(torch.tensor([1, 2, 1, 3, 3]), lengths, target_lengths)",
        "loss(targets, [6, 5], (3, 2))",
        "loss(targets.int(), lengths.int(), target_lengths.int())",
        "loss(targets.float(), lengths, target_lengths)",
        "loss(hard, hard_lengths, three, reduction='none')",
        "loss(hard, hard_lengths, three, reduction='none', zero_infinity=True)",
        "loss(hard, hard_lengths, three, zero_infinity=True)",
        "loss(targets, lengths, torch.tensor([0, 2]))",
        "loss(targets, torch.tensor([0, 5]), target_lengths)[0]",
        "loss(torch.tensor([[0, 2, 1], [0, 0, 2]]), lengths, target_lengths, blank=3)",
        "loss(x=log_probs.double())",
        "loss(x=drawn)",
        "loss(torch.tensor([1, 2]), torch.tensor(6), torch.tensor(2), x=log_probs[:, 0])",
        "F.ctc_loss(log_probs[:, 0], torch.tensor([1, 2]), torch.tensor([6]), torch.tensor([2]), reduction='none')",
        "x = drawn.clone().requires_grad_()\n"
        "F.ctc_loss(x.log_softmax(2), targets, lengths, target_lengths).backward()\n"
        "x.grad.mul(100).round().add(0.0).tolist()",
        "torch.ctc_loss(log_probs, targets, lengths, target_lengths, 0, 2, False)",
        "nn.CTCLoss(blank=1, zero_infinity=True)(log_probs, targets * 2 % 4, lengths, target_lengths)",
        "nn.CTCLoss(reduction='sum')",
        # Refused.
        "loss(targets, torch.tensor([6]), target_lengths)",
        "loss(targets, lengths, torch.tensor([3]))",
        "loss(targets, lengths, torch.tensor([4, 2]))",
        "loss(targets, lengths, torch.tensor([-1, 2]))",
        "loss(targets, lengths.float(), target_lengths)",
        "loss(torch.tensor([1, 2, 1]), lengths, target_lengths)",
        "loss(targets[None], lengths, target_lengths)",
        "loss(targets[:1], lengths, target_lengths)",
        "loss(blank=4)",
        "loss(blank=-1)",
        "loss(reduction='other')",
        "F.ctc_loss(torch.zeros(6, 2, 4, dtype=torch.int64), targets, lengths, target_lengths)",
        "F.ctc_loss(torch.zeros(6, 2, 4, 1), targets, lengths, target_lengths)",
        "F.ctc_loss(log_probs.half(), targets, lengths, target_lengths)",
    ],
}
