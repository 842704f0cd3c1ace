import torchlike as torch

torch.autograd.debug
