"""Those who read: the executive board, an auditor, anyone; and every page at both widths."""

from collections.abc import Callable

import pytest

from tests.browser.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Enter = Callable[[str], Person]


def test_the_executive_board_sees_states_effects_and_who_is_late(enter: Enter) -> None:
    executive = enter("kommunstyrelsen")
    executive.follow("Uppföljning")
    assert "2021" in executive.text
    areas = ("1.1 Trivsam", "1.2 Minskad", "1.3 Minskad", "2.1 Internt", "2.6 Civilt försvar")
    places = [executive.text.index(area) for area in areas]
    assert places == sorted(places), "areas stand in the order of the plan"
    assert "Uppsala kommun Arenor och Fastigheter AB" in executive.text
    assert executive.page.get_by_role("img").count() >= 1


def test_anyone_reads_the_plan_and_a_measure(visitor: Callable[[], Person]) -> None:
    anyone = visitor()
    anyone.go("/")
    assert anyone.title == "Handlingsplan för trygghet och säkerhet"
    assert "Inget mål är angivet" in anyone.text
    anyone.follow("Byta ut och komplettera belysningen längs utpekade gångstråk")
    assert "Gatu- och samhällsmiljönämnden" in anyone.text
    for page in ("Om kakor", "Tillgänglighet", "Logga in"):
        anyone.follow(page)
    assert "samordnare@demo.example" in anyone.text


PAGES = {
    "samordnare": "/plan/ /plan/1 /plan/1/edit /plan/1/structure /plan/new /plan/import"
    " /plan/measures/1 /plan/measures/1/edit /plan/measures/1/metrics/new /measures"
    " /measures?missing=owner /measures?q=inbrott /rounds /rounds/1 /rounds/2 /rounds/new"
    " /metrics /metrics/6 /metrics/compare?metric=6&metric=8 /metrics/6/values/new"
    " /plan/metrics/6/edit /rounds/2/edit /followup/2/effects /boards /boards/new /account",
    "rapportor.social": "/my-work /measures /plan/measures/95 /rounds /rounds/2 /account",
    "krisberedskap": "/plan/1 /rounds/2 /followup/1",
    "revisor": "/audit /reports/1",
    "admin": "/admin/outbox /admin/plugins /admin/users /admin/users/1 /admin/users/new",
}


@pytest.mark.parametrize("who", PAGES)
def test_every_page_of_a_role_is_sound(enter: Enter, who: str) -> None:
    person = enter(who)
    for address in PAGES[who].split():
        person.go(address)
