"""Optimizers: the steps they take and the lines whose outcome under PyTorch is frozen."""

from __future__ import annotations

# Ten steps on a bowl, with a parameter that gets no gradient in the first two of them.
STEPS = [
    "optim.SGD(params, lr=0.1)",
    "optim.SGD(params, lr=0.1, weight_decay=0.05)",
    "optim.SGD(params, lr=0.1, momentum=0.9)",
    "optim.SGD(params, lr=0.1, momentum=0.9, dampening=0.3)",
    "optim.SGD(params, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1)",
    "optim.SGD(params, lr=0.01, maximize=True, momentum=0.5)",
    "optim.SGD(params, lr=0.1, momentum=0.9, foreach=True)",
    "optim.SGD(params, lr=0.1, weight_decay=0.1, fused=True)",
    "optim.SGD(params, lr=1)",
    "optim.SGD(params, lr=torch.tensor(0.1), momentum=0.9)",
    "optim.SGD([{'params': params[:1], 'lr': 0.5}, {'params': params[1:], 'momentum': 0.7}], lr=0.1)",
    "optim.SGD([('w', params[0]), ('b', params[1])], lr=0.1)",
    "optim.RMSprop(params, lr=0.05, momentum=0.5, centered=True)",
    "optim.NAdam(params, lr=0.1)",
    "optim.ASGD(params, lr=0.1, lambd=0.1, t0=3, foreach=True)",
    "optim.Adam(params)",
    "optim.Adam(params, lr=0.1)",
    "optim.Adam(params, lr=0.1, betas=(0.3, 0.6), eps=1e-3)",
    "optim.Adam(params, lr=0.1, betas=(0.0, 0.0))",
    "optim.Adam(params, lr=0.1, weight_decay=0.1)",
    "optim.Adam(params, lr=0.1, amsgrad=True)",
    "optim.Adam(params, lr=0.01, maximize=True)",
    "optim.Adam(params, lr=0.1, foreach=True)",
    "optim.Adam(params, lr=0.1, fused=True)",
    "optim.Adam(params, lr=torch.tensor(0.1))",
    "optim.Adam(params, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "optim.Adam([{'params': params[:1], 'lr': 0.5}, {'params': params[1:], 'betas': (0.5, 0.9)}], lr=0.1)",
    "optim.AdamW(params, lr=0.1)",
    "optim.AdamW(params, lr=0.1, weight_decay=0.3, amsgrad=True)",
    "optim.AdamW(params, lr=0.1, weight_decay=0.0)",
]

# Twenty, in double precision.
WALKS = [
    "optim.RMSprop(params)",
    "optim.RMSprop(params, lr=0.05, alpha=0.9, eps=1e-3, weight_decay=0.1)",
    "optim.RMSprop(params, lr=0.05, momentum=0.5)",
    "optim.RMSprop(params, lr=0.05, centered=True)",
    "optim.RMSprop(params, lr=0.05, momentum=0.5, centered=True, foreach=True)",
    "optim.RMSprop(params, lr=0.01, maximize=True)",
    "optim.RMSprop(params, lr=torch.tensor(0.05), momentum=0.5)",
    "optim.RMSprop([{'params': params[:1], 'momentum': 0.5}, {'params': params[1:], 'centered': True}])",
    "optim.Adagrad(params)",
    "optim.Adagrad(params, lr=0.5, lr_decay=0.1, weight_decay=0.1, eps=1e-3)",
    "optim.Adagrad(params, lr=0.5, initial_accumulator_value=0.3)",
    "optim.Adagrad(params, lr=0.1, maximize=True, foreach=True)",
    "optim.Adagrad(params, lr=0.1, weight_decay=0.1, fused=True)",
    "optim.Adagrad(params, lr=torch.tensor(0.5), lr_decay=0.1)",
    "optim.Adadelta(params)",
    "optim.Adadelta(params, lr=5.0, rho=0.7, eps=1e-3, weight_decay=0.1)",
    "optim.Adadelta(params, lr=5.0, maximize=True, foreach=True)",
    "optim.Adadelta(params, lr=torch.tensor(5.0))",
    "optim.Adamax(params)",
    "optim.Adamax(params, lr=0.1, betas=(0.3, 0.6), eps=1e-3, weight_decay=0.1)",
    "optim.Adamax(params, lr=0.1, maximize=True, foreach=True)",
    "optim.Adamax(params, lr=torch.tensor(0.1))",
    "optim.NAdam(params)",
    "optim.NAdam(params, lr=0.1, betas=(0.3, 0.6), eps=1e-3, weight_decay=0.1, momentum_decay=0.1)",
    "optim.NAdam(params, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "optim.NAdam(params, lr=0.1, maximize=True, foreach=True)",
    "optim.NAdam(params, lr=torch.tensor(0.1), weight_decay=0.1, decoupled_weight_decay=True)",
    "optim.RAdam(params)",
    "optim.RAdam(params, lr=0.1, betas=(0.3, 0.6), eps=1e-3, weight_decay=0.1)",
    "optim.RAdam(params, lr=0.1, weight_decay=0.1, decoupled_weight_decay=True)",
    "optim.RAdam(params, lr=0.1, maximize=True, foreach=True)",
    "optim.RAdam(params, lr=torch.tensor(0.1), betas=(0.9, 0.8))",
    "optim.Rprop(params)",
    "optim.Rprop(params, lr=0.1, etas=(0.3, 1.5), step_sizes=(0.01, 0.2))",
    "optim.Rprop(params, lr=0.1, maximize=True, foreach=True)",
    "optim.Rprop(params, lr=torch.tensor(0.1))",
    "optim.ASGD(params)",
    "optim.ASGD(params, lr=0.1, lambd=0.1, alpha=0.6, t0=5, weight_decay=0.1)",
    "optim.ASGD(params, lr=0.01, t0=3, maximize=True)",
    "optim.ASGD(params, lr=torch.tensor(0.1), lambd=0.1, t0=5)",
    "optim.Adafactor(params)",
    "optim.Adafactor(params, 0.5, -0.3, eps=(1e-2, 1e-1), d=1.5, weight_decay=0.1, maximize=True)",
    "optim.Adafactor(params, lr=torch.tensor(0.1), foreach=True)",
]

