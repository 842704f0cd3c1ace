"""Expressions about data loading that run under PyTorch and torchlike alike.

In an expression `torch` is the library, `data` its `utils.data`, `g(seed)` a generator, `tensors(n)` a
dataset of n pairs, `squares(n)` one written by hand, `stream(n, said)` a stream that says it has `said`
samples.
"""

from __future__ import annotations

import collections
import warnings
from typing import Any

import numpy as np

__all__ = ["CASES", "outcome"]

Point = collections.namedtuple("Point", "x y")

CASES = [
    # orders
    "list(data.SequentialSampler(range(4)))",
    "[list(data.RandomSampler(range(7), generator=g(s))) for s in range(4)]",
    "list(data.RandomSampler(range(7), num_samples=17, generator=g(1)))",
    "list(data.RandomSampler(range(7), num_samples=3, generator=g(1)))",
    "list(data.RandomSampler(range(7), replacement=True, generator=g(2)))",
    "list(data.RandomSampler(range(50), replacement=True, num_samples=70, generator=g(2)))",
    "(torch.manual_seed(3), [list(data.RandomSampler(range(9))) for _ in range(3)], torch.rand(2))[1:]",
    "list(data.RandomSampler(range(2500), generator=g(5)))[:40]",
    "list(data.SubsetRandomSampler([3, 1, 4, 1, 5], generator=g(0)))",
    "(torch.manual_seed(4), list(data.SubsetRandomSampler('abcdef')), torch.rand(1))[1:]",
    "list(data.WeightedRandomSampler([0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5, generator=g(0)))",
    "list(data.WeightedRandomSampler([0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, replacement=False, generator=g(0)))",
    "list(data.WeightedRandomSampler(torch.tensor([1.0, 2.0]), 8, generator=g(1)))",
    "list(data.BatchSampler(range(7), 3, False))",
    "list(data.BatchSampler(range(7), 3, True))",
    "len(data.BatchSampler(range(7), 3, False)), len(data.BatchSampler(range(7), 3, True))",
    "[list(data.DistributedSampler(range(10), 3, r)) for r in range(3)]",
    "[list(data.DistributedSampler(range(10), 3, r, shuffle=False, drop_last=True)) for r in range(3)]",
    "list(data.DistributedSampler(range(2), 5, 4, shuffle=False))",
    "(s := data.DistributedSampler(range(6), 2, 0, seed=5), s.set_epoch(3), list(s), len(s))[2:]",
    # wrong samplers
    "data.RandomSampler([])",
    "data.RandomSampler([1], replacement=1)",
    "data.RandomSampler([1], num_samples=0)",
    "data.RandomSampler([1], num_samples=2.0)",
    "data.WeightedRandomSampler([1, 2], 0)",
    "data.WeightedRandomSampler([1, 2], True)",
    "data.WeightedRandomSampler([1, 2], 2, 1)",
    "data.WeightedRandomSampler([[1, 2]], 2)",
    "data.BatchSampler([1], 0, False)",
    "data.BatchSampler([1], True, False)",
    "data.BatchSampler([1], 1, 0)",
    "list(data.Sampler())",
    "data.DistributedSampler(range(10))",
    "data.DistributedSampler(range(10), 3, 3)",
    # datasets
    "tensors(5)[1], tensors(5)[-1], tensors(5)[1:3], len(tensors(5))",
    "tensors(5)[5]",
    "data.TensorDataset(torch.ones(2), torch.ones(3))",
    "data.TensorDataset(torch.ones(()))",
    "[d.indices for d in data.random_split(range(10), [3, 7], g(42))]",
    "[d.indices for d in data.random_split(range(30), [0.3, 0.3, 0.4], g(42))]",
    "[d.indices for d in data.random_split(range(10), [0.04, 0.96], g(0))]",
    "(torch.manual_seed(1), [d.indices for d in data.random_split(range(9), (4, 5))], torch.rand(1))[1:]",
    "[len(d) for d in data.random_split(range(2), [0.4, 0.3, 0.3], g(0))]",
    "data.random_split(range(10), [3, 6])",
    "data.random_split(range(10), [0.5, 0.6])",
    "data.random_split(range(2), [-0.5, 1.5])",
    "(d := data.Subset(tensors(6), [4, 2]), len(d), d[0], d[[0, 1]], d.__getitems__([1, 1]))[1:]",
    "type('Own', (data.Subset,), {'__getitem__': lambda self, i: i})(range(3), [1])",
    "(d := data.ConcatDataset(['ab', 'cde']), len(d), d[0], d[2], d[-1], d.cumulative_sizes)[1:]",
    "len(squares(3) + squares(4)), (squares(3) + squares(4))[5]",
    "data.ConcatDataset([])",
    "data.ConcatDataset([stream(3)])",
    "data.ConcatDataset(['ab'])[-3]",
    "data.ConcatDataset(['ab'])[2]",
    "data.StackDataset(a='xy', b=[1, 2])[1], data.StackDataset('xy', [1, 2]).__getitems__([1, 0])",
    "data.StackDataset()",
    "data.StackDataset([1], a=[1])",
    "data.StackDataset([1], [1, 2])",
    "list(stream(2) + stream(3)), len(data.ChainDataset([stream(2, 2), stream(3, 3)]))",
    "list(data.ChainDataset([[1]]))",
    "data.Dataset()[0]",
    "len(data.Dataset())",
    # batches
    "data.default_collate([1, 2])",
    "data.default_collate([1.0, 2])",
    "data.default_collate([True, False])",
    "data.default_collate(['a', 'b']), data.default_collate((b'a', b'b'))",
    "data.default_collate([(1, 2.0), (3, 4.0)])",
    "data.default_collate([[1, 'a'], [3, 'b']])",
    "data.default_collate([{'a': 1, 'b': [2.0]}, {'a': 3, 'b': [4.0]}])",
    "data.default_collate([Point(1, 2), Point(3, 4)])",
    "data.default_collate([range(2), range(2)])",
    "data.default_collate([np.float32(1), np.float32(2)])",
    "data.default_collate([np.float64(1), np.float64(2)])",
    "data.default_collate([np.int16(1), np.int16(2)])",
    "data.default_collate([np.bool_(True), np.bool_(False)])",
    "data.default_collate([np.ones(2, np.float32), np.zeros(2, np.float32)])",
    "data.default_collate([np.ones((), np.uint8), np.zeros((), np.uint8)])",
    "data.default_collate([torch.ones(2), torch.zeros(2)])",
    "data.default_collate([torch.ones(2, dtype=torch.int32), torch.zeros(2)])",
    "data.default_collate([torch.ones(2, requires_grad=True), torch.zeros(2)])",
    "data.default_collate([torch.arange(6).reshape(2, 3).t(), torch.zeros(3, 2).long()])",
    "data.default_collate([torch.arange(6).reshape(2, 3)[:, 1], torch.tensor([5, 6])])",
    "data.default_collate(list(torch.arange(6).reshape(2, 3).t()))",
    "data.default_collate([torch.tensor(1), torch.tensor(2)])",
    "data.default_collate([])",
    "data.default_collate([None])",
    "data.default_collate([np.array(['a'])])",
    "data.default_collate([[1, 2], [3]])",
    "data.default_collate([torch.ones(2), torch.ones(3)])",
    "data.default_convert((1, np.ones(2), {'a': np.float32(3), 'b': 'c'}, Point([np.zeros(1)], None)))",
    "data.get_worker_info()",
    # the loader
    "list(data.DataLoader(tensors(7), 3))",
    "list(data.DataLoader(tensors(7), 3, drop_last=True))",
    "list(data.DataLoader(tensors(3)))",
    "list(data.DataLoader(tensors(3), None))",
    "list(data.DataLoader(squares(5), 2))",
    "list(data.DataLoader(data.Subset(tensors(7), [6, 2, 4]), 2))",
    "list(data.DataLoader(data.Subset(data.Subset(tensors(7), (6, 2, 4)), [2, 0]), 2))",
    "list(data.DataLoader(data.TensorDataset(torch.ones(3, 2, requires_grad=True)), 2))",
    "list(data.DataLoader(data.TensorDataset(torch.arange(6).reshape(2, 3).t()), 2))",
    "list(data.DataLoader(data.TensorDataset(torch.arange(8)[1:6:2]), 2))",
    "[list(data.DataLoader(tensors(7), 3, shuffle=True, generator=g(s))) for s in range(3)]",
    "(torch.manual_seed(0), [[y.tolist() for _, y in data.DataLoader(tensors(9), 4, shuffle=True)]"
    " for _ in range(3)], torch.rand(2))[1:]",
    "(torch.manual_seed(0), list(data.DataLoader(tensors(3), 2)), torch.rand(2))[1:]",
    "(torch.manual_seed(0), l := data.DataLoader(tensors(9), 4, shuffle=True), next(iter(l)),"
    " next(iter(l)))[2:]",
    "(torch.manual_seed(0), l := iter(data.DataLoader(squares(4), shuffle=True)), torch.rand(1),"
    " list(l))[2:]",
    "[list(data.DataLoader(squares(4), sampler=data.RandomSampler(range(4), generator=g(1))))"
    " for _ in range(2)]",
    "list(data.DataLoader(squares(4), 3, sampler=[2, 0, 1, 1]))",
    "list(data.DataLoader(squares(4), batch_sampler=[[0, 2], [1], []][:2]))",
    "list(data.DataLoader(squares(4), 2, collate_fn=lambda samples: samples))",
    "list(data.DataLoader(tensors(4), 2, collate_fn=lambda samples: len(samples)))",
    "list(data.DataLoader([1, 2, 3], 2)), list(data.DataLoader([], 2))",
    "list(data.DataLoader(tensors(4), 2, sampler=[-1, 0]))",
    "list(data.DataLoader(tensors(4), 2, sampler=[0, 4]))",
    "list(data.DataLoader(stream(5), 2)), list(data.DataLoader(stream(5), 2, drop_last=True))",
    "list(data.DataLoader(stream(3), None)), list(data.DataLoader(stream(0), 2))",
    "(l := data.DataLoader(stream(4, 3), 2), len(l), list(l))[1:]",
    "(l := data.DataLoader(stream(4, 3), None), len(l), list(l))[1:]",
    "len(data.DataLoader(stream(3)))",
    "len(data.DataLoader(tensors(7), 3)), len(data.DataLoader(tensors(7), 3, drop_last=True))",
    "len(iter(data.DataLoader(tensors(7), 3)))",
    "next(iter(data.DataLoader(tensors(3), pin_memory=True)))",
    "next(iter(data.DataLoader(tensors(3), pin_memory=True, pin_memory_device='cuda')))",
    "(l := data.DataLoader(tensors(7), 3), l.batch_size, l.drop_last, l.num_workers, l.pin_memory,"
    " l.generator, l.timeout, l.worker_init_fn, l.prefetch_factor, l.persistent_workers,"
    " type(l.sampler).__name__, type(l.batch_sampler).__name__, l.collate_fn is data.default_collate)[1:]",
    "(l := data.DataLoader(tensors(7), batch_sampler=[[1]]), l.batch_size, l.drop_last, l.batch_sampler)[1:]",
    # wrong loaders
    "data.DataLoader(tensors(3), num_workers=-1)",
    "data.DataLoader(tensors(3), timeout=-1)",
    "data.DataLoader(tensors(3), prefetch_factor=2)",
    "data.DataLoader(tensors(3), num_workers=1, prefetch_factor=-1)",
    "data.DataLoader(tensors(3), persistent_workers=True)",
    "data.DataLoader(tensors(3), multiprocessing_context='spawn')",
    "list(data.DataLoader(tensors(3), timeout=2))",
    "data.DataLoader(stream(3), shuffle=True)",
    "data.DataLoader(stream(3), sampler=[1])",
    "data.DataLoader(stream(3), batch_sampler=[1])",
    "data.DataLoader(tensors(3), shuffle=True, sampler=[1])",
    "data.DataLoader(tensors(3), batch_sampler=[[1]], batch_size=2)",
    "data.DataLoader(tensors(3), batch_sampler=[[1]], drop_last=True)",
    "data.DataLoader(tensors(3), batch_size=None, drop_last=True)",
    "data.DataLoader(tensors(3), batch_size=0)",
    "data.DataLoader(tensors(3), batch_size=2.0)",
    "data.DataLoader([], shuffle=True)",
    "list(data.DataLoader(3))",
    "setattr(data.DataLoader(tensors(3)), 'batch_size', 3)",
    "setattr(data.DataLoader(tensors(3)), 'sampler', 3)",
    "iter(data.DataLoader(tensors(3))).__getstate__()",
    "list(data.DataLoader([torch.ones(2), torch.ones(3)], 2))",
]


