"""Field types of domains. A field is one object with several faces: a form field, JSON, text to
read, a schema, samples for tests.

A plugin declares fields; it never touches WTForms. To make a type of one's own, subclass
:class:`Field` and give it ``kind`` and the faces.
"""

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask_babel import gettext as _
from wtforms import Field as FormField
from wtforms import Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import Optional, ValidationError

from registry.inputs import AtMost, ChoicesField, DayField, NumberField, Required, options
from registry.language import day, number, yes_no
from registry.words import lazy as _l

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
GROUND = re.compile(r"OSL \d{1,2}:\d{1,2}[a-z]?")


@dataclass(frozen=True)
class Field:
    """A question a domain asks.

    :param name: identifier within the domain: lower case, digits, underscore.
    :param label: what a person reads.
    :param help: a sentence that helps to answer.
    :param required: must be answered before a report is ready.
    :param secrecy: legal ground, as ``"OSL 18:13"``, which makes the field secret.
    """

    name: str
    label: str
    _: KW_ONLY
    help: str = ""
    required: bool = False
    secrecy: str | None = None

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name) or "__" in self.name:
            raise ValueError(f"{self.name!r} is not a field name (lower case, digits, underscore)")
        if not self.label.strip():
            raise ValueError(f"field {self.name} has no label")
        if self.secrecy is not None and not GROUND.fullmatch(self.secrecy):
            raise ValueError(
                f"field {self.name}: secrecy is a ground as 'OSL 18:13', not {self.secrecy!r:.40}"
            )

    # the faces -------------------------------------------------------------------------------

    def bound_field(self) -> Any:
        """The form field as the host uses it: a secret one is never required by the form, for the
        answer may lie sealed already, and an empty one leaves that as it is."""
        return (replace(self, required=False) if self.secrecy else self).form_field()

    def form_field(self) -> Any:
        """An unbound WTForms field."""
        raise NotImplementedError

    def dump(self, value: Any) -> Any:
        """A value as JSON; only called with a value that is there."""
        return value

    def load(self, stored: Any) -> Any:
        """:raises ValueError: when what is stored is not a value of this field."""
        return stored

    def text(self, value: Any) -> str:
        """A value as a person reads it."""
        return str(value)

    def schema(self) -> dict[str, Any]:
        """The value's JSON schema."""
        return {"type": "string"}

    def samples(self) -> Sequence[Any]:
        """Values that must survive dump → JSON → load."""
        return ()

    @property
    def unit(self) -> str:
        return ""

    def is_empty(self, value: Any) -> bool:
        return value is None or value == "" or value == []

    def spec(self) -> tuple[Any, ...]:
        """What the form's hash is made of: a change here means a changed question."""
        return (self.kind, self.name, self.label, self.required, self.secrecy)

    def _common(self, *validators: Any) -> dict[str, Any]:
        first: Any = Required() if self.required else Optional()
        return {"label": self.label, "description": self.help, "validators": [first, *validators]}


@dataclass(frozen=True)
class Text(Field):
    """One line of text."""

    kind: ClassVar[str] = "text"
    _: KW_ONLY
    max_length: int = 200

    def form_field(self) -> Any:
        return StringField(**self._common(AtMost(self.max_length)), filters=[_stripped])

    def load(self, stored: Any) -> str:
        if not isinstance(stored, str):
            raise ValueError(f"{self.name}: not text")
        return stored

    def samples(self) -> Sequence[Any]:
        return ("a", "Räksmörgås & <b>", "x" * self.max_length)


@dataclass(frozen=True)
class LongText(Text):
    """Several lines of text."""

    kind: ClassVar[str] = "long_text"
    _: KW_ONLY
    max_length: int = 5000

    def form_field(self) -> Any:
        return TextAreaField(
            **self._common(AtMost(self.max_length)), filters=[_stripped], render_kw={"rows": 4}
        )


@dataclass(frozen=True)
class Number(Field):
    """A decimal number between ``least`` and ``most``."""

    kind: ClassVar[str] = "number"
    whole: ClassVar[bool] = False
    _: KW_ONLY
    least: int | None = None
    most: int | None = None

    def form_field(self) -> Any:
        return NumberField(**self._common(_Between(self.least, self.most)), whole=self.whole)

    def dump(self, value: Decimal) -> Any:
        return str(value) if value != value.to_integral_value() else int(value)

    def load(self, stored: Any) -> Decimal:
        if isinstance(stored, bool) or not isinstance(stored, int | str):
            raise ValueError(f"{self.name}: not a number")
        value = Decimal(stored)
        if not value.is_finite():
            raise ValueError(f"{self.name}: not a number")
        return value

    def text(self, value: Decimal) -> str:
        return f"{number(value)} {self.unit}".rstrip()

    def schema(self) -> dict[str, Any]:
        return {"type": ["integer", "string"]}

    def samples(self) -> Sequence[Any]:
        low = Decimal(self.least if self.least is not None else -3)
        high = Decimal(self.most if self.most is not None else 1_234_567)
        return (low, high) if self.whole else (low, low + Decimal("0.5"), high)


@dataclass(frozen=True)
class Whole(Number):
    """A whole number, not below zero unless said."""

    kind: ClassVar[str] = "whole"
    whole: ClassVar[bool] = True
    _: KW_ONLY
    least: int | None = 0


@dataclass(frozen=True)
class Percent(Number):
    """A share in per cent, 0–100."""

    kind: ClassVar[str] = "percent"
    _: KW_ONLY
    least: int | None = 0
    most: int | None = 100

    @property
    def unit(self) -> str:
        return "%"


