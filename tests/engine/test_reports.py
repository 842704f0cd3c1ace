from torchlike import engine
from torchlike.engine import reports


def test_a_report_says_what_was_compiled_and_why(ops, value):
    before = engine.report()
    ops.mul(ops.exp(value(13)), value(13)).get()
    after = engine.report()
    assert after.compiles == before.compiles + 1
    row = after.rows[-1]
    assert row.name == "exp, mul" and row.operators == 2 and row.why == "first seen"
    assert row.runs == 1 and row.seconds > 0
    assert "first seen: exp, mul" in str(after)


def test_the_log_of_compilations(monkeypatch, capsys):
    monkeypatch.setattr(reports, "_LOG_COMPILES", True)
    reports.log_compile(reports.Row("exp, mul", 2, "seen again", seconds=0.5))
    assert capsys.readouterr().err == "torchlike: compiled 2 operators in 0.500 s (seen again): exp, mul\n"
