"""Forms for every part of a plan. Each gives its use case what was written as ``values()``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError

from registry.conflict import Difference, differing
from registry.effects.models import Better, MethodKind, Operator
from registry.host import calls, data
from registry.host.active import REMOVE, SEPARATOR
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import Issue, MeasureView
from registry.inputs import (
    AtMost,
    ChoicesField,
    DayField,
    NumberField,
    Required,
    VersionField,
)
from registry.language import yes_no
from registry.plan.effects import MethodValues, MetricValues
from registry.plan.measures import ActivityValues, MeasureValues
from registry.plan.models import ActivityState, MeasureKind, MeasureStatus
from registry.plan.service import AreaValues, GroupValues, SubGoalValues, VersionValues
from registry.words import lazy as _l

Choices = Sequence[tuple[Any, Any]]


_LINE = AtMost(300)
_TEXT = AtMost(20000)


def _stripped(value: str | None) -> str:
    return (value or "").strip()


def _line(label: Any, help_text: Any = "", *, required: bool = False) -> Any:
    return StringField(
        label,
        [Required(), _LINE] if required else [_LINE],
        filters=[_stripped],
        description=help_text,
    )


def _text(label: Any, help_text: Any = "", rows: int = 4) -> Any:
    return TextAreaField(
        label,
        [_TEXT],
        filters=[_stripped],
        description=help_text,
        render_kw={"rows": rows},
    )


def _day(label: Any, help_text: Any = "") -> Any:
    return DayField(label, description=help_text)


def _radio(label: Any, choices: Choices) -> Any:
    return RadioField(label, choices=_options(choices), default=choices[0][0])


def _boxes(label: Any, help_text: Any = "") -> Any:
    return ChoicesField(label, coerce=int, description=help_text)


def _check(label: Any) -> Any:
    return BooleanField(label)


def _options(choices: Choices) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in choices]


def _number_or_none(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class _Select(SelectField):
    """A select whose error says what to do."""

    def pre_validate(self, form: Any) -> None:
        known = {str(value) for value, *_rest in self.iter_choices()}
        if str("" if self.data is None else self.data) not in known:
            raise ValidationError(_("Välj något i listan."))


def _select(label: Any, choices: Choices = (), help_text: Any = "", **options: Any) -> Any:
    return _Select(label, choices=_options(choices), description=help_text, **options)


class EditForm(FlaskForm):
    """A form on a row that two people may have open at once."""

    row_version = VersionField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def asked(self) -> list[Field]:
        """The fields a person fills in."""
        return [
            field
            for field in self
            if field.name not in ("csrf_token", "row_version") and not field.name.endswith(REMOVE)
        ]

    def secrets(self) -> Mapping[str, data.SecretNote]:
        """What stands beside the secret questions, by field name."""
        return {}

    def raw(self) -> dict[str, list[str]]:
        """What the form would post as it stands."""
        return {field.name: _raw(field) for field in self.asked()}

    def differences(self, stored: "EditForm") -> dict[str, Difference]:
        """Where what was written differs from what is stored, by field."""
        secrets = self.secrets()
        open_names = [one.name for one in self.asked() if one.name not in secrets]
        names = differing(open_names, self.raw(), stored.raw())
        return {
            name: Difference(
                name, str(self[name].label.text), _read(self[name]), _read(stored[name])
            )
            for name in names
        }


def _raw(field: Field) -> list[str]:
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    if isinstance(field, ChoicesField):
        return sorted(str(value) for value in field.data or [])
    if isinstance(field, SelectField):
        return [] if field.data is None else [str(field.data)]
    return [_written(field)]


def _read(field: Field) -> str:
    """A field's value as a person reads it."""
    if isinstance(field, BooleanField):
        return yes_no(bool(field.data))
    if isinstance(field, ChoicesField | SelectField):
        chosen = set(_raw(field))
        return ", ".join(
            str(label) for value, label, *_r in field.iter_choices() if str(value) in chosen
        )
    return _written(field)


def _written(field: Any) -> str:
    return str(field._value())


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


class MetricForm(EditForm):
    name = _line(_l("Effektmått"), _l("Vad som mäts, till exempel Andel trygga."), required=True)
    unit = _line(_l("Enhet"), _l("Till exempel %, antal eller dagar."))
    better = _radio(_l("Riktning"), Better.choices())
    baseline_value = NumberField(_l("Utgångsvärde"))
    baseline_period = _line(_l("Utgångsvärdet gäller"), _l("Till exempel 2018."))
    target_operator = _select(_l("Målet är"))
    target_value = NumberField(_l("Målvärde"))
    target_period = _line(_l("Målet ska vara nått"), _l("Till exempel 2022."))
    target_place = _line(_l("Målet gäller per"), _l("Till exempel skola eller stadsdel."))
    target_text = _line(
        _l("Mål i ord"), _l("För mål som inte kan skrivas som ett tal. Ett mål i tal går före.")
    )
    source = _line(_l("Källa"), _l("Varifrån värdena kommer."))
    archived = _check(_l("Måttet används inte längre"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target_operator.choices = _options([("", _("Inget mål i tal")), *Operator.choices()])

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if self.target_operator.data and self.target_value.data is None:
            if not self.target_value.errors:
                self.target_value.errors = [_("Skriv ett tal, eller välj Inget mål i tal.")]
            return False
        if self.target_value.data is not None and not self.target_operator.data:
            self.target_operator.errors = [
                _("Välj om målet är minst, högst eller lika med målvärdet.")
            ]
            return False
        return valid

    def values(self) -> MetricValues:
        operator = self.target_operator.data
        return MetricValues(
            self.name.data,
            self.unit.data,
            Better(self.better.data),
            self.baseline_value.data,
            self.baseline_period.data,
            Operator(operator) if operator else None,
            self.target_value.data,
            self.target_period.data,
            self.target_place.data,
            self.target_text.data,
            self.source.data,
            self.archived.data,
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
