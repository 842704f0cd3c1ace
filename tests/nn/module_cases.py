"""Lines about `Module`, containers, parameters and initializers whose outcome under PyTorch is frozen."""

from __future__ import annotations

# Every case begins with these definitions.
PREAMBLE = """
from collections import OrderedDict
import copy, pickle

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.inner = nn.Sequential(nn.ReLU(), nn.Linear(2, 2, bias=False))
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("scratch", torch.zeros(1), persistent=False)
        self.nothing = None

    def forward(self, x):
        return self.inner(self.first(x)) * self.scale + self.mean

class Bare(nn.Module):
    def __init__(self):
        pass

def names(pairs):
    return [name for name, _ in pairs]

net = Net()
log = []
"""

CASES: dict[str, list[str]] = {
    "module": [
        "net",
        "names(net.named_parameters())",
        "names(net.named_parameters(prefix='model'))",
        "names(net.named_parameters(recurse=False))",
        "net.again = net.first; names(net.named_parameters())",
        "net.again = net.first; names(net.named_parameters(remove_duplicate=False))",
        "names(net.named_buffers())",
        "names(net.named_children())",
        "names(net.named_modules())",
        "names(net.named_modules(prefix='model'))",
        "net.again = net.inner; names(net.named_modules(remove_duplicate=False))",
        "[type(m).__name__ for m in net.modules()]",
        "[tuple(p.shape) for p in net.parameters()]",
        "[tuple(b.shape) for b in net.buffers()]",
        "[n for n in dir(net) if n in ('first', 'inner', 'scale', 'mean', 'forward', 'nothing')]",
        "[n for n in dir(net.inner) if n.isdigit()]",
        "net.train(False).training, net.first.training, net.train().inner[0].training",
        "net.eval() is net, net.training",
        "net.train(1)",
        "[p.requires_grad for p in net.requires_grad_(False).parameters()]",
        "net.foo",
        "del net.foo",
        "del net.first; net",
        "del net.scale; names(net.named_parameters(recurse=False))",
        "del net.mean; names(net.named_buffers())",
        "net(torch.ones(1, 3)).shape",
        "nn.Module()(1)",
        "Bare()(1)",
        "m = Bare(); m.layer = nn.ReLU()",
        "m = Bare(); m.weight = nn.Parameter(torch.zeros(1))",
        "m = Bare(); m.register_buffer('b', torch.zeros(1))",
        "m = Bare(); m.register_parameter('p', None)",
        "m = Bare(); m.x = 3; m.x",
        "Bare().foo",
        "nn.Module(3)",
        "nn.Module(a=3)",
        "net.first.weight = torch.zeros(2, 3)",
        "net.first.weight = 3",
        "net.first.weight = nn.Linear(1, 1)",
        "net.first.weight = None; net.first.weight, names(net.named_parameters())",
        "net.first = 3",
        "net.first = torch.zeros(1)",
        "net.first = None; net.first, net",
        "net.mean = 3",
        "net.mean = torch.ones(2); names(net.named_buffers()), net.mean",
        "net.mean = None; net.mean, list(net.state_dict())",
        "net.scratch = torch.ones(1); list(net.state_dict())",
        "net.extra = nn.Buffer(torch.ones(1)); list(net.state_dict())",
        "net.extra = nn.Buffer(torch.ones(1), persistent=False); list(net.state_dict())",
        "net.mean = nn.Parameter(torch.zeros(1)); names(net.named_parameters()), names(net.named_buffers())",
        "net.first = nn.Parameter(torch.zeros(1)); net, names(net.named_parameters())",
        "net.scale = nn.ReLU()",
        "net.mean = nn.ReLU(); net, names(net.named_buffers())",
        "net.number = nn.ReLU(); net.number = 3",
        "net.register_buffer(3, None)",
        "net.register_buffer('a.b', None)",
        "net.register_buffer('', None)",
        "net.register_buffer('first', None)",
        "net.register_buffer('b', 3)",
        "net.register_buffer('b', None); net.b, names(net.named_buffers())",
        "net.register_parameter(3, None)",
        "net.register_parameter('a.b', None)",
        "net.register_parameter('', None)",
        "net.register_parameter('training', None)",
        "net.register_parameter('p', torch.zeros(1))",
        "net.register_parameter('p', 'weight')",
        "net.register_parameter('p', net.scale * 2)",
        "net.add_module('m', 3)",
        "net.add_module('m', nn.ReLU)",
        "net.add_module(3, nn.ReLU())",
        "net.add_module('a.b', nn.ReLU())",
        "net.add_module('', nn.ReLU())",
        "net.add_module('scale', nn.ReLU())",
        "net.register_module('tail', nn.ReLU()); net.tail",
        "net.add_module('tail', None); net",
        "net.get_submodule('inner.1')",
        "net.get_submodule('') is net",
        "net.get_submodule('inner.7')",
        "net.get_submodule('scale')",
        "net.get_parameter('inner.1.weight').shape",
        "net.get_parameter('inner.1.foo')",
        "net.get_parameter('mean')",
        "net.get_buffer('mean')",
        "net.get_buffer('scale')",
        "net.get_buffer('foo')",
        "net.set_submodule('inner.0', nn.Tanh()); net",
        "net.set_submodule('', nn.Tanh())",
        "net.set_submodule('inner.9', nn.Tanh(), strict=True)",
        "net.set_submodule('inner.9', nn.Tanh()); net.inner",
        "net.set_submodule('scale', nn.Tanh())",
        "net.apply(lambda m: log.append(type(m).__name__)) is net, log",
        "net.double().first.weight.dtype, net.mean.dtype",
        "net.half().float().scale.dtype",
        "net.bfloat16().scale.dtype",
        "net.to(torch.float64).scale.dtype",
        "net.to('cpu', torch.float64).scale.dtype, net.to(torch.zeros(1)).scale.dtype",
        "net.to(dtype=torch.float64).scale.dtype",
        "net.to(torch.int64)",
        "net.to(1.5, 2)",
        "net.to(torch.float32, foo=1)",
        "net.to('cpu', copy=True)",
        "m = nn.BatchNorm1d(2); m.double().num_batches_tracked.dtype, m.running_mean.dtype",
        "w = net.first.weight; net.double(); w is net.first.weight, w.dtype",
        "net(torch.ones(1, 3)).sum().backward(); net.double().scale.grad.dtype",
        "net(torch.ones(1, 3)).sum().backward(); net.zero_grad(); [p.grad for p in net.parameters()]",
        "net(torch.ones(1, 3)).sum().backward(); net.zero_grad(set_to_none=False); net.scale.grad",
        "net.cpu() is net",
        "net.type(torch.float64).mean.dtype",
        "net.first.extra_repr()",
        "repr(net.first)",
        "m = nn.Module(); m.a = nn.Module(); m.a.b = nn.ReLU(); m",
        "c = copy.deepcopy(net); c.first.weight is net.first.weight, torch.equal(c.first.weight, "
        "net.first.weight)",
        "c = copy.deepcopy(net); c.first.weight.requires_grad, type(c.scale).__name__, c",
        "c = copy.copy(net); c.first is net.first, c.state_dict().keys() == net.state_dict().keys()",
        "m = pickle.loads(pickle.dumps(nn.Linear(2, 2))); m, m.weight.shape, type(m.weight).__name__",
        "net.state_dict(None, 'p.')",
    ],
    "state_dict": [
        "list(net.state_dict())",
        "dict(net.state_dict()._metadata)",
        "list(net.state_dict(prefix='model.'))",
        "net.state_dict()['scale'].requires_grad, net.state_dict(keep_vars=True)['scale'].requires_grad",
        "net.state_dict()['mean'].data_ptr() == net.mean.data_ptr()",
        "d = OrderedDict(a=1); net.state_dict(destination=d) is d, list(d)",
        "net.load_state_dict(net.state_dict())",
        "net.load_state_dict(Net().state_dict()), torch.equal(net.first.weight, net.first.weight)",
        "net.load_state_dict({})",
        "net.load_state_dict({}, strict=False)",
        "net.load_state_dict({'a': torch.zeros(1), 'first.b': torch.zeros(1), 'inner.9.w': "
        "torch.zeros(1)}, strict=False)",
        "s = net.state_dict(); s['foo'] = torch.zeros(1); net.load_state_dict(s)",
        "s = net.state_dict(); s['foo.bar'] = torch.zeros(1); del s['scale']; net.load_state_dict(s)",
        "s = net.state_dict(); s['first.weight'] = torch.zeros(3, 3); net.load_state_dict(s)",
        "s = net.state_dict(); s['first.weight'] = torch.zeros(3, 3); net.load_state_dict(s, strict=False)",
        "s = net.state_dict(); s['mean'] = 'text'; net.load_state_dict(s)",
        "net.load_state_dict([1])",
        "net.load_state_dict({k: v.double() for k, v in net.state_dict().items()}), net.scale.dtype",
        "net.load_state_dict({k: v.double() for k, v in net.state_dict().items()}, assign=True), "
        "net.scale.dtype",
        "s = {k: v.double() for k, v in net.state_dict().items()}; net.load_state_dict(s, assign=True); "
        "net.mean is s['mean'], type(net.scale).__name__, net.scale.requires_grad",
        "w = net.scale; net.load_state_dict({**net.state_dict(), 'scale': torch.tensor([5.0])}); w",
        "m = nn.BatchNorm1d(2); s = m.state_dict(); s['num_batches_tracked'] = torch.tensor([3]); "
        "m.load_state_dict(s), m.num_batches_tracked",
        "m = nn.BatchNorm1d(2); s = OrderedDict(m.state_dict()); s.pop('num_batches_tracked'); s = dict(s); "
        "m.load_state_dict(s)",
        "m = nn.BatchNorm1d(2); s = m.state_dict(); s.pop('num_batches_tracked'); m.load_state_dict(s)",
        "m = nn.InstanceNorm1d(2); m.load_state_dict({'running_mean': torch.zeros(2), 'running_var': "
        "torch.ones(2)})",
        "net.register_state_dict_pre_hook(lambda *a: log.append(a[1:])); net.state_dict(prefix='p.'); log",
        "net.register_state_dict_post_hook(lambda m, s, p, d: s.pop('scale') and None); "
        "list(net.state_dict())",
        "net.register_state_dict_post_hook(lambda *a: 3); net.state_dict()",
        "net._register_state_dict_hook(lambda m, s, p, d: {'only': 1}); net.state_dict()",
        "f = lambda *a: None; net.register_state_dict_post_hook(f); net._register_state_dict_hook(f)",
        "net.register_load_state_dict_pre_hook(lambda m, s, *a: s.pop('foo')); "
        "net.load_state_dict({**net.state_dict(), 'foo': 1})",
        "net.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear()); "
        "net.load_state_dict({})",
        "net.register_load_state_dict_post_hook(lambda m, keys: 3); net.load_state_dict(net.state_dict())",
        "net.register_load_state_dict_pre_hook(lambda *a: log.append(1)).remove(); "
        "net.load_state_dict(net.state_dict()), log",
        "net.get_extra_state()",
        "net.set_extra_state(1)",
        "class E(nn.Linear):\n"
        "    def get_extra_state(self):\n        return 7\n"
        "    def set_extra_state(self, state):\n        log.append(state)\n"
        "e = E(1, 1); e.load_state_dict(e.state_dict()), list(e.state_dict()), log",
        "class E(nn.Linear):\n"
        "    def get_extra_state(self):\n        return 7\n"
        "    def set_extra_state(self, state):\n        log.append(state)\n"
        "E(1, 1).load_state_dict(nn.Linear(1, 1).state_dict())",
        "nn.Linear(1, 1).load_state_dict({**nn.Linear(1, 1).state_dict(), '_extra_state': 1})",
    ],
    "hooks": [
        "h = net.register_forward_pre_hook(lambda m, a: log.append(len(a))); net(torch.ones(1, 3)); "
        "h.remove(); "
        "net(torch.ones(1, 3)); log",
        "net.register_forward_pre_hook(lambda m, a: (a[0] * 0,)); net.inner = nn.Identity(); "
        "torch.equal(net(torch.ones(1, 3)), net.first.bias[None])",
        "net.register_forward_pre_hook(lambda m, a: a[0] * 0); net.inner = nn.Identity(); "
        "torch.equal(net(torch.ones(1, 3)), net.first.bias[None])",
        "net.register_forward_pre_hook(lambda m, a, k: (a, {'x': a[0]}), with_kwargs=True); "
        "net(torch.ones(1, 3))",
        "net.register_forward_pre_hook(lambda m, a, k: 3, with_kwargs=True); net(torch.ones(1, 3))",
        "net.register_forward_pre_hook(lambda m, a, k: ((), {'x': a[0]}), with_kwargs=True); "
        "net(torch.ones(1, 3)).shape",
        "net.register_forward_hook(lambda m, a, o: 7); net(torch.ones(1, 3))",
        "net.register_forward_hook(lambda m, a, k, o: (len(a), list(k)), with_kwargs=True); "
        "net(x=torch.ones(1, 3))",
        "net.register_forward_hook(lambda m, a, o: log.append(1)); "
        "net.register_forward_hook(lambda m, a, o: log.append(2), prepend=True); net(torch.ones(1, 3)); log",
        "net.register_forward_hook(lambda m, a, o: log.append(o), always_call=True)\n"
        "try:\n    net(3)\nexcept Exception:\n    pass\n"
        "log",
        "def bad(m, a, o):\n    raise ValueError('no')\n"
        "net.register_forward_hook(bad, always_call=True); net.first.in_features = 1; net(torch.ones(1, 7))",
        "with net.register_forward_hook(lambda m, a, o: log.append(1)):\n    net(torch.ones(1, 3))\n"
        "net(torch.ones(1, 3)); log",
        "h = nn.modules.module.register_module_forward_hook(lambda m, a, o: log.append(type(m).__name__))\n"
        "net(torch.ones(1, 3)); h.remove(); net(torch.ones(1, 3)); log",
        "h = nn.modules.module.register_module_forward_pre_hook(lambda m, a: log.append(type(m).__name__))\n"
        "net(torch.ones(1, 3)); h.remove(); net(torch.ones(1, 3)); log",
        "h = nn.modules.module.register_module_parameter_registration_hook(lambda m, n, p: log.append(n))\n"
        "nn.Linear(1, 1); h.remove(); log",
        "h = nn.modules.module.register_module_module_registration_hook(lambda m, n, p: nn.Tanh())\n"
        "s = nn.Sequential(nn.ReLU()); h.remove(); s",
        "h = nn.modules.module.register_module_buffer_registration_hook(lambda m, n, p: log.append(n))\n"
        "nn.BatchNorm1d(1); h.remove(); log",
        "net.register_full_backward_hook(lambda m, i, o: None); net.register_backward_hook(lambda m, i, "
        "o: None)",
        "net.register_backward_hook(lambda m, i, o: None); net.register_full_backward_hook(lambda m, i, "
        "o: None)",
    ],
    "backward_hooks": [
        "net.register_full_backward_hook(lambda m, i, o: log.append((i[0].shape, o[0].shape)))\n"
        "net(torch.ones(1, 3, requires_grad=True)).sum().backward(); log",
        "net.register_full_backward_hook(lambda m, i, o: (i[0] * 0 + 5,))\n"
        "x = torch.ones(1, 3, requires_grad=True); net(x).sum().backward(); x.grad",
        "net.register_full_backward_pre_hook(lambda m, o: (o[0] * 0,))\n"
        "x = torch.ones(1, 3, requires_grad=True); net(x).sum().backward(); x.grad, net.mean, net.scale.grad",
        "net.register_full_backward_hook(lambda m, i, o: (i[0], i[0]))\n"
        "net(torch.ones(1, 3, requires_grad=True)).sum().backward()",
        "net.register_full_backward_pre_hook(lambda m, o: (o[0], o[0]))\n"
        "net(torch.ones(1, 3, requires_grad=True)).sum().backward()",
        "net.register_full_backward_hook(lambda m, i, o: log.append(i)); net(torch.ones(1, "
        "3)).sum().backward(); log",
        "net.register_full_backward_hook(lambda m, i, o: o); net(torch.ones(1, 3)).sum().backward(); log",
        "net.register_full_backward_hook(lambda m, i, o: log.append(1))\n"
        "with torch.no_grad():\n    net(torch.ones(1, 3))\n"
        "log",
        "h = net.register_full_backward_hook(lambda m, i, o: log.append(1)); h.remove()\n"
        "net(torch.ones(1, 3, requires_grad=True)).sum().backward(); log",
        "net(torch.ones(1, 3, requires_grad=True)).grad_fn.name()",
        "net.register_full_backward_hook(lambda m, i, o: None); "
        "net(torch.ones(1, 3, requires_grad=True)).grad_fn.name()",
        "class Two(nn.Module):\n    def forward(self, a, b):\n        return a * 2, b * 3\n"
        "t = Two(); t.register_full_backward_hook(lambda m, i, o: log.append((i, o)))\n"
        "a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)\n"
        "x, y = t(a, b); x.backward(retain_graph=True); (x + y).backward(); log",
        "class D(nn.Module):\n    def forward(self, a):\n        return {'a': a}\n"
        "d = D(); d.register_full_backward_hook(lambda m, i, o: None); "
        "d(torch.ones(1, requires_grad=True))['a'].grad_fn.name()",
        "net.first.register_backward_hook(lambda m, i, o: log.append(o[0].shape))\n"
        "net(torch.ones(1, 3, requires_grad=True)).sum().backward(); log",
    ],
    "container": [
        "nn.Sequential()",
        "nn.Sequential(nn.ReLU(), nn.Tanh())",
        "nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))",
        "nn.Sequential(3)",
        "nn.Sequential([nn.ReLU()])",
        "s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.GELU()); s[0], s[-1], s[1:], len(s)",
        "nn.Sequential(nn.ReLU())[1]",
        "nn.Sequential(nn.ReLU())['a']",
        "s = nn.Sequential(nn.ReLU(), nn.Tanh()); s[1] = nn.GELU(); s",
        "s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.GELU()); del s[0]; s",
        "s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.GELU()); del s[1:]; s",
        "nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())",
        "nn.Sequential(nn.ReLU()) + [nn.Tanh()]",
        "s = nn.Sequential(nn.ReLU()); s += nn.Sequential(nn.Tanh()); s",
        "nn.Sequential(nn.ReLU()) * 2",
        "3 * nn.Sequential(nn.ReLU())",
        "nn.Sequential(nn.ReLU()) * 0",
        "nn.Sequential(nn.ReLU()) * 'a'",
        "s = nn.Sequential(nn.ReLU(), nn.Tanh()); s *= 2; s",
        "s = nn.Sequential(nn.ReLU()).append(nn.Tanh()); s.pop(0), s",
        "nn.Sequential(nn.ReLU()).insert(0, nn.Tanh())",
        "nn.Sequential(nn.ReLU(), nn.GELU()).insert(-1, nn.Tanh())",
        "nn.Sequential(nn.ReLU()).insert(5, nn.Tanh())",
        "nn.Sequential(nn.ReLU()).extend([nn.Tanh(), nn.GELU()])",
        "[type(m).__name__ for m in nn.Sequential(nn.ReLU(), nn.Tanh())]",
        "s = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh(), c=nn.GELU())); s.b, s[1:]",
        "nn.ModuleList()",
        "nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])",
        "nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Tanh()) for _ in range(2)])",
        "l = nn.ModuleList([nn.ReLU(), nn.Tanh()]); l[0], l[-1], l[:1], len(l)",
        "nn.ModuleList([nn.ReLU()])[3]",
        "nn.ModuleList([3])",
        "nn.ModuleList(3)",
        "l = nn.ModuleList([nn.ReLU()]); l[0] = nn.Tanh(); l",
        "l = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.GELU()]); del l[0]; l",
        "l = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.GELU()]); del l[::2]; l",
        "nn.ModuleList([nn.ReLU()]) + [nn.Tanh()]",
        "l = nn.ModuleList(); l += [nn.Tanh()]; l.append(nn.ReLU()); l.insert(0, nn.GELU()); l",
        "l = nn.ModuleList([nn.ReLU(), nn.Tanh()]); l.pop(0), l",
        "nn.ModuleList([nn.ReLU()])(1)",
        "nn.ModuleList().extend(3)",
        "nn.ModuleDict()",
        "d = nn.ModuleDict({'b': nn.ReLU(), 'a': nn.Tanh()}); d, list(d), 'a' in d, len(d)",
        "d = nn.ModuleDict([['a', nn.ReLU()]]); d['a'], list(d.items()), list(d.values())",
        "d = nn.ModuleDict({'a': nn.ReLU()}); d['a'] = nn.Tanh(); d.pop('a'), d",
        "nn.ModuleDict({'a': nn.ReLU()})['b']",
        "nn.ModuleDict({'a.b': nn.ReLU()})",
        "nn.ModuleDict({'keys': nn.ReLU()})",
        "nn.ModuleDict({'a': 3})",
        "nn.ModuleDict(3)",
        "nn.ModuleDict([3])",
        "nn.ModuleDict([('a', nn.ReLU(), 3)])",
        "d = nn.ModuleDict(); d.update(nn.ModuleDict({'a': nn.ReLU()})); d.clear(); d",
        "d = nn.ModuleDict({'a': nn.ReLU()}); del d['a']; del d['a']",
        "nn.Container(a=nn.ReLU())",
    ],
    "parameter_container": [
        "nn.ParameterList()",
        "nn.ParameterList([torch.zeros(2, 3), nn.Parameter(torch.zeros(4)), 'text'])",
        "p = nn.ParameterList([torch.zeros(2)]); p[0].requires_grad, type(p[0]).__name__, "
        "names(p.named_parameters())",
        "nn.ParameterList([torch.zeros(2)])[1]",
        "nn.ParameterList([torch.zeros(2), torch.zeros(3), torch.zeros(4)])[1:]",
        "nn.ParameterList(3)",
        "nn.ParameterList(torch.zeros(2))",
        "p = nn.ParameterList([torch.zeros(2)]); p += [torch.zeros(3)]; p.append(torch.zeros(4)); p, len(p)",
        "p = nn.ParameterList([torch.zeros(2)]); p[0] = torch.ones(1); p, [x.shape for x in p]",
        "nn.ParameterList([torch.zeros(2)])(1)",
        "nn.ParameterDict()",
        "nn.ParameterDict({'b': torch.zeros(2), 'a': torch.zeros(3, 1)})",
        "nn.ParameterDict(OrderedDict(b=torch.zeros(2), a='text'))",
        "p = nn.ParameterDict({'a': torch.zeros(2)}); p['b'] = torch.ones(1); list(p), 'a' in p, len(p), p",
        "p = nn.ParameterDict({'a': torch.zeros(2)}); p.pop('a'), p",
        "p = nn.ParameterDict({'a': torch.zeros(2), 'b': torch.ones(1)}); p.popitem(), list(p)",
        "p = nn.ParameterDict({'a': torch.zeros(2)}); p.get('z'), p.setdefault('c', torch.ones(1)), list(p)",
        "p = nn.ParameterDict({'a': torch.zeros(2)}) | nn.ParameterDict({'b': torch.zeros(1)}); "
        "list(p.keys())",
        "p = nn.ParameterDict({'a': torch.zeros(2)}); p |= nn.ParameterDict({'b': torch.zeros(1)}); "
        "list(reversed(p))",
        "p = nn.ParameterDict().fromkeys(['x', 'y'], 1); list(p.items()), list(p.values())",
        "p = nn.ParameterDict({'a': torch.zeros(2)}); del p['a']; p.clear(); p",
        "nn.ParameterDict({3: torch.zeros(1)})",
        "nn.ParameterDict(3)",
        "nn.ParameterDict([3])",
        "nn.ParameterDict([(1, 2, 3)])",
        "nn.ParameterDict({'a': torch.zeros(2)})(1)",
        "nn.ParameterDict({'a': torch.zeros(2)})['b']",
    ],
    "parameter": [
        "nn.Parameter(torch.zeros(2))",
        "nn.Parameter(torch.zeros(2), requires_grad=False)",
        "nn.Parameter()",
        "t = torch.zeros(2); p = nn.Parameter(t); t.add_(1); p, p.data_ptr() == t.data_ptr()",
        "p = nn.Parameter(torch.zeros(2)); isinstance(p, nn.Parameter), isinstance(p, torch.Tensor), "
        "type(p).__name__",
        "isinstance(torch.zeros(1), nn.Parameter)",
        "nn.Parameter(torch.zeros(2, dtype=torch.int64))",
        "nn.Parameter(torch.zeros(2, dtype=torch.int64), requires_grad=False)",
        "p = nn.Parameter(torch.ones(2)); type(p * 2).__name__, type(p.detach()).__name__, p.is_leaf",
        "p = nn.Parameter(torch.ones(2)); p.add_(1)",
        "p = nn.Parameter(torch.ones(2)); c = copy.deepcopy(p); c is p, c, type(c).__name__",
        "p = nn.Parameter(torch.ones(2), False); copy.deepcopy(p).requires_grad",
        "p = nn.Parameter(torch.ones(2)); d = copy.deepcopy([p, p]); d[0] is d[1]",
        "p = pickle.loads(pickle.dumps(nn.Parameter(torch.ones(2)))); p, type(p).__name__",
        "p = nn.Parameter(torch.ones(2)); p.tag = 3; pickle.loads(pickle.dumps(p)).tag",
        "nn.Parameter(nn.Parameter(torch.ones(2)))",
        "p = nn.Parameter(torch.ones(2)); p.data = torch.zeros(3); p",
        "x = torch.ones(2, requires_grad=True) * 2; nn.Parameter(x).is_leaf, nn.Parameter(x)",
        "b = nn.Buffer(torch.zeros(2)); b, b.persistent, isinstance(b, nn.Buffer), "
        "isinstance(torch.zeros(1), nn.Buffer)",
        "len({nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))})",
    ],
    "clip_grad": [
        "g = [torch.tensor([3.0]), torch.tensor([[4.0]])]; nn.utils.get_total_norm(g)",
        "nn.utils.get_total_norm([]), nn.utils.get_total_norm(torch.tensor([3.0, -4.0]), 1)",
        "nn.utils.get_total_norm([torch.tensor([3.0, -4.0])], float('inf'))",
        "nn.utils.get_total_norm([torch.tensor([float('inf')])], error_if_nonfinite=True)",
        "net.scale.grad = torch.tensor([5.0]); nn.utils.clip_grad_norm_(net.parameters(), 2.0), "
        "net.scale.grad",
        "net.scale.grad = torch.tensor([5.0]); nn.utils.clip_grad_norm_(net.scale, 20.0), net.scale.grad",
        "net.scale.grad = torch.tensor([-5.0]); nn.utils.clip_grad_norm_([net.scale], 1, 1.0), "
        "net.scale.grad",
        "nn.utils.clip_grad_norm_(net.parameters(), 2.0)",
        "nn.utils.clip_grad_norm_((p for p in ()), 2.0)",
        "nn.utils.clip_grad_norm_([], 2.0)",
        "net.scale.grad = torch.tensor([5.0]); nn.utils.clip_grad_norm(net.scale, 2.0), net.scale.grad",
        "net.scale.grad = torch.tensor([5.0]); nn.utils.clip_grad_value_(net.parameters(), 2), "
        "net.scale.grad",
        "net.scale.grad = torch.tensor([-5.0]); nn.utils.clip_grad_value_(net.scale, 2.5), net.scale.grad",
        "net.scale.grad = torch.tensor([5.0]); nn.utils.clip_grads_with_norm_(net.scale, 2.0, "
        "torch.tensor(5.0))\n"
        "net.scale.grad",
        "net(torch.ones(1, 3)).sum().backward(); n = nn.utils.clip_grad_norm_(net.parameters(), 1e-3)\n"
        "total = sum((p.grad**2).sum() for p in net.parameters()).sqrt(); n.item() > 1e-3, "
        "round(total.item(), 6)",
    ],
    "convert_parameters": [
        "nn.utils.parameters_to_vector([torch.zeros(2), torch.ones(1, 2)])",
        "nn.utils.parameters_to_vector(net.parameters()).shape",
        "nn.utils.parameters_to_vector([])",
        "nn.utils.vector_to_parameters(torch.arange(13.0), net.parameters()); net.scale, net.first.bias",
        "nn.utils.vector_to_parameters([1], net.parameters())",
        "v = torch.zeros(13); nn.utils.vector_to_parameters(v, net.parameters()); v.fill_(2); net.scale",
    ],
}
