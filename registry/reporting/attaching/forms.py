"""The form that attaches a file."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms.validators import StopValidation

from registry.attachments.kinds import ENDINGS
from registry.words import lazy as _l


class AttachForm(FlaskForm):
    file = FileField(
        _l("Fil att bifoga"),
        description=_l(
            "PDF, bild eller Office-dokument utan makron. Namnet syns för alla som läser "
            "återrapporten. Bifoga inga personuppgifter och inget som är hemligt."
        ),
        render_kw={"accept": ",".join(ENDINGS)},
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))
