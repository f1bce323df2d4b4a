"""Every "new" page, filled in and posted as a browser posts it: hidden fields and all."""

import re

import pytest
from flask.testing import FlaskClient

from registry.db import db
from registry.effects.models import EffectMethod, EffectMetric
from registry.plan.models import Activity, GoalArea, GoalGroup, Measure, Plan, SubGoal

PAGES = [
    ("/plan/new", {"title": "Ny plan"}, Plan),
    ("/plan/{version}/groups/new", {"title": "Nytt"}, GoalGroup),
    ("/plan/groups/{group}/areas/new", {"title": "Nytt", "number": "9.9"}, GoalArea),
    ("/plan/areas/{area}/subgoals/new", {"title": "Nytt"}, SubGoal),
    ("/plan/subgoals/{subgoal}/measures/new", {"title": "Ny", "number": "9.9.9"}, Measure),
    ("/plan/measures/{measure}/activities/new", {"title": "Ny", "state": "ongoing"}, Activity),
    (
        "/plan/measures/{measure}/metrics/new",
        {"name": "Nytt", "better": "higher"},
        EffectMetric,
    ),
    ("/plan/measures/{measure}/methods/new", {"kind": "survey"}, EffectMethod),
]


def filled(page: str) -> dict[str, str]:
    """What a browser would post of a form as it stands: hidden, text, first or chosen options."""
    form = page[page.index('<form method="post" class="fields"') :]
    values: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        kind = re.search(r'type="(\w+)"', tag)
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and kind and kind[1] in {"hidden", "text", "date"}:
            values[name[1]] = value[1] if value else ""
    for name, options in re.findall(
        r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S
    ):
        if " multiple" in options:
            continue
        chosen = re.findall(r'<option selected value="([^"]*)"', options)
        offered = re.findall(r'value="([^"]*)"', options)
        values[name] = (chosen or offered or [""])[0]
    return values


@pytest.mark.parametrize(("address", "answers", "table"), PAGES, ids=lambda one: str(one)[:40])
def test_a_new_part_can_be_added_from_its_page(
    clients: dict[str, FlaskClient], plan, address: str, answers: dict[str, str], table: type
) -> None:
    measure = db.session.query(Measure).first()
    assert measure is not None
    where = address.format(
        version=measure.version_id,
        group=measure.subgoal.area.group_id,
        area=measure.area_id,
        subgoal=measure.subgoal_id,
        measure=measure.id,
    )
    before = db.session.query(table).count()
    client = clients["coordinator"]
    page = client.get(where).get_data(as_text=True)
    answer = client.post(where, data={**filled(page), **answers})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert db.session.query(table).count() == before + 1
