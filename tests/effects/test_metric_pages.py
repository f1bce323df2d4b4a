"""The pages of metrics say what the values say, and no more; the files carry the same."""

import csv
import io
from decimal import Decimal
from itertools import pairwise, product
from xml.etree import ElementTree

import sqlalchemy as sa
from flask.testing import FlaskClient

from registry.db import db
from registry.effects import service, values
from registry.effects.figure import MEN, OTHERS, OWN, WOMEN
from registry.effects.listing import Query, Showing, listing
from registry.effects.models import (
    Better,
    ComparisonKind,
    ComparisonSeries,
    ComparisonValue,
    EffectMetric,
    Gender,
    MetricTarget,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.effects.trend import Direction
from registry.effects.values import Entry
from registry.language import today
from registry.people.models import Board, Role
from registry.people.permissions import Grant, Viewer
from tests.plan.conftest import Built

Clients = dict[str, FlaskClient]
VIEWER = Viewer(1, "S", grants=frozenset({Grant(Role.COORDINATOR)}))


def share(plan: Built, respondents: int | None) -> EffectMetric:
    """A share that has risen from 68 to 72 per cent, with a value between that is missing."""
    metric = EffectMetric(
        measure_id=plan.lighting.id,
        name="=Trygga",
        unit="%",
        is_share=True,
        baseline_value=Decimal(68),
        baseline_period="2018",
        source="+enkät",
    )
    db.session.add(metric)
    db.session.flush()
    for period, value in (("2018", 68), ("2020", 72)):
        entry = Entry(Decimal(value), respondents=respondents, note="@anm")
        values.record(metric, period, entry, by=VIEWER)
    missing = Entry(None, ValueStatus.MISSING, reason="Ingen enkät")
    values.record(metric, "2019", missing, by=VIEWER)
    values.record(metric, "2020", Entry(Decimal("70.25")), by=VIEWER, gender=Gender.WOMEN)
    db.session.add(
        ComparisonSeries(
            metric_id=metric.id,
            code="G1",
            name="Liknande kommuner",
            kind=ComparisonKind.GROUP,
            values=[ComparisonValue(period="2020", value=Decimal(66))],
        )
    )
    db.session.commit()
    return metric


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.get_data(as_text=True)


def test_a_change_is_judged_only_beyond_the_margin_and_where_one_way_is_better(
    clients: Clients, plan: Built
) -> None:
    metric = share(plan, 400)
    address, reader = f"/metrics/{metric.id}", clients["executive"]
    change = "Sedan utgångsvärdet 2018 har värdet ökat med 4 procentenheter, från 68 till 72"
    within, judged = "ligger inom felmarginalen", "Det är åt rätt håll."
    page = text(reader, address)
    assert change in page
    assert within in page
    assert judged not in page
    assert "67,4–76,2" in page, "Wilson's interval of 288 of 400"
    assert "Inte mätt: Ingen enkät" in page

    def again(respondents: int | None, better: Better) -> str:
        metric.better = better
        for row in db.session.scalars(sa.select(MetricValue).filter_by(metric_id=metric.id)):
            row.respondents = None if row.value is None else respondents
        db.session.commit()
        return text(reader, address)

    page = again(4000, Better.HIGHER)
    assert "större än felmarginalen" in page
    assert judged in page
    page = again(4000, Better.LOWER)
    assert "Det är åt fel håll." in page
    page = again(4000, Better.AMBIGUOUS)
    assert judged not in page
    assert "Det är åt fel håll." not in page
    assert "kan tolkas åt båda håll" in page
    page = again(None, Better.HIGHER)
    assert "felmarginalen är inte känd" in page
    assert judged in page
    assert within not in page


def test_the_files_hold_the_values_and_are_safe_to_open(clients: Clients, plan: Built) -> None:
    metric = share(plan, 400)
    reader = clients["executive"]
    answer = reader.get(f"/metrics/{metric.id}/values.csv")
    written = answer.get_data().decode("utf-8-sig")
    assert answer.get_data().startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(written), delimiter=";"))
    by = {(line["Serie"], line["Period"], line["Kön"]): line for line in lines}
    assert by["Alla som ansvarar", "2020", "Kvinnor"]["Värde"] == "70,25"
    assert by["Alla som ansvarar", "2019", "Alla"]["Värde"] == "", "missing is not zero"
    assert by["Liknande kommuner", "2020", "Alla"]["Värde"] == "66"
    total = by["Alla som ansvarar", "2020", "Alla"]
    assert (total["Effektmått"], total["Anmärkning"]) == ("'=Trygga", "'@anm")
    assert (total["Antal svar"], total["Nedre gräns (95 procent)"]) == ("400", "67,41")

    picture = reader.get(f"/metrics/{metric.id}/chart.svg")
    for file in (answer, picture):
        assert file.headers["Content-Disposition"].startswith("attachment;")
        assert file.headers["X-Content-Type-Options"] == "nosniff"
    root = ElementTree.fromstring(picture.get_data())
    named = {child.tag.rpartition("}")[2]: child.text for child in root}
    assert named["title"] == "=Trygga"
    assert "2019: inte mätt" in (named["desc"] or "")
    assert "Liknande kommuner" in picture.get_data(as_text=True)
    png = reader.get(f"/metrics/{metric.id}/chart.png").get_data()
    assert png.startswith(b"\x89PNG")


