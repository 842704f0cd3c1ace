"""Random tensors: `rand`, `randn`, `randint`, `multinomial`, ..., and `uniform_`, `normal_`, ... in place.

The numbers are drawn on the host with PyTorch's own generator and enter the program as its inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchlike import dtypes
from torchlike.devices import CPU
from torchlike.dtypes import get_default_dtype
from torchlike.engine import from_host
from torchlike.tensors import draw_discrete as discrete
from torchlike.tensors import draw_integers as whole
from torchlike.tensors import draw_normal as gaussian
from torchlike.tensors import draw_rejection as rejection
from torchlike.tensors import draw_uniform as flat
from torchlike.tensors import layouts, writes
from torchlike.tensors.composite import composite
from torchlike.tensors.creation import _check_size, _refuse_pinning, holding
from torchlike.tensors.generator import Generator, default_generator
from torchlike.tensors.geometry import is_contiguous
from torchlike.tensors.placement import place
from torchlike.tensors.tensor import Tensor, wrap

__all__ = ["generator_of", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]

_OPTIONS = (
    "any? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool? pin_memory=False,"
    " bool? requires_grad=False"
)
_LIKE = (
    "any? generator=None, dtype? dtype=None, layout? layout=None, device? device=None, bool? pin_memory=None,"
    " bool? requires_grad=None, memory_format? memory_format=None"
)


def generator_of(name: str, given: Any) -> Generator:
    """The generator to draw from: the one given, or the default one.

    Raises:
        TypeError: something else was given.
    """
    if given is None:
        return default_generator
    if not isinstance(given, Generator):
        raise TypeError(f"{name}(): argument 'generator' must be torch.Generator, not {type(given).__name__}")
    return given


def _fresh(
    name: str, size: tuple, draw: Callable, generator, to, layout, device, pin_memory, requires_grad
) -> Tensor:
    _refuse_pinning(pin_memory)
    layouts.check_strided(name, layout)
    _check_size(name, size)
    on = place(device)
    return holding(draw(generator_of(name, generator), size, to), on, requires_grad)


def _like(
    name: str,
    t: Tensor,
    draw: Callable,
    generator,
    to,
    layout,
    device,
    pin_memory,
    requires_grad,
    memory_format,
):
    _refuse_pinning(pin_memory)
    layouts.check_strided(name, layout)
    strides = layouts.format_strides(memory_format, t.shape, t.stride())
    on = t.device if device is None else place(device)
    to = to or t.dtype
    if strides is None:
        return holding(draw(generator_of(name, generator), tuple(t.shape), to), on, requires_grad)
    array = _in_memory_order(
        tuple(t.shape), strides, lambda shape: draw(generator_of(name, generator), shape, to)
    )
    return holding(array, on, requires_grad, strides)


def _in_memory_order(shape: tuple, strides: tuple, draw: Callable) -> np.ndarray:
    """Draw element by element as they lie in memory, for a tensor of these strides."""
    order = sorted(range(len(shape)), key=lambda i: (-strides[i], i))
    drawn = draw(tuple(shape[i] for i in order))
    return np.ascontiguousarray(drawn.transpose(np.argsort(order)))


def _uniform(generator, shape, to):
    return flat.uniform(generator, shape, to)


def _normal(generator, shape, to):
    return gaussian.normal(generator, shape, to)


@composite(f"rand(int[] size, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def rand(size, generator, dtype, *options):
    return _fresh("rand", size, _uniform, generator, dtype or get_default_dtype(), *options)


@composite(f"randn(int[] size, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def randn(size, generator, dtype, *options):
    return _fresh("randn", size, _normal, generator, dtype or get_default_dtype(), *options)


@composite(f"rand_like(Tensor self, *, {_LIKE}) -> Tensor", method=False)
def rand_like(self, *options):
    return _like("rand_like", self, _uniform, *options)


@composite(f"randn_like(Tensor self, *, {_LIKE}) -> Tensor", method=False)
def randn_like(self, *options):
    return _like("randn_like", self, _normal, *options)


def _between(low, high):
    return lambda generator, shape, to: whole.integers(generator, shape, to, low, high)


@composite(f"randint(int high, int[] size, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def randint(high, size, generator, dtype, *options):
    return _fresh("randint", size, _between(0, high), generator, dtype or dtypes.int64, *options)


@composite(f"randint.low(int low, int high, int[] size, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def randint_low(low, high, size, generator, dtype, *options):
    return _fresh("randint", size, _between(low, high), generator, dtype or dtypes.int64, *options)


@composite(f"randint_like(Tensor self, int high, *, {_LIKE}) -> Tensor", method=False)
def randint_like(self, high, *options):
    return _like("randint_like", self, _between(0, high), *options)


@composite(f"randint_like.low(Tensor self, int low, int high, *, {_LIKE}) -> Tensor", method=False)
def randint_like_low(self, low, high, *options):
    return _like("randint_like", self, _between(low, high), *options)


@composite(f"randperm(int n, *, {_OPTIONS}) -> Tensor", method=False, out=True)
def randperm(n, generator, dtype, *options):
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    return _fresh(
        "randperm",
        (n,),
        lambda g, shape, to: whole.permutation(g, n, to),
        generator,
        dtype or dtypes.int64,
        *options,
    )


# -- from distributions whose parameters are tensors ------------------------------------------------------------------


def _leaf(t: Tensor) -> np.ndarray:
    return t._value().numpy()


def _drawn(name: str, array: np.ndarray, *parameters: Any) -> Tensor:
    """A drawn tensor; the graph goes on with zeros, as PyTorch's does."""
    tensors = [p for p in parameters if isinstance(p, Tensor)]
    made = wrap(from_host(array, tensors[0].device if tensors else CPU))
    return writes.without_gradient(name, made, tensors)


