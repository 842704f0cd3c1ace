import torchlike as torch
import torchlike.nn as nn

torch.manual_seed(0)
generator = nn.Sequential(
    nn.ConvTranspose2d(4, 8, 4, bias=False),
    nn.BatchNorm2d(8),
    nn.ReLU(True),
    nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
    nn.Tanh(),
)
critic = nn.Sequential(
    nn.Conv2d(1, 8, 4, stride=2, padding=1),
    nn.LeakyReLU(0.2),
    nn.Flatten(),
    nn.Linear(8 * 4 * 4, 1),
    nn.Sigmoid(),
)
criterion = nn.BCELoss()
optimizer_g = torch.optim.Adam(generator.parameters(), lr=0.002, betas=(0.5, 0.999))
optimizer_c = torch.optim.Adam(critic.parameters(), lr=0.002, betas=(0.5, 0.999))
real = torch.randn(6, 1, 8, 8).clamp(-1, 1)
ones, zeros = torch.ones(6, 1), torch.zeros(6, 1)
for step in range(5):
    fake = generator(torch.randn(6, 4, 1, 1))
    loss_c = criterion(critic(real), ones) + criterion(critic(fake.detach()), zeros)
    optimizer_c.zero_grad()
    loss_c.backward()
    optimizer_c.step()
    loss_g = criterion(critic(fake), ones)
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()
    print(f"step {step}: critic {loss_c.item():.4f}, generator {loss_g.item():.4f}")
