import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
encoder = nn.TransformerEncoder(
    nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, dropout=0.0, batch_first=True), num_layers=2
)
x = torch.randn(2, 5, 8)
y = encoder(x)
y.square().mean().backward()
print(y)
