"""Learning rate schedules: the rates they give and the lines whose outcome under PyTorch is frozen."""

from __future__ import annotations

# What the rates are frozen of, in the long run: the first ones, and every seventh, which stands for those
# between since each is worked out from the one before.
EPOCHS = 300
SEEN = [*range(12), *range(12, EPOCHS, 7), EPOCHS]

# Two groups of SGD, with learning rates 0.5 and 0.03; `Adam` and `tensors` take other optimizers.
SCHEDULES = [
    "s.LambdaLR(o, lambda e: 0.95**e)",
    "s.LambdaLR(o, [lambda e: e // 30, lambda e: 1 / (e + 1)])",
    "s.MultiplicativeLR(o, lambda e: 0.99)",
    "s.MultiplicativeLR(o, (lambda e: 1 - 1 / (e + 1), lambda e: 1.001))",
    "s.StepLR(o, 30)",
    "s.StepLR(o, step_size=7, gamma=0.93)",
    "s.MultiStepLR(o, [30, 80, 80, 200], gamma=0.3)",
    "s.ConstantLR(o)",
    "s.ConstantLR(o, factor=0.3, total_iters=40)",
    "s.LinearLR(o)",
    "s.LinearLR(o, start_factor=0.7, end_factor=0.01, total_iters=170)",
    "s.ExponentialLR(o, 0.987)",
    "s.PolynomialLR(o)",
    "s.PolynomialLR(o, total_iters=290, power=0.9)",
    "s.PolynomialLR(o, total_iters=100, power=2.5)",
    "s.CosineAnnealingLR(o, 50)",
    "s.CosineAnnealingLR(o, T_max=300, eta_min=1e-3)",
    "s.CosineAnnealingLR(o, T_max=1)",
    "s.CosineAnnealingWarmRestarts(o, 10)",
    "s.CosineAnnealingWarmRestarts(o, 7, T_mult=2, eta_min=1e-4)",
    "s.CyclicLR(o, 0.01, 0.1, step_size_up=20)",
    "s.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], step_size_up=20, step_size_down=33, mode='triangular2')",
    "s.CyclicLR(o, 0.01, 0.1, step_size_up=17, mode='exp_range', gamma=0.997)",
    "s.CyclicLR(o, 0.01, 0.1, step_size_up=9, scale_fn=lambda x: 0.7**x, cycle_momentum=False)",
    "s.CyclicLR(o, 0.01, 0.1, step_size_up=9, scale_fn=lambda x: 1 / (5 + x), scale_mode='iterations', "
    "base_momentum=[0.1, 0.2], max_momentum=0.5)",
    "s.CyclicLR(Adam, 0.01, 0.1, step_size_up=13)",
    "s.OneCycleLR(o, 0.3, total_steps=300)",
    "s.OneCycleLR(o, [0.3, 0.7], epochs=25, steps_per_epoch=12, pct_start=0.21, div_factor=7)",
    "s.OneCycleLR(o, 0.3, total_steps=310, three_phase=True, final_div_factor=3.0)",
    "s.OneCycleLR(o, 0.3, total_steps=301, anneal_strategy='linear', base_momentum=0.7, max_momentum=0.99)",
    "s.OneCycleLR(o, 0.3, total_steps=300, cycle_momentum=False)",
    "s.OneCycleLR(Adam, 0.3, total_steps=300, base_momentum=[0.7, 0.8])",
    "s.SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=20), s.CosineAnnealingLR(o, 280)], [20])",
    "s.SequentialLR(o, [s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.9), s.StepLR(o, 9)], [20, 90])",
    "s.SequentialLR(o, [s.StepLR(o, 3), s.CosineAnnealingWarmRestarts(o, 9, 2)], [11])",
    "s.SequentialLR(o, [s.SequentialLR(o, [s.ConstantLR(o), s.LinearLR(o)], [9]), s.PolynomialLR(o, 99)], "
    "[50])",
    "s.ChainedScheduler([s.ConstantLR(o, 0.1, 20), s.ExponentialLR(o, 0.99)])",
    "s.ChainedScheduler([s.LinearLR(o, 0.2, 1, 99), s.CosineAnnealingLR(o, 120), s.StepLR(o, 50, 0.7)], o)",
    "s.ChainedScheduler([s.MultiStepLR(o, [9, 19], 0.5), s.PolynomialLR(o, 150, 0.5), "
    "s.MultiplicativeLR(o, lambda e: 1.002)])",
    "s.LambdaLR(tensors, lambda e: 0.95**e)",
    "s.MultiplicativeLR(tensors, lambda e: 0.99)",
    "s.StepLR(tensors, 7, 0.9)",
    "s.LinearLR(tensors, 0.3, total_iters=100)",
    "s.ConstantLR(tensors, total_iters=100)",
    "s.ExponentialLR(tensors, 0.987)",
    "s.PolynomialLR(tensors, 200, 0.9)",
    "s.CosineAnnealingLR(tensors, 70, 1e-3)",
    "s.CosineAnnealingWarmRestarts(tensors, 7, 2, eta_min=1e-4)",
    "s.CyclicLR(tensors, 0.01, 0.1, step_size_up=20, cycle_momentum=False)",
    "s.CyclicLR(tensors, torch.tensor(0.01), torch.tensor(0.13), 20, cycle_momentum=False)",
    "s.OneCycleLR(tensors, torch.tensor(0.3), 300, anneal_strategy='linear', cycle_momentum=False)",
    "s.OneCycleLR(tensors, torch.tensor(0.3), 300, cycle_momentum=False)",
    "s.OneCycleLR(tensors, 0.3, total_steps=300, cycle_momentum=False)",
    "s.SequentialLR(tensors, [s.LinearLR(tensors, total_iters=9), s.CosineAnnealingLR(tensors, 280)], [9])",
]

