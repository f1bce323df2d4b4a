"""Guidance: written by the coordinator, safe for readers, shown beside the forms it helps with."""

from html.parser import HTMLParser

import pytest

from registry import markdown
from registry.db import db
from registry.guidance.models import GuidancePage, GuidancePlace
from registry.people.models import Role

PAGE = {"title": "Så skriver du", "body": "# Kort\n\nTre **meningar**.", "place": "report_item"}


class Read(HTMLParser):
    """The elements of some HTML, with what they have."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("## A\n### B\n<b>x</b> <img src=x onerror=alert(1)>", []),
        ("[a](javascript:alert(1)) [b](data:text/html,x) ![c](/c.png)", ["/c.png"]),
        ("[a](JaVaScRiPt:alert(1)) <javascript:alert(1)> [b](vbscript:x)", []),
        ('[a](/plan "x\\" onclick=\\"alert(1)")', ["/plan"]),
        ("| a |\n|---|\n| <script>alert(1)</script> |", []),
        (
            "[ut](https://x.example) [in](/plan) [@](mailto:a@example.org)",
            ["https://x.example", "/plan", "mailto:a@example.org"],
        ),
    ],
)
def test_markdown_is_made_safe(text, links):
    found = Read(markdown.render(text)).elements
    assert {tag for tag, _has in found} <= {
        "p",
        "h2",
        "h3",
        "a",
        *["table", "thead", "tbody", "tr", "th", "td"],
    }
    assert {name for _tag, has in found for name in has} <= {"href", "class", "rel"}
    assert [has["href"] for tag, has in found if "href" in has] == links


def test_a_page_is_written_previewed_and_shown_beside_its_form(job, sign_in, statements):
    coordinator, reporter = sign_in(job.coordinator), sign_in(job.reporter)
    preview = coordinator.post("/guidance/new", data={**PAGE, "preview": "1"})
    assert "Så här ser sidan ut" in preview.text
    assert "<strong>meningar</strong>" in preview.text
    assert db.session.query(GuidancePage).count() == 0
    wrong = coordinator.post("/guidance/new", data={"position": "1,5", "place": "report_item"})
    assert wrong.status_code == 422
    assert "Skriv ett heltal" in wrong.text
    address = coordinator.post("/guidance/new", data=PAGE).location
    form = f"/reports/items/{job.item('1.1.1').id}"
    assert reporter.get(address).status_code == 404, "it is not published"
    assert "Så skriver du" not in reporter.get("/guidance/").text
    assert "Så skriver du" not in reporter.get(form).text
    published = {**PAGE, "published": "y", "position": "2", "row_version": "1"}
    assert coordinator.post(f"{address}/edit", data=published).status_code == 303
    assert "<strong>meningar</strong>" in reporter.get(address).text
    shown = reporter.get(form).text
    assert "<summary>Så skriver du</summary>" in shown
    statements.clear()
    reporter.get(form)
    assert len([one for one in statements if "guidance_page" in one]) == 1
    late = coordinator.post(f"{address}/edit", data={**published, "title": "Annat"})
    assert late.status_code == 409
    assert "Någon annan har sparat" in late.text
    assert "Annat" in late.text
    assert coordinator.post(f"{address}/remove").status_code == 303
    assert "Så skriver du" not in reporter.get(form).text


def test_every_place_is_shown_somewhere(app, job, sign_in, make_user):
    both = make_user("Karin", Role.COORDINATOR, Role.EXECUTIVE)
    for place in GuidancePlace:
        page = GuidancePage(title=f"Om {place.value}", body="x", place=place, published=True)
        db.session.add(page)
    db.session.commit()
    client, reporter = sign_in(both), sign_in(job.reporter)
    measure = job.plan.measures["1.1.1"]
    for address, place in (
        (f"/plan/measures/{measure.id}/methods/new", "effect_method"),
        (f"/plan/measures/{measure.id}/metrics/new", "metric"),
        (f"/plan/measures/{measure.id}/edit", "measure"),
        ("/rounds/new", "round"),
        ("/my-work", "home"),
    ):
        assert f"Om {place}" in client.get(address).text, place
    assert "Om home" in reporter.get("/my-work").text