def test_series_differ_by_dash_and_marker_too() -> None:
    styles = (OWN, WOMEN, MEN, *OTHERS)
    assert len({style.dash for style in styles}) == len(styles)
    assert all(one.marker != other.marker for one, other in pairwise(styles))


def test_metrics_of_one_unit_are_compared(clients: Clients, plan: Built) -> None:
    metric, reader = share(plan, None), clients["executive"]
    other = EffectMetric(measure_id=plan.bare.id, name="Dagar", unit="dagar")
    db.session.add(other)
    db.session.commit()
    page = text(reader, f"/metrics/compare?metric={metric.id}&metric={plan.metric.id}")
    assert page.count("<polyline") == 0, "a period without value breaks the line"
    assert "inte mätt" in page
    assert "Andel trygga" in page
    asked = f"/metrics/compare?metric={metric.id}&metric={other.id}"
    assert "olika enheter" in text(reader, asked)
    assert "Välj två till fyra" in text(reader, f"/metrics/compare?metric={metric.id}")


def test_the_list_finds_what_the_pages_say_with_the_same_number_of_queries(
    clients: Clients, plan: Built, boards: dict[str, Board], statements: list[str]
) -> None:
    _many(plan, boards)
    query = Query(plan.version.id)
    everything = listing(VIEWER, query).readings
    assert len(everything) == 49
    found = {one: _names(listing(VIEWER, Query(plan.version.id, showing=one)).readings)
             for one in Showing}  # fmt: skip
    past = str(today().year)
    by_hand = {
        Showing.RIGHT: [one for one in everything if one.direction is Direction.RIGHT],
        Showing.WRONG: [one for one in everything if one.direction is Direction.WRONG],
        Showing.REACHED: [one for one in everything if one.reached],
        Showing.MISSED: [
            one for one in everything if one.reached is False and "" < one.goal_period < past
        ],
    }
    for showing, expected in by_hand.items():
        assert found[showing] == _names(expected), showing
        assert expected, "the case is there"
    assert found[Showing.STALE] == _names(everything), "all of them are from 2020"
    assert found[Showing.DUE] == set()
    plan.metric.next_due_on = today()
    last_year = str(today().year - 1)
    values.record(plan.metric, last_year, Entry(Decimal(1)), by=VIEWER)
    db.session.commit()
    due = Query(plan.version.id, showing=Showing.DUE)
    stale = Query(plan.version.id, showing=Showing.STALE)
    assert _names(listing(VIEWER, due).readings) == {"Andel trygga"}
    assert "Andel trygga" not in _names(listing(VIEWER, stale).readings)
    text_of = Query(plan.version.id, text="ÅLDERN 2020")
    assert len(listing(VIEWER, text_of).readings) == 24, "capital letters aside, Å included"
    assert listing(VIEWER, Query(plan.version.id, board_id=boards["executive"].id)).total == 0

    some = f"/metrics?q=%C3%85ldern&show=reached&area={plan.area.id}"
    statements.clear()
    text(clients["reporter"], some)
    few = len(statements)
    statements.clear()
    text(clients["reporter"], "/metrics?show=reached")
    assert len(statements) == few <= 14


def _names(readings: list[service.Reading]) -> set[str]:
    return {reading.name for reading in readings}


def _many(plan: Built, boards: dict[str, Board]) -> None:
    """Every direction × operator × where the value stands, by one board, two or all together."""
    owners = [None, boards["social"].id, boards["rescue"].id]
    cases = product(Better, (Operator.AT_LEAST, Operator.AT_MOST), (1, 5, 9), (0, 1))
    for number, (better, operator, value, further) in enumerate(cases):
        metric = EffectMetric(
            measure_id=plan.lighting.id,
            name=f"Mått {number}",
            better=better,
            baseline_value=Decimal(5),
            baseline_period="2018",
            target_operator=operator,
            target_value=Decimal(5),
            target_period="2019" if number % 4 else "",
            source="Åldern 2020" if number % 3 else "",
        )
        if further:
            metric.targets = [
                MetricTarget(operator=operator, value=Decimal(4), period="2021"),
                MetricTarget(operator=operator, value=Decimal(3), period="2020", place="Norr"),
            ]
        db.session.add(metric)
        db.session.flush()
        for period, owner in (("2019", owners[0]), ("2020", owners[number % 3])):
            entry = Entry(Decimal(value if period == "2020" else 10 - value))
            values.record(metric, period, entry, by=VIEWER, board_id=owner)
        if number % 6 == 5:
            values.record(metric, "2020", Entry(Decimal(2)), by=VIEWER, board_id=owners[1])
        values.record(
            metric, "2021", Entry(None, ValueStatus.MISSING, reason="–"), by=VIEWER,
            board_id=owners[number % 3],
        )  # fmt: skip
    for number in range(12):
        db.session.add(EffectMetric(measure_id=plan.bare.id, name=f"Tomt {number}"))
    db.session.commit()
