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
    assert steps.last_use == [1, 2, -1]
    assert names(recorded(y)) == ["exp"]


def test_equal_stretches_have_equal_code(ops, value):
    x, w = value(3, 3), value(3, 3)
    kept = []
    for i in range(3):
        y = ops.matmul(x, w)
        x = ops.scale(ops.exp(ops.scale(y, 0.5 + i)), 2)
        kept.append(y)
    steps = recorded(x)
    cells = [pieces.Piece(steps, 4 * i, 4 * i + 4) for i in range(3)]
    assert cells[0].code == cells[1].code == cells[2].code
    assert [cell.size for cell in cells] == [4] * 3
    # The first reads two leaves of the trace, the others the result before and a leaf.
    assert [cell.leaves for cell in cells] == [(1, 5), (4 * 3, 5), (4 * 7, 5)]
    assert [cell.floats for cell in cells] == [(0,), (1,), (2,)]
    assert [cell.ints for cell in cells] == [(0,), (1,), (2,)]
    assert [(cell.outs, cell.results) for cell in cells] == [((3,), (3,)), ((3,), (7,)), ((3,), (11,))]


def test_what_is_read_further_on_is_kept(ops, value):
    a, b = ops.halves(value(4))
    c = ops.exp(a)
    d = ops.add(c, b)
    steps = recorded(d, a)
    first = pieces.Piece(steps, 0, 2)
    assert first.outs == (0, 1, 2) and first.results == (0, 1, 2)
    second = pieces.Piece(steps, 2, 3)
    assert second.leaves == (4 * 2, 4 * 1) and second.results == (3,)
