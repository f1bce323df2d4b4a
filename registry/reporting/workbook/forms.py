"""The form that takes in a filled-in workbook."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms.validators import StopValidation

from registry.words import lazy as _l


class WorkbookForm(FlaskForm):
    file = FileField(_l("Ifylld arbetsbok (.xlsx)"), render_kw={"accept": ".xlsx"})

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))
