"""The log: everything is in it, nobody changes it, an auditor can read it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry.audit import log, service
from registry.audit.models import AuditEntry
from registry.db import Base, db
from registry.people.models import Board, BoardKind, Role, User
from registry.people.permissions import Denied, Grant, Viewer

AUDITOR = Viewer(grants=frozenset({Grant(Role.AUDITOR)}))


@pytest.fixture
def auditor(app: Flask, make_user, sign_in) -> FlaskClient:
    return sign_in(make_user("Revisor", Role.AUDITOR))


def entries(**wanted: object) -> list[service.Line]:
    return list(service.entries(AUDITOR, service.Filter(**wanted)).lines)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET label = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_the_log(app: Flask, boards, statement: str) -> None:
    before = db.session.execute(sa.select(AuditEntry.__table__)).all()
    db.session.rollback()
    with (
        pytest.raises(sa.exc.DatabaseError, match="kept for good"),
        db.engine.begin() as connection,
    ):
        connection.execute(sa.text(statement))
    assert before
    assert db.session.execute(sa.select(AuditEntry.__table__)).all() == before


def test_postgresql_refuses_to_empty_the_log(app: Flask, boards) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with (
        pytest.raises(sa.exc.DatabaseError, match="kept for good"),
        db.engine.begin() as connection,
    ):
        connection.execute(sa.text("TRUNCATE audit_entry"))


def test_every_change_of_a_row_is_logged_with_who_did_it(app: Flask, make_user) -> None:
    anna = make_user("Anna")
    with log.acting(anna.id):
        board = Board(name="Kulturnämnden", kind=BoardKind.COMMITTEE)
        db.session.add(board)
        db.session.flush()
        board.name = "Kultur- och fritidsnämnden"
        board.valid_to = date(2024, 12, 31)
        db.session.flush()
        db.session.delete(board)
        db.session.commit()
    made, changed, deleted = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.object_kind == "board").order_by(AuditEntry.id)
    )
    assert [made.action, changed.action, deleted.action] == [
        "board.create",
        "board.update",
        "board.delete",
    ]
    assert {made.actor_id, changed.actor_id, deleted.actor_id} == {anna.id}
    assert {made.object_id, changed.object_id, deleted.object_id} == {board.id}
    assert (made.before, made.after["name"]) == (None, "Kulturnämnden")
    assert changed.before == {"name": "Kulturnämnden", "valid_to": None}
    assert changed.after == {"name": "Kultur- och fritidsnämnden", "valid_to": "2024-12-31"}
    assert (deleted.before["name"], deleted.after) == ("Kultur- och fritidsnämnden", None)


def test_a_change_that_is_rolled_back_leaves_no_entry(app: Flask) -> None:
    db.session.add(Board(name="Kulturnämnden", kind=BoardKind.COMMITTEE))
    db.session.flush()
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 0


def test_a_request_is_logged_with_the_person_who_made_it(app, make_user, sign_in) -> None:
    anna = make_user("Anna", Role.COORDINATOR)
    client = sign_in(anna)
    answer = client.post("/boards/new", data={"name": "Ny", "kind": "company", "successor_id": ""})
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.object_kind == "board")).one()
    assert entry.actor_id == anna.id
    assert entry.request_id == answer.headers["X-Request-Id"]


def test_a_bulk_statement_cannot_pass_the_log_by(app: Flask, boards) -> None:
    with pytest.raises(RuntimeError, match="audit"):
        db.session.execute(sa.update(Board).values(name="x"))
    with pytest.raises(RuntimeError, match="audit"):
        db.session.execute(sa.delete(Board))


def test_every_column_of_a_secret_is_kept_out(app: Flask) -> None:
    """A new column that smells of a secret must say how the log treats it."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if any(word in column.name for word in ("password", "token", "secret", "hash")):
                assert column.info.get("audit") in (False, "masked"), f"{table.name}.{column.name}"


def test_of_people_the_log_keeps_neither_name_nor_address(app: Flask, make_user) -> None:
    anna = make_user("Anna Andersson", Role.AUDITOR)
    anna.name, anna.email = "Anna Bengtsson", "bengtsson@example.org"
    db.session.commit()
    written = repr(db.session.execute(sa.select(AuditEntry.__table__)).all()).lower()
    assert "user_account.update" in written
    for word in ("andersson", "bengtsson", "example.org"):
        assert word not in written


def test_an_auditor_reads_who_changed_what_from_what_to_what(app, boards, make_user) -> None:
    anna = make_user("Anna")
    with log.acting(anna.id):
        boards["social"].valid_to = date(2024, 12, 31)
        boards["social"].successor_id = boards["rescue"].id
        boards["social"].kind = BoardKind.COMPANY
        db.session.commit()
    line = entries(kind="board")[0]
    assert (line.person, line.action, line.kind_label) == ("Anna", "Ändrade", "Nämnd eller bolag")
    assert line.label == "Socialnämnden"
    assert {(c.label, c.before, c.after) for c in line.changes} == {
        ("Gäller till och med", None, "2024-12-31"),
        ("Efterträdare", None, "Räddningsnämnden"),
        ("Typ", "Nämnd", "Bolag"),
    }


def test_the_page_shows_it(app, boards, auditor: FlaskClient) -> None:
    boards["social"].valid_to = date(2024, 12, 31)
    db.session.commit()
    text = auditor.get("/audit").get_data(as_text=True)
    assert "Socialnämnden" in text
    assert "Gäller till och med" in text
    assert "2024-12-31" in text


