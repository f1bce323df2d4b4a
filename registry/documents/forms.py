"""The form that takes in a Word template."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.validators import StopValidation

from registry.documents.document import Subject
from registry.inputs import options
from registry.words import lazy as _l

NAMES = {
    Subject.REPORT: _l("Återrapporter"),
    Subject.FOLLOWUP: _l("Uppföljningar"),
    Subject.PLAN: _l("Handlingsplaner"),
}


class TemplateForm(FlaskForm):
    subject = SelectField(
        _l("Mallen gäller"), choices=options((one.value, name) for one, name in NAMES.items())
    )
    file = FileField(
        _l("Mall"),
        description=_l("Ett Word-dokument (.docx), högst 5 MB, utan makron."),
        render_kw={"accept": ".docx"},
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))
