"""Forms of rounds and reports."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, Form, SelectField, StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from registry.host import active
from registry.host.calls import Checked
from registry.host.data import SecretNote, as_form_data, missing_secrets, secret_notes
from registry.host.models import SubjectKind
from registry.inputs import (
    AtMost,
    ChoicesField,
    DayField,
    DaysField,
    NumberField,
    Required,
    options,
)
from registry.plan.models import MeasureStatus
from registry.reporting.models import REMINDERS, DeviationReason
from registry.reporting.period import bounds
from registry.reporting.rounds import NewRound
from registry.reporting.writing import CORE_FIELDS, ItemPage
from registry.words import lazy as _l

LONG = 5000


class CoreForm(Form):
    """What every report asks, whatever the domain."""

    status = SelectField(
        _l("Läge vid periodens slut"),
        [Required()],
        choices=options([("", _l("Välj")), *MeasureStatus.choices()]),
        validate_choice=False,
    )
    done = TextAreaField(
        _l("Vad har gjorts?"),
        [Required(), AtMost(LONG)],
        description=_l("Några meningar. Skriv inga personuppgifter."),
        render_kw={"rows": 5},
    )
    deviation = TextAreaField(
        _l("Avvikelse"),
        [AtMost(LONG)],
        description=_l("Vad blev inte som planerat? Lämna tomt om inget avvek."),
        render_kw={"rows": 3},
    )
    deviation_reason = SelectField(
        _l("Orsak till avvikelsen"),
        choices=options([("", _l("Välj")), *DeviationReason.choices()]),
        validate_choice=False,
        description=_l(
            "Anges när du har beskrivit en avvikelse, och alltid när åtgärden är försenad eller "
            "avslutad i förtid."
        ),
    )

    def validate_status(self, field: Field) -> None:
        _known(MeasureStatus, field.data)

    def validate_deviation_reason(self, field: Field) -> None:
        _known(DeviationReason, field.data)
        if not field.data and (self._has_deviated() or (self.deviation.data or "").strip()):
            raise ValidationError(_("Välj orsaken till avvikelsen."))

    def _has_deviated(self) -> bool:
        return self.status.data in {MeasureStatus.DELAYED.value, MeasureStatus.STOPPED.value}

    def validate_deviation(self, field: Field) -> None:
        if self._has_deviated() and not (field.data or "").strip():
            raise ValidationError(
                _("Beskriv avvikelsen när åtgärden är försenad eller avslutad i förtid.")
            )


def _known(kind: Any, value: str | None) -> None:
    if value and value not in {member.value for member in kind}:
        raise ValidationError(_("Välj något i listan."))


class MetricForm(Form):
    """One effect value, or the word that it has not been measured."""

    value = NumberField(_l("Utfall"), [Optional()])
    not_measured = BooleanField(_l("Inte mätt den här perioden"))

    def validate_not_measured(self, field: Field) -> None:
        if field.data and self.value.data is not None:
            raise ValidationError(_("Ange ett värde eller kryssa i Inte mätt, inte båda."))


class Entry:
    """The whole form of one measure: core, the domain's fields, effect values.

    :param answers: values by form name to show in place of those stored.
    """

    def __init__(
        self,
        page: ItemPage,
        posted: "MultiDict[str, str] | None" = None,
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        base = active.current().form_class(CoreForm, SubjectKind.REPORT_ITEM, page.domain_name)
        self.page = page
        self.questions: str = base.questions  # type: ignore[attr-defined]
        names: dict[str, Any] = base.domain_fields  # type: ignore[attr-defined]
        as_stored = posted is None and answers is None
        self.form = base(formdata=posted, data=self._stored() if as_stored else answers)
        self.metrics = {
            metric.id: MetricForm(
                formdata=posted,
                prefix=f"metric-{metric.id}-",
                data=page.metric_value(metric.id) if posted is None else None,
            )
            for metric in page.metrics
        }
        for metric in page.metrics:
            unit = f" ({metric.unit})" if metric.unit else ""
            self.metrics[metric.id].value.label.text = f"{metric.name}{unit}"
        self.domain_fields = {name: self.form[name] for name in names}
        if as_stored:
            self._show_unreadable()

    def _stored(self) -> dict[str, Any]:
        item = self.page.item
        core = {
            "status": item.status.value if item.status else "",
            "done": item.done,
            "deviation": item.deviation,
            "deviation_reason": item.deviation_reason.value if item.deviation_reason else "",
        }
        return {**core, **as_form_data(self.page.asking, self.page.stored)}

    def _show_unreadable(self) -> None:
        """Put back, word for word, what a draft holds that could not be read."""
        domain = self.page.domain_name
        unreadable = {f"{domain}__{name}": raw for name, raw in self.page.stored.entered.items()}
        for bound in self.fields():
            raw = self.page.item.entered.get(bound.name) or unreadable.get(bound.name)
            if raw:
                bound.process(MultiDict((bound.name, one) for one in raw))

    def fields(self) -> Iterable[Field]:
        yield from self.form
        for form in self.metrics.values():
            yield from form

    def validate(self) -> bool:
        answers = [self.form.validate(), *(form.validate() for form in self.metrics.values())]
        return all(answers)

    def require_metrics(self) -> bool:
        """A report that is ready answers for each effect value, if only that it is not measured."""
        complete = True
        for form in self.metrics.values():
            if form.value.data is None and not form.not_measured.data and not form.value.errors:
                form.value.errors = [_("Ange ett värde, eller kryssa i Inte mätt.")]
                complete = False
        return complete

    def require_secrets(self) -> bool:
        """A secret answer that must be given is written now, or lies sealed already."""
        if self.page.asking is None:
            return True
        missing = missing_secrets(
            self.page.asking, SubjectKind.REPORT_ITEM, self.page.stored, self.form
        )
        for name, message in missing.items():
            self.form[name].errors = [message]
        return not missing

    def secrets(self) -> Mapping[str, SecretNote]:
        """What stands beside the secret questions, by form name."""
        return secret_notes(self.page.asking, SubjectKind.REPORT_ITEM, self.page.stored, self.form)

    def add(self, checked: Checked) -> list[str]:
        """Put a domain's findings on their fields; those without a field are returned."""
        loose: list[str] = []
        for issue in checked.errors:
            name = f"{self.page.domain_name}__{issue.field}"
            if issue.field and name in self.domain_fields:
                self.form[name].errors = [*self.form[name].errors, issue.message]
            else:
                loose.append(issue.message)
        return loose

    @property
    def errors(self) -> dict[str, list[str]]:
        """Form name → what to put right, in the order of the page."""
        return {bound.name: list(bound.errors) for bound in self.fields() if bound.errors}

    def __getitem__(self, name: str) -> Field:
        return next(bound for bound in self.fields() if bound.name == name)

    def raw(self) -> Mapping[str, list[str]]:
        """Every field as the browser would post it."""
        return {bound.name: _raw(bound) for bound in self.fields()}

    def core_names(self) -> Iterable[str]:
        return CORE_FIELDS


