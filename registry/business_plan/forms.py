"""Forms of a board's page: one small form for each measure, told apart by their prefix."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField, SelectField, StringField
from wtforms.validators import ValidationError

from registry.business_plan.figures import COSTS
from registry.business_plan.models import EntryState
from registry.business_plan.service import NO_COST, CostValues, EntryValues, Row, Seen
from registry.conflict import Difference, differing
from registry.inputs import AtMost, DayField, NumberField, Required, VersionField, options
from registry.words import lazy as _l

_LINE = AtMost(300)
_KRONOR, _EQUIVALENTS = Decimal(10) ** 12, Decimal(100_000)
QUESTIONS = ("state", "reference", "reason", "paragraph", "decided_on", *COSTS, "note")


def _stripped(value: str | None) -> str:
    return (value or "").strip()


def _line(label: Any, **more: Any) -> Any:
    return StringField(label, [_LINE], filters=[_stripped], **more)


def _amount(form: Form, field: Field) -> None:
    limit = _EQUIVALENTS if field.short_name.endswith("_fte") else _KRONOR
    if field.data is None:
        return
    if not 0 <= field.data < limit:
        raise ValidationError(_("Skriv ett tal som är 0 eller större, till exempel 250 000."))
    if field.data != round(field.data, 2):
        raise ValidationError(_("Skriv högst två decimaler."))


class _State(SelectField):
    def pre_validate(self, form: Any) -> None:
        if self.data not in {"", *EntryState}:
            raise ValidationError(_("Välj något i listan."))


class RowForm(Form):
    """What a board says of one measure. ``was`` is a digest of what the form was filled in from:
    a row that nobody has touched is left alone, whatever others have saved meanwhile."""

    state = _State(_l("Läge"), default="")
    reference = _line(_l("Var i planen"))
    reason = _line(_l("Skäl"))
    paragraph = _line(_l("Paragraf"))
    decided_on = DayField(_l("Beslutad den"))
    planned_kr = NumberField(_l("Planerat, kr"), [_amount])
    actual_kr = NumberField(_l("Utfall, kr"), [_amount])
    planned_fte = NumberField(_l("Planerade årsarbetskrafter"), [_amount])
    actual_fte = NumberField(_l("Utfall, årsarbetskrafter"), [_amount])
    note = _line(_l("Anteckning om kostnaden"))
    entry_version = VersionField()
    cost_version = VersionField()
    was = HiddenField()

    conflict: Mapping[str, Difference] = {}
    conflict_by = ""

    def __init__(self, row: Row, posted: Any = None) -> None:
        stored = _stored(row)
        super().__init__(posted, prefix=f"m{row.measure_id}-", data=stored)
        self.state.choices = options([("", _("Inte angivet")), *EntryState.choices()])
        self.row = row
        if posted is None:
            self.was.data = self._digest()

    @property
    def asked(self) -> list[Field]:
        return [self[name] for name in QUESTIONS]

    @property
    def untouched(self) -> bool:
        """Nothing was written here, or the row was not in the form that was sent."""
        return self.was.raw_data in (None, []) or self.was.data == self._digest()

    def raw(self) -> dict[str, list[str]]:
        """What the row would post as it stands, by full field name."""
        return {field.name: [_written(field)] for field in self.asked}

    def differences(self, stored: "RowForm") -> dict[str, Difference]:
        """Where what was written differs from what is stored, by full field name."""
        return {
            field.name: Difference(
                field.name, str(field.label.text), _read(field), _read(stored[field.short_name])
            )
            for field in self.asked
            if differing([field.name], self.raw(), stored.raw())
        }

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        wanted = {
            EntryState.TAKEN_IN: (
                self.reference,
                _("Skriv var i planen åtgärden står, till exempel avsnitt 3.2."),
            ),
            EntryState.NOT_TAKEN_IN: (self.reason, _("Skriv varför åtgärden inte tas in.")),
        }
        field, message = wanted.get(self.state.data, (None, ""))
        if field is not None and not field.data and not field.errors:
            field.errors = [message]
            return False
        said = (self.reference, self.reason, self.paragraph, self.decided_on)
        if not self.state.data and any(one.data for one in said):
            self.state.errors = [_("Välj läge, eller töm det som är skrivet om beslutet.")]
            return False
        return valid

    def seen(self) -> Seen:
        return Seen(self.entry_version.data or 0, self.cost_version.data or 0)

    def entry(self) -> EntryValues | None:
        if not self.state.data:
            return None
        return EntryValues(
            EntryState(self.state.data),
            self.reference.data or "",
            self.paragraph.data or "",
            self.decided_on.data,
            self.reason.data or "",
        )

    def cost(self) -> CostValues | None:
        cost = CostValues(
            self.planned_kr.data,
            self.actual_kr.data,
            self.planned_fte.data,
            self.actual_fte.data,
            self.note.data or "",
        )
        return None if cost == NO_COST else cost

    def meet(self, stored: "RowForm", by: str) -> None:
        """Someone else has saved the row: show both, and let the next save go on from there."""
        self.conflict, self.conflict_by = self.differences(stored), by
        for name in ("entry_version", "cost_version"):
            self[name].data, self[name].raw_data = stored[name].data, None

    def _digest(self) -> str:
        words = [_written(field).replace("\N{NO-BREAK SPACE}", " ") for field in self.asked]
        return sha256("\n".join(" ".join(word.split()) for word in words).encode()).hexdigest()[:16]


class DecisionForm(FlaskForm):
    """The board's decision on its plan of the year, for all that is on its way into it."""

    paragraph = StringField(
        _l("Paragraf"),
        [Required(), _LINE],
        filters=[_stripped],
        description=_l("Till exempel § 45."),
    )
    decided_on = DayField(_l("Beslutad den"), [Required()])
    reference = StringField(
        _l("Var i planen"),
        [_LINE],
        filters=[_stripped],
        description=_l("För åtgärder som saknar hänvisning, till exempel avsnitt 3.2."),
    )


class CopyForm(FlaskForm):
    """Nothing but the token that shows the request is the person's own."""


def _stored(row: Row) -> dict[str, Any]:
    entry, cost = row.entry, row.cost
    values: dict[str, Any] = {"entry_version": 0, "cost_version": 0, "state": ""}
    if entry is not None:
        names = ("state", "reference", "reason", "paragraph", "decided_on")
        values |= {name: getattr(entry, name) for name in names}
        values["state"] = entry.state.value
        values["entry_version"] = entry.row_version
    if cost is not None:
        values |= {name: getattr(cost, name) for name in (*COSTS, "note")}
        values["cost_version"] = cost.row_version
    return values


def _written(field: Any) -> str:
    if isinstance(field, SelectField):
        return str(field.data or "")
    return str(field._value()).strip()


def _read(field: Any) -> str:
    if isinstance(field, SelectField):
        return next(
            (str(label) for value, label, *_r in field.iter_choices() if value == field.data), ""
        )
    return _written(field)