def test_the_log_is_filtered_by_object_person_action_and_time(app, boards, make_user) -> None:
    anna, bo = make_user("Anna Ek"), make_user("Bo")
    social, rescue = boards["social"], boards["rescue"]
    for user, board in [(anna, social), (bo, rescue)]:
        with log.acting(user.id), log.action("board.close"):
            board.valid_to = date(2024, 12, 31)
            db.session.commit()
    by_anna = entries(person="anna e")
    assert [line.label for line in by_anna] == ["Socialnämnden"]
    assert entries(person=f"#{anna.id}") == by_anna
    assert entries(person=f"Person #{anna.id}") == by_anna
    assert entries(person="anna.ek@EXAMPLE") == by_anna
    assert {line.label for line in entries(kind="board", object_id=rescue.id)} == {
        "Räddningsnämnden"
    }
    assert {line.label for line in entries(action="close")} == {"Socialnämnden", "Räddningsnämnden"}
    assert len(entries(action="lade till", kind="board")) == 3
    assert entries(action="100%") == []
    assert entries(person="%") == []
    today = datetime.now(UTC).date()
    assert entries(first=today + timedelta(days=2)) == []
    assert entries(last=today - timedelta(days=2)) == []
    assert entries(first=today - timedelta(days=1), last=today + timedelta(days=1)) == entries()


def test_days_are_the_municipalitys_own(app: Flask) -> None:
    """23:30 UTC on 1 January is 00:30 on 2 January in Uppsala."""
    at = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)
    db.session.execute(
        sa.insert(AuditEntry),
        [{"at": at, "action": "x.update", "object_kind": "x", "label": "natt"}],
    )
    db.session.commit()
    second = date(2026, 1, 2)
    assert [line.label for line in entries(first=second, last=second)] == ["natt"]
    assert entries(last=date(2026, 1, 1)) == []


def _fill(count: int, users: list[User], boards: list[Board]) -> None:
    db.session.execute(
        sa.insert(AuditEntry),
        [
            {
                "actor_id": users[n % len(users)].id,
                "action": "board.update",
                "object_kind": "board",
                "object_id": boards[n % len(boards)].id,
                "label": f"händelse {n}",
                "before": {"successor_id": boards[n % len(boards)].id},
                "after": {"successor_id": boards[(n + 1) % len(boards)].id},
            }
            for n in range(count)
        ],
    )
    db.session.commit()


def test_fifty_a_page_and_the_filter_stays_in_the_address(app, boards, make_user, auditor) -> None:
    _fill(120, [make_user("Anna")], list(boards.values()))
    first = auditor.get("/audit?kind=board&person=anna").get_data(as_text=True)
    assert "Sida 1 av 3" in first
    assert "page=2&amp;kind=board&amp;person=anna" in first
    assert first.count("<time ") == 50
    last = auditor.get("/audit?kind=board&person=anna&page=3").get_data(as_text=True)
    assert last.count("<time ") == 20
    assert "händelse 0" in last
    assert "page=2" in last
    assert auditor.get("/audit?page=99999").status_code == 200
    assert auditor.get("/audit?page=-1").status_code == 200
    assert auditor.get("/audit?page=x").status_code == 200


def test_the_page_takes_as_many_queries_for_fifty_as_for_five(
    app, boards, make_user, auditor, statements
) -> None:
    users = [make_user(f"Person {n}") for n in range(12)]
    _fill(5, users, list(boards.values()))
    statements.clear()
    auditor.get("/audit?action=händelse")
    few = len(statements)
    _fill(60, users, list(boards.values()))
    statements.clear()
    auditor.get("/audit?action=händelse")
    assert len(statements) == few


@pytest.mark.parametrize(
    "query",
    ["object=x", "first=2026-13-01", "kind=nonsense", "object=99999999999", "object=1e1000000"],
)
def test_a_filter_that_cannot_be_read_does_no_harm(auditor: FlaskClient, query: str) -> None:
    assert auditor.get(f"/audit?{query}").status_code == 200


def test_a_number_that_no_row_can_have_finds_nothing(app, boards, auditor: FlaskClient) -> None:
    for number in (2**31, 10**13, -1, 0):
        assert "Inget i loggen" in auditor.get(f"/audit?object={number}").get_data(as_text=True)


def test_a_very_long_text_is_cut_and_the_page_says_by_how_much(app, auditor) -> None:
    after = {"done": "å" * 7000, "deviation": "kort"}
    log.record("report_item.update", "report_item", 1, before={"done": "x" * 2000}, after=after)
    db.session.commit()
    text = auditor.get("/audit?object=1&kind=report_item").get_data(as_text=True)
    assert "å" * 2000 + "… (5\N{NO-BREAK SPACE}000 tecken till visas inte)" in text
    assert "å" * 2001 not in text
    assert "x" * 2000 + "</p>" in text
    assert "kort" in text


def test_an_empty_answer_says_so(auditor: FlaskClient) -> None:
    assert "Inget i loggen" in auditor.get("/audit?person=nobody").get_data(as_text=True)


def test_only_an_auditor_reads_the_log(app: Flask) -> None:
    for role in Role:
        viewer = Viewer(grants=frozenset({Grant(role)}))
        if role is Role.AUDITOR:
            service.entries(viewer, service.Filter())
        else:
            with pytest.raises(Denied):
                service.entries(viewer, service.Filter())


def test_what_is_written_in_a_name_is_text_on_the_page(app, make_user, auditor) -> None:
    db.session.add(Board(name="<script>alert(1)</script>", kind=BoardKind.COMPANY))
    db.session.commit()
    text = auditor.get("/audit").get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
