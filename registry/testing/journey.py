"""What people do with a plugin's questions: fill in the real forms, submit, read every page."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlsplit

from flask import g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from registry.db import db
from registry.host import calls
from registry.host.active import fields_of
from registry.host.models import PluginState, SubjectKind
from registry.host.values import BoardReport, MeasureView, ReportView, RoundView
from registry.testing import answers as made
from registry.testing.answers import Answers
from registry.testing.html import Page
from registry.testing.stage import Stage

ROUND = RoundView("2025", "2025", date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 31))
MOST_PAGES = 150
CORE = {"status": "ongoing", "done": "Vi har gjort det som skulle göras."}


def measure_view(data: Answers, **more: Any) -> MeasureView:
    return MeasureView(1, "1.1.1", "En åtgärd", data=data, boards=("Testnämnden",), **more)


def report_view(data: Answers, measure: MeasureView | None = None) -> ReportView:
    return ReportView("Testnämnden", ROUND, measure or measure_view({}), "ongoing", data)


def reported(data: Answers) -> BoardReport:
    return BoardReport("Testnämnden", 1, ROUND, "submitted", "ongoing", data)


def noted() -> str:
    """The last line of what the plugin's code raised since the last look; empty when nothing."""
    strikes: dict[Any, str] = g.pop("strikes", {})
    trace = next(iter(strikes.values()), "")
    return trace.strip().rpartition("\n")[2]


def fault(stage: Stage) -> str:
    """The last line of what the plugin's code raised, here or in a request that has ended."""
    if found := noted():
        return found
    state = db.session.get(PluginState, stage.domain.name, populate_existing=True)
    trace = state.last_fault if state else ""
    db.session.rollback()
    return trace.strip().rpartition("\n")[2]


# fill in ---------------------------------------------------------------------------------------


def passing(stage: Stage, kind: SubjectKind, fixed: Answers | None = None) -> Answers | None:
    """The fullest combination of samples, with these answers in it, that the domain's own check
    lets pass; ``None`` when there is none."""
    specs = fields_of(stage.domain, kind)
    for answers in sorted(made.combined(specs), key=len, reverse=True):
        whole = {**answers, **(fixed or {})}
        complete = all(spec.name in whole for spec in specs if spec.required)
        if complete and not checked(stage, kind, whole).errors:
            return whole
    return None


def checked(stage: Stage, kind: SubjectKind, answers: Answers) -> calls.Checked:
    if kind is SubjectKind.MEASURE:
        return calls.check_measure(stage.domain, measure_view(answers))
    return calls.check_report(stage.domain, report_view(answers))


def texts(stage: Stage, kind: SubjectKind, answers: Answers) -> dict[str, list[str]]:
    """Answers as a browser posts them, by the field's own name."""
    specs = {spec.name: spec for spec in fields_of(stage.domain, kind)}
    with stage.app.test_request_context():
        return {name: made.posted(specs[name], value) for name, value in answers.items()}


def save_measure(stage: Stage, sent: Mapping[str, list[str]]) -> TestResponse:
    return _save(stage, stage.clients["coordinator"], stage.measure_form, "row_version", sent, {})


def save_report(
    stage: Stage, sent: Mapping[str, list[str]], *, ready: bool = False
) -> TestResponse:
    more = {**CORE, "ready": "1"} if ready else {"draft": "1"}
    return _save(stage, stage.clients["reporter"], stage.report_form, "questions", sent, more)


def _save(
    stage: Stage,
    client: FlaskClient,
    address: str,
    mark: str,
    sent: Mapping[str, list[str]],
    more: Mapping[str, str],
) -> TestResponse:
    form = Page.read(client.get(address).get_data(as_text=True)).posted(mark)
    for name, values in sent.items():
        form.setlist(f"{stage.domain.name}__{name}", values)
    for name, value in more.items():
        form[name] = value
    return client.post(address, data=form)


def submit(stage: Stage) -> TestResponse:
    address = f"/reports/{stage.report_id}/submit"
    client = stage.clients["approver"]
    form = Page.read(client.get(address).get_data(as_text=True)).posted("row_version")
    return client.post(address, data=form)


def opened(stage: Stage, kind: SubjectKind, subject_id: int) -> str:
    """The secret answers, as somebody with clearance reads them."""
    address = f"/domains/{stage.domain.name}/secrets/{kind.value}/{subject_id}"
    answer = stage.clients["cleared"].post(address, data={"reason": "Test"})
    return answer.get_data(as_text=True)


# read ------------------------------------------------------------------------------------------


def own_pages(stage: Stage) -> list[str]:
    """Addresses of the domain's own pages that need no arguments."""
    return [
        rule.rule
        for rule in stage.app.url_map.iter_rules()
        if rule.endpoint.startswith(f"domain.{stage.domain.name}.")
        and not rule.arguments
        and "GET" in (rule.methods or ())
    ]


def every_page(stage: Stage, role: str) -> Iterator[tuple[str, TestResponse]]:
    """Each page that this role reaches by links, from the start page and from those that say
    most of the plugin; of a list's many orders and filters, one each."""
    client = stage.clients[role]
    waiting = [
        "/",
        *own_pages(stage),
        stage.measure_form,
        stage.report_form,
        f"/plan/measures/{stage.measure_id}",
        f"/reports/{stage.report_id}",
        f"/domains/{stage.domain.name}/secrets/measure/{stage.measure_id}",
        f"/domains/{stage.domain.name}/secrets/report_item/{stage.item_id}",
        "/deadlines",
        "/deadlines.ics",
    ]
    seen: set[Any] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        kind = _kind(address)
        if kind in seen:
            continue
        seen.add(kind)
        answer = client.get(address)
        yield address, answer
        if answer.mimetype == "text/html":
            for link in Page.read(answer.get_data(as_text=True)).links:
                target = urldefrag(link).url
                if target.startswith("/") and not target.startswith(("//", "/static/")):
                    waiting.append(target)
        if answer.location and answer.location.startswith("/"):
            waiting.append(answer.location)


def _kind(address: str) -> tuple[str, frozenset[str]]:
    parts = urlsplit(address)
    return parts.path, frozenset(name for name, _value in parse_qsl(parts.query))
