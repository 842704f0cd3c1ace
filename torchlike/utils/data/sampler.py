"""Samplers: in which order a loader visits a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

from torchlike import dtypes, tensors
from torchlike.tensors.draw_integers import integers, loader_seed, permutation
from torchlike.tensors.generator import Generator, default_generator
from torchlike.tensors.sampling import generator_of

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

# Its functions are made at run time, where type checkers do not see them.
T: Any = tensors

Item = TypeVar("Item", covariant=True)
# With replacement, PyTorch draws so many positions at a time.
_AT_ONCE = 32


def _positive(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


class Sampler(Generic[Item]):
    """The base of all samplers: an iterable of positions, or of lists of positions, in a dataset.

    A subclass has `__iter__`, and `__len__` if the loader's length is asked for.

    Example:
        >>> class Backwards(Sampler[int]):
        ...     def __init__(self, data):
        ...         self.data = data
        ...     def __iter__(self):
        ...         return iter(range(len(self.data) - 1, -1, -1))
        >>> list(Backwards("abc"))
        [2, 1, 0]
    """

    def __iter__(self) -> Iterator[Item]:
        raise NotImplementedError


class SequentialSampler(Sampler[int]):
    """All positions from the first to the last.

    Args:
        data_source: what has the length.

    Example:
        >>> list(SequentialSampler("abc"))
        [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Positions in random order, each pass another one.

    Args:
        data_source: what has the length.
        replacement: whether a position may come again before all others came.
        num_samples: how many positions a pass has; by default as many as there are. Without replacement, more
            than that are passes one after another.
        generator: where the order is drawn from. By default each pass draws a seed from the default generator
            and its order from a generator of its own with that seed, as in PyTorch.

    Raises:
        TypeError: `replacement` is no bool.
        ValueError: `num_samples` is not positive.

    Example:
        >>> import torchlike as torch
        >>> list(RandomSampler(range(5), generator=torch.Generator().manual_seed(0)))
        [4, 0, 1, 3, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        wanted = self.num_samples
        if not isinstance(wanted, int) or wanted <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={wanted}")

    @property
    def num_samples(self) -> int:
        """How many positions a pass has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        if self.generator is None:
            generator = Generator().manual_seed(loader_seed(default_generator))
        else:
            generator = generator_of("randint" if self.replacement else "randperm", self.generator)
        if self.replacement:
            for _ in range(self.num_samples // _AT_ONCE):
                yield from integers(generator, (_AT_ONCE,), dtypes.int64, 0, n).tolist()
            yield from integers(generator, (self.num_samples % _AT_ONCE,), dtypes.int64, 0, n).tolist()
        else:
            for _ in range(self.num_samples // n):
                yield from permutation(generator, n).tolist()
            yield from permutation(generator, n).tolist()[: self.num_samples % n]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given positions in random order, each once a pass.

    Args:
        indices: the positions.
        generator: where the order is drawn from; the default one if not given.

    Example:
        >>> import torchlike as torch
        >>> list(SubsetRandomSampler([10, 20, 30], generator=torch.Generator().manual_seed(0)))
        [30, 10, 20]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = generator_of("randperm", self.generator)
        for i in permutation(generator, len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Positions drawn with given probabilities.

    Args:
        weights: a weight a position; they need not add up to 1.
        num_samples: how many positions a pass has.
        replacement: whether a position may come twice in a pass.
        generator: where the positions are drawn from; the default one if not given.

    Raises:
        ValueError: an argument is of the wrong kind.

    Example:
        >>> import torchlike as torch
        >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        _positive("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(f"replacement should be a boolean value, but got replacement={replacement}")
        given = T.as_tensor(weights, dtype=dtypes.float64)
        if len(given.shape) != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {tuple(given.shape)}"
            )
        self.weights = given
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = T.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of as many positions as a batch has.

    Args:
        sampler: what gives the positions; any iterable.
        batch_size: the length of the lists.
        drop_last: whether to leave out a last list that is shorter.

    Raises:
        ValueError: `batch_size` is not positive, or `drop_last` is no bool.

    Example:
        >>> list(BatchSampler(range(7), batch_size=3, drop_last=False))
        [[0, 1, 2], [3, 4, 5], [6]]
    """

    def __init__(self, sampler: Sampler | Iterable, batch_size: int, drop_last: bool) -> None:
        _positive("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        positions = iter(self.sampler)
        while batch := list(islice(positions, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
