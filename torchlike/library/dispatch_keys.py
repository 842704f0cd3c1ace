"""PyTorch's names for where a kernel is for: a device, every device, the graph."""

from __future__ import annotations

import re

from torchlike.devices import device
from torchlike.errors import missing

__all__ = ["AUTOGRAD", "EXPLICIT", "IMPLICIT", "META", "checked", "of_device", "of_type"]

META = "Meta"
AUTOGRAD = "Autograd"
# For every device: below the graph, and made of operators that record it themselves.
EXPLICIT = "CompositeExplicitAutograd"
IMPLICIT = "CompositeImplicitAutograd"

_OF_DEVICE = {
    "cpu": "CPU",
    "cuda": "CUDA",
    "xla": "XLA",
    "mps": "MPS",
    "meta": META,
    "xpu": "XPU",
    "hpu": "HPU",
    "ipu": "IPU",
    "lazy": "Lazy",
    "mtia": "MTIA",
    "maia": "MAIA",
    "privateuseone": "PrivateUse1",
    "vulkan": "Vulkan",
    "ve": "VE",
    "hip": "HIP",
    "fpga": "FPGA",
}
_TAKEN = {*_OF_DEVICE.values(), AUTOGRAD, EXPLICIT, IMPLICIT, *(f"Autograd{k}" for k in _OF_DEVICE.values())}
_PYTORCHS = re.compile(
    r"Undefined|Composite\w+|Autograd\w+|Autocast\w+|FuncTorch\w+|Python\w*|Quantized\w*|Sparse\w*|NestedTensor\w*|"
    r"Conjugate|ZeroTensor|Negative|BackendSelect|ADInplaceOrView|PreDispatch|Functionalize|Dense|MkldnnCPU|Tracer|"
    r"PrivateUse\d|Batched\w*|VmapMode|Named|FPGA|Vulkan|Metal|CustomRNGKeyId|TESTING_ONLY_\w+|(Start|End)Of\w+"
)


def checked(key: str) -> str:
    """A dispatch key.

    Raises:
        RuntimeError: PyTorch does not know it.
        NotImplementedError: nothing here dispatches by it.
    """
    if key in _TAKEN:
        return key
    if _PYTORCHS.fullmatch(key):
        raise missing(
            f"the dispatch key {key}", f"'CPU', 'CUDA', '{EXPLICIT}', '{IMPLICIT}', '{AUTOGRAD}' or 'Meta'"
        )
    raise RuntimeError(f"could not parse dispatch key: {key}")


def is_key(text: str) -> bool:
    """Whether a text is one of PyTorch's dispatch keys."""
    return text in _TAKEN or _PYTORCHS.fullmatch(text) is not None


def of_type(device_type: str) -> str:
    """The key of a type of devices.

    Raises:
        RuntimeError: there is no such type.
    """
    return _OF_DEVICE[device_type] if device_type in _OF_DEVICE else _OF_DEVICE[device(device_type).type]


def of_device(on: device) -> str:
    """The key of a device."""
    return _OF_DEVICE[on.type]
