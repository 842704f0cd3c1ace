import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
listen = nn.Conv1d(4, 8, 3, stride=2, padding=1)
attend = nn.MultiheadAttention(8, 2, batch_first=True)
speak = nn.Linear(8, 5)
sound = torch.randn(2, 4, 12)
features = torch.relu(listen(sound)).transpose(1, 2)
attended, weights = attend(features, features, features)
scores = speak(attended).log_softmax(-1).transpose(0, 1)
loss = nn.functional.ctc_loss(
    scores, torch.tensor([[1, 2], [3, 4]]), torch.tensor([6, 6]), torch.tensor([2, 2])
)
loss.backward()
print(f"{loss.item():.4f}")
print(weights[0])
print(listen.bias.grad)
