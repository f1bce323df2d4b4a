"""Forms around domains: a file to read, a reason to open."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField
from wtforms.validators import ValidationError

from registry.host.values import Importer
from registry.inputs import AtMost, Required
from registry.words import lazy as _l


class ReasonForm(FlaskForm):
    """Why somebody needs to read what is withheld; it goes into the log."""

    reason = StringField(
        _l("Varför behöver du läsa uppgifterna?"),
        [Required(), AtMost(300)],
        description=_l("Till exempel ett ärende och dess nummer. Skälet skrivs i loggen."),
    )


class FileForm(FlaskForm):
    file = FileField(_l("Fil"), [FileRequired(_l("Välj en fil."))])

    def accept(self, importer: Importer) -> "FileForm":
        self.importer = importer
        self.file.description = importer.help
        self.file.render_kw = {"accept": ",".join(importer.suffixes)}
        return self

    def validate_file(self, field: FileField) -> None:
        name = (field.data.filename or "").lower() if field.data else ""
        if not name.endswith(tuple(suffix.lower() for suffix in self.importer.suffixes)):
            kinds = ", ".join(self.importer.suffixes)
            raise ValidationError(_("Välj en fil av typen %(kinds)s.", kinds=kinds))
