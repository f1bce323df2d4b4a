"""What a domain keeps about a measure: shown on its page, asked for in its form."""

from dataclasses import dataclass
from datetime import date

from flask import current_app
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.domains import clocks
from registry.domains.clocks import Deadline
from registry.host import active, calls, data
from registry.host.loading import Domain, loaded
from registry.host.models import SubjectKind
from registry.host.values import MeasureView, Panel
from registry.plan.sheet import Sheet


@dataclass(frozen=True)
class Section:
    """A domain's answers on a measure, and its panel, under the domain's title."""

    domain: Domain
    answers: list[data.Answer]
    panel: Panel | None
    deadlines: list[Deadline]

    @property
    def secret(self) -> bool:
        return any(answer.secrecy for answer in self.answers)


@dataclass(frozen=True)
class DomainEntry:
    """A bound form with the fields of the domain of that name, and all that was posted with it."""

    domain_name: str | None
    form: Form
    posted: "MultiDict[str, str]"


def stored(measure_id: int, domain_name: str | None) -> data.Stored:
    """The answers of the measure's own domain; none while that is switched off."""
    domain = active.current().get(domain_name)
    if domain is None:
        return data.EMPTY
    found = data.load(SubjectKind.MEASURE, [measure_id], [domain])
    return found.get(measure_id, {}).get(domain.name, data.EMPTY)


def view(page: Sheet, answers: data.Stored) -> MeasureView:
    """The measure as its domain sees it."""
    return MeasureView(
        page.id,
        page.number,
        page.title,
        page.description,
        page.status.value,
        page.starts_on,
        page.ends_on,
        dict(answers.values),
        tuple(owner.name for owner in page.owners),
    )


def section(domain: Domain, answers: data.Stored, measure: MeasureView, day: date) -> Section:
    """What the measure's page shows of its domain."""
    shown = data.answers(domain, SubjectKind.MEASURE, answers)
    due = clocks.of_measure(domain, answers, measure.id, measure.title, day)
    return Section(domain, shown, calls.measure_panel(domain, measure), due)


def keep(measure_id: int, entry: DomainEntry) -> None:
    """Write the domain's answers; the caller commits.

    Those of a domain that was switched off while the form was open are kept as well.
    """
    if entry.domain_name is None:
        return
    domain = active.current().get(entry.domain_name)
    if domain is not None:
        data.save(domain, SubjectKind.MEASURE, measure_id, entry.form)
        return
    installed = loaded(current_app).domains.get(entry.domain_name)
    if installed is not None:
        data.save_posted(installed, SubjectKind.MEASURE, measure_id, entry.posted)
