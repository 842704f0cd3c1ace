"""`backward` and `grad`: a backward pass as users ask for it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from torchlike import dtypes
from torchlike.autograd import backward_pass
from torchlike.autograd.gradient_edge import GradientEdge, node_of
from torchlike.autograd.nodes import Edge, Variable, tensors
from torchlike.engine import Aval, Entry, Value, from_host, record
from torchlike.operators import declaration

if TYPE_CHECKING:
    from torchlike.tensors.tensor import Tensor

__all__ = ["backward", "backward_of_scalar", "grad", "ones_like", "zeros_like"]

_ones: dict[Aval, Entry] = {}


def ones_like(aval: Aval) -> Value:
    """Ones of this aval, a constant of the program where there is but one of them."""
    entry = _ones.get(aval)
    if entry is None:
        if aval.shape.numel() != 1:
            return from_host(np.ones(aval.shape, aval.dtype.np), aval.device)

        def one() -> tuple:
            return (np.ones(aval.shape, aval.dtype.np),)

        entry = Entry("one", one, ())
        entry.out_avals = (aval,)
        _ones[aval] = entry
    return record(entry, ())[0]


def zeros_like(aval: Aval) -> Value:
    """Zeros of this aval."""
    return from_host(np.zeros(aval.shape, aval.dtype.np), aval.device)


def cast(grad: Any, to: dtypes.dtype) -> Any:
    """A gradient in another dtype, a `Variable` with its graph."""
    from torchlike.autograd.operator_nodes import differentiate

    if isinstance(grad, Variable):
        if grad.value.aval.dtype is to:
            return grad
        return differentiate(
            declaration.get("_cast").entry((grad.value.aval, to)), [grad], "ToCopyBackward0"
        )[0]
    if grad.aval.dtype is to:
        return grad
    return record(declaration.get("_cast").entry((grad.aval, to)), (grad,))[0]


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of the sum of some tensors to the `.grad` of the leaves that they were computed from.

    Args:
        tensors: a tensor or a sequence of them, or of gradient edges.
        grad_tensors: per tensor, the gradient that it starts with (of its shape); None stands for 1 where the
            tensor has one element.
        retain_graph: keep the graph for another pass; by default what `create_graph` is.
        create_graph: record the graph of the pass itself, for gradients of gradients.
        grad_variables: PyTorch's older name of `grad_tensors`.
        inputs: the only tensors to get a `.grad`; by default all leaves.

    Raises:
        RuntimeError: a tensor does not require grad, a gradient is missing or of another shape, the graph was
            freed.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> torch.autograd.backward([(x * x).sum(), x], [None, torch.tensor([10.0, 10.0])])
        >>> x.grad
        tensor([12., 14.])
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. "
                "Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    chosen = None if inputs is None else _inputs(inputs, "backward")
    outputs = _outputs(tensors)
    grads = _make_grads(outputs, _grads(grad_tensors, len(outputs)))
    if retain_graph is None:
        retain_graph = create_graph
    edges = None
    if chosen is not None:
        for t in chosen:
            if not isinstance(t, GradientEdge):
                t.retain_grad()
        edges = _input_edges(chosen)
    roots = _roots(outputs, grads, bool(create_graph))
    if create_graph:
        _warn_about_the_cycle()
    backward_pass.run(roots, bool(retain_graph), bool(create_graph), edges, accumulate=True)


def backward_of_scalar(edge: Edge, aval: Aval, retain_graph: bool) -> None:
    """The plain `loss.backward()`: one real output of one element.

    Args:
        edge: the output's.
        aval: the output's.
        retain_graph: keep the graph for another pass.
    """
    backward_pass.run(((edge, ones_like(aval)),), retain_graph, False)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...] | dict[str, Tensor | None]:
    """The gradients of the sum of some outputs with respect to some inputs, leaving every `.grad` alone.

    Args:
        outputs: a tensor or a sequence of them, or of gradient edges.
        inputs: a tensor, a sequence of them or of gradient edges, or a dict of tensors.
        grad_outputs: per output, the gradient that it starts with; None stands for 1 where the output has one
            element.
        retain_graph: keep the graph for another pass; by default what `create_graph` is.
        create_graph: record the graph of the pass itself, so that the results can be differentiated.
        only_inputs: PyTorch's older argument; False warns and changes nothing.
        allow_unused: give None for an input that the outputs do not depend on, where otherwise that is an
            error.
        is_grads_batched: `grad_outputs` have one more dimension in front, and so will the results: one pass
            per index.
        materialize_grads: give zeros rather than None.

    Returns:
        A gradient per input, or a dict of them if `inputs` is one.

    Raises:
        RuntimeError: an output or input does not require grad, an input was not used, the graph was freed.

    Example:
        >>> import torchlike as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> (first,) = torch.autograd.grad(x ** 3, x, create_graph=True)
        >>> (second,) = torch.autograd.grad(first, x)
        >>> second
        tensor(18.)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
            "allow_unused=False."
        )
    if allow_unused is None:
        allow_unused = materialize_grads
    outs = _outputs(outputs)
    chosen = _inputs(inputs, "grad")
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate "
            "gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    if retain_graph is None:
        retain_graph = create_graph
    given = _make_grads(outs, _grads(grad_outputs, len(outs)), is_grads_batched)
    if is_grads_batched:
        result = _batched(outs, given, chosen, bool(retain_graph), bool(create_graph), bool(allow_unused))
    else:
        result = _grad(outs, given, chosen, bool(retain_graph), bool(create_graph), bool(allow_unused))
    if materialize_grads:
        if any(g is None and isinstance(t, GradientEdge) for g, t in zip(result, chosen, strict=True)):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        result = [
            _zeros_for(t, create_graph) if g is None else g for g, t in zip(result, chosen, strict=True)
        ]
    if type(inputs) is dict:
        return dict(zip(inputs, result, strict=True))
    return tuple(result)


