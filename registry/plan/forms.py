"""Forms for every part of a plan. Each gives its use case what was written as ``values()``."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    Field,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from registry.edit_form import Choices, EditForm
from registry.edit_form import boxes as _boxes
from registry.edit_form import day as _day
from registry.edit_form import line as _line
from registry.edit_form import number_or_none as _number_or_none
from registry.edit_form import options as _options
from registry.edit_form import radio as _radio
from registry.edit_form import select as _select
from registry.edit_form import text as _text
from registry.effects.models import MethodKind
from registry.host import calls, data
from registry.host.active import SEPARATOR
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import Issue, MeasureView
from registry.plan.effects import MethodValues
from registry.plan.measures import ActivityValues, MeasureValues
from registry.plan.models import ActivityState, MeasureKind, MeasureStatus
from registry.plan.service import AreaValues, GroupValues, SubGoalValues, VersionValues
from registry.words import lazy as _l


class _Period(EditForm):
    """Shared by forms with a first and a last day: they come in order."""

    first: str
    last: str

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        first, last = self[self.first], self[self.last]
        if first.data and last.data and last.data < first.data:
            last.errors = [*last.errors, _("Slutet måste komma efter början.")]
            return False
        return valid


class VersionForm(_Period):
    first, last = "valid_from", "valid_to"
    title = _line(_l("Planens titel"), required=True)
    purpose = _text(_l("Syfte"), _l("Vad planen ska leda till. Inleder planen för den som läser."))
    scope = _text(_l("Omfattning"), _l("Vilka som ska följa planen."))
    valid_from = _day(_l("Gäller från"))
    valid_to = _day(_l("Gäller till"))
    policy = _line(_l("Policy som planen följer av"))
    case_number = _line(_l("Diarienummer"))
    decided_by = _line(_l("Beslutad av"), _l("Till exempel Kommunfullmäktige."))
    decided_on = _day(_l("Beslutad den"))

    def values(self) -> VersionValues:
        return VersionValues(
            self.title.data,
            self.purpose.data,
            self.scope.data,
            self.valid_from.data,
            self.valid_to.data,
            self.policy.data,
            self.case_number.data,
            self.decided_by.data,
            self.decided_on.data,
        )


class GroupForm(EditForm):
    title = _line(_l("Rubrik"), _l("Till exempel Ökad trygghet."), required=True)

    def values(self) -> GroupValues:
        return GroupValues(self.title.data)


class AreaForm(EditForm):
    group_id = _select(_l("Huvudområde"), coerce=int)
    number = _line(_l("Nummer"), _l("Till exempel 1.2."), required=True)
    title = _line(_l("Rubrik"), required=True)
    goal = _text(_l("Områdets mål"), _l("Lämna tomt om planen inte anger något mål för området."))
    domain = _select(
        _l("Domän"), help_text=_l("Domänen lägger till egna frågor om områdets åtgärder.")
    )

    def offer(self, groups: Choices, domains: Choices) -> "AreaForm":
        self.group_id.choices = _options(groups)
        self.domain.choices = _options([("", _("Ingen")), *domains])
        return self

    def values(self) -> AreaValues:
        return AreaValues(
            self.group_id.data,
            self.number.data,
            self.title.data,
            self.goal.data or None,
            self.domain.data or None,
        )


class SubGoalForm(EditForm):
    area_id = _select(_l("Målområde"), coerce=int)
    title = _line(_l("Delmål"), _l("Vad som ska vara uppnått, i en mening."), required=True)
    description = _text(_l("Beskrivning"))

    def offer(self, areas: Choices) -> "SubGoalForm":
        self.area_id.choices = _options(areas)
        return self

    def values(self) -> SubGoalValues:
        return SubGoalValues(self.area_id.data, self.title.data, self.description.data)


class MeasureForm(_Period):
    """The core's questions; ``active.form_class`` adds those of the measure's domain."""

    measure_id = 0
    stored = data.EMPTY
    warnings: list[str]
    domain_fields: dict[str, Any] = {}
    first, last = "starts_on", "ends_on"
    subgoal_id = _select(_l("Delmål"), coerce=int)
    number = _line(_l("Nummer"), _l("Till exempel 1.2.3."), required=True)
    title = _line(_l("Åtgärd"), _l("Vad som ska göras, i en mening."), required=True)
    description = _text(_l("Beskrivning"), rows=6)
    kind = _radio(_l("Typ"), MeasureKind.choices())
    status = _select(_l("Läge"), MeasureStatus.choices())
    starts_on = _day(_l("Startar"))
    ends_on = _day(_l("Slutar"), _l("Lämna tomt för återkommande arbete."))
    lead_id = _select(_l("Huvudansvarig"), coerce=_number_or_none)
    shared_ids = _boxes(_l("Medansvariga"))
    partners = _text(
        _l("Samverkansparter"),
        _l("En per rad, till exempel Polisen. Skriv inte namn på personer."),
        rows=3,
    )
    complement_ids = _boxes(_l("Bidrar också till"), _l("Andra målområden."))
    source = _text(_l("Källa"), _l("Varifrån åtgärden kommer, till exempel ett beslut."), rows=2)

    @property
    def first_of_domain(self) -> str | None:
        """The name of the first question that is the domain's."""
        return next(iter(self.domain_fields), None)

    def offer(
        self, subgoals: Iterable[tuple[int, str, str]], boards: Choices, areas: Choices
    ) -> "MeasureForm":
        """:param subgoals: each with its area: ``(id, title, "1.1 Trivsam miljö")``."""
        self.subgoal_id.choices = [
            SelectChoice(key, title, optgroup=area) for key, title, area in subgoals
        ]
        self.lead_id.choices = _options([("", _("Ingen")), *boards])
        self.shared_ids.choices = _options(boards)
        self.complement_ids.choices = _options(areas)
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        self.warnings = []
        domain: Domain | None = getattr(self, "domain", None)
        if domain is None or not valid:
            return valid
        missing = data.missing_secrets(domain, SubjectKind.MEASURE, self.stored, self)
        for name, message in missing.items():
            self[name].errors = [message]
        view, secret = self._view(domain)
        checked = calls.check_measure(domain, view, secret=secret)
        for issue in checked.errors:
            bound = self._asked_by(domain, issue)
            if bound is None:
                self.form_errors.append(issue.message)
            else:
                bound.errors = [*bound.errors, issue.message]
        for issue in checked.warnings:
            bound = self._asked_by(domain, issue)
            self.warnings.append(
                issue.message
                if bound is None
                else _("%(field)s: %(message)s", field=bound.label.text, message=issue.message)
            )
        return not checked.errors and not missing

    def _asked_by(self, domain: Domain, issue: Issue) -> Field | None:
        """The domain's field that the issue is about, if it names one there is."""
        name = f"{domain.name}{SEPARATOR}{issue.field}"
        return self[name] if issue.field and name in self else None

    def _view(self, domain: Domain) -> tuple[MeasureView, list[str]]:
        """The measure as the domain would see it, were it saved; and the secret answers in it."""
        values, secret = data.written(domain, SubjectKind.MEASURE, self)
        view = MeasureView(
            self.measure_id,
            self.number.data,
            self.title.data,
            self.description.data,
            self.status.data,
            self.starts_on.data,
            self.ends_on.data,
            values,
        )
        return view, secret

    def secrets(self) -> Mapping[str, data.SecretNote]:
        domain: Domain | None = getattr(self, "domain", None)
        return data.secret_notes(domain, SubjectKind.MEASURE, self.stored, self)

    def values(self) -> MeasureValues:
        return MeasureValues(
            self.subgoal_id.data,
            self.number.data,
            self.title.data,
            self.description.data,
            MeasureKind(self.kind.data),
            MeasureStatus(self.status.data),
            self.starts_on.data,
            self.ends_on.data,
            self.source.data,
            self.lead_id.data,
            frozenset(self.shared_ids.data or []),
            tuple(_lines(self.partners.data)),
            frozenset(self.complement_ids.data or []),
        )


