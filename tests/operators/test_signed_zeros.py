"""The sign of zeros in products of vectors and matrices, as PyTorch 2.13.0 gives it on CPU.

A sum that starts from zero has no -0; PyTorch's product of two matrices with a single term per sum has.
"""

import numpy as np
import pytest

import torchlike as torch

F = torch.nn.functional

# Rows, terms of each sum, columns.
SIZES = [
    (1, 1, 1), (1, 1, 3), (1, 3, 1), (3, 1, 1), (1, 3, 3), (3, 1, 3), (3, 3, 1), (3, 3, 3),
    (33, 1, 33), (33, 33, 1), (1, 33, 33), (33, 33, 33),
]  # fmt: skip
# Per size: the sign of zeros in the product with a zero left operand and with a zero right one, the other being
# negative, and in the gradients of a zero cotangent. These are PyTorch's signs; left out is where they tell in which
# order PyTorch hands the operands to its library.
SIGNS = {
    "mm": "++++ ++++ ++++ ++++ +++- --++ ++-+ ++++ --++ ++-+ +++- ++++",
    "mm, transposed": "++++ ++++ ++++ ++++ +++- --++ ++-+ ++++ --++ ++-+ +++- ++++",
    "linear": "++++ ++++ ++++ ++++ +++- --++ ++-+ ++++ --++ ++-+ +++- ++++",
    "linear, bias": "++++ ++++ ++++ ++++ +++- ++++ ++-+ ++++ ++++ ++-+ +++- ++++",
    "linear, batch": "++++ ++++ ++++ ++++ +++- --++ ++-+ ++++ --++ ++-+ +++- ++++",
    "bmm": "++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++",
    "bmm, batch of one": "++++ ++++ ++++ ++++ ++++ ++++ ++++ ++++ --++ ++-+ +++- ++++",
    "matmul, batch and matrix": "++++ --++ ++-+ ++++ ++++ --++ ++-+ ++++ --++ ++-+ ++++ ++++",
    "matmul, matrix and batch": "++++ ++++ +++- ? +++- ? ++++ ++++ ? ++++ +++- ++++",
    "mv": "++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+ ++-+",
    "matmul, vector and matrix": "++++ ++++ ++++ ++++ +++- ++++ ++++ +++- ++++ ++++ +++- +++-",
    "dot": "++-- ++-- ++-- ++-- ++-- ++-- ++-- ++-- ++-- ++-- ++-- ++--",
    "addmm": "++++ ++++ ++++ ++++ +++- ++++ ++-+ ++++ ++++ ++-+ +++- ++++",
}


def product(kind, m, k, n):
    """A product and the shapes of its operands."""
    return {
        "mm": (torch.mm, (m, k), (k, n)),
        "mm, transposed": (lambda a, b: torch.mm(a, b.t()), (m, k), (n, k)),
        "linear": (F.linear, (m, k), (n, k)),
        "linear, bias": (lambda a, b: F.linear(a, b, torch.zeros(n, dtype=b.dtype)), (m, k), (n, k)),
        "linear, batch": (F.linear, (1, m, k), (n, k)),
        "bmm": (torch.bmm, (2, m, k), (2, k, n)),
        "bmm, batch of one": (torch.bmm, (1, m, k), (1, k, n)),
        "matmul, batch and matrix": (torch.matmul, (2, m, k), (k, n)),
        "matmul, matrix and batch": (torch.matmul, (m, k), (2, k, n)),
        "mv": (torch.mv, (m, k), (k,)),
        "matmul, vector and matrix": (torch.matmul, (k,), (k, n)),
        "dot": (torch.dot, (k,), (k,)),
        "addmm": (lambda a, b: torch.addmm(torch.zeros(1, dtype=a.dtype), a, b), (m, k), (k, n)),
    }[kind]


def sign(x):
    return "-" if np.signbit(x.detach().numpy()).any() else "+"


@pytest.mark.parametrize(
    ("kind", "dtype"), [*((kind, "float32") for kind in SIGNS), ("mm", "float64"), ("linear", "float64")]
)
def test_zeros_have_the_sign_of_pytorch(kind, dtype):
    draw = np.random.default_rng(0)
    results = []
    for size in SIZES:
        f, *shapes = product(kind, *size)
        a, b = (
            torch.tensor(-draw.uniform(1, 2, shape).astype(dtype), requires_grad=True) for shape in shapes
        )
        y = f(a, b)
        y.backward(torch.zeros_like(y))
        results.append([f(torch.zeros_like(a), b), f(a, torch.zeros_like(b)), a.grad, b.grad])
    for size, found, wanted in zip(SIZES, results, SIGNS[kind].split(), strict=True):
        assert wanted in ("".join(map(sign, found)), "?"), size
