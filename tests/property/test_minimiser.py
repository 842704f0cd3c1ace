"""The minimiser keeps what a difference needs and drops the rest."""

from .minimiser import minimise
from .programs import Program, Statement


def program(*lines):
    statements = []
    for line in lines:
        target, found, _ = line.partition(" = ")
        statements.append(Statement(line, "line", (target,) if found else ()))
    return Program(tuple(statements), 5)


def test_only_needed_statements_are_left():
    whole = program(
        "t1 = torch.ones(3, requires_grad=True)",
        "t2 = torch.zeros(3)",
        "t3 = t1 * 2",
        "t4 = t2 + t3",
        "with torch.no_grad(): t3.mul_(2)",
        "t5 = t4.sum()",
    )

    def disagrees(candidate):
        return "t3 = t1 * 2" in candidate.listing() and "t1 = " in candidate.listing()

    assert minimise(whole, disagrees).listing() == "t1 = torch.ones(3)\nt3 = t1 * 2"


def test_statements_that_need_a_name_go_with_it():
    uses = [s.uses for s in program("t1 = torch.ones(3)", "t2 = t1 + n4", "t2[0] = t3").statements]
    assert uses == [set(), {"t1", "n4"}, {"t2", "t3"}]


def test_a_program_survives_json_and_runs_as_a_script():
    whole = program("t1 = torch.ones(3)", "t2 = t1 + 1")
    assert Program.from_json(whole.to_json()) == whole
    compile(whole.script(), "script", "exec")
