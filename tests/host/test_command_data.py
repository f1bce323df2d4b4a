"""``registry plugin purge``, ``upgrade-data`` and ``registry keys`` on the command line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from registry import create_app
from registry.audit.models import AuditEntry
from registry.cli import main
from registry.db import db
from registry.host import vault
from registry.host.loading import loaded
from registry.host.models import DomainData, SealedData, SubjectKind
from tests.conftest import SETTINGS

CYBER = "cyber_security"
MARKER = "zzq-hemlig-9"
Run = Callable[..., Result]


@pytest.fixture
def instance(tmp_path: Path, sqlite_template: Path) -> Path:
    """An installation with an open and a secret answer in a domain that is off."""
    folder = tmp_path / "instance"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "registry.sqlite")
    app = create_app(folder, **SETTINGS)
    with app.app_context():
        domain = loaded(app).domains[CYBER]
        spec = next(one for one in domain.report_fields if one.secrecy)
        for kind in (SubjectKind.REPORT_ITEM, SubjectKind.FROZEN_ITEM):
            vault.seal(CYBER, kind, 1, spec, MARKER, MARKER)
        db.session.add(
            DomainData(
                plugin=CYBER,
                subject_kind=SubjectKind.REPORT_ITEM,
                subject_id=1,
                data={"incidents": 3},
                entered={},
                labels={"incidents": {"label": "Incidenter", "kind": "whole"}},
            )
        )
        db.session.commit()
        db.engine.dispose()
    return folder


@pytest.fixture
def run(instance: Path, cheap_hashes: None) -> Run:
    def invoke(*words: str, **options: str) -> Result:
        return CliRunner().invoke(main, ["--instance", str(instance), *words], **options)

    return invoke


def held(instance: Path) -> tuple[int, list[str], list[str]]:
    app = create_app(instance, **SETTINGS)
    with app.app_context():
        rows = db.session.scalar(sa.select(sa.func.count()).select_from(DomainData)) or 0
        sealed = [kind.value for kind in db.session.scalars(sa.select(SealedData.subject_kind))]
        actions = list(db.session.scalars(sa.select(AuditEntry.action).distinct()))
        db.session.remove()
        db.engine.dispose()
    return rows, sealed, actions


def test_a_purge_writes_out_asks_removes_and_is_in_the_log(
    run: Run, instance: Path, tmp_path: Path
) -> None:
    file = tmp_path / "out.json"
    kept = run("plugin", "purge", CYBER, "--export", str(file), input="n\n")
    assert kept.exit_code == 1
    assert held(instance)[0] == 1
    written = json.loads(file.read_text("utf-8"))
    assert written["answers"][0]["data"] == {"incidents": 3}
    assert written["sealed"][0]["ground"] == "OSL 18:8"
    assert MARKER not in file.read_text("utf-8")
    assert run("plugin", "purge", CYBER, "--export", str(file)).exit_code == 1, (
        "it is there already"
    )
    done = run("plugin", "purge", CYBER, "--export", str(tmp_path / "again.json"), "--yes")
    assert done.exit_code == 0, done.output
    rows, sealed, actions = held(instance)
    assert rows == 0
    assert sealed == ["frozen_item"], "what a submitted report says is kept for good"
    assert "plugin.purge" in actions


def test_what_is_on_is_not_purged(run: Run, instance: Path, tmp_path: Path) -> None:
    run("plugin", "enable", CYBER)
    refused = run("plugin", "purge", CYBER, "--export", str(tmp_path / "out.json"), "--yes")
    assert refused.exit_code == 1
    assert "switch it off first" in refused.output
    assert held(instance)[0] == 1


def test_old_rows_are_counted(run: Run) -> None:
    assert run("plugin", "upgrade-data", CYBER).output == "0 of 0 rows upgraded.\n"
    assert run("plugin", "upgrade-data", "nothing").exit_code == 1


def test_keys_are_listed_and_rotated(run: Run, instance: Path) -> None:
    (before,) = run("keys", "list").output.splitlines()
    assert before.endswith("2 answers")
    assert "2 secret answers are sealed under a new key" in run("keys", "rotate").output
    old, new = run("keys", "list").output.splitlines()
    assert old.split("\t") == [before.split("\t")[0], "0 answers"]
    assert new.endswith("2 answers")
    (instance / "sealing_keys").unlink()
    lost = run("keys", "list")
    assert lost.exit_code == 1
    assert "MISSING" in lost.output
    checked = run("check")
    assert checked.exit_code == 1
    assert "WRONG sealing keys" in checked.output


def test_a_person_is_cleared_with_a_reason(run: Run) -> None:
    run("user", "add", "a@example.org", "Anna", "--role", "auditor", "--password", "en lång mening")
    assert run("user", "clearance", "a@example.org", "--give", CYBER).exit_code == 2
    assert run("user", "clearance", "a@example.org", "--give", "x", "--reason", "y").exit_code == 1
    given = run("user", "clearance", "a@example.org", "--give", CYBER, "--reason", "beslut 7")
    assert given.output == f"{CYBER}\tbeslut 7\n"
    assert run("user", "clearance", "a@example.org", "--take", CYBER).output == ""
