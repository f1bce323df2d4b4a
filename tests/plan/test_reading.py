"""The plan as it is read, its list of measures, and who sees which versions."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from registry.db import db
from registry.people.models import Role
from registry.people.permissions import NOBODY, Grant, Viewer
from registry.plan import listing, sheet, structure
from registry.plan.completeness import Parts, completeness
from registry.plan.listing import Missing, Query, Sorting
from registry.plan.models import MeasureKind, MeasureStatus, PlanVersion, VersionState
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]


def viewer(*roles: Role) -> Viewer:
    return Viewer(1, "N N", grants=frozenset(Grant(role) for role in roles))


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("state", "readers", "others"),
    [
        (VersionState.DRAFT, [Role.COORDINATOR, Role.AUDITOR], [Role.EXECUTIVE, None]),
        (VersionState.REPLACED, [Role.EXECUTIVE, Role.ADMIN, Role.COORDINATOR], [None]),
        (VersionState.PUBLISHED, [None, Role.EXECUTIVE], []),
    ],
)
def test_one_rule_decides_who_reads_a_version_on_every_surface(
    plan: Built, state: VersionState, readers: list[Role], others: list[Role]
) -> None:
    plan.version.state = state
    db.session.commit()
    for role in [*readers, *others]:
        reader = viewer(role) if role else NOBODY
        seen = role in readers
        assert (structure.read(reader, plan.version.id) is not None) is seen
        assert bool(structure.heads(reader)) is seen
        assert (sheet.read(reader, plan.lighting.id) is not None) is seen


def test_a_draft_is_not_found_by_those_who_may_not_read_it(plan: Built, clients: Clients) -> None:
    plan.version.state = VersionState.DRAFT
    db.session.commit()
    for address in (f"/plan/{plan.version.id}", f"/plan/measures/{plan.lighting.id}"):
        text(clients["executive"], address, 404)
        text(clients["coordinator"], address)
    assert "Byta belysning" not in clients["executive"].get(
        f"/measures?version={plan.version.id}"
    ).get_data(as_text=True)


def test_the_plan_reads_from_groups_to_activities(plan: Built, clients: Clients) -> None:
    page = text(clients["reporter"], f"/plan/{plan.version.id}")
    for words in (
        "Ökad trygghet",
        "1.1 Trygg miljö",
        "Gator är upplysta.",
        "Inget mål är angivet.",
        "Trygga stråk",
        "Byta belysning i gångtunnlar",
        "med Polisen",
        "huvudansvarig",
        "Målar tunneln vid stationen",
        "Saknar ansvarig",
        "1 av 3 åtgärder är genomförda",
        "Inga delmål ännu.",
    ):
        assert words in page, words
    assert "Redigera planen" not in page
    assert "Redigera planen" in text(clients["coordinator"], f"/plan/{plan.version.id}")


def test_a_measures_page_shows_what_is_missing_and_never_zero_for_it(
    plan: Built, clients: Clients
) -> None:
    page = text(clients["coordinator"], f"/plan/measures/{plan.lighting.id}")
    assert "minst 90 % till 2022" in page
    assert "inte mätt" in page
    assert "0 %" in page  # the value of 2019 is a true zero
    assert "6 av 7" in page  # the year of the plan, 2022, does not ask for a place in a plan
    bare = text(clients["coordinator"], f"/plan/measures/{plan.bare.id}")
    assert "0 av 7" in bare
    assert "effektmetod" in bare


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["1.1.1", "1.1.2", "1.1.3"]),
        ({"text": "inbrott"}, ["1.1.2"]),
        ({"text": "INBROTT grann"}, ["1.1.2"]),
        ({"text": "100 %"}, ["1.1.3"]),
        ({"text": "trygga_str"}, ["1.1.3"]),
        ({"text": "%"}, ["1.1.3"]),
        ({"text": "trygga stråk"}, ["1.1.1", "1.1.2", "1.1.3"]),
        ({"status": MeasureStatus.DONE}, ["1.1.2"]),
        ({"kind": MeasureKind.RECURRING}, ["1.1.2"]),
        ({"missing": Missing.OWNER}, ["1.1.3"]),
        ({"missing": Missing.METHOD}, ["1.1.2", "1.1.3"]),
        ({"missing": Missing.TARGET}, ["1.1.2", "1.1.3"]),
        ({"domain": "safe_environment"}, ["1.1.1", "1.1.2", "1.1.3"]),
        ({"domain": "cyber_security"}, []),
        ({"sorting": Sorting.TITLE}, ["1.1.1", "1.1.2", "1.1.3"]),
        ({"sorting": Sorting.END}, ["1.1.1", "1.1.2", "1.1.3"]),
        ({"sorting": Sorting.STATUS}, ["1.1.2", "1.1.1", "1.1.3"]),
        ({"page": 99}, ["1.1.1", "1.1.2", "1.1.3"]),
    ],
)
def test_the_list_filters_and_sorts(plan: Built, query: dict, found: list[str]) -> None:
    answer = listing.listing(Query(plan.version.id, **query))
    assert [line.number for line in answer.lines] == found
    assert answer.total == len(found)


def test_the_list_filters_by_board_and_area(plan: Built, boards: dict) -> None:
    rescue = listing.listing(Query(plan.version.id, board_id=boards["rescue"].id))
    assert [line.number for line in rescue.lines] == ["1.1.1", "1.1.2"]
    assert listing.listing(Query(plan.version.id, area_id=plan.goalless.id)).total == 0


def test_the_filter_stays_in_the_address(
    plan: Built, clients: Clients, grow: Callable[[int], None]
) -> None:
    grow(120)
    page = text(clients["reporter"], "/measures?q=åtgärd&status=done&sort=title&missing=target")
    assert 'value="åtgärd"' in page
    assert "24 åtgärder stämmer med urvalet" in page
    page = text(clients["reporter"], "/measures?q=trygga")
    assert "Sida 1 av 3" in page
    assert "/measures?q=trygga&amp;page=2" in page
    assert "Sida 2 av 3" in text(clients["reporter"], "/measures?q=trygga&page=2")


def test_an_empty_list_says_what_to_do(plan: Built, clients: Clients) -> None:
    page = text(clients["reporter"], "/measures?q=xyzzy&status=nonsense&page=-4&area=x")
    assert "Inga åtgärder stämmer med urvalet" in page
    assert "Visa alla åtgärder" in page


def test_pages_send_as_many_statements_for_a_thousand_measures_as_for_fifty(
    plan: Built, clients: Clients, grow: Callable[[int], None], statements: list[str]
) -> None:
    client = clients["coordinator"]
    addresses = [
        "/measures",
        "/measures?q=trygga&sort=status&missing=target&page=2",
        f"/plan/{plan.version.id}",
        f"/plan/{plan.version.id}/structure",
        f"/plan/measures/{plan.lighting.id}",
        f"/plans/{plan.plan.id}",
    ]

    def counts() -> list[int]:
        answer = []
        for address in addresses:
            text(client, address)
            statements.clear()
            text(client, address)
            answer.append(len(statements))
        return answer

    grow(150)
    small = counts()
    grow(850)
    assert counts() == small
    assert max(small) <= 14


def test_completeness_names_what_is_missing() -> None:
    have, missing = completeness(Parts(True, False, True, True, False, False, True))
    assert have == 4
    assert missing == ["tidplan", "effektmål", "verksamhetsplan"]
    assert completeness(Parts(*[True] * 7)) == (7, [])


def test_the_plan_link_leads_to_the_published_version_before_any_draft(
    plan: Built, clients: Clients
) -> None:
    draft = PlanVersion(plan_id=plan.plan.id, number=2)
    db.session.add(draft)
    db.session.commit()
    for name in ("coordinator", "reporter"):
        answer = clients[name].get("/plan/current")
        assert answer.location == f"/plan/{plan.version.id}"
    assert "version 2" in text(clients["coordinator"], "/plan/")
    assert "version 2" not in text(clients["reporter"], "/plan/")
