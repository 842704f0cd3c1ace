"""The checks of optimizers: good ones pass, and each check finds the fault that it is for."""

import pytest

import torchlike as torch
from torchlike.optim import SGD, Adam, AdamW, Optimizer
from torchlike.plugin.testing import checks

from .plugins import Mine, optimizer, says


class Descent(Optimizer):
    """A good one, with momentum; the bad ones replace a part."""

    def __init__(self, params, lr, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, group)
        return loss

    def update(self, p, group):
        state = self.state[p]
        state["average"] = group["momentum"] * state.get("average", 0) + p.grad
        p.sub_(state["average"], alpha=group["lr"])


def good(register):
    register.optimizer("mine", Descent)
    register.optimizer(
        "mine", SGD, samples=lambda: [((0.1,), {"momentum": 0.9}), ((), {"weight_decay": 0.1})]
    )
    register.optimizer("mine", Adam)
    register.optimizer("mine", AdamW)


@pytest.mark.parametrize("check", checks(Mine(good)), ids=str)
def test_good_optimizers_pass(check):
    check()


def test_it_goes_up():
    class Ascent(Descent):
        def update(self, p, group):
            p.add_(p.grad, alpha=group["lr"])

    says(optimizer(Ascent), "loss", "'mine.Ascent' does not lower a loss in 20 steps with .lr=0.01.: from ")


def test_it_leaves_finite_numbers():
    class Wild(Descent):
        def update(self, p, group):
            p.div_(p.grad * 0)

    says(optimizer(Wild), "loss", "makes infinite parameters or NaN")


def test_it_cannot_step():
    class Broken(Descent):
        def update(self, p, group):
            raise ValueError("no")

    says(optimizer(Broken), "loss", "cannot make a step: ValueError: no")


def test_it_takes_no_closure():
    class Plain(Descent):
        def step(self):
            super().step()

    says(optimizer(Plain), "closure", "cannot step with a closure: TypeError")


def test_it_does_not_give_the_closures_loss():
    class Silent(Descent):
        def step(self, closure=None):
            super().step(closure)

    says(optimizer(Silent), "closure", r"step\(closure\) does not give the closure's loss")


def test_it_steps_before_the_closure():
    class Early(Descent):
        def step(self, closure=None):
            super().step()
            return None if closure is None else closure()

    says(optimizer(Early), "closure", "a step with a closure is another than without")


def test_state_beside_the_state():
    class Hidden(Descent):
        def __init__(self, params, lr=0.1):
            super().__init__(params, lr)
            self.averages = {}

        def update(self, p, group):
            self.averages[p] = 0.9 * self.averages.get(p, 0) + p.grad
            p.sub_(self.averages[p], alpha=group["lr"])

    says(optimizer(Hidden), "state_dict", "goes on otherwise from its state dict")


def test_a_state_dict_that_cannot_be_loaded():
    class Other(Descent):
        def state_dict(self):
            return {"state": {}}

    says(optimizer(Other), "state_dict", "cannot load its own state dict and go on: KeyError")


def test_zero_grad_that_does_nothing():
    class Keeps(Descent):
        def zero_grad(self, set_to_none=True):
            pass

    says(optimizer(Keeps), "zero_grad", r"zero_grad\(set_to_none=False\) does not leave zeros")


def test_zero_grad_that_leaves_gradients():
    class Zeros(Descent):
        def zero_grad(self, set_to_none=True):
            super().zero_grad(set_to_none=False)

    says(optimizer(Zeros), "zero_grad", r"zero_grad\(\) leaves gradients")


def test_it_sees_the_first_group_alone():
    class First(Descent):
        @torch.no_grad()
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                self.update(p, self.param_groups[0])

    says(optimizer(First), "param_groups", "does not move the parameters of the added group")


def test_it_reads_its_own_lr():
    class Fixed(Descent):
        def update(self, p, group):
            p.sub_(p.grad, alpha=self.defaults["lr"])

    says(optimizer(Fixed), "param_groups", "moves a group whose lr is 0")


def test_it_remembers_an_lr():
    class Remembers(Descent):
        def update(self, p, group):
            p.sub_(p.grad, alpha=self.state[p].setdefault("lr", group["lr"]))

    says(optimizer(Remembers), "param_groups", "does not follow a change of a group's lr")


def test_a_parameter_without_gradient_stops_it():
    class Strict(Descent):
        def step(self, closure=None):
            with torch.no_grad():
                for group in self.param_groups:
                    for p in group["params"]:
                        p.sub_(p.grad * group["lr"])

    says(optimizer(Strict), "without_gradient", "cannot make a step: TypeError")


def test_a_parameter_without_gradient_is_moved():
    class Decays(Descent):
        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.mul_(0.9)

    says(optimizer(Decays), "without_gradient", "moves a parameter that has no gradient")


def test_a_repr_that_raises():
    class Unshown(Descent):
        def __repr__(self):
            return self.absent

    says(optimizer(Unshown), "repr", "cannot be shown: AttributeError")


def test_a_repr_without_groups():
    class Short(Descent):
        def __repr__(self):
            return "Short"

    says(optimizer(Short), "repr", "shows itself as 'Short'")


def test_it_cannot_be_made():
    class Needs(Descent):
        def __init__(self, params, lr, what):
            super().__init__(params, lr)

    says(optimizer(Needs), "loss", "no value for 'what' could be guessed; give samples=")
    says(optimizer(Needs, samples=lambda: [((0.1,), {})]), "loss", r"cannot be made with \(0.1\) behind")