def _zeros_for(t: Tensor, create_graph: bool) -> Tensor:
    zeros = tensors.wrap(zeros_like(tensors.unwrap(t)[0].aval), None)
    if create_graph:
        zeros.requires_grad = True
    return zeros


def _grad(
    outputs: tuple, grads: Sequence, inputs: tuple, retain_graph: bool, create_graph: bool, allow_unused: bool
) -> list:
    roots = _roots(outputs, grads, create_graph)
    edges = _input_edges(inputs)
    found = backward_pass.run(roots, retain_graph, create_graph, edges)
    result: list = []
    # An input that is named twice gets the same tensor twice.
    first: dict[Edge, int] = {}
    for i, (edge, g) in enumerate(zip(edges, found, strict=True)):
        if first.setdefault(edge, i) != i and g is not None:
            result.append(result[first[edge]])
            continue
        if g is None:
            if not allow_unused:
                raise RuntimeError(
                    f"The differentiated Tensor at index {i} appears to not have been used in the graph. Set "
                    "allow_unused=True if this is the desired behavior."
                )
            result.append(None)
        elif create_graph:
            result.append(tensors.wrap(g.value, g.edge))
        else:
            result.append(tensors.wrap(g, None))
    return result


def _batched(
    outputs: tuple, grads: Sequence, inputs: tuple, retain_graph: bool, create_graph: bool, allow_unused: bool
) -> list:
    """One pass per index of the gradients' first dimension, the results stacked."""
    sizes = set()
    for g in grads:
        if g is not None:
            if g.ndim == 0:
                raise ValueError(
                    "vmap(vjp, in_dims=0, ...)(<inputs>): Got in_dim=0 for some input, but that input is a "
                    "Tensor of dimensionality 0 so expected in_dim to satisfy 0 <= in_dim < 0."
                )
            sizes.add(g.shape[0])
    if len(sizes) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{[g.shape[0] for g in grads if g is not None]} for the mapped dimension"
        )
    n = sizes.pop()
    rows = [
        _grad(
            outputs,
            [None if g is None else g[i] for g in grads],
            inputs,
            retain_graph or i < n - 1,
            create_graph,
            allow_unused,
        )
        for i in range(n)
    ]
    stack = tensors.function("stack")
    return [None if column[0] is None else stack(list(column)) for column in zip(*rows, strict=True)]


def _outputs(outputs: Any) -> tuple:
    if isinstance(outputs, tensors.tensor_type | GradientEdge):
        return (outputs,)
    return tuple(outputs)


def _inputs(inputs: Any, function: str) -> tuple:
    if isinstance(inputs, tensors.tensor_type | GradientEdge):
        found: tuple = (inputs,)
    elif type(inputs) is dict:
        found = tuple(inputs.values())
    elif isinstance(inputs, Mapping):
        raise TypeError(
            f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. Other Mapping "
            "types are not supported."
        )
    else:
        found = tuple(inputs)
    if not found:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return found