@composite(
    "normal.size(Scalar mean, Scalar std, int[] size, *, any? generator=None, dtype? dtype=None, layout? layout=None,"
    " device? device=None, bool? pin_memory=False, bool? requires_grad=False) -> Tensor",
    method=False,
    out=True,
)
def normal_size(mean, std, size, generator, dtype, *options):
    def draw(generator, shape, to):
        return gaussian.normal(generator, shape, to, float(mean), float(std))

    return _fresh("normal", size, draw, generator, dtype or get_default_dtype(), *options)


@composite(
    "normal.of_tensor(Tensor mean, Tensor|Scalar std=1, *, any? generator=None) -> Tensor",
    method=False,
    out=True,
)
def normal_of_tensor(mean, std, generator):
    return normal_tensors(mean, std, generator)


@composite(
    "normal.with_tensor(Scalar mean, Tensor std, *, any? generator=None) -> Tensor", method=False, out=True
)
def normal_with_tensor(mean, std, generator):
    return normal_tensors(mean, std, generator)


def normal_tensors(mean: Tensor | float, std: Tensor | float, generator: Any) -> Tensor:
    """Normal numbers around means, with deviations; at least one of the two is a tensor."""
    a = _leaf(mean) if isinstance(mean, Tensor) else float(mean)
    b = _leaf(std) if isinstance(std, Tensor) else float(std)
    to = next(x.dtype for x in (mean, std) if isinstance(x, Tensor))
    if not isinstance(std, Tensor):
        if b < 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {b:g}")
        array = gaussian.normal_from_arrays(generator_of("normal", generator), a, b, to)
    else:
        array = gaussian.normal_from_arrays(generator_of("normal", generator), a, b, to)
    return _drawn("NormalBackward1" if isinstance(mean, Tensor) else "NormalBackward2", array, mean, std)


