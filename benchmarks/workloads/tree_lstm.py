"""A binary tree LSTM over random trees: every sample has a structure of its own.

A tree is a token or a pair of trees. The hand-written JAX version does what it takes to compile once:
the tree is laid out in postorder, padded to the largest size, and one ``lax.scan`` computes every node
as if it were both a leaf and an inner node.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .workload import Workload

WIDTH, VOCABULARY, CLASSES, LEAVES = 64, 100, 5, 20


def random_tree(draw: random.Random, leaves: int) -> Any:
    """A tree with that many leaves, cut at random."""
    if leaves == 1:
        return draw.randrange(VOCABULARY)
    left = draw.randint(1, leaves - 1)
    return random_tree(draw, left), random_tree(draw, leaves - left)


def samples() -> Iterator[tuple[Any, int]]:
    """Trees of 2 to 20 leaves, without end; how large a tree is decides its label."""
    draw = random.Random(0)
    while True:
        leaves = draw.randint(2, LEAVES)
        yield random_tree(draw, leaves), leaves * CLASSES // (LEAVES + 1)


def loop(torch: Any) -> Iterator[Any]:
    nn, F = torch.nn, torch.nn.functional

    class TreeLSTM(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(VOCABULARY, WIDTH)
            self.leaf = nn.Linear(WIDTH, 2 * WIDTH)
            self.node = nn.Linear(2 * WIDTH, 5 * WIDTH)
            self.classify = nn.Linear(WIDTH, CLASSES)

        def encode(self, tree: Any) -> tuple[Any, Any]:
            if isinstance(tree, int):
                o, u = self.leaf(self.embedding(torch.tensor([tree]))).chunk(2, dim=1)
                c = torch.tanh(u)
                return torch.sigmoid(o) * torch.tanh(c), c
            (h_left, c_left), (h_right, c_right) = self.encode(tree[0]), self.encode(tree[1])
            gates = self.node(torch.cat([h_left, h_right], dim=1))
            i, f_left, f_right, o, u = gates.chunk(5, dim=1)
            c = torch.sigmoid(i) * torch.tanh(u)
            c = c + torch.sigmoid(f_left) * c_left + torch.sigmoid(f_right) * c_right
            return torch.sigmoid(o) * torch.tanh(c), c

        def forward(self, tree: Any) -> Any:
            return self.classify(self.encode(tree)[0])

    torch.manual_seed(0)
    model = TreeLSTM()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for tree, label in samples():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tree), torch.tensor([label]))
        loss.backward()
        optimizer.step()
        yield loss


def postorder(tree: Any) -> tuple[np.ndarray, int]:
    """Rows of (is leaf, token, left, right), padded to the largest tree, and the root's row."""
    rows: list[tuple[int, int, int, int]] = []

    def visit(node: Any) -> int:
        if isinstance(node, int):
            rows.append((1, node, 0, 0))
        else:
            left, right = visit(node[0]), visit(node[1])
            rows.append((0, 0, left, right))
        return len(rows) - 1

    root = visit(tree)
    padding = [(1, 0, 0, 0)] * (2 * LEAVES - 1 - len(rows))
    return np.array(rows + padding, dtype=np.int32), root


def jax_loop() -> Iterator[Any]:
    import jax
    import jax.numpy as jnp

    draw = np.random.default_rng(0)

    def weight(*shape: int) -> Any:
        return jnp.asarray(draw.uniform(-(shape[0] ** -0.5), shape[0] ** -0.5, shape).astype(np.float32))

    def encode(p: Any, rows: Any) -> Any:
        def visit(state: Any, row: Any) -> Any:
            hs, cs, position = state
            is_leaf, token, left, right = row
            o, u = jnp.split(p["embedding"][token] @ p["leaf"][0] + p["leaf"][1], 2)
            leaf_c = jnp.tanh(u)
            gates = jnp.concatenate([hs[left], hs[right]]) @ p["node"][0] + p["node"][1]
            i, f_left, f_right, node_o, node_u = jnp.split(gates, 5)
            node_c = jax.nn.sigmoid(i) * jnp.tanh(node_u)
            node_c += jax.nn.sigmoid(f_left) * cs[left] + jax.nn.sigmoid(f_right) * cs[right]
            c = jnp.where(is_leaf, leaf_c, node_c)
            h = jax.nn.sigmoid(jnp.where(is_leaf, o, node_o)) * jnp.tanh(c)
            return (hs.at[position].set(h), cs.at[position].set(c), position + 1), None

        empty = jnp.zeros((2 * LEAVES - 1, WIDTH))
        return jax.lax.scan(visit, (empty, empty, 0), rows)[0][0]

    def loss_of(p: Any, rows: Any, root: Any, label: Any) -> Any:
        logits = encode(p, rows)[root] @ p["classify"][0] + p["classify"][1]
        return -jax.nn.log_softmax(logits)[label]

    @partial(jax.jit, donate_argnums=0)
    def step(p: Any, rows: Any, root: Any, label: Any) -> Any:
        loss, grads = jax.value_and_grad(loss_of)(p, rows, root, label)
        return jax.tree.map(lambda a, g: a - 0.05 * g, p, grads), loss

    parameters = {
        "embedding": jnp.asarray(draw.standard_normal((VOCABULARY, WIDTH), dtype=np.float32)),
        "leaf": (weight(WIDTH, 2 * WIDTH), jnp.zeros(2 * WIDTH)),
        "node": (weight(2 * WIDTH, 5 * WIDTH), jnp.zeros(5 * WIDTH)),
        "classify": (weight(WIDTH, CLASSES), jnp.zeros(CLASSES)),
    }
    for tree, label in samples():
        rows, root = postorder(tree)
        parameters, loss = step(parameters, rows, root, label)
        yield loss


WORKLOADS = (
    Workload(
        "tree_lstm", "tree LSTM of width 64, 2 to 20 leaves, SGD", loop, jax_loop, block=25, stretch=200
    ),
)
