"""Boards: who is valid when, and who takes over."""

from datetime import date

from flask import Flask

from registry.db import db
from registry.people.models import Board, BoardKind, Role
from registry.people.permissions import Grant, Viewer

COORDINATOR = Viewer(grants=frozenset({Grant(Role.COORDINATOR)}))


def form(board: Board, **changes: str) -> dict[str, str]:
    return {
        "name": board.name,
        "kind": board.kind.value,
        "valid_from": board.valid_from.isoformat() if board.valid_from else "",
        "valid_to": board.valid_to.isoformat() if board.valid_to else "",
        "successor_id": str(board.successor_id or ""),
        "row_version": str(board.row_version),
        **changes,
    }


def test_a_coordinator_adds_a_company(app: Flask, boards, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    data = {"name": " Uppsalahem  AB ", "kind": "company", "valid_from": "2020-01-01"}
    answer = client.post("/boards/new", data={**data, "successor_id": ""})
    assert (answer.status_code, answer.location) == (303, "/boards")
    made = db.session.query(Board).filter_by(name="Uppsalahem AB").one()
    assert (made.kind, made.valid_from) == (BoardKind.COMPANY, date(2020, 1, 1))
    assert "Uppsalahem AB" in client.get("/boards").get_data(as_text=True)


def test_boards_that_merge_point_to_their_successor(app, boards, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    social, rescue = boards["social"], boards["rescue"]
    path = f"/boards/{social.id}"
    without_end = client.post(path, data=form(social, successor_id=str(rescue.id)))
    assert "Skriv sista dagen" in without_end.get_data(as_text=True)
    data = form(social, successor_id=str(rescue.id), valid_to="2020-12-31")
    assert client.post(path, data=data).status_code == 303
    text = client.get("/boards").get_data(as_text=True)
    assert "Upphörde 2020-12-31" in text
    assert "Ersätts av Räddningsnämnden" in text
    loop = client.post(
        f"/boards/{rescue.id}",
        data=form(rescue, successor_id=str(social.id), valid_to="2021-12-31"),
    )
    assert "ersätts i sin tur" in loop.get_data(as_text=True)


def test_days_out_of_order_are_refused(app: Flask, boards, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    data = form(boards["social"], valid_from="2021-01-01", valid_to="2020-12-31")
    answer = client.post(f"/boards/{boards['social'].id}", data=data)
    assert answer.status_code == 200
    assert "kan inte ligga före den första" in answer.get_data(as_text=True)


def test_two_boards_cannot_have_one_name(app: Flask, boards, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    data = {"name": "socialnämnden", "kind": "committee", "successor_id": ""}
    answer = client.post("/boards/new", data=data)
    assert "Det finns redan en" in answer.get_data(as_text=True)


def test_two_people_in_one_board_choose_field_by_field(app, boards, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    social = boards["social"]
    opened = form(social)
    path = f"/boards/{social.id}"
    theirs = {**opened, "name": "Social- och omsorgsnämnden"}
    assert client.post(path, data=theirs).status_code == 303
    mine = {**opened, "valid_from": "2019-01-01"}
    second = client.post(path, data=mine)
    text = second.get_data(as_text=True)
    assert second.status_code == 200
    assert "Någon annan har sparat medan du skrev" in text
    assert "Social- och omsorgsnämnden" in text
    assert 'value="2019-01-01"' in text
    db.session.refresh(social)
    assert social.name == "Social- och omsorgsnämnden"
    data = {**mine, "row_version": str(social.row_version), "choose-name": "theirs"}
    assert client.post(path, data=data).status_code == 303
    db.session.refresh(social)
    assert (social.name, social.valid_from) == ("Social- och omsorgsnämnden", date(2019, 1, 1))


def test_the_list_says_where_nobody_reports(app: Flask, boards, make_user, sign_in) -> None:
    for number in range(3):
        make_user(f"Rapportör {number}", (Role.REPORTER, boards["social"]))
    make_user("Avstängd", (Role.REPORTER, boards["rescue"])).active = False
    db.session.commit()
    from registry.people.boards import boards as listed

    rows = {row.name: row for row in listed(COORDINATOR)}
    assert rows["Socialnämnden"].reporters == 3
    assert rows["Socialnämnden"].approvers == 0
    assert rows["Räddningsnämnden"].reporters == 0


def test_the_list_takes_as_many_queries_for_many_boards(
    app: Flask, boards, make_user, sign_in, statements
) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    statements.clear()
    client.get("/boards")
    few = len(statements)
    db.session.add_all(Board(name=f"Nämnd {n}", kind=BoardKind.COMMITTEE) for n in range(60))
    db.session.commit()
    statements.clear()
    text = client.get("/boards").get_data(as_text=True)
    assert "Nämnd 59" in text
    assert len(statements) == few


def test_a_board_that_is_not_there_is_not_found(app: Flask, make_user, sign_in) -> None:
    client = sign_in(make_user("Samordnare", Role.COORDINATOR))
    assert client.get("/boards/99").status_code == 404
    assert client.post("/boards/99").status_code == 404