@composite("bernoulli(Tensor self, *, any? generator=None) -> Tensor", out=True)
def bernoulli(self, generator):
    drawn = discrete.bernoulli_from_array(generator_of("bernoulli", generator), _leaf(self), self.dtype)
    return _drawn("BernoulliBackward0", drawn, self)


@composite("bernoulli.p(Tensor self, float p, *, any? generator=None) -> Tensor")
def bernoulli_p(self, p, generator):
    drawn = discrete.bernoulli(generator_of("bernoulli", generator), tuple(self.shape), self.dtype, p)
    return _drawn("BernoulliBackward1", drawn, self)


@composite(
    "multinomial(Tensor self, int num_samples, bool replacement=False, *, any? generator=None) -> Tensor",
    out=True,
)
def multinomial(self, num_samples, replacement, generator):
    drawn = discrete.multinomial(
        generator_of("multinomial", generator), _leaf(self), num_samples, replacement
    )
    return wrap(from_host(drawn, self.device))


@composite("poisson(Tensor self, any? generator=None) -> Tensor", method=False)
def poisson(self, generator):
    return _drawn(
        "PoissonBackward0", rejection.poisson(generator_of("poisson", generator), _leaf(self)), self
    )


@composite("binomial(Tensor count, Tensor prob, any? generator=None) -> Tensor", method=False)
def binomial(count, prob, generator):
    drawn = rejection.binomial(generator_of("binomial", generator), _leaf(count), _leaf(prob))
    return _drawn("BinomialBackward0", drawn, count, prob)


@composite("_standard_gamma(Tensor self, any? generator=None) -> Tensor", method=False)
def standard_gamma(self, generator):
    if self.requires_grad:
        from torchlike.errors import missing

        raise missing("the gradient of torch._standard_gamma")
    return wrap(
        from_host(
            rejection.standard_gamma(generator_of("_standard_gamma", generator), _leaf(self)), self.device
        )
    )


@composite("_sample_dirichlet(Tensor self, any? generator=None) -> Tensor", method=False)
def sample_dirichlet(self, generator):
    if self.requires_grad:
        from torchlike.errors import missing

        raise missing("the gradient of torch._sample_dirichlet")
    return wrap(
        from_host(rejection.dirichlet(generator_of("_sample_dirichlet", generator), _leaf(self)), self.device)
    )


# -- in place ---------------------------------------------------------------------------------------------------------


def _refill(t: Tensor, name: str, draw: Callable) -> Tensor:
    """Overwrite a tensor with drawn elements.

    Args:
        t: the tensor.
        name: the node that the write leaves.
        draw: `shape -> array`.
    """
    writes.check_writable(t, t.requires_grad)
    shape = tuple(t.shape)
    if t._geometry is None or is_contiguous(shape, t._geometry[0]):
        array = draw(shape)
    else:
        array = _in_memory_order(shape, t._geometry[0], draw)
    writes.overwrite(t, from_host(array, t.device), name)
    return t


@composite("uniform_(Tensor self, float from=0, float to=1, *, any? generator=None) -> Tensor", namespaces=())
def uniform_(self, low, high, generator):
    g = generator_of("uniform_", generator)
    return _refill(self, "UniformBackward0", lambda shape: flat.uniform(g, shape, self.dtype, low, high))


@composite("normal_(Tensor self, float mean=0, float std=1, *, any? generator=None) -> Tensor", namespaces=())
def normal_(self, mean, std, generator):
    g = generator_of("normal_", generator)
    contiguous = self.is_contiguous()
    return _refill(
        self,
        "NormalBackward0",
        lambda shape: gaussian.normal(g, shape, self.dtype, mean, std, contiguous=contiguous),
    )


@composite("bernoulli_.Tensor(Tensor self, Tensor p, *, any? generator=None) -> Tensor", namespaces=())
def bernoulli_tensor_(self, p, generator):
    g = generator_of("bernoulli_", generator)
    return _refill(
        self,
        "BernoulliBackward1",
        lambda shape: discrete.bernoulli_from_array(g, _leaf(p), self.dtype, shape),
    )