# The names that every line can use.
PREAMBLE = """
import copy, pickle
w = nn.Parameter(torch.tensor([1.0, -2.0]))
v = nn.Parameter(torch.tensor([[0.5]]))
log = []

def backward():
    for p in (w, v):
        p.grad = None
    loss = (w**2).sum() + (3 * v).sum() ** 2
    loss.backward()
    return loss

class Plain(optim.Optimizer):
    def __init__(self, params, defaults):
        super().__init__(params, defaults)

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.data.add_(p.grad, alpha=-group["lr"])
"""

LINES = [
    "optim.SGD([w], lr=0.1)",
    "optim.SGD([{'params': [w]}, {'params': v, 'lr': 1}], lr=0.1, momentum=0.9)",
    "optim.SGD([('w', w)], lr=0.1)",
    "optim.Adam([w])",
    "optim.AdamW([w], lr=0.2)",
    "Plain([w], {})",
    "Plain([w], {'lr': 0.1})",
    "optim.SGD([w], lr=-1)",
    "optim.SGD([w], lr='a')",
    "optim.SGD([w], lr=0.1, momentum=-1)",
    "optim.SGD([w], lr=0.1, weight_decay=-1)",
    "optim.SGD([w], lr=0.1, nesterov=True)",
    "optim.SGD([w], lr=0.1, nesterov=True, momentum=0.9, dampening=0.1)",
    "optim.SGD([w], lr=0.1, fused=True, foreach=True)",
    "optim.SGD([w], lr=0.1, fused=True, differentiable=True)",
    "optim.SGD([w], lr=torch.tensor([0.1, 0.2]))",
    "optim.SGD(w, lr=0.1)",
    "optim.SGD([], lr=0.1)",
    "optim.SGD([1], lr=0.1)",
    "optim.SGD(['a'], lr=0.1)",
    "optim.SGD([w * 2], lr=0.1)",
    "optim.SGD([{'params': {w}}], lr=0.1)",
    "optim.SGD([{'lr': 0.1}], lr=0.1)",
    "optim.SGD([{'params': [w]}, {'params': w}], lr=0.1)",
    "optim.SGD([{'params': [w]}, [w]], lr=0.1)",
    "optim.SGD([w, w], lr=0.1).param_groups[0]['params']",
    "optim.SGD([('a', w), v], lr=0.1)",
    "o = optim.SGD([('a', w)], lr=0.1); o.add_param_group({'params': [v]})",
    "o = optim.SGD([w], lr=0.1); o.add_param_group({'params': [('v', v)]})",
    "o = optim.SGD([w], lr=0.1); o.add_param_group({'params': v, 'lr': 0.5}); o",
    "o = optim.SGD([w], lr=0.1); o.add_param_group([v])",
    "o = optim.SGD([w], lr=0.1); o.add_param_group({'params': w})",
    "group = {'params': v}; o = optim.SGD([w], lr=0.1); o.add_param_group(group); group['params'], "
    "group['lr']",
    "optim.Adam([w], lr=-1)",
    "optim.Adam([w], eps=-1)",
    "optim.Adam([w], betas=(1.0, 0.9))",
    "optim.Adam([w], betas=(0.9, 1.1))",
    "optim.Adam([w], betas=(0, 0.9))",
    "optim.Adam([w], weight_decay=-1)",
    "optim.Adam([w], lr=torch.tensor(0.1), foreach=True)",
    "optim.Adam([w], lr=torch.tensor([0.1, 0.2]))",
    "optim.Adam([w], betas=(torch.tensor(0.9), 0.9))",
    "optim.Adam([w], fused=True, foreach=True)",
    "o = optim.Adam([w], capturable=True); backward(); o.step()",
    "o = optim.Adam([w], capturable=True, foreach=True); backward(); o.step()",
    "Plain([w], {'lr': 0.1}).step(), w",
    "optim.Optimizer([w], {}).step()",
    "optim.Optimizer([w], {'lr': 0.1}).defaults",
    "o = optim.SGD([w, v], lr=0.1); o.step(), w",
    "o = optim.SGD([w, v], lr=0.1); backward(); o.step(); w, v",
    "o = optim.SGD([w, v], lr=0.1); o.step(backward), w, v",
    "o = optim.Adam([w, v], lr=0.1); o.step(backward), w, v",
    "o = Plain([w, v], {'lr': 0.1}); backward(); o.step(); w, v",
    "o = optim.SGD([w], lr=0.1); backward(); o.zero_grad(); w.grad, v.grad",
    "o = optim.SGD([w], lr=0.1); backward(); o.zero_grad(set_to_none=False); w.grad, v.grad",
    "o = optim.SGD([w], lr=0.1); o.state_dict()",
    "o = optim.SGD([w, v], lr=0.1, momentum=0.9); backward(); o.step(); o.state_dict()",
    "o = optim.Adam([w, v]); backward(); o.step(); o.state_dict()['state'][0]",
    "o = optim.Adam([w, v], amsgrad=True); backward(); o.step(); list(o.state_dict()['state'][1])",
    "o = optim.SGD([('a', w)], lr=0.1); o.state_dict()",
    "o = optim.SGD([{'params': [w]}, {'params': [v]}], lr=0.1)\n"
    "[g['params'] for g in o.state_dict()['param_groups']]",
    "o = optim.SGD([w], lr=0.1); o.load_state_dict({'param_groups': [], 'state': {}})",
    "o = optim.SGD([w], lr=0.1); o.load_state_dict({'param_groups': [{'params': [0, 1]}], 'state': {}})",
    "a = optim.SGD([w, v], lr=0.1, momentum=0.9); backward(); a.step()\n"
    "b = optim.SGD([w, v], lr=0.5); b.load_state_dict(a.state_dict()); backward(); b.step(); b, w, "
    "b.state_dict()",
    "a = optim.Adam([w, v], lr=0.1); backward(); a.step()\n"
    "b = optim.Adam([w, v], lr=0.5); b.load_state_dict(copy.deepcopy(a.state_dict())); backward(); b.step()\n"
    "b, w, v, b.state_dict()['state'][1]['step'], a.state_dict()['state'][1]['step']",
    "a = optim.Adam([w, v], lr=0.1); backward(); a.step(); s = copy.deepcopy(a.state_dict())\n"
    "s['state'][0]['step'] = 1.0; b = optim.Adam([w, v]); b.load_state_dict(s); "
    "b.state_dict()['state'][0]['step']",
    "a = optim.SGD([w], lr=0.1, momentum=0.9); backward(); a.step()\n"
    "d = nn.Parameter(w.detach().double()); b = optim.SGD([d], lr=0.1); b.load_state_dict(a.state_dict())\n"
    "b.state[d]['momentum_buffer'].dtype",
    "o = optim.SGD([w], lr=0.1, momentum=0.9); backward(); o.step(); c = copy.deepcopy(o); c, len(c.state)",
    "o = optim.Adam([w], lr=0.1); backward(); o.step(); c = pickle.loads(pickle.dumps(o)); c, len(c.state)",
    "o = optim.SGD([w], lr=0.1); g = o.param_groups[0]; g['lr'] = 0.5; o, sorted(g), isinstance(g, dict)",
    "o = optim.SGD([w, v], lr=0.1); o.register_step_pre_hook(lambda *a: log.append(a[1:])); o.step(); "
    "len(log)",
    "o = optim.SGD([w, v], lr=0.1); h = o.register_step_post_hook(lambda *a: "
    "log.append(type(a[0]).__name__))\n"
    "o.step(); h.remove(); o.step(); log",
    "o = optim.SGD([w, v], lr=0.1); o.register_step_pre_hook(lambda o, a, k: ((a[0], backward), {})); "
    "o.step()",
    "from torch.optim.optimizer import register_optimizer_step_pre_hook as register\n"
    "h = register(lambda o, a, k: log.append(type(o).__name__)); optim.Adam([w]).step(); h.remove(); log",
    "o = optim.SGD([w], lr=0.1); o.register_state_dict_pre_hook(lambda o: log.append(1)); "
    "o.state_dict(); log",
    "o = optim.SGD([w], lr=0.1); o.register_state_dict_post_hook(lambda o, s: {'all': len(s)}); "
    "o.state_dict()",
    "o = optim.SGD([w], lr=0.1); o.register_load_state_dict_pre_hook(lambda o, s: {**s, 'param_groups': "
    "[]})\n"
    "o.load_state_dict(o.state_dict())",
    "o = optim.SGD([w], lr=0.1); o.register_load_state_dict_post_hook(lambda o: log.append(1))\n"
    "o.load_state_dict(o.state_dict()); log",
    "optim.SGD([torch.zeros(1, dtype=torch.int64)], lr=0.1).step()",
    "o = optim.SGD([w, w], lr=0.1); backward(); o.step(); w",
    "u = nn.Parameter(w.detach()); o = optim.SGD([w, u], lr=0.1); backward(); u.grad = w.grad; o.step(); "
    "w, u",
    "o = optim.Adam([w, w], lr=0.1); backward(); o.step(); w, o.state[w]['step']",
    "x = w.detach(); o = optim.SGD([w], lr=0.1); backward(); o.step(); x",
    "o = optim.SGD([w], lr=0.1); backward(); n = w._version; o.step(); w._version > n, w.is_leaf, "
    "w.requires_grad",
    "m = nn.Parameter(torch.ones(4, 2)); o = optim.SGD([m], lr=0.1); m.grad = torch.ones(2, 4).t(); "
    "o.step(); m",
    "h = nn.Parameter(torch.ones(3, dtype=torch.float64)); o = optim.Adam([h], lr=0.1)\n"
    "(h**2).sum().backward(); o.step(); h, o.state[h]['exp_avg'].dtype, o.state[h]['step'].dtype",
    "h = nn.Parameter(torch.ones(3, dtype=torch.bfloat16)); o = optim.SGD([h], lr=0.1, momentum=0.9)\n"
    "h.grad = torch.full((3,), 0.3, dtype=torch.bfloat16); o.step(); o.step(); h",
    "c = nn.Parameter(torch.tensor([1 + 2j, -1j])); o = optim.Adam([c], lr=0.1)\n"
    "c.grad = torch.tensor([0.5 - 1j, 2 + 0j]); o.step(); o.step(); c",
    "optim.RMSprop([w])",
    "optim.Adagrad([w])",
    "optim.Adadelta([w])",
    "optim.Adamax([w])",
    "optim.NAdam([w])",
    "optim.RAdam([w])",
    "optim.Rprop([w])",
    "optim.ASGD([w])",
    "optim.RMSprop([w], lr=-1)",
    "optim.RMSprop([w], lr=torch.ones(2))",
    "optim.RMSprop([w], eps=-1)",
    "optim.RMSprop([w], momentum=-1)",
    "optim.RMSprop([w], weight_decay=-1)",
    "optim.RMSprop([w], alpha=-1)",
    "optim.Adagrad([w], lr=-1)",
    "optim.Adagrad([w], lr_decay=-1)",
    "optim.Adagrad([w], weight_decay=-1)",
    "optim.Adagrad([w], initial_accumulator_value=-1)",
    "optim.Adagrad([w], eps=-1)",
    "optim.Adagrad([w], fused=True, foreach=True)",
    "optim.Adagrad([w], fused=True, differentiable=True)",
    "optim.Adadelta([w], lr=-1)",
    "optim.Adadelta([w], rho=1.1)",
    "optim.Adadelta([w], eps=-1)",
    "optim.Adadelta([w], weight_decay=-1)",
    "optim.Adamax([w], lr=-1)",
    "optim.Adamax([w], eps=-1)",
    "optim.Adamax([w], betas=(1.0, 0.5))",
    "optim.Adamax([w], weight_decay=-1)",
    "optim.NAdam([w], betas=(0.5, 1.0))",
    "optim.NAdam([w], weight_decay=-1)",
    "optim.NAdam([w], momentum_decay=-1)",
    "optim.RAdam([w], lr=-1)",
    "optim.RAdam([w], betas=(0.5, -1.0))",
    "optim.RAdam([w], eps=-1)",
    "optim.RAdam([w], weight_decay=-1)",
    "optim.Rprop([w], lr=-1)",
    "optim.Rprop([w], etas=(0.5, 0.9))",
    "optim.ASGD([w], lr=-1)",
    "optim.ASGD([w], weight_decay=-1)",
    *[
        f"o = optim.{name}([w, v], capturable=True, foreach={foreach}); backward(); o.step()"
        for name in ("RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")
        for foreach in (None, True)
    ],
    *[
        f"o = optim.{name}([w, v]); o.step(); backward(); o.step(); o.state_dict()"
        for name in ("RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")
    ],
    *[
        f"c = nn.Parameter(torch.tensor([1 + 2j, -1j])); o = optim.{name}([c], lr=0.1{more})\n"
        "c.grad = torch.tensor([0.5 - 1j, 2 + 0j]); o.step(); c.grad = -0.5 * c.grad; o.step(); c"
        for name in ("RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD")
        for more in ("", ", maximize=True" if name == "Rprop" else ", weight_decay=0.1")
    ],
    "c = nn.Parameter(torch.tensor([1 + 2j, -1j])); o = optim.Adagrad([c], initial_accumulator_value=0.5)\n"
    "o.state_dict()",
    "c = nn.Parameter(torch.tensor([1 + 2j, -1j])); o = optim.Adagrad([c], fused=True); c.grad = c.detach(); "
    "o.step()",
    "h = nn.Parameter(torch.linspace(1, 2, 32, dtype=torch.bfloat16)); o = optim.Adadelta([h], lr=9.0)\n"
    "h.grad = h.detach() / 3; o.step(); o.step(); h, o.state[h]['acc_delta'][:4]",
    "h = nn.Parameter(torch.linspace(1, 2, 32, dtype=torch.float16)); o = optim.RAdam([h], 0.1, (0.9, 0.5), 0.1)\n"
    "for _ in range(7): h.grad = h.detach() / 3; o.step()\nh, o.state[h]['exp_avg'][:4]",
    "o = optim.Adagrad([w]); o.add_param_group({'params': v}); backward(); o.step(); o.state_dict()['state'][1]",
    "o = optim.NAdam([w]); o.add_param_group({'params': v, 'lr': 0.1}); backward(); o.step(); o, v",
    *[
        f"a = optim.{name}([w, v], lr=0.1); backward(); a.step(); b = optim.{name}([w, v], lr=0.5)\n"
        "b.load_state_dict(copy.deepcopy(a.state_dict())); backward(); b.step(); b, w, v, b.state_dict()['state']"
        for name in ("RMSprop", "Adagrad", "NAdam", "Rprop", "ASGD")
    ],
    *[
        f"a = optim.{name}([w, v], lr=0.1); backward(); a.step(); s = copy.deepcopy(a.state_dict())\n"
        "for own in s['state'].values(): own.update({k: x.item() for k, x in own.items() if x.dim() == 0})\n"
        f"b = optim.{name}([w, v]); b.load_state_dict(s); backward(); b.step(); b.state_dict()['state'][0], w"
        for name in ("RMSprop", "Adagrad", "NAdam", "ASGD")
    ],
    "a = optim.RMSprop([w, v]); s = a.state_dict()\n"
    "for key in ('momentum', 'centered', 'capturable', 'maximize', 'foreach', 'differentiable'):\n"
    "    del s['param_groups'][0][key]\n"
    "a.load_state_dict(s); backward(); a.step(); a, w",
    "o = optim.RMSprop([w]); backward(); o.step(); o.param_groups[0]['momentum'] = 0.9; o.step()",
    "o = optim.RAdam([w], lr=0.1); backward(); o.step(); c = copy.deepcopy(o); d = pickle.loads(pickle.dumps(o))\n"
    "c, d, len(c.state), len(d.state)",
    "o = optim.ASGD([w, v], lr=0.1); o.step(backward), w, v",
    "torch.set_default_dtype(torch.float64)\n"
    "o = optim.NAdam([w]); backward(); o.step(); torch.set_default_dtype(torch.float32); o.state[w]",
    "optim.Adafactor([w])",
    "optim.Muon([v])",
    "optim.LBFGS([w, v])",
    "optim.Adafactor([w], lr=-1)",
    "optim.Adafactor([w], beta2_decay=0.1)",
    "optim.Adafactor([w], eps=(-1, 1))",
    "optim.Adafactor([w], eps=(1, -1))",
    "optim.Adafactor([w], d=0.5)",
    "optim.Adafactor([w], weight_decay=-1)",
    "o = optim.Adafactor([w, v]); backward(); o.step(); o.state_dict(), w, v",
    "c = nn.Parameter(torch.tensor([1j])); c.grad = c.detach(); optim.Adafactor([c]).step()",
    "optim.Muon([v], lr=-1)",
    "optim.Muon([v], momentum=-1)",
    "optim.Muon([v], weight_decay=-1)",
    "optim.Muon([v], adjust_lr_fn='other')",
    "optim.Muon([w])",
    "o = optim.Muon([v], ns_steps=100); backward(); o.step()",
    "o = optim.Muon([v], ns_coefficients=(1.0, 2.0)); backward(); o.step()",
    "o = optim.Muon([v]); o.add_param_group({'params': w}); backward(); o.step()",
    "c = nn.Parameter(torch.tensor([[1j]])); c.grad = c.detach(); optim.Muon([c]).step()",
    *[
        f"m = nn.Parameter(torch.arange(12.0).sin().reshape(3, 4){kind})\n"
        f"o = optim.Muon([m], lr=0.1{more})\n"
        "for _ in range(3): m.grad = (m * m).detach(); o.step()\nm, o.state_dict()['state']"
        for kind, more in (
            ("", ""),
            (".t()", ", nesterov=False, momentum=0.3, weight_decay=0.4, adjust_lr_fn='match_rms_adamw'"),
            ("", ", ns_coefficients=(3.0, -4.0, 2.0), eps=9.0"),
        )
    ],
    "m = nn.Parameter(torch.eye(8, dtype=torch.bfloat16)); o = optim.Muon([m], nesterov=False)\n"
    "m.grad = 3 * m.detach(); o.step(); round(o.state[m]['momentum_buffer'].float().norm().item(), 1)",
    "optim.LBFGS([w], lr=-1)",
    "optim.LBFGS([{'params': [w]}, {'params': [v]}])",
    "optim.LBFGS([w], line_search_fn='other').step(backward)",
    "optim.LBFGS([w]).step()",
    *[
        "x = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))\n"
        f"o = optim.LBFGS([x]{more}); own = o.state[x]\n"
        "def closure():\n"
        "    o.zero_grad()\n"
        "    loss = (x**4).sum() + (x.sum() - 1) ** 2 + 0.1 * x.exp().sum()\n"
        "    loss.backward()\n"
        "    return loss\n"
        "losses = [o.step(closure).item() for _ in range(3)]\n"
        "[round(loss, 8) for loss in losses], x, list(own), {k: own[k] for k in own if k not in ('al', 'prev_loss')}"
        for more in (
            ", max_iter=3",
            ", lr=0.3, max_iter=4, history_size=2",
            ", max_iter=3, line_search_fn='strong_wolfe'",
            ", lr=torch.tensor([0.5]), max_iter=3, max_eval=2",
        )
    ],
    "u = nn.Parameter(torch.ones(2)); o = optim.LBFGS([w, u, v], max_iter=3); o.step(backward), w, u",
    "c = nn.Parameter(torch.tensor([1 + 2j, -1j])); o = optim.LBFGS([c], max_iter=3)\n"
    "def closure():\n"
    "    o.zero_grad()\n"
    "    loss = ((c - 1) * (c - 1).conj()).real.sum()\n"
    "    loss.backward()\n"
    "    return loss\n"
    "o.step(closure), c",
    "a = optim.LBFGS([w, v], max_iter=2); a.step(backward); b = optim.LBFGS([w, v], lr=0.5, max_iter=2)\n"
    "b.load_state_dict(copy.deepcopy(a.state_dict())); b.step(backward), w, v, b.state_dict()['state'][0]['t']",
    "optim.Nothing",
    "optim.lr_scheduler.Nothing",
]
