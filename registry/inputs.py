"""Form fields that read what people in Sweden write."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from wtforms import DateField, Field, IntegerField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from registry.language import TooExact, in_field, number, parse_number


def options(pairs: Iterable[tuple[Any, str]]) -> list[Any]:
    """Choices of a select from pairs of value and label."""
    return [SelectChoice(value, label) for value, label in pairs]


class AtMost(Length):
    """At most so many characters: said in words, for a browser's own limit cuts without a word."""

    def __init__(self, limit: int) -> None:
        super().__init__(max=limit)
        self.field_flags = {}

    def __call__(self, form: Any, field: Field) -> None:
        if len(field.data or "") > self.max:
            raise ValidationError(
                _("Texten får ha högst %(limit)s tecken.", limit=number(self.max))
            )


class Required(DataRequired):
    """Says what to do, in words; ``DataRequired`` but for the sentence."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.data is None or field.data == [] or not str(field.data).strip():
            if field.errors:  # it could not be read: that is said already
                raise StopValidation()
            field.errors = []
            raise StopValidation(_("Fyll i det här fältet."))


class NumberField(StringField):
    """A decimal number, written ``1 234,5`` or ``1234.5``; ``data`` is a Decimal or ``None``."""

    def __init__(
        self, label: Any = None, validators: Any = None, *, whole: bool = False, **kw: Any
    ) -> None:
        super().__init__(label, validators, **kw)
        self.whole = whole
        kind = "numeric" if whole else "decimal"
        self.render_kw = {"inputmode": kind, "autocomplete": "off", **(self.render_kw or {})}

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data: Decimal | None = None  # type: ignore[assignment]
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            value = parse_number(text)
        except ValueError as error:
            if self.whole:
                raise ValueError(_("Skriv ett heltal, till exempel 12.")) from error
            if isinstance(error, TooExact):
                raise ValueError(
                    _("Skriv talet med högst fyra decimaler och högst fjorton siffror.")
                ) from error
            raise ValueError(_("Skriv ett tal, till exempel 12 eller 12,5.")) from error
        if self.whole and value != value.to_integral_value():
            raise ValueError(_("Skriv ett heltal, till exempel 12."))
        self.data = value

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else in_field(self.data)


class DayField(DateField):
    """A date; the sentence says how to write one."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data: date | None = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            self.data = date.fromisoformat(text)
        except ValueError as error:
            raise ValueError(
                _("Skriv datumet som år-månad-dag, till exempel 2026-01-31.")
            ) from error
        if not 1900 <= self.data.year <= 2200:
            self.data = None
            raise ValueError(_("Året måste ligga mellan 1900 och 2200."))


class DaysField(StringField):
    """Numbers of days, written ``14, 3, -1``; ``data`` is a list, the largest first."""

    def __init__(self, label: Any = None, validators: Any = None, **kw: Any) -> None:
        super().__init__(label, validators, **kw)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data: Any = []
        text = (valuelist[0] if valuelist else "").replace("−", "-").replace(";", ",")
        parts = [part.strip() for part in text.split(",") if part.strip()]
        try:
            days = {int(part) for part in parts}
        except ValueError as error:
            raise ValueError(
                _("Skriv dagarna med komma emellan, till exempel 14, 3, -1.")
            ) from error
        if len(days) > 8 or any(abs(day) > 365 for day in days):
            raise ValueError(_("Skriv högst åtta dagar, var och en inom ett år från sista dagen."))
        self.data = sorted(days, reverse=True)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return ", ".join(str(day) for day in self.data or ())


class VersionField(IntegerField):
    """Which version of a row the form was filled in from; left out or unreadable, it is an old
    one (0), so that nobody saves over another by leaving it out."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def _value(self) -> str:
        return str(self.data or 0)


class ChoicesField(SelectMultipleField):
    """Several choices, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
