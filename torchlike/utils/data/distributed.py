"""The sampler of one process among several that share a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

from torchlike.errors import with_note
from torchlike.tensors.draw_integers import permutation
from torchlike.tensors.generator import Generator
from torchlike.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every n-th position of a dataset, for one of n processes; the processes' positions make up the whole.

    Args:
        dataset: what has the length.
        num_replicas: n.
        rank: which of the processes this is, from 0.
        shuffle: whether each epoch has an order of its own, the same in all processes.
        seed: what the orders are drawn from, together with the epoch that `set_epoch` gives.
        drop_last: whether to leave out a remainder that does not go round; else the first positions come
            again.

    Raises:
        ValueError: `rank` is none of the processes; or `num_replicas` or `rank` is not given and there is no
            process group to ask.

    Example:
        >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise with_note(
                ValueError(
                    "Default process group has not been initialized, please make sure to call "
                    "init_process_group."
                ),
                "torchlike has no process groups yet: give num_replicas and rank.",
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        n = len(dataset)
        self.num_samples = n // num_replicas if drop_last else math.ceil(n / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        if self.shuffle:
            order = permutation(Generator().manual_seed(self.seed + self.epoch), n).tolist()
        else:
            order = list(range(n))
        if self.total_size > n:
            order *= math.ceil(self.total_size / n)
        return iter(order[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass: without it, all passes have the same one."""
        self.epoch = epoch
