from torchlike.engine import pieces
from torchlike.engine.trace import current


def recorded(*live):
    trace = current()
    return pieces.Steps(trace.code, tuple(v.slot >> 2 for v in live))


def names(steps):
    return [e.name for e in steps.entries]


def test_steps_that_nothing_depends_on_are_left_out(ops, value):
    x = value(3)
    y = ops.exp(x)
    z = ops.mul(y, x)
    ops.add(z, z)
    steps = recorded(z)
    assert names(steps) == ["exp", "mul"]
    assert steps.marks == [0, 2, 5] and steps.starts == [0, 1, 2] and steps.live == (1,)
    assert names(recorded(y)) == ["exp"]


def test_results_are_numbered_through_where_steps_are_left_out(ops, value):
    x = value(4)
    ops.add(ops.exp(x), x)
    a, b = ops.halves(x)
    ops.mul(x, x)
    c = ops.exp(b)
    ops.halves(c)
    d = ops.scale(c, 2.0)
    steps = recorded(c, d)
    assert names(steps) == ["halves", "exp", "scale"]
    # By the trace's numbers the halves are 2 and 3, and so on; here they are 0 and 1.
    assert steps.recorded == [2, 5, 8] and steps.starts == [0, 2, 3, 4]
    assert steps.live == (2, 3)
    assert [s for s in steps.code if isinstance(s, int)] == [1, 4 * 1, 4 * 2, 2]


def test_a_trace_with_all_of_it_read_is_taken_as_it_is(ops, value):
    x = value(4)
    a, b = ops.halves(x)
    c = ops.exp(a)
    steps = recorded(c)
    assert steps.code is current().code and steps.recorded is steps.starts


def test_equal_stretches_have_equal_code(ops, value):
    x, w = value(3, 3), value(3, 3)
    kept = []
    for i in range(3):
        y = ops.matmul(x, w)
        x = ops.scale(ops.exp(ops.scale(y, 0.5 + i)), 2)
        kept.append(y)
    steps = recorded(x)
    cells = [pieces.Piece(steps, 4 * i, 4 * i + 4) for i in range(3)]
    pieces.link(cells, steps.live)
    assert cells[0].code == cells[1].code == cells[2].code
    assert [cell.size for cell in cells] == [4] * 3
    # The first reads two leaves of the trace, the others the result before and a leaf.
    assert [cell.leaves for cell in cells] == [(1, 5), (4 * 3, 5), (4 * 7, 5)]
    assert [cell.floats for cell in cells] == [(0,), (1,), (2,)]
    assert [cell.ints for cell in cells] == [(0,), (1,), (2,)]
    assert [(cell.outs, cell.results) for cell in cells] == [((3,), (3,)), ((3,), (7,)), ((3,), (11,))]
    assert [cell.dropped for cell in cells] == [(), (3,), (7,)]


def test_what_is_read_further_on_is_kept(ops, value):
    a, b = ops.halves(value(4))
    c = ops.exp(a)
    d = ops.add(c, b)
    steps = recorded(d, a)
    first, second = pieces.Piece(steps, 0, 2), pieces.Piece(steps, 2, 3)
    pieces.link([first, second], steps.live)
    assert first.outs == (0, 1, 2) and first.results == (0, 1, 2) and first.dropped == ()
    assert second.leaves == (4 * 2, 4 * 1) and second.results == (3,)
    # The first half is live.
    assert second.dropped == (2, 1)