# The names that every line can use.
PREAMBLE = """
import copy, math, pickle
from functools import partial
s = optim.lr_scheduler
w = nn.Parameter(torch.tensor([1.0, -2.0]))
v = nn.Parameter(torch.tensor([0.5]))
o = optim.SGD([{'params': [w]}, {'params': [v], 'lr': 0.03}], lr=0.5, momentum=0.9)
other = optim.Adam([v])
plain = optim.SGD([w], lr=torch.tensor(0.5))

def rates(scheduler, steps=6, *args):
    seen = [scheduler.get_last_lr()]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step(*args)
        seen.append(scheduler.get_last_lr())
    return seen

class Factor:
    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch

    def method(self, epoch):
        return self.base + epoch

class Inverse(s.LRScheduler):
    def get_lr(self):
        return [base / (1 + self.last_epoch) for base in self.base_lrs]

class Old(s._LRScheduler):
    def get_lr(self):
        return [base / 2 for base in self.base_lrs]
"""

LINES = [
    # What they are.
    "[c.__name__ for c in s.StepLR.__mro__ if not c.__name__.startswith('_Dec')]",
    "s._LRScheduler.__name__, issubclass(s._LRScheduler, s.LRScheduler), issubclass(s.ReduceLROnPlateau, "
    "s.LRScheduler)",
    "Inverse(o).get_last_lr(), rates(Inverse(o), 3)",
    "rates(Old(o), 1)",
    "s.LRScheduler(o)",
    "s.EPOCH_DEPRECATION_WARNING",
    "s.Nothing",
    "a = s.StepLR(o, 1); a.step(); a.get_lr()",
    "a = s.StepLR(o, 1); o.step(); a.step(); a.get_lr()",
    "s.StepLR(o, 1, verbose=True)",
    # Bad arguments.
    "s.StepLR(1, 1)",
    "s.StepLR(nn.Linear(1, 1), 1)",
    "s.StepLR(o)",
    "a = s.StepLR(o, 0); o.step(); a.step()",
    "s.LambdaLR(o, [lambda e: e])",
    "s.LambdaLR(o, 1)",
    "s.LambdaLR(1, lambda e: e)",
    "s.MultiplicativeLR(o, [lambda e: e])",
    "s.MultiplicativeLR(o, 1)",
    "s.MultiplicativeLR(o, [len, 'a'])",
    "s.MultiStepLR(o, 3)",
    "s.ConstantLR(o, 1.1)",
    "s.ConstantLR(o, -0.1)",
    "s.LinearLR(o, 0)",
    "s.LinearLR(o, 1.1)",
    "s.LinearLR(o, 0.5, 1.1)",
    "s.LinearLR(o, 0.5, -0.1)",
    "s.ExponentialLR(o)",
    "s.PolynomialLR(o, 0); rates(s.PolynomialLR(o, 0), 1)",
    "s.CosineAnnealingLR(o)",
    "s.CosineAnnealingWarmRestarts(o, 0)",
    "s.CosineAnnealingWarmRestarts(o, 1.5)",
    "s.CosineAnnealingWarmRestarts(o, 2, 0)",
    "s.CosineAnnealingWarmRestarts(o, 2, 1.5)",
    "s.CosineAnnealingWarmRestarts(o, 2, eta_min='a')",
    "s.CosineAnnealingWarmRestarts(o, 2).step(-1)",
    "s.CyclicLR(1, 0.1, 0.2)",
    "s.CyclicLR(o, [0.1], 0.2)",
    "s.CyclicLR(o, 0.1, (0.2, 0.3, 0.4))",
    "s.CyclicLR(o, 0.1, 0.2, mode='other')",
    "s.CyclicLR(o, 0.1, 0.2, base_momentum=[0.1])",
    "s.CyclicLR(optim.Optimizer([w], {'lr': 1.0}), 0.1, 0.2)",
    "s.OneCycleLR(1, 0.1, 10)",
    "s.OneCycleLR(o, 0.1)",
    "s.OneCycleLR(o, 0.1, 0)",
    "s.OneCycleLR(o, 0.1, 1.5)",
    "s.OneCycleLR(o, 0.1, epochs=2)",
    "s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=2)",
    "s.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=-2)",
    "s.OneCycleLR(o, 0.1, 10, pct_start=1)",
    "s.OneCycleLR(o, 0.1, 10, pct_start=1.5)",
    "s.OneCycleLR(o, 0.1, 10, anneal_strategy='other')",
    "s.OneCycleLR(o, [0.1], 10)",
    "s.OneCycleLR(o, 0.1, 10, max_momentum=[0.1])",
    "s.OneCycleLR(optim.Optimizer([w], {'lr': 1.0}), 0.1, 10)",
    "rates(s.OneCycleLR(o, 0.1, 3), 3)",
    "rates(s.OneCycleLR(o, 0.1, 3), 4)",
    "s.SequentialLR(o, [], [])",
    "s.SequentialLR(o, [s.StepLR(o, 1)], [1])",
    "s.SequentialLR(o, [1, 2], [1])",
    "s.SequentialLR(o, [s.StepLR(o, 1), s.StepLR(other, 1)], [1])",
    "s.SequentialLR(o, [s.StepLR(o, 1), s.ReduceLROnPlateau(o)], [1])",
    "s.ChainedScheduler([])",
    "s.ChainedScheduler([s.StepLR(o, 1), 1])",
    "s.ChainedScheduler([s.StepLR(o, 1), s.StepLR(other, 1)])",
    "s.ChainedScheduler([s.StepLR(o, 1)], other)",
    "s.ChainedScheduler([s.StepLR(o, 1), s.ReduceLROnPlateau(o)])",
    "s.ReduceLROnPlateau(1)",
    "s.ReduceLROnPlateau(o, 'most')",
    "s.ReduceLROnPlateau(o, factor=1.0)",
    "s.ReduceLROnPlateau(o, threshold_mode='other')",
    "s.ReduceLROnPlateau(o, min_lr=[0.1])",
    "a = s.ReduceLROnPlateau(o, patience=0, min_lr=[0, 0]); o.add_param_group({'params': "
    "nn.Parameter(torch.zeros(1))})\nfor _ in range(3): a.step(1)",
    "a = s.ReduceLROnPlateau(o, patience=0); o.add_param_group({'params': nn.Parameter(torch.zeros(1))})\n"
    "for _ in range(3): a.step(1)\na.get_last_lr(), a.min_lrs",
    "a = s.StepLR(o, 1); o.add_param_group({'params': nn.Parameter(torch.zeros(1))}); o.step(); a.step(); "
    "a.get_last_lr()",
    "a = s.LambdaLR(o, len); o.add_param_group({'params': nn.Parameter(torch.zeros(1))}); o.step(); a.step()",
    "a = s.LambdaLR(o, lambda e: e); o.add_param_group({'params': nn.Parameter(torch.zeros(1))}); o.step()\n"
    "a.step()",
    # The warnings.
    "s.StepLR(o, 1).step()",
    "a = s.StepLR(o, 1); a.step(); a.step()",
    "a = s.StepLR(o, 1); b = s.StepLR(o, 1); o.step(); a.step(); b.step()",
    "a = s.StepLR(o, 1); o.step = lambda: None; a.step()",
    "a = s.ReduceLROnPlateau(o); a.step(1)",
    "a = s.ChainedScheduler([s.StepLR(o, 1), s.StepLR(o, 2)]); a.step()",
    "a = s.SequentialLR(o, [s.StepLR(o, 1), s.StepLR(o, 2)], [1]); a.step()",
    "a = s.CosineAnnealingWarmRestarts(o, 3); a.step()",
    "a = s.StepLR(o, 1); o.step(); a.step(); o.step.__name__, hasattr(o.step, '_wrapped_by_lr_sched'), "
    "o._opt_called",
    "o.step(); a = s.StepLR(o, 1); a.step()",
    "o = optim.SGD([w], lr=0.1); a = s.StepLR(o, 1); c = copy.deepcopy(o); hasattr(c.step, "
    "'_wrapped_by_lr_sched')",
    # The number of an epoch as an argument.
    "a = s.LambdaLR(o, lambda e: 0.5**e); o.step(); a.step(4); a.get_last_lr(), a.last_epoch",
    "a = s.MultiplicativeLR(o, lambda e: 0.5); o.step(); a.step(4); a.get_last_lr(), a.last_epoch",
    "a = s.StepLR(o, 3, 0.7); o.step(); a.step(7); b = a.get_last_lr(); a.step(); b, a.get_last_lr()",
    "a = s.MultiStepLR(o, [1, 3, 3, 9], 0.7); o.step(); a.step(7); a.get_last_lr()",
    "a = s.ConstantLR(o, 0.3, 4); o.step(); a.step(3); b = a.get_last_lr(); a.step(4); b, a.get_last_lr()",
    "a = s.LinearLR(o, 0.3, 0.9, 7); o.step(); a.step(3); b = a.get_last_lr(); a.step(9); b, a.get_last_lr()",
    "a = s.ExponentialLR(o, 0.7); o.step(); a.step(3); a.get_last_lr()",
    "a = s.PolynomialLR(o, 7, 0.7); o.step(); a.step(3); a.get_last_lr()",
    "a = s.CosineAnnealingLR(o, 7, 0.01); o.step(); a.step(3); b = a.get_last_lr(); a.step(); b, "
    "a.get_last_lr()",
    "a = s.CosineAnnealingWarmRestarts(o, 3, 2); o.step()\n"
    "[(a.step(e), a.get_last_lr(), a.T_cur, a.T_i, a.last_epoch) for e in (0, 1.5, 2, 3, 8, 9.25, 30)]",
    "a = s.CosineAnnealingWarmRestarts(o, 3); o.step(); [(a.step(e), a.get_last_lr()) for e in (0.5, 2, 7.75)]",
    "a = s.CyclicLR(o, 0.1, 0.2, 3); o.step(); a.step(4); a.get_last_lr()",
    "a = s.OneCycleLR(o, 0.1, 10); o.step(); a.step(4); a.get_last_lr(), o.param_groups[1]['momentum']",
    "a = s.ReduceLROnPlateau(o, patience=0); a.step(1.0, 3); a.step(1.0, epoch=9); a.last_epoch, "
    "a.get_last_lr()",
    "a = s.SequentialLR(o, [s.StepLR(o, 1)], []); a.step(3)",
    # Going on.
    "s.StepLR(o, 2, last_epoch=3)",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.StepLR(o, 2, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.LambdaLR(o, lambda e: 0.9**e, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.MultiplicativeLR(o, lambda e: 0.9, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.MultiStepLR(o, [4, 6], last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.ConstantLR(o, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.LinearLR(o, last_epoch=1))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.ExponentialLR(o, 0.9, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.PolynomialLR(o, 7, 0.9, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\nrates(s.CosineAnnealingLR(o, 7, last_epoch=3))",
    "for g in o.param_groups: g['initial_lr'] = 1.0\n"
    "a = s.CosineAnnealingWarmRestarts(o, 7, last_epoch=3); rates(a), a.T_cur",
    "a = s.CyclicLR(o, 0.1, 0.2, 5); rates(a, 3); b = s.CyclicLR(o, 0.1, 0.2, 5, last_epoch=a.last_epoch)\n"
    "rates(b), o.param_groups[0]['momentum']",
    "a = s.OneCycleLR(o, 0.3, 20); rates(a, 3); b = s.OneCycleLR(o, 0.3, 20, last_epoch=a.last_epoch)\n"
    "rates(b), o",
    # State.
    "sorted(s.StepLR(o, 2).state_dict().items())",
    "s.MultiStepLR(o, [1, 2, 2]).state_dict()",
    "s.LinearLR(o).state_dict()",
    "s.CosineAnnealingWarmRestarts(o, 2).state_dict()",
    "a = s.CyclicLR(o, 0.1, 0.2); sorted(a.state_dict()), a.state_dict()['_scale_fn_custom']",
    "s.CyclicLR(o, 0.1, 0.2, scale_fn=lambda x: 1.0).state_dict()",
    "s.CyclicLR(o, 0.1, 0.2, scale_fn=Factor(0.5)).state_dict()",
    "s.OneCycleLR(o, 0.3, 20).state_dict()",
    "s.OneCycleLR(o, 0.3, 20, three_phase=True).state_dict()['_schedule_phases']",
    "s.ReduceLROnPlateau(o).state_dict()",
    "s.ReduceLROnPlateau(o, 'max', min_lr=[0.1, 0.2]).state_dict()",
    "s.SequentialLR(o, [s.ConstantLR(o), s.StepLR(o, 2)], [3]).state_dict()",
    "s.ChainedScheduler([s.ConstantLR(o), s.StepLR(o, 2)]).state_dict()",
    "s.LambdaLR(o, lambda e: e).state_dict()",
    "s.LambdaLR(o, [Factor(0.5), lambda e: e]).state_dict()",
    "s.LambdaLR(o, Factor(0.5).method).state_dict()",
    "s.LambdaLR(o, partial(max, 1)).state_dict()",
    "s.LambdaLR(o, math.sqrt).state_dict()",
    "a = s.LambdaLR(o, [Factor(0.5), lambda e: e]); rates(a, 2); d = a.state_dict()\n"
    "b = s.LambdaLR(o, [Factor(0.9), lambda e: 2]); b.load_state_dict(d); sorted(d), b.lr_lambdas[0].base, "
    "rates(b, 2)",
    "a = s.StepLR(o, 2); rates(a, 3); b = s.StepLR(o, 5); b.load_state_dict(a.state_dict()); b.step_size, "
    "rates(b, 3)",
    "a = s.CyclicLR(o, 0.1, 0.2, 5, mode='exp_range', gamma=0.9); rates(a, 3); b = s.CyclicLR(o, 0.3, 0.4)\n"
    "b.load_state_dict(copy.deepcopy(a.state_dict())); rates(b, 3)",
    "a = s.OneCycleLR(o, 0.3, 20); rates(a, 3); b = s.OneCycleLR(o, 0.9, 90); b.load_state_dict(a.state_dict())\n"
    "rates(b, 3)",
    "a = s.SequentialLR(o, [s.ConstantLR(o), s.StepLR(o, 2)], [3]); rates(a, 4)\n"
    "b = s.SequentialLR(o, [s.ConstantLR(o), s.StepLR(o, 9)], [7]); b.load_state_dict(a.state_dict())\n"
    "rates(b, 4), b.last_epoch, b._schedulers[1].step_size",
    "a = s.ReduceLROnPlateau(o, patience=0); a.step(1); a.step(2); b = s.ReduceLROnPlateau(o, 'max')\n"
    "b.load_state_dict(a.state_dict()); b.step(3); b.get_last_lr(), b.mode, b.best",
    "a = s.StepLR(o, 2); rates(a, 3); d = copy.deepcopy(o.state_dict())\n"
    "p = optim.SGD([{'params': [w]}, {'params': [v]}], lr=9.0); p.load_state_dict(d)\n"
    "b = s.StepLR(p, 2, last_epoch=a.last_epoch); rates(a, 3) == rates(b, 3), p",
    "a = s.StepLR(o, 2); c = pickle.loads(pickle.dumps(a)); rates(c, 3), c.optimizer is o",
    "a = s.StepLR(o, 2); c = copy.deepcopy(a); rates(c, 3), a.last_epoch, c.optimizer is o",
    "a = s.CyclicLR(o, 0.1, 0.2); pickle.loads(pickle.dumps(a)).get_last_lr()",
    # The figure that a training comes to.
    "a = s.ReduceLROnPlateau(o, patience=1); [(a.step(x), a.get_last_lr())[1] for x in (3, 2, 2, 2, 2, 2, 2)]",
    "a = s.ReduceLROnPlateau(o, 'max', patience=1, threshold=0.5, threshold_mode='abs')\n"
    "[(a.step(x), a.get_last_lr(), a.best)[1:] for x in (3, 3.5, 3.6, 4, 4.1, 4.2)]",
    "a = s.ReduceLROnPlateau(o, 'max', patience=0, threshold=0.1)\n"
    "[(a.step(x), a.get_last_lr(), a.best)[1:] for x in (3, 3.2, 3.6, 4, -4.1, math.nan)]",
    "a = s.ReduceLROnPlateau(o, patience=0, threshold_mode='abs', cooldown=2, factor=0.5)\n"
    "[(a.step(x), a.get_last_lr(), a.in_cooldown)[1:] for x in (3, 3, 3, 3, 3, 3, 2)]",
    "a = s.ReduceLROnPlateau(o, patience=0, min_lr=[0.3, 0.01], eps=0.05)\n"
    "[(a.step(torch.tensor(x)), a.get_last_lr())[1] for x in (3.0, 3.0, 3.0)]",
    "s.ReduceLROnPlateau(o).step()",
    "s.ReduceLROnPlateau(o).step('a')",
    "s.ReduceLROnPlateau(o).step(torch.ones(2))",
    # Tensors.
    "t = plain.param_groups[0]['lr']; a = s.StepLR(plain, 1); rates(a, 2), t, t is plain.param_groups[0]['lr']",
    "a = s.StepLR(plain, 1); a.get_last_lr()[0].fill_(9); a.base_lrs[0].fill_(7); plain",
    "p = optim.SGD([w], lr=torch.tensor([0.5])); a = s.ExponentialLR(p, 0.5); rates(a, 2)",
    "p = optim.SGD([w], lr=torch.tensor([0.5])); a = s.LambdaLR(p, lambda e: torch.tensor([0.5])); rates(a, 2)",
    "a = s.ReduceLROnPlateau(plain, patience=0); a.step(1); a.step(1); plain",
    "s.CyclicLR(plain, torch.tensor(0.1), torch.tensor(0.3), 3, cycle_momentum=False).state_dict()",
    "rates(s.OneCycleLR(plain, torch.tensor(0.3), 5, cycle_momentum=False), 3), plain",
    "a = s.LambdaLR(o, lambda e: torch.tensor(0.5)); rates(a, 2)",
    # Averages of parameters.
    *[
        "u = optim.swa_utils; m = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))\n"
        f"a = u.AveragedModel(m{more})\n"
        "for k in range(4):\n"
        "    for p in m.parameters(): p.data.copy_(torch.arange(p.numel()).reshape(p.shape) * (k - 1.5) ** 2)\n"
        "    m[1].running_mean.fill_(k); a.update_parameters(m)\n"
        "a, a.state_dict(), a(torch.ones(2, 2)).shape"
        for more in (
            "",
            ", use_buffers=True",
            ", avg_fn=u.get_swa_avg_fn()",
            ", avg_fn=u.get_ema_avg_fn(0.7)",
            ", multi_avg_fn=u.get_ema_multi_avg_fn(0.6), use_buffers=True",
            ", multi_avg_fn=u.get_swa_multi_avg_fn()",
            ", avg_fn=len, multi_avg_fn=len",
        )
    ],
    "optim.swa_utils.get_ema_avg_fn(1.5)",
    "optim.swa_utils.get_ema_multi_avg_fn(-1)",
    "m = nn.Sequential(nn.BatchNorm1d(2)).eval(); x = torch.arange(12.0).reshape(3, 2, 2)\n"
    "optim.swa_utils.update_bn([(part, 1) for part in x], m); m.state_dict(), m[0].momentum, m.training",
    *[
        f"rates(optim.swa_utils.SWALR(o, {arguments}), 12)"
        for arguments in (
            "0.1",
            "[0.1, 0.9], 5, 'linear'",
            "0.1, anneal_epochs=0",
            "0.1, anneal_epochs=-1",
            "0.1, 3, 'other'",
            "[0.1]",
        )
    ],
    "optim.swa_utils.SWALR(o, 0.1).state_dict()",
    "a = optim.swa_utils.SWALR(o, 0.1, 3); rates(a, 2); b = optim.swa_utils.SWALR(o, 0.1, 9, 'linear')\n"
    "b.load_state_dict(a.state_dict()); rates(b, 3)",
    # What is in the groups.
    "s.StepLR(o, 1); o",
    "s.OneCycleLR(o, 0.3, 20); o",
    "s.CyclicLR(other, 0.1, 0.2); other",
    "s.OneCycleLR(other, 0.3, 20, max_momentum=0.5); other",
]
