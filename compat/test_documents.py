"""Every row of the documents is a test."""

import pytest

from compat.rows import DOCUMENTS, Row, check, load, rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_does_what_pytorch_does(row: Row):
    result = check(row, load("torchlike"))
    if result.status == "not yet":
        pytest.xfail(f"torchlike has no {row.not_yet} yet: {result.got['error']}")
    assert result.status != "works now", f"take `not_yet` off {row.id} in rows.toml"
    assert result.status == "same", "\n".join([row.why, *result.differences])


def test_every_program_is_a_row():
    programs = {path for path in DOCUMENTS.glob("d*/*.py")}
    assert {row.path for row in rows()} == programs


def test_every_outcome_belongs_to_a_program():
    assert {path.with_suffix(".py") for path in DOCUMENTS.glob("d*/*.json")} == set(DOCUMENTS.glob("d*/*.py"))


@pytest.mark.parametrize("row", [row for row in rows() if row.expected == row.name], ids=lambda row: row.id)
def test_no_outcome_is_out_of_date(row: Row):
    row.expected_outcome()
