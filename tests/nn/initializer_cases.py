"""Initializers: what they fill in after one seed, and what they say about what they cannot fill."""

from __future__ import annotations

# Compared number by number.
DRAWS = [
    "nn.init.uniform_(torch.empty(3, 5))",
    "nn.init.uniform_(torch.empty(3, 5), -2.0, 3.0)",
    "nn.init.normal_(torch.empty(3, 4))",
    "nn.init.normal_(torch.empty(5, 7), 1.0, 0.5)",
    "nn.init.trunc_normal_(torch.empty(5, 7))",
    "nn.init.trunc_normal_(torch.empty(5, 7), std=0.02)",
    "nn.init.trunc_normal_(torch.empty(5, 7), 0.0, 1.0, 0.5, 2.0)",
    "nn.init.trunc_normal_(torch.empty(5, 7), 0.0, 1.0, 2.0, 3.0)",
    "nn.init.constant_(torch.empty(2, 3), 0.3)",
    "nn.init.ones_(torch.empty(2, 3))",
    "nn.init.zeros_(torch.empty(2, 3))",
    "nn.init.eye_(torch.empty(3, 4))",
    "nn.init.dirac_(torch.empty(3, 2, 3))",
    "nn.init.dirac_(torch.empty(4, 2, 3, 2), groups=2)",
    "nn.init.dirac_(torch.empty(2, 2, 2, 2, 2))",
    "nn.init.xavier_uniform_(torch.empty(3, 5))",
    "nn.init.xavier_uniform_(torch.empty(3, 2, 3, 3), gain=2.0)",
    "nn.init.xavier_normal_(torch.empty(4, 5))",
    "nn.init.kaiming_uniform_(torch.empty(3, 5), a=1)",
    "nn.init.kaiming_uniform_(torch.empty(3, 5), mode='fan_out', nonlinearity='relu')",
    "nn.init.kaiming_normal_(torch.empty(4, 5), nonlinearity='tanh')",
    "nn.init.kaiming_normal_(torch.empty(4, 2, 3), mode='fan_out')",
    "nn.init.orthogonal_(torch.empty(4, 4))",
    "nn.init.orthogonal_(torch.empty(3, 5), gain=2.0)",
    "nn.init.orthogonal_(torch.empty(6, 2, 2))",
    "nn.init.sparse_(torch.empty(6, 4), sparsity=0.4)",
    "nn.init.sparse_(torch.empty(6, 4), sparsity=0.4, std=1.0)",
    "torch.cat([nn.Linear(4, 3).weight.detach().flatten(), nn.Embedding(3, 2).weight.detach().flatten()])",
    "nn.init.uniform_(torch.empty(2, 3), generator=torch.Generator().manual_seed(7))",
]

# Compared to the character.
TEXTS = [
    *(
        f"nn.init.calculate_gain({name!r})"
        for name in ("linear", "conv2d", "sigmoid", "tanh", "relu", "selu")
    ),
    "nn.init.calculate_gain('leaky_relu')",
    "nn.init.calculate_gain('leaky_relu', 0.2)",
    "nn.init.calculate_gain('leaky_relu', 1)",
    "nn.init.calculate_gain('leaky_relu', True)",
    "nn.init.calculate_gain('leaky_relu', 'a')",
    "nn.init.calculate_gain('swish')",
    "nn.init.eye_(torch.empty(3))",
    "nn.init.dirac_(torch.empty(3, 3))",
    "nn.init.dirac_(torch.empty(3, 3, 3), groups=2)",
    "nn.init.xavier_uniform_(torch.empty(3))",
    "nn.init.kaiming_uniform_(torch.empty(3))",
    "nn.init.kaiming_uniform_(torch.empty(3, 3), mode='fan')",
    "nn.init.kaiming_uniform_(torch.empty(0, 3))",
    "nn.init.kaiming_normal_(torch.empty(0, 3))",
    "nn.init.orthogonal_(torch.empty(3))",
    "nn.init.orthogonal_(torch.empty(0, 3))",
    "nn.init.sparse_(torch.empty(3), 0.1)",
    "w = nn.Parameter(torch.zeros(2, 2)); nn.init.ones_(w) is w, w",
    "nn.init.ones_(nn.Linear(2, 2).weight).requires_grad",
    "nn.init.constant(torch.empty(2), 3.0)",
    "nn.init.xavier_uniform(torch.empty(2, 2)).shape",
    "nn.init.trunc_normal_(torch.empty(2), mean=10.0).shape",
    "nn.init._calculate_fan_in_and_fan_out(torch.empty(4, 3, 2, 2))",
    "nn.init.uniform_(torch.empty(2), 3.0, 1.0)",
]
