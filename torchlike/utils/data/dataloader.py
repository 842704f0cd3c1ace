"""The loader: batches of a dataset's samples, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from torchlike.engine import asides, gpus
from torchlike.errors import missing, warn
from torchlike.tensors.draw_integers import loader_seed
from torchlike.tensors.generator import Generator
from torchlike.tensors.host_reading import rows_on_host
from torchlike.tensors.sampling import generator_of
from torchlike.utils.data.collate import default_collate, default_convert
from torchlike.utils.data.dataset import IterableDataset, Subset, TensorDataset
from torchlike.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]

Item = TypeVar("Item", covariant=True)

_FIXED = frozenset(("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"))


def get_worker_info() -> None:
    """What a worker process may ask about itself: None, for there are no workers.

    Example:
        >>> get_worker_info() is None
        True
    """
    return None


class _InfiniteConstantSampler(Sampler[None]):
    """Nothing, for ever: a stream has no positions, and ends by itself."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[Item]):
    """Batches of a dataset's samples.

    For the same seed, the batches are PyTorch's. They are made in this process: the samples of a batch are
    put together on the host wherever that needs no operator, so that a loader adds nothing to a training
    step's program.

    Args:
        dataset: something with `__getitem__`, read at the sampler's positions, or an `IterableDataset`.
        batch_size: how many samples a batch has; None for samples as they are, without batches.
        shuffle: whether each pass has an order of its own.
        sampler: the order, an iterable of positions; instead of `shuffle`.
        batch_sampler: the batches, an iterable of lists of positions; instead of `batch_size`, `shuffle`,
            `sampler` and `drop_last`.
        num_workers: 0. Worker processes are not there yet.
        collate_fn: what makes a batch of a list of samples; `default_collate` if not given.
        pin_memory: has no effect: transfers to an accelerator are JAX's own. Without an accelerator it warns,
            as in PyTorch.
        drop_last: whether to leave out a last batch that is smaller.
        timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers, in_order: about
            workers.
        generator: where the order is drawn from; the default generator if not given.
        pin_memory_device: deprecated.

    Raises:
        ValueError: arguments contradict one another.
        NotImplementedError: `num_workers` is not 0.

    Example:
        >>> import torchlike as torch
        >>> data = torch.utils.data.TensorDataset(torch.arange(5))
        >>> for (batch,) in torch.utils.data.DataLoader(data, batch_size=2):
        ...     print(batch)
        tensor([0, 1])
        tensor([2, 3])
        tensor([4])
    """

    __initialized = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler | Iterable | None = None,
        batch_sampler: Sampler[list] | Iterable[list] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        streams = isinstance(dataset, IterableDataset)
        if streams:
            _check_stream(shuffle, sampler, batch_sampler)
        elif sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                    "drop_last"
                )
            batch_size = None
            drop_last = False
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
            )
        if sampler is None:
            if streams:
                sampler = _InfiniteConstantSampler()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.generator = generator
        self.num_workers = num_workers
        self.prefetch_factor = prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        # A stream's length as it was said to be when someone asked.
        self._said_length: int | None = None
        self.__initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        """What says which samples come next: lists of positions where there are batches, else positions."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> _SingleProcessDataLoaderIter:
        return _SingleProcessDataLoaderIter(self)

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        self._said_length = n = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)


def _check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool, context: Any
) -> None:
    if num_workers < 0:
        raise ValueError(
            "num_workers option should be non-negative; use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if num_workers > 0:
        raise missing(
            f"torch.utils.data.DataLoader(num_workers={num_workers})",
            "num_workers=0, which loads in the main process",
        )
    if persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if context is not None:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            f"num_workers={num_workers}"
        )


def _check_stream(shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    options = (
        ("shuffle", shuffle, shuffle not in (False, None)),
        ("sampler", sampler, sampler is not None),
        ("batch_sampler", batch_sampler, batch_sampler is not None),
    )
    for name, value, given in options:
        if given:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


class _SingleProcessDataLoaderIter:
    """One pass over a loader's batches."""

    def __init__(self, loader: DataLoader) -> None:
        if loader.pin_memory:
            if loader.pin_memory_device:
                warn(
                    "pin_memory_device is deprecated, the current accelerator will be used as the "
                    f"device,ignore pin_memory_device='{loader.pin_memory_device}'."
                )
            if not gpus.all():
                warn(
                    "'pin_memory' argument is set as true but no accelerator is found, then device pinned "
                    "memory won't be used."
                )
        self._loader = loader
        self._dataset = loader.dataset
        self._collate_fn = loader.collate_fn
        self._index_sampler = loader._index_sampler
        self._positions = iter(self._index_sampler)
        # The workers' seed, which PyTorch draws whether there are workers or not.
        self._base_seed = loader_seed(generator_of("random_", loader.generator))
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._stream = iter(loader.dataset) if isinstance(loader.dataset, IterableDataset) else None
        self._said_length = loader._said_length
        self._ended = False
        self._yielded = 0

    def __iter__(self) -> _SingleProcessDataLoaderIter:
        return self

    def __len__(self) -> int:
        return len(self._index_sampler)

    def __getstate__(self) -> Any:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)

    def __next__(self) -> Any:
        with asides.aside():
            index = next(self._positions)
            data = self._from_dataset(index) if self._stream is None else self._from_stream(index)
        self._yielded += 1
        said = self._said_length
        if self._stream is not None and said is not None and self._yielded > said:
            warn(
                f"Length of IterableDataset {self._dataset} was reported to be {said}(when accessing "
                f"len(dataloader)), but {self._yielded} samples have been fetched. "
            )
        return data

    def _from_dataset(self, index: Any) -> Any:
        dataset = self._dataset
        if not self._loader._auto_collation:
            return self._collate_fn(dataset[index])
        if self._collate_fn is default_collate:
            rows = _tensor_rows(dataset, index)
            if rows is not None:
                return rows
        if getattr(dataset, "__getitems__", None):
            return self._collate_fn(dataset.__getitems__(index))
        return self._collate_fn([dataset[i] for i in index])

    def _from_stream(self, index: Any) -> Any:
        if self._ended:
            raise StopIteration
        assert self._stream is not None
        if not self._loader._auto_collation:
            return self._collate_fn(next(self._stream))
        samples = []
        for _ in index:
            try:
                samples.append(next(self._stream))
            except StopIteration:
                self._ended = True
                break
        if not samples or (self._loader.drop_last and len(samples) < len(index)):
            raise StopIteration
        return self._collate_fn(samples)


def _tensor_rows(dataset: Any, index: Any) -> list | None:
    """The batch of a `TensorDataset`, or of a `Subset` of one, without its samples; None if it may differ."""
    while type(dataset) is Subset:
        try:
            index = [dataset.indices[i] for i in index]
        except Exception:
            return None
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset or not dataset.tensors or type(index) is not list or not index:
        return None
    n = len(dataset)
    if not all([type(i) is int and -n <= i < n for i in index]):
        return None
    batch = [rows_on_host(t, index) for t in dataset.tensors]
    return None if any(x is None for x in batch) else batch
