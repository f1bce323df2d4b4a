"""Forms of fetching from Kolada."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField
from wtforms.validators import StopValidation

from registry.edit_form import line
from registry.inputs import ChoicesField, options
from registry.words import lazy as _l


class StartForm(FlaskForm):
    """A button."""


class FileForm(FlaskForm):
    file = FileField(
        _l("Fil med värden"),
        description=_l("Koladas svar (JSON), eller en tabell som CSV eller Excel."),
        render_kw={"accept": ".json,.csv,.xlsx"},
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))


class CompareForm(FlaskForm):
    area = line(
        _l("Kommun eller grupp"),
        _l("Namn eller kod, till exempel Stockholm, 0180 eller G35843."),
        required=True,
    )


class ConfirmForm(FlaskForm):
    digest = HiddenField()
    metric = ChoicesField(_l("Spara"), coerce=int)

    def offer(self, metrics: list[tuple[int, str]]) -> "ConfirmForm":
        self.metric.choices = options(metrics)
        return self

    @property
    def chosen(self) -> list[Any]:
        return list(self.metric.data or [])
