"""`torch.utils.data`: datasets, samplers and the loader, with PyTorch's batches for PyTorch's seeds."""

from __future__ import annotations

from typing import Any

from torchlike import names as _lookup
from torchlike.utils.data import dataloader, dataset, distributed, sampler
from torchlike.utils.data.collate import default_collate, default_convert
from torchlike.utils.data.dataloader import DataLoader, get_worker_info
from torchlike.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from torchlike.utils.data.distributed import DistributedSampler
from torchlike.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "dataloader",
    "dataset",
    "default_collate",
    "default_convert",
    "distributed",
    "get_worker_info",
    "random_split",
    "sampler",
]


def __getattr__(name: str) -> Any:
    raise _lookup.lacking("torch.utils.data", name)
