"""The checks of layers: good ones pass, and each check finds the fault that it is for."""

import pytest

import torchlike as torch
from torchlike import nn
from torchlike.plugin.testing import checks

from .plugins import Mine, layer, run, says


class Scale(nn.Module):
    """A good one, and what the bad ones differ from."""

    def __init__(self, by: float = 2.0) -> None:
        super().__init__()
        self.by = nn.Parameter(torch.tensor(by))

    def forward(self, x):
        return self.by * x


class Dense(nn.Module):
    """Its arguments are guessed by their annotations; its parameters are drawn; it drops out."""

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        self.drop = nn.Dropout()

    def forward(self, x):
        return self.drop(self.linear(x))


class Look(nn.Module):
    """An index cannot be guessed."""

    def __init__(self, table) -> None:
        super().__init__()
        self.table = nn.Parameter(table)

    def forward(self, index, *, scale=1.0):
        return {"rows": self.table[index] * scale}


class Add(nn.Module):
    """Two inputs and no parameter."""

    def forward(self, x, y):
        return x + y


class Largest(nn.Module):
    """Nothing to differentiate."""

    def forward(self, x):
        return x.argmax()


def good(register):
    register.layer("mine", Scale)
    register.layer("mine", Largest)
    register.layer("mine", nn.SoftMarginLoss)
    register.layer("mine", Dense)
    register.layer("mine", Add)
    register.layer(
        "mine", Look, samples=lambda: [((torch.randn(4, 2),), {"inputs": (torch.tensor([1, 0]),)})]
    )
    register.layer("nn", Scale, name="Identity", override=True)


@pytest.mark.parametrize("check", checks(Mine(good)), ids=str)
def test_good_layers_pass(check):
    check()


def test_it_raises():
    class Raises(Scale):
        def forward(self, x):
            raise ValueError("no")

    says(layer(Raises), "forward", "give samples=")
    samples = lambda: [((), {"inputs": (torch.ones(2),)})]  # noqa: E731
    says(layer(Raises, samples=samples), "forward", "'mine.Raises' raises ValueError for .float32.2..: no")


def test_it_gives_no_tensor():
    class Nothing(Scale):
        def forward(self, x):
            return None

    says(layer(Nothing), "forward", "gives no tensor")


def test_it_gives_nan():
    class Roots(Scale):
        def forward(self, x):
            return x.sqrt()

    samples = lambda: [((), {"inputs": (-torch.ones(2),)})]  # noqa: E731
    says(layer(Roots, samples=samples), "forward", "infinite numbers or NaN")


def test_a_parameter_without_gradient():
    class Unused(Scale):
        def __init__(self):
            super().__init__()
            self.spare = nn.Parameter(torch.ones(1))

    says(layer(Unused), "gradients", "no gradient reaches parameter 'spare'")


def test_no_gradient_goes_through():
    class Detached(Scale):
        def forward(self, x):
            return super().forward(x).detach()

    says(layer(Detached), "gradients", "no gradient goes through it")


def test_no_gradient_goes_through_what_has_no_parameter():
    class Detached(Add):
        def forward(self, x, y):
            return x.detach() + y

    says(layer(Detached), "gradients", "no gradient goes through it")


def test_a_gradient_that_is_not_finite():
    class Root(Scale):
        def forward(self, x):
            return (self.by * 0).sqrt() + x

    says(layer(Root), "gradients", "the gradient of parameter 'by' is not finite")


def test_it_cannot_be_pickled():
    class Local(Scale):
        pass

    says(layer(Local), "pickling", "'mine.Local' cannot be pickled")


class Forgets(Scale):
    """Pickled, it loses its parameter's value."""

    def __reduce__(self):
        return type(self), (7.0,)


def test_it_gives_something_else_once_pickled():
    says(layer(Forgets), "pickling", "gives other numbers when it was pickled")


def test_a_copy_that_gives_something_else():
    class Changes(Scale):
        def __deepcopy__(self, memo):
            return type(self)(3.0)

    says(layer(Changes), "copying", "gives other numbers when it was copied deeply")


def test_a_copy_that_is_the_same():
    class Shared(Scale):
        def __deepcopy__(self, memo):
            return self

    says(layer(Shared), "copying", "shares parameters with the one that it was copied deeply from")


def test_a_state_dict_that_lacks_something():
    class Hidden(Scale):
        def __init__(self):
            super().__init__()
            self.hidden = torch.randn(1)

        def forward(self, x):
            return super().forward(x) + self.hidden

    says(layer(Hidden), "state_dict", "other numbers when it was given its state dict")


def test_a_state_dict_that_cannot_be_loaded():
    class Renamed(Scale):
        def state_dict(self, *args, **kwargs):
            return {f"my.{k}": v for k, v in super().state_dict(*args, **kwargs).items()}

    says(layer(Renamed), "state_dict", "cannot load its own state dict: RuntimeError")


def test_a_repr_that_raises():
    class Unshown(Scale):
        def extra_repr(self):
            return self.absent

    says(layer(Unshown), "repr", "cannot be shown: AttributeError")


def test_a_repr_without_the_name():
    class Nameless(Scale):
        def __repr__(self):
            return "a layer"

    says(layer(Nameless), "repr", "shows itself as 'a layer'")


def test_it_cannot_be_made():
    class Needs(Scale):
        def __init__(self, what):
            super().__init__()

    says(layer(Needs), "forward", "no value for 'what' could be guessed; give samples=")
    samples = lambda: [((1, 2), {"inputs": (torch.ones(1),)})]  # noqa: E731
    says(layer(Needs, samples=samples), "forward", r"cannot be made with \(1, 2\): TypeError")


def test_samples_without_inputs():
    says(
        layer(Scale, samples=lambda: [((2.0,), {})]),
        "forward",
        r"gives the inputs of a call as inputs=\(...\)",
    )


def test_checks_leave_the_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(1).item()
    torch.manual_seed(0)
    run(layer(Dense), "forward")
    assert torch.rand(1).item() == expected