def _library(torch: Any, data: Any) -> dict[str, Any]:
    class Squares(data.Dataset):
        def __init__(self, n: int) -> None:
            self.n = n

        def __len__(self) -> int:
            return self.n

        def __getitem__(self, i: int) -> tuple:
            return torch.tensor([i, i * i]), {"i": i, "half": i / 2, "name": f"n{i}"}

    class Stream(data.IterableDataset):
        def __init__(self, n: int, said: int | None) -> None:
            self.n = n
            self.said = said

        def __iter__(self) -> Any:
            return iter(range(self.n))

        def __repr__(self) -> str:
            return "Stream"

    class Sized(Stream):
        def __len__(self) -> int:
            assert self.said is not None
            return self.said

    def tensors(n: int) -> Any:
        return data.TensorDataset(torch.arange(2.0 * n).reshape(n, 2), torch.arange(n))

    return {
        "torch": torch,
        "data": data,
        "np": np,
        "Point": Point,
        "g": lambda seed: torch.Generator().manual_seed(seed),
        "tensors": tensors,
        "squares": Squares,
        "stream": lambda n, said=None: (Stream if said is None else Sized)(n, said),
    }


def _shown(torch: Any, x: Any) -> Any:
    if isinstance(x, torch.Tensor):
        return [str(x.dtype), list(x.shape), list(x.stride()), x.requires_grad, x.tolist()]
    if isinstance(x, dict):
        return {k: _shown(torch, v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [type(x).__name__, *[_shown(torch, y) for y in x]]
    return x if isinstance(x, bool | int | float | str | None) else str(x)


def outcome(torch: Any, data: Any, expression: str) -> dict[str, Any]:
    """What an expression gives or raises, and the warnings on its way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = {"gives": _shown(torch, eval(expression, _library(torch, data)))}
        except Exception as e:
            found = {"raises": f"{type(e).__name__}: {e}"}
    return {**found, "warns": [f"{w.category.__name__}: {w.message}" for w in caught]}
