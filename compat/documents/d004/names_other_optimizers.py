import torchlike as torch

x_train = torch.tensor([[1.0], [2.0], [3.0]])
y_train = torch.tensor([[2.0], [4.0], [6.0]])
criterion = torch.nn.MSELoss()
kinds = ["RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Adafactor", "LBFGS"]
for name in kinds:
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    optimizer = getattr(torch.optim, name)(model.parameters())

    def closure(model=model, optimizer=optimizer):
        optimizer.zero_grad()
        loss = criterion(model(x_train), y_train)
        loss.backward()
        return loss

    for _ in range(10):
        loss = optimizer.step(closure)
    print(name, f"{loss.item():.4f} {model.weight.item():.4f} {model.bias.item():.4f}")
del loss, model, optimizer
