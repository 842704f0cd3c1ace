import torchlike as torch

x_train = torch.tensor([[1.0], [2.0], [3.0]])
y_train = torch.tensor([[2.0], [4.0], [6.0]])
criterion = torch.nn.MSELoss()
for kind, options in [
    (torch.optim.Adam, {}),
    (torch.optim.Adam, {"amsgrad": True, "weight_decay": 0.1}),
    (torch.optim.AdamW, {"betas": (0.8, 0.99)}),
]:
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    optimizer = kind(model.parameters(), lr=0.05, **options)
    losses = []
    for _ in range(30):
        loss = criterion(model(x_train), y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(kind.__name__, options, " ".join(f"{loss:.4f}" for loss in losses))
    print(model.weight, model.bias)
    print(optimizer)
