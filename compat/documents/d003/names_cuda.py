import torchlike as torch

print(torch.cuda.is_available())
print(torch.cuda.device_count())
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = torch.nn.Linear(2, 2).to(device)
print(model.weight.device, model.weight.is_cuda)
try:
    model.cuda()
except AssertionError as error:
    print(error)
torch.zeros(2).to("cuda")
