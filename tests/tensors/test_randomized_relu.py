"""`rrelu` in training draws PyTorch's own slopes: one for each element that is not positive, in order."""

import torchlike as torch
import torchlike.nn.functional as F

# PyTorch 2.13.0: torch.manual_seed(0); F.rrelu(torch.tensor([-1., 2., -3., 0., -5.]), training=True)
DRAWN = [-0.3270943760871887, 2.0, -0.8173874616622925, 0.0, -1.5841121673583984]
SLOPES = [0.3270943760871887, 1.0, 0.27246248722076416, 0.22070477902889252, 0.31682243943214417]


def test_slopes_are_pytorchs():
    torch.manual_seed(0)
    x = torch.tensor([-1.0, 2.0, -3.0, 0.0, -5.0], requires_grad=True)
    y = F.rrelu(x, training=True)
    assert y.tolist() == DRAWN
    y.sum().backward()
    assert x.grad.tolist() == SLOPES


def test_in_place_draws_the_same():
    torch.manual_seed(0)
    x = torch.tensor([-1.0, 2.0, -3.0, 0.0, -5.0])
    assert torch.rrelu_(x, training=True) is x
    assert x.tolist() == DRAWN