@dataclass(frozen=True)
class Money(Number):
    """An amount in kronor."""

    kind: ClassVar[str] = "money"

    @property
    def unit(self) -> str:
        return "kr"


@dataclass(frozen=True)
class Date(Field):
    """A day."""

    kind: ClassVar[str] = "date"

    def form_field(self) -> Any:
        return DayField(**self._common())

    def dump(self, value: date) -> str:
        return value.isoformat()

    def load(self, stored: Any) -> date:
        if not isinstance(stored, str):
            raise ValueError(f"{self.name}: not a date")
        return date.fromisoformat(stored)

    def text(self, value: date) -> str:
        return day(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}

    def samples(self) -> Sequence[Any]:
        return (date(2020, 2, 29), date(2026, 1, 31))


@dataclass(frozen=True)
class Flag(Field):
    """Yes or no; not answered is neither."""

    kind: ClassVar[str] = "flag"

    def form_field(self) -> Any:
        return _FlagField(**self._common())

    def load(self, stored: Any) -> bool:
        if not isinstance(stored, bool):
            raise ValueError(f"{self.name}: neither yes nor no")
        return stored

    def text(self, value: bool) -> str:
        return yes_no(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}

    def samples(self) -> Sequence[Any]:
        return (True, False)


@dataclass(frozen=True)
class Choice(Field):
    """One of several options, each ``(value, label)``.

    An option that has been used is never taken away: move it to ``archived``, and answers given
    with it keep their label while nobody can choose it anew.
    """

    kind: ClassVar[str] = "choice"
    _: KW_ONLY
    options: tuple[tuple[str, str], ...] = ()
    archived: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        values = [value for value, _label in (*self.options, *self.archived)]
        if not self.options or len(values) != len(set(values)):
            raise ValueError(f"field {self.name} needs options, each value once")

    def form_field(self) -> Any:
        choices = options([("", _l("Välj")), *self.options])
        return _ChoiceField(**self._common(), choices=choices, archived=self.archived)

    def load(self, stored: Any) -> str:
        if stored not in dict((*self.options, *self.archived)):
            raise ValueError(f"{self.name}: {stored!r} is not an option")
        return str(stored)

    def text(self, value: str) -> str:
        return str(dict((*self.options, *self.archived)).get(value, value))

    def schema(self) -> dict[str, Any]:
        return {"enum": [value for value, _label in (*self.options, *self.archived)]}

    def samples(self) -> Sequence[Any]:
        return tuple(value for value, _label in self.options)

    def spec(self) -> tuple[Any, ...]:
        return (*super().spec(), self.options)


@dataclass(frozen=True)
class Choices(Choice):
    """Several of several options."""

    kind: ClassVar[str] = "choices"

    def form_field(self) -> Any:
        return ChoicesField(**self._common(), choices=options(self.options))

    def load(self, stored: Any) -> Any:
        known = dict((*self.options, *self.archived))
        if not isinstance(stored, list) or any(value not in known for value in stored):
            raise ValueError(f"{self.name}: not a list of options")
        return list(stored)

    def text(self, value: Any) -> str:
        known = dict((*self.options, *self.archived))
        return ", ".join(str(known.get(one, one)) for one in value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().schema()}

    def samples(self) -> Sequence[Any]:
        values = [value for value, _label in self.options]
        return (values[:1], values)


@dataclass(frozen=True)
class Link(Text):
    """A web address, http or https."""

    kind: ClassVar[str] = "link"
    _: KW_ONLY
    max_length: int = 500

    def form_field(self) -> Any:
        return StringField(**self._common(_web_address), filters=[_stripped])

    def samples(self) -> Sequence[Any]:
        return ("https://example.org/a?b=c",)


# parts of the faces --------------------------------------------------------------------------


class _FlagField(RadioField):
    """Radio buttons Ja and Nej; ``data`` is True, False or None."""

    def __init__(self, **kwargs: Any) -> None:
        choices = options([("yes", _l("Ja")), ("no", _l("Nej"))])
        super().__init__(choices=choices, coerce=_yes_or_no, **kwargs)
        self.type = "RadioField"

    def pre_validate(self, form: BaseForm) -> None:
        if self.raw_data and self.data is None:
            raise ValidationError(_("Välj Ja eller Nej."))


def _yes_or_no(value: Any) -> bool | None:
    return {"yes": True, "no": False, True: True, False: False}.get(value)


class _ChoiceField(SelectField):
    """A select that keeps an archived answer choosable where it already stands."""

    def __init__(
        self, *, choices: list[Any], archived: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(choices=choices, **kwargs)
        self.offered: list[Any] = choices
        self.archived = dict(archived)

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        if value in self.archived:
            self.choices = [*self.offered, *options([(value, self.archived[value])])]

    def pre_validate(self, form: BaseForm) -> None:
        if self.data and self.data not in {choice.value for choice in self.offered}:
            raise ValidationError(_("Välj något i listan."))


@dataclass(frozen=True)
class _Between:
    least: int | None
    most: int | None

    def __call__(self, form: Form, field: FormField) -> None:
        value = field.data
        if value is None:
            return
        if self.least is not None and value < self.least:
            raise ValidationError(_("Talet ska vara minst %(least)s.", least=self.least))
        if self.most is not None and value > self.most:
            raise ValidationError(_("Talet ska vara högst %(most)s.", most=self.most))


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _web_address(form: Form, field: FormField) -> None:
    if not field.data:
        return
    parts = urlsplit(field.data)
    if parts.scheme not in {"http", "https"} or not parts.netloc or len(field.data) > 500:
        raise ValidationError(_("Skriv en hel webbadress, till exempel https://example.org."))
