"""``registry import-plan``."""

import json
import os

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from registry import cli
from registry.db import db
from registry.plan.models import Measure


@pytest.fixture
def run(app, monkeypatch):
    monkeypatch.setattr(cli, "make_app", lambda: app)
    return lambda *args: CliRunner().invoke(cli.main, ["import-plan", *map(str, args)])


def measures():
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Measure))
    db.session.rollback()  # the next command takes the lock
    return count


def test_a_dry_run_lists_and_writes_nothing(run, plan_file):
    answer = run(plan_file(), "--plan", "Vår plan", "--dry-run")
    assert answer.exit_code == 0, answer.output
    assert "Rad 7, Kan inte läsas in: –. Åtgärdens namn saknas." in answer.output
    assert "Inget är sparat." in answer.output
    assert measures() == 0


def test_a_plan_is_read_in_and_the_second_time_says_so(run, plan_file):
    path = plan_file()
    assert "Inläst i planen ”plan”." in run(path).output
    assert measures() == 4
    assert "Alla 4 åtgärder finns redan. Inget ändras." in run(path).output


def test_json_lists_every_row(run, plan_file):
    answer = json.loads(run(plan_file(), "--json").output)
    assert answer["rows"] == len(answer["details"]) == sum(answer["counts"].values()) == 6
    assert answer["written"] is True
    assert answer["details"][0]["number"] == "1.1"


def test_what_cannot_be_read_is_one_line_and_exit_code_1(run, plan_file, tmp_path):
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        os.truncate(file.fileno(), 3 * 1024**3)
    unknown = plan_file("Vad;Vem\nÖva;Kommunen\n", "unknown.csv")
    for path, sentence in [
        (tmp_path / "none.csv", "finns inte"),
        (big, "20 MB"),
        (unknown, "Ingen kolumn heter Åtgärd. Filens rubriker: Vad, Vem."),
    ]:
        answer = run(path)
        assert answer.exit_code == 1
        assert sentence in answer.output
        assert "Traceback" not in answer.output
    assert measures() == 0
