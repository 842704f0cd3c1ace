"""`Variable`, nodes as objects, and writes to saved tensors that are allowed."""


def cases(torch, case):
    graph, Variable = torch.autograd.graph, torch.autograd.Variable

    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    @case
    def a_variable_is_a_tensor():
        x = leaf(2)
        v = Variable(torch.ones(2), requires_grad=True)
        return v, isinstance(x, Variable), isinstance(3, Variable), type(v) is torch.Tensor

    @case
    def a_variable_is_cut_from_the_graph():
        x = leaf(2)
        v = Variable(x)
        v.mul_(3)
        return v.requires_grad, v is x, x

    @case
    def a_variable_of_nothing():
        return Variable()

    @case
    def a_variable_of_a_number():
        Variable(3)

    @case
    def a_volatile_variable():
        return Variable(torch.ones(2), volatile=True)

    @case
    def a_variable_of_integers():
        Variable(torch.ones(2, dtype=torch.int64), requires_grad=True)

    @case
    def writing_to_saved_tensors():
        x = leaf(2)
        with graph.allow_mutation_on_saved_tensors():
            y = x.clone()
            z = (y**2).sum()
            y.sin_()
            z.backward()
        return x.grad

    @case
    def writing_to_saved_tensors_and_too_late():
        x = leaf(2)
        with graph.allow_mutation_on_saved_tensors():
            y = x.clone()
            z = (y**2).sum()
            y.sin_()
        z.backward()

    @case
    def writing_to_saved_tensors_within_itself():
        with graph.allow_mutation_on_saved_tensors(), graph.allow_mutation_on_saved_tensors():
            pass

    @case
    def what_is_a_node():
        x = leaf(2)
        nodes = [(x * 2).grad_fn, graph.get_gradient_edge(x).node]
        return [isinstance(node, graph.Node) for node in (*nodes, x, 3)]