class ActivityForm(_Period):
    first, last = "starts_on", "ends_on"
    title = _line(_l("Aktivitet"), _l("Vad som görs eller ska göras."), required=True)
    state = _radio(_l("Läge"), ActivityState.choices())
    starts_on = _day(_l("Startar"))
    ends_on = _day(_l("Slutar"))

    def values(self) -> ActivityValues:
        return ActivityValues(
            self.title.data,
            ActivityState(self.state.data),
            self.starts_on.data,
            self.ends_on.data,
        )


class MethodForm(EditForm):
    board_id = _select(_l("Nämnd eller bolag"), coerce=_number_or_none)
    kind = _select(
        _l("Hur effekten mäts"),
        MethodKind.choices(),
        _l("Har ni inget sätt att mäta effekten än? Välj Ingen metod ännu."),
    )
    decide_by = _day(_l("Metod beslutas senast"), _l("Fyll bara i om det inte finns någon metod."))
    source = _line(_l("Källa"), _l("Till exempel Nationella trygghetsundersökningen."))
    frequency = _line(_l("Hur ofta"), _l("Till exempel varje år i mars."))
    who = _line(_l("Vem mäter"), _l("En funktion, inte namn på en person."))
    counts_as_effect = _text(
        _l("Vad skulle räknas som effekt?"),
        _l("Till exempel: fler svarar att de känner sig trygga på kvällen."),
        rows=3,
    )
    description = _text(_l("Beskrivning"))

    def offer(self, boards: Choices, *, everybody: bool) -> "MethodForm":
        """:param everybody: a method may also stand for all boards of the measure."""
        first = [("", _("Alla som ansvarar"))] if everybody else []
        self.board_id.choices = _options([*first, *boards])
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self.kind.data == MethodKind.NONE_YET and self.decide_by.data is None:
            if not self.decide_by.errors:
                self.decide_by.errors = [_("Skriv vilken dag metoden senast ska vara beslutad.")]
            return False
        return valid

    def values(self) -> MethodValues:
        kind = MethodKind(self.kind.data)
        return MethodValues(
            self.board_id.data,
            kind,
            self.source.data,
            self.frequency.data,
            self.description.data,
            self.who.data,
            self.counts_as_effect.data,
            self.decide_by.data if kind is MethodKind.NONE_YET else None,
        )


class ConfirmForm(FlaskForm):
    """Nothing but the token that shows the request is the person's own."""

    def __init__(self) -> None:
        super().__init__()


def _lines(text: str) -> Iterable[str]:
    """The lines written, without empty ones and repetitions."""
    return dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