@composite("bernoulli_(Tensor self, float p=0.5, *, any? generator=None) -> Tensor", namespaces=())
def bernoulli_(self, p, generator):
    g = generator_of("bernoulli_", generator)
    return _refill(self, "BernoulliBackward2", lambda shape: discrete.bernoulli(g, shape, self.dtype, p))


@composite("exponential_(Tensor self, float lambd=1, *, any? generator=None) -> Tensor", namespaces=())
def exponential_(self, lambd, generator):
    g = generator_of("exponential_", generator)
    return _refill(self, "ExponentialBackward0", lambda shape: flat.exponential(g, shape, self.dtype, lambd))


@composite(
    "cauchy_(Tensor self, float median=0, float sigma=1, *, any? generator=None) -> Tensor", namespaces=()
)
def cauchy_(self, median, sigma, generator):
    g = generator_of("cauchy_", generator)
    return _refill(self, "CauchyBackward0", lambda shape: flat.cauchy(g, shape, self.dtype, median, sigma))


@composite(
    "log_normal_(Tensor self, float mean=1, float std=2, *, any? generator=None) -> Tensor", namespaces=()
)
def log_normal_(self, mean, std, generator):
    g = generator_of("log_normal_", generator)
    return _refill(
        self, "LogNormalBackward0", lambda shape: gaussian.log_normal(g, shape, self.dtype, mean, std)
    )


@composite("geometric_(Tensor self, float p, *, any? generator=None) -> Tensor", namespaces=())
def geometric_(self, p, generator):
    g = generator_of("geometric_", generator)
    return _refill(self, "GeometricBackward0", lambda shape: discrete.geometric(g, shape, self.dtype, p))


@composite("random_(Tensor self, *, any? generator=None) -> Tensor", namespaces=())
def random_(self, generator):
    g = generator_of("random_", generator)
    return _refill(self, "RandomBackward2", lambda shape: whole.integers(g, shape, self.dtype))


@composite("random_.to(Tensor self, int to, *, any? generator=None) -> Tensor", namespaces=())
def random_to_(self, to, generator):
    g = generator_of("random_", generator)
    return _refill(self, "RandomBackward1", lambda shape: whole.integers(g, shape, self.dtype, 0, to))


@composite("random_.from(Tensor self, int from, int? to, *, any? generator=None) -> Tensor", namespaces=())
def random_from_(self, low, to, generator):
    g = generator_of("random_", generator)
    return _refill(self, "RandomBackward0", lambda shape: whole.integers(g, shape, self.dtype, low, to))


# -- the default generator --------------------------------------------------------------------------------------------


def manual_seed(seed: int) -> Generator:
    """Start the default generator's sequence that belongs to `seed`.

    Args:
        seed: an integer of at most 64 bits.

    Returns:
        The default generator.

    Example:
        >>> import torchlike as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2).tolist()
        [0.49625658988952637, 0.7682217955589294]
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system's entropy and return that seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's current sequence began with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state, 5056 bytes that PyTorch understands too."""
    return default_generator.get_state()  # type: ignore[attr-defined]


def set_rng_state(new_state: Tensor) -> None:
    """Continue from a state that `get_rng_state` gave.

    Raises:
        TypeError: the state is no byte tensor.
        RuntimeError: it has another length.
    """
    default_generator.set_state(new_state)  # type: ignore[attr-defined]


def _get_state(self: Generator) -> Tensor:
    """The state as a byte tensor, which PyTorch understands too."""
    return wrap(from_host(self.state_array()))


def _set_state(self: Generator, new_state: Tensor) -> Generator:
    """Continue from a state that `get_state` gave."""
    if not isinstance(new_state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
    self.set_state_array(_leaf(new_state))
    return self


Generator.get_state = _get_state  # type: ignore[attr-defined]
Generator.set_state = _set_state  # type: ignore[attr-defined]
