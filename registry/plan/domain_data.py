"""What a domain keeps about a measure: shown on its page, asked for in its form."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.host import active, data
from registry.host.loading import loaded
from registry.host.models import SubjectKind


@dataclass(frozen=True)
class Section:
    """A domain's answers on a measure, under the domain's title."""

    title: str
    answers: list[data.Answer]


@dataclass(frozen=True)
class DomainEntry:
    """A bound form with the fields of the domain of that name, and all that was posted with it."""

    domain_name: str | None
    form: Form
    posted: "MultiDict[str, str]"


def section(measure_id: int, domain_name: str | None) -> Section | None:
    """The answers of the measure's own domain; nothing while that is switched off."""
    domain = active.current().get(domain_name)
    if domain is None:
        return None
    stored = data.load(SubjectKind.MEASURE, [measure_id], [domain])
    answers = stored.get(measure_id, {}).get(domain.name, data.EMPTY)
    return Section(str(domain.title), data.answers(domain, SubjectKind.MEASURE, answers.values))


def form_data(measure_id: int, domain_name: str | None) -> dict[str, Any]:
    """The stored answers as initial data of the domain's form fields."""
    domain = active.current().get(domain_name)
    if domain is None:
        return {}
    stored = data.load(SubjectKind.MEASURE, [measure_id], [domain])
    return data.as_form_data(domain, stored.get(measure_id, {}).get(domain.name, data.EMPTY))


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