def _raw(bound: Field) -> list[str]:
    if isinstance(bound, BooleanField):
        return ["y"] if bound.data else []
    if isinstance(bound, ChoicesField):
        return [str(one) for one in bound.data or []]
    if bound.type == "RadioField":
        return {True: ["yes"], False: ["no"]}.get(bound.data, [])
    if isinstance(bound, NumberField | DayField):
        shown = str(bound._value())  # type: ignore[union-attr]
        return [shown] if shown else []
    return [str(bound.data)] if bound.data else []


def as_read(bound: Field, raw: list[str]) -> str:
    """Posted values as a person reads them."""
    if isinstance(bound, BooleanField):
        return str(bound.label.text) if raw else ""
    choices = getattr(bound, "choices", None)
    if choices:
        labels = {str(choice.value): str(choice.label) for choice in choices}
        return ", ".join(labels.get(one, one) for one in raw)
    return "\n".join(raw)


CLOSES = _l("När du tänker stänga omgången. Den stängs inte av sig själv.")
REMINDED = _l(
    "Antal dagar före sista dagen, med minus för dagar efter. Till exempel 14, 3, -1, -7. "
    "Lämna tomt för att inte påminna."
)


class RoundForm(FlaskForm):
    """Opening a round."""

    title = StringField(
        _l("Omgångens namn"), [Required(), AtMost(60)], description=_l("Till exempel 2021.")
    )
    period = StringField(
        _l("Period"),
        [Required()],
        description=_l("Ett år, till exempel 2021, eller ett tertial, till exempel 2021 T2."),
    )
    opens_on = DayField(_l("Öppnar"), [Required()])
    due_on = DayField(_l("Sista dag att lämna in"), [Required()])
    closes_on = DayField(_l("Stängs"), [Optional()], description=CLOSES)
    reminder_days = DaysField(_l("Påminnelser"), description=REMINDED, default=lambda: REMINDERS)
    board_ids = ChoicesField(_l("Nämnder och bolag som ska rapportera"), coerce=int)
    with_finished = BooleanField(
        _l("Fråga även om åtgärder som redan är genomförda eller avslutade")
    )

    def validate_period(self, field: Field) -> None:
        try:
            bounds(field.data or "")
        except ValueError as error:
            raise ValidationError(_("Skriv perioden som 2021 eller 2021 T2.")) from error

    def validate_due_on(self, field: Field) -> None:
        if self.opens_on.data and field.data and field.data < self.opens_on.data:
            raise ValidationError(_("Sista dagen kan inte ligga före dagen då omgången öppnar."))

    def validate_board_ids(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Välj minst en nämnd eller ett bolag."))

    def decision(self, version_id: int) -> NewRound:
        """What was decided; only for a form that has been validated."""
        if self.opens_on.data is None or self.due_on.data is None:
            raise ValueError("the form has not been validated")
        return NewRound(
            version_id=version_id,
            title=(self.title.data or "").strip(),
            period=(self.period.data or "").strip(),
            opens_on=self.opens_on.data,
            due_on=self.due_on.data,
            board_ids=frozenset(self.board_ids.data or ()),
            with_finished=bool(self.with_finished.data),
            closes_on=self.closes_on.data,
            reminder_days=tuple(self.reminder_days.data or ()),
        )

    def validate_closes_on(self, field: Field) -> None:
        _after_due(self.due_on.data, field.data)


class ChangeRoundForm(FlaskForm):
    title = StringField(_l("Omgångens namn"), [Required(), AtMost(60)])
    due_on = DayField(_l("Sista dag att lämna in"), [Required()])
    closes_on = DayField(_l("Stängs"), [Optional()], description=CLOSES)
    reminder_days = DaysField(_l("Påminnelser"), description=REMINDED)

    def validate_closes_on(self, field: Field) -> None:
        _after_due(self.due_on.data, field.data)


def _after_due(due_on: date | None, closes_on: date | None) -> None:
    if due_on and closes_on and closes_on < due_on:
        raise ValidationError(_("Omgången kan inte stängas före sista dagen att lämna in."))


class OwnDayForm(FlaskForm):
    """Another last day for one board."""

    board_id = SelectField(_l("Nämnd eller bolag"), [Required()], coerce=int)
    own_due_on = DayField(_l("Sista dag för nämnden"), [Required()])
    reason = StringField(
        _l("Varför"), [Required(), AtMost(300)], description=_l("Syns för nämnden och i loggen.")
    )


class SubmitForm(FlaskForm):
    summary = TextAreaField(
        _l("Nämndens sammanfattning"),
        [AtMost(LONG)],
        description=_l("Två eller tre meningar som kommunstyrelsen läser först. Kan lämnas tom."),
        render_kw={"rows": 4},
    )


class ReturnForm(FlaskForm):
    comment = TextAreaField(
        _l("Vad behöver kompletteras?"),
        [Required(), AtMost(LONG)],
        render_kw={"rows": 4},
    )


class CommentForm(FlaskForm):
    text = TextAreaField(
        _l("Kommentar"),
        [Required(), AtMost(LONG)],
        description=_l("Läses av nämnden och kommunledningskontoret. Skriv inga personuppgifter."),
        render_kw={"rows": 3},
    )


class HandOverForm(FlaskForm):
    board_id = SelectField(_l("Lämna över till"), coerce=int, validate_choice=False)
    note = TextAreaField(
        _l("Vad ska de svara på?"), [AtMost(LONG)], render_kw={"rows": 2}, id="hand-over-note"
    )


class HandBackForm(FlaskForm):
    note = TextAreaField(
        _l("Meddelande till nämnden"), [AtMost(LONG)], render_kw={"rows": 2}, id="hand-back-note"
    )


class NoteForm(FlaskForm):
    """A dated note of a board; which board is asked only of who writes for several."""

    board_id = SelectField(_l("Nämnd eller bolag"), coerce=int, validate_choice=False)
    noted_on = DayField(_l("Datum"), [Required()])
    text = TextAreaField(
        _l("Anteckning"),
        [Required(), AtMost(LONG)],
        description=_l("Vad har hänt? Skriv inga personuppgifter."),
        render_kw={"rows": 3},
    )
