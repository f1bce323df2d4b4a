"""Pages on which the plan is read: the plan, its list of measures, a measure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from registry import memory
from registry.addresses import number
from registry.business_plan.asked import year_of
from registry.domains import standing
from registry.host import active
from registry.language import today
from registry.people.permissions import Permission, may
from registry.plan import domain_data, effects, listing, sheet, structure
from registry.plan.completeness import Parts, completeness
from registry.plan.listing import Missing, Query, Sorting
from registry.plan.models import MeasureKind, MeasureStatus
from registry.plan.views.blueprint import bp
from registry.reporting import reading as reporting

Term = TypeVar("Term", bound=StrEnum)
_FILTER = ("version", "area", "board", "status", "kind", "domain", "missing", "q", "sort", "year")


@bp.get("/plan/")
def plans() -> ResponseReturnValue:
    return render_template("plan/plans.html", versions=structure.heads(g.viewer))


@bp.get("/plan/current")
def current() -> ResponseReturnValue:
    version_id = structure.current_version_id(g.viewer)
    if version_id is None:
        return redirect(url_for("plan.plans"))
    return redirect(url_for("plan.version", version_id=version_id))


@bp.get("/plan/<int:version_id>")
def version(version_id: int) -> ResponseReturnValue:
    return memory.page(
        "plan/version.html",
        "plan",
        lambda: {"plan": structure.read(g.viewer, version_id) or abort(404)},
    )


@bp.get("/plan/measures/<int:measure_id>")
def measure(measure_id: int) -> ResponseReturnValue:
    return memory.page("plan/measure.html", "measures", lambda: _measure(measure_id))


def _measure(measure_id: int) -> dict[str, Any]:
    page = sheet.read(g.viewer, measure_id) or abort(404)
    reads_reports = may(g.viewer, Permission.READ_REPORTS)
    return {
        "measure": page,
        "method_boards": _method_boards(page),
        "today": today(),
        "metric_boards": _metric_boards(page),
        "note_reader": any(
            may(g.viewer, Permission.READ_NOTES, board_id=owner.board_id) for owner in page.owners
        ),
        "domain_section": _domain_section(page),
        "offered_metrics": effects.offered_metrics(page.id, page.domain),
        "history": reporting.history(g.viewer, page.id, page.domain) if reads_reports else [],
    }


def _domain_section(page: sheet.Sheet) -> domain_data.Section | None:
    """What the measure's own domain shows, with what the boards have reported on it."""
    domain = active.current().get(page.domain)
    if domain is None:
        return None
    answers = domain_data.stored(page.id, page.domain)
    measure = domain_data.view(page, answers)
    if domain.implements("measure_panel"):
        reported = standing.reported(domain, page.id, g.viewer)
        measure = replace(measure, reported=reported)
    return domain_data.section(domain, answers, measure, today())


@bp.get("/measures")
def measures() -> ResponseReturnValue:
    versions = structure.heads(g.viewer)
    if not versions:
        return redirect(url_for("plan.plans"))
    return memory.page("plan/measures.html", "measures", lambda: _measures(versions))


def _measures(versions: list[structure.VersionHead]) -> dict[str, Any]:
    args = request.args
    wanted = number(args, "version")
    chosen = next((version for version in versions if version.id == wanted), versions[0])
    query = Query(
        version_id=chosen.id,
        area_id=number(args, "area"),
        board_id=number(args, "board"),
        status=_term(MeasureStatus, args.get("status")),
        kind=_term(MeasureKind, args.get("kind")),
        domain=args.get("domain", ""),
        missing=_term(Missing, args.get("missing")),
        text=args.get("q", "").strip()[:200],
        sorting=_term(Sorting, args.get("sort")) or Sorting.PLAN,
        page=max(1, args.get("page", 1, type=int)),
        year=year_of(args, chosen.valid_from, chosen.valid_to),
    )
    found = listing.listing(query)
    return {
        "listing": found,
        "query": query,
        "version": chosen,
        "versions": versions,
        "areas": listing.area_choices(chosen.id),
        "boards": listing.board_choices(),
        "domains": [(domain.name, domain.title) for domain in active.current().domains],
        "version_options": [(one.id, _version_name(one)) for one in versions],
        "words": _words(str(get_locale())),
        "scores": {parts: _score(parts) for parts in {line.parts for line in found.lines}},
        "address": _address(args),
        "more_open": any(
            args.get(name) for name in ("missing", "kind", "domain", "sort", "version")
        ),
        "clear": url_for("plan.measures", version=wanted, sort=args.get("sort")),
        "base": url_for("plan.measure", measure_id=0)[:-1],
    }


@dataclass(frozen=True)
class _Words:
    """The terms the list offers and shows, in one language."""

    statuses: list[tuple[str, str]]
    kinds: list[tuple[str, str]]
    missing: list[tuple[str, str]]
    sortings: list[tuple[str, str]]


@cache
def _words(_language: str) -> _Words:
    """Looked up once for each language: a lookup costs as much as rendering a row."""
    return _Words(
        *(
            [(value, str(label)) for value, label in words.choices()]
            for words in (MeasureStatus, MeasureKind, Missing, Sorting)
        )
    )


def _score(parts: Parts) -> tuple[str, str]:
    """``4 av 6``, and the names of what is missing."""
    have, missing = completeness(parts)
    text = _("%(have)s av %(all)s", have=have, all=len(parts))
    if not missing:
        return text, ""
    return text, _("saknar %(parts)s", parts=", ".join(map(str, missing)))


def _version_name(head: structure.VersionHead) -> str:
    return _(
        "%(plan)s, version %(number)s (%(state)s)",
        plan=head.title,
        number=head.number,
        state=str(head.state.label).lower(),
    )


def _address(args: "MultiDict[str, str]") -> Any:
    """The address of the list with something changed; the rest of the filter is kept."""
    kept = {name: args[name] for name in _FILTER if args.get(name)}

    def address(page: int = 1, **changed: str | None) -> str:
        wanted: dict[str, Any] = {**kept, **changed, "page": page if page > 1 else None}
        return url_for("plan.measures", **{name: v for name, v in wanted.items() if v})

    return address


def _term(words: type[Term], value: str | None) -> Term | None:
    """The term of that value; an unknown one filters nothing."""
    try:
        return words(value) if value else None
    except ValueError:
        return None


def _method_boards(page: sheet.Sheet) -> set[int]:
    """The boards whose effect methods the viewer may edit on this measure."""
    if not page.editable:
        return set()
    return {
        owner.board_id
        for owner in page.owners
        if may(g.viewer, Permission.EDIT_EFFECTS, board_id=owner.board_id)
    }


def _metric_boards(page: sheet.Sheet) -> set[int | None]:
    """The boards whose metrics the viewer may edit on this measure; ``None``: everybody's."""
    everybody = page.editable and may(g.viewer, Permission.EDIT_PLAN)
    boards: set[int | None] = {
        one.board_id
        for one in page.metrics
        if page.editable
        and one.board_id is not None
        and may(g.viewer, Permission.EDIT_EFFECTS, board_id=one.board_id)
    }
    return boards | {None} if everybody else boards
