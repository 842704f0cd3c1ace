"""What a graph looks like: names, next functions, what a second pass finds, and the graphs of gradients."""

OPERATORS = {
    "add": lambda torch, x: x + x,
    "add_number": lambda torch, x: x + 2,
    "sub": lambda torch, x: x - x,
    "sub_number": lambda torch, x: x - 2,
    "number_sub": lambda torch, x: 2 - x,
    "mul": lambda torch, x: x * x,
    "mul_number": lambda torch, x: x * 2,
    "mul_constant": lambda torch, x: x * torch.ones(2, 2),
    "mul_integers": lambda torch, x: x * torch.ones(2, 2, dtype=torch.int64),
    "div": lambda torch, x: x / x,
    "div_number": lambda torch, x: x / 2,
    "number_div": lambda torch, x: 2 / x,
    "square": lambda torch, x: x**2,
    "cube": lambda torch, x: x**3,
    "neg": lambda torch, x: -x,
    "exp": lambda torch, x: x.exp(),
    "log": lambda torch, x: x.log(),
    "sin": lambda torch, x: x.sin(),
    "cos": lambda torch, x: x.cos(),
    "sqrt": lambda torch, x: x.sqrt(),
    "tanh": lambda torch, x: x.tanh(),
    "sigmoid": lambda torch, x: x.sigmoid(),
    "relu": lambda torch, x: x.relu(),
    "abs": lambda torch, x: x.abs(),
    "floor": lambda torch, x: x.floor(),
    "sum": lambda torch, x: x.sum(),
    "sum_dim": lambda torch, x: x.sum(0),
    "mean": lambda torch, x: x.mean(),
    "mean_dim": lambda torch, x: x.mean(0),
    "var": lambda torch, x: x.var(),
    "std": lambda torch, x: x.std(),
    "matmul": lambda torch, x: x @ x,
    "t": lambda torch, x: x.t(),
    "view": lambda torch, x: x.view(4),
    "expand": lambda torch, x: x.expand(3, 2, 2),
    "clone": lambda torch, x: x.clone(),
    "to": lambda torch, x: x.double(),
    "clamp": lambda torch, x: x.clamp(0, 1.5),
    "cat": lambda torch, x: torch.cat([x, x]),
    "softmax": lambda torch, x: x.softmax(0),
    "log_softmax": lambda torch, x: x.log_softmax(0),
    "where": lambda torch, x: torch.where(x > 0, x, x),
}


def cases(torch, case):
    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    for name, operator in OPERATORS.items():

        def graph(operator=operator):
            y = operator(torch, leaf(2, 2))
            return y.grad_fn, y.grad_fn.next_functions

        def second_pass(operator=operator):
            y = operator(torch, leaf(2, 2))
            y.backward(torch.ones_like(y))
            y.backward(torch.ones_like(y))

        def recorded(operator=operator):
            x = leaf(2, 2)
            y = operator(torch, x)
            weight = torch.ones_like(y).requires_grad_()
            return torch.autograd.grad(y, x, weight, create_graph=True)[0].grad_fn

        def recorded_without_weight(operator=operator):
            x = leaf(2, 2)
            return torch.autograd.grad(operator(torch, x).sum(), x, create_graph=True)[0].grad_fn

        for fn in (graph, second_pass, recorded, recorded_without_weight):
            fn.__name__ = f"{name}_{fn.__name__}"
            case(fn)

    def tree(node):
        if node is None:
            return None
        name = node.name().rpartition("::")[2]
        return (name, *[tree(following) for following, _ in node.next_functions])

    @case
    def linear_with_its_views():
        linear = torch.nn.functional.linear
        for shape in ((2, 3), (5, 2, 3), (3,)):
            print(tree(linear(leaf(*shape), leaf(4, 3), leaf(4)).grad_fn))
            print(tree(linear(leaf(*shape), leaf(4, 3)).grad_fn))
        print(tree(linear(torch.ones(2, 3), leaf(4, 3), leaf(4)).grad_fn))

    @case
    def the_leaves_of_linear_in_order():
        x, weight, bias = leaf(2, 3), leaf(4, 3), leaf(4)
        for name, t in (("input", x), ("weight", weight), ("bias", bias)):
            t.register_hook(lambda g, name=name: print(name, tuple(g.shape)))
        torch.nn.functional.linear(x * 1, weight, bias).sum().backward()

    @case
    def batched_products_with_their_views():
        return tree((leaf(5, 2, 3) @ leaf(5, 3, 2)).grad_fn), tree((leaf(5, 2, 3) @ leaf(3, 2)).grad_fn)

    @case
    def views_of_linear_are_one_and_the_same():
        node = torch.nn.functional.linear(leaf(2, 3), leaf(4, 3)).grad_fn
        return node.next_functions[1][0] is node.next_functions[1][0]

    @case
    def the_node_of_a_leaf():
        x = leaf(2)
        node = (x * 2).grad_fn.next_functions[0][0]
        return node, node.variable is x, node.next_functions, node.name()

    @case
    def a_leaf_that_only_the_graph_holds():
        y = leaf(2) * 2
        node = y.grad_fn.next_functions[0][0]
        y.sum().backward()
        return node.variable, node.variable.is_leaf, node.variable is node.variable, node.variable.grad

    @case
    def the_class_of_a_node():
        node = (leaf(2) * 2).grad_fn
        return type(node), node.name(), node.metadata, isinstance(node, torch.autograd.graph.Node)

    @case
    def later_nodes_have_larger_numbers():
        x = leaf(2)
        y = x * 2
        z = y * 2
        return z.grad_fn._sequence_nr() > y.grad_fn._sequence_nr(), y.grad_fn.next_functions[0][
            0
        ]._sequence_nr()

    @case
    def attributes_cannot_be_set():
        (leaf(2) * 2).grad_fn.anything = 3

    @case
    def the_number_of_a_result():
        x = leaf(2, 2)
        first, second = x.unbind(0)
        return first.output_nr, second.output_nr, first.grad_fn is second.grad_fn

    @case
    def a_written_tensor():
        x = leaf(2)
        y = x * 1
        first = y.grad_fn
        y.add_(x)
        return y.grad_fn, y.grad_fn.next_functions[0][0] is first

    @case
    def a_tensor_written_through_a_view():
        y = leaf(2, 2) * 1
        first = y.grad_fn
        v = y.view(4)
        v.mul_(leaf(4))
        return y.grad_fn, y.grad_fn.next_functions[0][0] is first, v.grad_fn
