import torchlike as torch
import torchlike.nn as nn


class Recurrent(nn.Module):
    """As many steps as the sequence is long, and one layer more where the state is large."""

    def __init__(self):
        super().__init__()
        self.cell = nn.Linear(6, 4)
        self.extra = nn.Linear(4, 4)

    def forward(self, sequence):
        state = torch.zeros(4)
        for step in sequence:
            state = torch.tanh(self.cell(torch.cat([step, state])))
            if state.norm() > 0.8:
                state = torch.tanh(self.extra(state))
        return state


torch.manual_seed(0)
model = Recurrent()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for length in [3, 1, 5, 2, 4, 1, 3]:
    state = model(torch.randn(length, 2))
    loss = (state - 1).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    unused = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    print(f"{length} steps: loss {loss.item():.4f}, no gradient: {unused}")
