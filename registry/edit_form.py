"""A form on a row that two people may have open at once, and the fields such forms are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import ValidationError

from registry.conflict import Difference, differing
from registry.host import data
from registry.host.active import REMOVE
from registry.inputs import AtMost, ChoicesField, DayField, Required, VersionField
from registry.language import yes_no

Choices = Sequence[tuple[Any, Any]]

_LINE = AtMost(300)
_TEXT = AtMost(20000)


def stripped(value: str | None) -> str:
    return (value or "").strip()


def line(label: Any, help_text: Any = "", *, required: bool = False) -> Any:
    return StringField(
        label,
        [Required(), _LINE] if required else [_LINE],
        filters=[stripped],
        description=help_text,
    )


def text(label: Any, help_text: Any = "", rows: int = 4) -> Any:
    return TextAreaField(
        label,
        [_TEXT],
        filters=[stripped],
        description=help_text,
        render_kw={"rows": rows},
    )


def day(label: Any, help_text: Any = "") -> Any:
    return DayField(label, description=help_text)


def radio(label: Any, choices: Choices) -> Any:
    return RadioField(label, choices=options(choices), default=choices[0][0])


def boxes(label: Any, help_text: Any = "") -> Any:
    return ChoicesField(label, coerce=int, description=help_text)


def check(label: Any) -> Any:
    return BooleanField(label)


def options(choices: Choices) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in choices]


def number_or_none(value: Any) -> int | None:
    return int(value) if value not in (None, "", "None") else None


class Select(SelectField):
    """A select whose error says what to do."""

    def pre_validate(self, form: Any) -> None:
        known = {str(value) for value, *_rest in self.iter_choices()}
        if str("" if self.data is None else self.data) not in known:
            raise ValidationError(_("Välj något i listan."))


def select(label: Any, choices: Choices = (), help_text: Any = "", **more: Any) -> Any:
    return Select(label, choices=options(choices), description=help_text, **more)


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
