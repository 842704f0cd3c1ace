"""Optimizers that are ready-made from optax's functions."""

from __future__ import annotations

from typing import Any

from torchlike_optax.optimizer import Optax

__all__ = ["Lamb", "Lion"]


class Lion(Optax):
    """Lion: the sign of an average of gradients, `optax.lion`.

        p = p - lr (sign(b1 m + (1 - b1) g) + weight_decay p);  m = b2 m + (1 - b2) g

    Args:
        params: as every optimizer takes them.
        lr: the learning rate, or a schedule of optax's, a function of the number of steps taken.
        betas: b1 and b2.
        weight_decay: how much of a parameter is taken from it, before the learning rate.
        mu_dtype: the dtype of `m`, "bfloat16" for example; by default the parameter's.
        mask: which parameters are shrunk by `weight_decay`: a tree, or a function of the tree of parameters.

    Raises:
        TypeError, ValueError: see `Optax`.

    See "Symbolic Discovery of Optimization Algorithms", Chen et al. 2023.

    Example:
        >>> import torchlike as torch
        >>> w = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
        >>> optimizer = torch.optim.plugins.optax.Lion([w], lr=0.25, weight_decay=0.0)
        >>> (w**2).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([ 0.7500, -1.7500])
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 1e-3,
        *,
        mu_dtype: Any = None,
        mask: Any = None,
    ) -> None:
        super().__init__(
            params, _lion, lr=lr, betas=betas, weight_decay=weight_decay, mu_dtype=mu_dtype, mask=mask
        )


class Lamb(Optax):
    """LAMB: Adam's step, scaled for each parameter to its norm, `optax.lamb`.

        m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g**2
        u = m' / (sqrt(v' + eps_root) + eps) + weight_decay p;  p = p - lr |p| / |u| u

    `m'` and `v'` are `m / (1 - b1**t)` and `v / (1 - b2**t)`.

    Args:
        params: as every optimizer takes them.
        lr: the learning rate, or a schedule of optax's, a function of the number of steps taken.
        betas: b1 and b2.
        eps, eps_root: keep the quotient finite.
        weight_decay: how much of a parameter is added to its update.
        mask: which parameters `weight_decay` is for: a tree, or a function of the tree of parameters.

    Raises:
        TypeError, ValueError: see `Optax`.

    See "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes", You et al. 2019.

    Example:
        >>> import torchlike as torch
        >>> w = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
        >>> optimizer = torch.optim.plugins.optax.Lamb([w], lr=0.1)
        >>> (w**2).sum().backward()
        >>> optimizer.step()
        >>> w.data
        tensor([2.6464, 3.6464])
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        eps_root: float = 0.0,
        mask: Any = None,
    ) -> None:
        super().__init__(
            params,
            _lamb,
            lr=lr,
            betas=betas,
            eps=eps,
            eps_root=eps_root,
            weight_decay=weight_decay,
            mask=mask,
        )


# optax is imported when a transformation is made, not when torchlike loads the plugin.
def _lion(learning_rate: Any, betas: Any, weight_decay: Any, mu_dtype: Any, mask: Any) -> Any:
    import optax

    b1, b2 = betas
    return optax.lion(learning_rate, b1, b2, mu_dtype, weight_decay, mask)


def _lamb(learning_rate: Any, betas: Any, eps: Any, eps_root: Any, weight_decay: Any, mask: Any) -> Any:
    import optax

    b1, b2 = betas
    return optax.lamb(learning_rate, b1, b2, eps, eps_root, weight_decay, mask)
