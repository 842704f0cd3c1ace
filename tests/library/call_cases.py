"""Calls through `torch.ops`: which arguments it takes, what it makes of them, and its errors."""

import numpy as np


def cases(torch, case):
    library = torch.library.Library("calls", "DEF")

    def attempt(fn):
        try:
            print("gives", fn())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    def defined(schema):
        name = library.define(schema)
        library.impl(name, lambda *a, **k: print("got", a, k), "CompositeExplicitAutograd")
        return getattr(torch.ops.calls, name)

    def tried(schema, *calls):
        op = defined(schema)
        for call in calls:
            attempt(lambda call=call: call(op))

    x = torch.ones(2)

    @case
    def numbers():
        op = defined("numbers(int n, float f, bool b, Scalar c, SymInt s) -> ()")
        good = (1, 2.0, True, 3, 4)
        op(*good)
        values = [1, True, 2.5, "a", None, 1j, np.float32(3), np.int64(2), torch.tensor(3), torch.tensor(2.5)]
        values += [
            torch.tensor([3]),
            x,
            [1],
            np.ones(1),
            np.float64(2),
            np.bool_(True),
            torch.int64,
            1 << 70,
            {1},
        ]
        for i in range(5):
            for value in values:
                attempt(lambda i=i, value=value: op(*good[:i], value, *good[i + 1 :]))

    @case
    def texts_and_the_like():
        op = defined("texts(Tensor x, str s, ScalarType d, Device v) -> ()")
        good = (x, "s", torch.float32, torch.device("cpu"))
        op(*good)
        for i, values in enumerate(
            (
                [None, 1, [x], np.ones(2)],
                [1, None, b"a", x],
                [6, float, "float32", None, torch.int64],
                ["cpu", b"cpu", "foo", 0, None, torch.float32],
            )
        ):
            for value in values:
                attempt(lambda i=i, value=value: op(*good[:i], value, *good[i + 1 :]))

    @case
    def lists():
        op = defined("lists(int[] n, int[2] two, SymInt[] s, float[] f, Tensor[] t, Tensor?[] o) -> ()")
        good = ([1], [2, 3], [4], [5.0], [x], [None])
        op(*good)
        values = [1, 1.5, [1], (1, 2), [1.5], ["a"], [], "ab", None, [None], [x], [x, 1], [torch.tensor(1)]]
        values += [[True], range(2), {1}, {1: 2}, np.ones(2), np.array(1), torch.Size([1]), torch.int64]
        values += [torch.device("cpu"), 1 << 70]
        for i in range(6):
            for value in values:
                attempt(lambda i=i, value=value: op(*good[:i], value, *good[i + 1 :]))

    @case
    def optional():
        op = defined("optional(Tensor? x, int? n, float? f, int[]? l, Tensor[]? t) -> ()")
        good = (None, None, None, None, None)
        op(*good)
        for i, value in enumerate((x, 1, 2, (1, 2), (x,))):
            attempt(lambda i=i, value=value: op(*good[:i], value, *good[i + 1 :]))
        for i in range(5):
            attempt(lambda i=i: op(*good[:i], "a", *good[i + 1 :]))

    @case
    def more_lists():
        tried(
            "more_lists(bool[] b, str[] s, Scalar[] c, int[][] n) -> ()",
            lambda op: op([True, 1], ["a"], [1, 2.5], [[1], [2, 3]]),
            lambda op: op(["a"], ["a"], [1], [[1]]),
            lambda op: op([1], [1], [1], [[1]]),
            lambda op: op([1], ["a"], ["a"], [[1]]),
            lambda op: op([1], ["a"], [1], [1]),
            lambda op: op(1, ["a"], [1], [[1]]),
        )

    @case
    def by_position_and_by_name():
        tried(
            "named(Tensor x, int n=1, *, float k, int j=2) -> ()",
            lambda op: op(x),
            lambda op: op(x, 1.0),
            lambda op: op(x, 2, 3.0),
            lambda op: op(x, 2, 3.0, k=2.0),
            lambda op: op(x, x=x, k=1),
            lambda op: op(x, k=1, z=3),
            lambda op: op(k=1),
            lambda op: op(),
            lambda op: op(x, k=1, j=2, n=1),
            lambda op: op(x, k=1, j=3, n=2),
            lambda op: op(n=2, x=x, k=1),
            lambda op: op(x, 1, 2, 3, 4),
        )

    @case
    def defaults():
        tried(
            'defaults(Tensor x, int[2] d=1, str s="a", ScalarType t=float32, Device v="cpu", float[] z=[], float? f=1, '
            "bool b=True, int n=-1) -> ()",
            lambda op: op(x),
            lambda op: op(x, [1, 1], "a", torch.float32),
            lambda op: op(x, s="b"),
            lambda op: op(x, n=2),
            lambda op: op(x, n=-1, f=1.0),
        )

    @case
    def the_default_overload_alone():
        op = defined("alone(Tensor x) -> ()")
        attempt(lambda: op.default(1))
        attempt(lambda: op.default())
        attempt(lambda: op.other)

    @case
    def overloads():
        library.define("over(Tensor x) -> Tensor")
        library.define("over.int(Tensor x, int y) -> Tensor")
        library.impl("over", lambda x: x + 1, "CPU")
        library.impl("over.int", lambda x, y: x + y, "CPU")
        op = torch.ops.calls.over
        print(
            op,
            op.overloads(),
            op.int,
            op.int._schema,
            op(x),
            op(x, 5),
            op.int(x, 7),
            op.int.overloadpacket is op,
        )
        for call in (lambda: op(1), lambda: op(x, "a"), lambda: op(), lambda: op(x, z=1)):
            attempt(call)

    @case
    def results():
        for i, (kind, values) in enumerate(
            {
                "float": [1, None, 2.5, x, True, "a", [x], 1j, torch.device("cpu")],
                "int": [1, None, 2.5, x, True, "a", [1]],
                "bool": [1, None, 2.5, x, "a"],
                "Scalar": [1, None, x, True, "a", 1j],
                "str": ["a", 1, None],
                "Tensor": [x, None, 1, [x], (x, x)],
                "Tensor?": [x, None, 1],
                "Tensor[]": [[x], (x, x), x, None, [1]],
                "Tensor?[]": [[None], 1, [1]],
                "float[]": [(1, 2), [1], 1, ["a"]],
                "(int, float)": [(1, 2), [1, 2], 1, None, x],
                "(Tensor)": [x, 1, None],
                "()": [None, 1, (), x],
            }.items()
        ):
            for j, value in enumerate(values):
                name = library.define(f"result{i}_{j}(Tensor x) -> {kind}")
                library.impl(name, lambda x, value=value: value, "CompositeExplicitAutograd")
                print(kind, value)
                attempt(lambda name=name: getattr(torch.ops.calls, name)(x))

    @case
    def an_error_inside():
        def boom(x):
            raise KeyError("mine")

        library.define("boom(Tensor x) -> Tensor")
        library.impl("boom", boom, "CPU")
        return torch.ops.calls.boom(x)

    @case
    def names_that_there_are_not():
        print(torch.ops, torch.ops.nowhere)
        attempt(lambda: torch.ops.nowhere.foo)
        attempt(lambda: torch.ops.calls.nowhere)
        attempt(lambda: torch.ops.calls.over.nowhere)

    @case
    def what_an_overload_says_of_itself():
        op = defined("says(Tensor x) -> ()")
        one = op.default
        print(
            one, str(one), one.name(), one.namespace, one.__name__, op.__name__, one.__module__, op.__module__
        )
        print(one._overloadname, one._opname, one.tags, op._qualified_op_name, list(op))
