"""The filter of the log page."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Optional

from registry.audit import words
from registry.audit.service import Filter
from registry.inputs import DayField, NumberField
from registry.words import lazy as _l


class FilterForm(FlaskForm):
    """Sent by GET, so that a filter can be kept as a link; nothing is changed by it."""

    class Meta:
        csrf = False

    kind = SelectField(_l("Vad"), coerce=str, default="")
    object = NumberField(_l("Nummer"), [Optional()], whole=True)
    person = StringField(_l("Person"))
    action = StringField(_l("Händelse"))
    first = DayField(_l("Från"), [Optional()])
    last = DayField(_l("Till och med"), [Optional()])

    def offer(self) -> None:
        kinds = sorted(
            ((key, str(label)) for key, label in words.KINDS.items()), key=lambda k: k[1]
        )
        wanted = self.kind.data or ""
        if wanted and wanted not in words.KINDS:  # a table of a plugin's
            kinds.append((wanted, wanted))
        self.kind.choices = [SelectChoice("", _("Allt")), *(SelectChoice(*kind) for kind in kinds)]

    def read(self) -> Filter:
        """The filter; what could not be read filters nothing and says so at its field."""
        self.validate()
        number = self.object.data if not self.object.errors else None
        return Filter(
            kind=(self.kind.data or "") if not self.kind.errors else "",
            object_id=None if number is None else int(number),
            person=(self.person.data or "").replace("\x00", "").strip(),
            action=(self.action.data or "").replace("\x00", "").strip(),
            first=self.first.data,
            last=self.last.data,
        )
