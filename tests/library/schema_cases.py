"""Schemas: how they are printed, which are refused and how, and those that functions' annotations give."""

import typing


def cases(torch, case):
    library = torch.library.Library("schemas", "DEF")
    Tensor = torch.Tensor
    infer = torch.library.infer_schema
    numbered = iter(range(1000))

    def attempt(fn):
        try:
            print(fn())
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    def shown(text):
        """The schema of a new operator: its name is put before the text."""
        name = f"s{next(numbered)}"
        library.define(name + text)
        return getattr(torch.ops.schemas, name).default._schema

    @case
    def printing():
        for text in (
            "(Tensor x, int[3] d=[1,2,3]) -> ()",
            '(Tensor x, int[2] d=1, str s="a", ScalarType t=float32, Device dv="cpu", bool b=True) -> ()',
            "(Tensor? o=None, float[] z=[], SymInt q=3, SymInt[] qs=[1], Layout? l=None, Generator? g=None) -> ()",
            "(Scalar sc=1, Scalar sd=1.0, int neg=-1, bool? bb=None, str? ss=None, int[]? ii=None) -> ()",
            "(float? ff=1, Scalar? sss=2, ScalarType? tt=None, SymInt[2] two=3) -> ()",
            "(float a=1e-5, float b=1, float c=1.0e10, float d=123456.789, float e=0.1, float f=-2.0) -> Tensor",
            "(float f=-0.0, float g=1e-300, float h=1e300, float i=0.30000000000000004, float l=12345678901.5) -> int",
            "(complex x=1j) -> complex",
            '(str s=\'a b\', str r="q\\"z") -> ((Tensor, Tensor))',
            "(Tensor(a!) x) -> Tensor(a!)",
            "(Tensor(a -> *) x) -> Tensor(a)[]",
            "(Tensor(a1!)? y, Tensor(a2!)[] z) -> ()",
            "(Tensor[](a!) x) -> ()",
            "(Tensor x,int   y ) ->Tensor",
            "(Tensor? [] x, int[ ] y, int [2]z=[0, 0]) -> (Tensor)",
            "(Tensor x, int a=1, *, Tensor out) -> (Tensor out, int)",
            "(Tensor[2] x) -> Tensor[2]",
            "(bool x=1, int y=True) -> ()",
            "(Tensor x, # a comment\n int y) -> Tensor",
        ):
            attempt(lambda text=text: shown(text))

    @case
    def what_is_refused():
        for text in (
            "",
            "name",
            "g(Tensor)",
            "g(Tensor x)",
            "g(Tensr x) -> Tensor",
            "g(Tensor x) -> Tensr",
            "g(Tensor x -> Tensor",
            "g(Tensor x) Tensor",
            "g(Tensor x=3) -> Tensor",
            "g(int x=a) -> Tensor",
            "g(number n) -> number",
            "g(int[] x=1) -> int",
            "g(t[] x) -> t",
            "1bad(Tensor x) -> Tensor",
            "bad-name(Tensor x) -> Tensor",
            "g(Tensor x,) -> Tensor",
            "g(float x=nan) -> Tensor",
            "g(bool x=true) -> int",
            "g(Tensor[] x=[]) -> int",
            "g(int[]? x=[1]) -> int",
            "g(Tensor? x=one) -> int",
            'g(Tensor x="a") -> int',
            "g(int in) -> int",
            "g(Tensor(a!|b) x) -> int",
            "g(Tensor(!) x) -> int",
            "g(Tensor(a x) -> int",
            "g(int x=*) -> int",
            "g(Tensor x) ->",
            "g(Tensor x) -> Tensor Tensor a",
            "g(Tensor x) -> Tensor, Tensor",
            "g(Tensor x,\n  Tensr y) -> Tensor",
            "aten::g(Tensor x) -> Tensor",
        ):
            attempt(lambda text=text: library.define(text))

    @case
    def arguments():
        schema = shown(
            "(Tensor(a!) x, int[2] n, Tensor?[] t, *, float k=2.5, int[]? l=None) -> (Tensor(a!), int)"
        )
        print(schema.name.startswith("schemas::s"), schema.overload_name == "", schema.is_mutable)
        for a in (*schema.arguments, *schema.returns):
            info = a.alias_info
            print(a.name, a.type, a.default_value, a.has_default_value(), a.kwarg_only, a.N)
            print(info and (info.is_write, sorted(info.before_set), sorted(info.after_set)))

    @case
    def of_annotations():
        def everything(
            x: Tensor,
            a: typing.Sequence[int],  # noqa: UP006
            b: typing.Optional[int] = None,  # noqa: UP045
            c: float = 1e-5,
            d: str = "a",
            e: bool = True,
            g: torch.dtype = torch.float32,
            h: torch.device = torch.device("cpu"),  # noqa: B008
            i: int | float | bool = 3,
            j: list[Tensor | None] = None,
            k: list[int] | None = None,
            m: "list[float]" = None,
            *,
            z: float = 0.5,
        ) -> tuple[Tensor, int]:
            return x, 1

        def nothing(x: Tensor) -> None:
            pass

        def lists(x: list[Tensor]) -> list[Tensor]:
            return x

        def single(x: Tensor) -> tuple[Tensor]:
            return (x,)

        print(infer(everything, mutates_args=()))
        print(infer(everything, mutates_args={"x"}, op_name="foo"))
        print(infer(everything, mutates_args="unknown", op_name="foo"))
        print(
            infer(nothing, mutates_args=["x"]),
            infer(lists, mutates_args=("x",)),
            infer(single, mutates_args=()),
        )

    @case
    def annotations_that_give_none():
        def unannotated(x):
            return x

        def unknown(x: "nosuch") -> Tensor:  # noqa: F821
            return x

        def broken(x: "1 +") -> Tensor:  # noqa: F722
            return x

        def several(x: Tensor, *n: int) -> Tensor:
            return x

        def positional(x: Tensor, /) -> Tensor:
            return x

        def odd_default(x: Tensor, y: int = [1]) -> Tensor:  # noqa: B006
            return x

        def no_result(x: Tensor):
            return x

        for fn in (unannotated, unknown, broken, several, positional, odd_default, no_result):
            attempt(lambda fn=fn: infer(fn, mutates_args=()))
        attempt(lambda: infer(no_result, mutates_args="some"))
        attempt(lambda: infer(lambda: None, mutates_args=["x"]))

    @case
    def annotations_of_no_schema():
        def of_dict(x: dict) -> Tensor:
            return x

        def of_tuple(x: tuple[int, int]) -> Tensor:
            return x

        def to_dict(x: Tensor) -> dict:
            return x

        for fn in (of_dict, of_tuple, to_dict):
            try:
                infer(fn, mutates_args=())
            except ValueError as error:
                # The types that would do have other names here.
                print(str(error).partition("The valid types")[0])

    @case
    def tags():
        def fn(x: Tensor, y: Tensor) -> Tensor:
            return x

        def named(x: Tensor, *, out: list[Tensor]) -> Tensor:
            return x

        def two(x: Tensor, *, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
            return a, b

        def number(x: int) -> Tensor:
            return x

        tag = torch.Tag
        for of, mutates, tags in (
            (fn, (), tag.inplace),
            (fn, ("y",), tag.inplace),
            (fn, ("x",), tag.inplace),
            (number, (), tag.inplace),
            (two, ("a", "b"), tag.out),
            (two, ("a",), tag.out),
            (fn, (), tag.out),
            (fn, ("x",), (tag.out,)),
            (named, ("out",), tag.out),
        ):
            attempt(lambda of=of, mutates=mutates, tags=tags: infer(of, mutates_args=mutates, tags=tags))
        for text in (
            "(Tensor x) -> Tensor",
            "(Tensor(a!) x) -> Tensor",
            "(Tensor(a!) x) -> Tensor(b!)",
            "(Tensor(a!) x) -> Tensor(a)",
            "(Tensor(a!) x) -> ()",
            "(Tensor(a!)[] x) -> Tensor(a!)",
            "(*, Tensor(a!) x) -> Tensor(a!)",
            "(Tensor(a!) x, Tensor(b!) y) -> Tensor(a!)",
            "(Tensor x, *, Tensor(a!)[] out) -> Tensor(a!)",
        ):
            attempt(lambda text=text: library.define(f"tagged{text}", tags=tag.inplace))
            attempt(lambda text=text: library.define(f"tagged{text}", tags=(tag.out,)))