def _grads(grads: Any, n: int) -> tuple:
    if grads is None:
        return (None,) * n
    if isinstance(grads, tensors.tensor_type):
        return (grads,)
    return tuple(grads)


def _input_edges(inputs: tuple) -> list[Edge]:
    edges = []
    for t in inputs:
        if isinstance(t, GradientEdge):
            edges.append(Edge(node_of(t), t.output_nr))
            continue
        if not isinstance(t, tensors.tensor_type):
            raise TypeError("One of the differentiated Tensors does not require grad")
        edge = t._gradient_edge()
        if edge is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        edges.append(edge)
    return edges


def _output_aval(out: Any) -> Aval:
    if isinstance(out, GradientEdge):
        return node_of(out).output_avals[out.output_nr]
    if not isinstance(out, tensors.tensor_type):
        raise AssertionError("Expected output to be a torch.Tensor")
    return tensors.unwrap(out)[0].aval


def _make_grads(outputs: tuple, grads: tuple, batched: bool = False) -> list:
    """The gradients to start with: those given, checked, and ones for scalars.

    Raises:
        RuntimeError: a shape or dtype that does not fit, or none given for an output of several elements.
    """
    made: list = []
    for i, (out, g) in enumerate(zip(outputs, grads, strict=False)):
        aval = _output_aval(out)
        if isinstance(g, tensors.tensor_type):
            first = g.shape[1:] if batched else g.shape
            if tuple(first) != tuple(aval.shape):
                if batched and isinstance(out, GradientEdge):
                    raise RuntimeError("Batched grads are not supported with GradientEdge")
                raise RuntimeError(_mismatch(i, first, aval, batched))
            if aval.dtype.is_complex != g.dtype.is_complex:
                raise RuntimeError(
                    "For complex Tensors, both grad_output and output are required to have the same dtype. "
                    f"Mismatch in dtype: grad_output[{i}] has a dtype of {g.dtype} and output[{i}] has a "
                    f"dtype of {aval.dtype}."
                )
            made.append(g)
        elif g is None:
            made.append(_implicit(out, aval))
        else:
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
    if len(grads) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(grads)} gradients")
    return made


def _mismatch(i: int, shape: Any, aval: Aval, batched: bool) -> str:
    given = _size(shape[1:] if batched else shape)
    where = f"grad_output[{i}] has a shape of {given} and output[{i}] has a shape of "
    if not batched:
        return f"Mismatch in shape: {where}{_size(aval.shape)}."
    return (
        "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as the batch "
        "dimension. The sizes of the remaining dimensions are expected to match the shape of corresponding "
        f"output, but a mismatch was detected: {where}{_size(aval.shape)}. If you only want some tensors in "
        "`grad_output` to be considered batched, consider using vmap."
    )


def _size(shape: Any) -> str:
    return f"torch.Size({list(shape)})"


def _implicit(out: Any, aval: Aval) -> Any:
    if not isinstance(out, GradientEdge) and out._gradient_edge() is None:
        return None
    if aval.shape.numel() != 1:
        raise RuntimeError("grad can be implicitly created only for scalar outputs")
    if not aval.dtype.is_floating_point:
        raise RuntimeError(
            f"grad can be implicitly created only for real scalar outputs but got {aval.dtype}"
        )
    return tensors.wrap(ones_like(aval), None)


def _roots(outputs: tuple, grads: Sequence, create_graph: bool) -> list[tuple[Edge, Any]]:
    """The edges at which the pass starts, with their gradients.

    Raises:
        RuntimeError: an output does not require grad.
    """
    roots: list[tuple[Edge, Any]] = []
    for i, (out, g) in enumerate(zip(outputs, grads, strict=True)):
        if isinstance(out, GradientEdge):
            edge: Edge | None = Edge(node_of(out), out.output_nr)
        else:
            edge = out._gradient_edge()
        if edge is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
        value, grad_edge = tensors.unwrap(g)
        start: Any = Variable(value, grad_edge) if create_graph else value
        roots.append((edge, cast(start, _output_aval(out).dtype)))
    return roots


_warned = False


def _warn_about_the_cycle() -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the parameter "
            "and its gradient which can cause a memory leak. We recommend using autograd.grad when creating "
            "the graph to avoid this. If you have to use this function, make sure to reset the .grad fields "
            "of your parameters to None after use to break the cycle and avoid the leak.",
            UserWarning,
            stacklevel=4,
        )
