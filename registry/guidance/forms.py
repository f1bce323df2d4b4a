"""The form of a page of guidance."""

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from registry.guidance.models import GuidancePlace
from registry.guidance.service import PageValues
from registry.inputs import AtMost, NumberField, Required, VersionField, options
from registry.words import lazy as _l

FIELDS = ("title", "body", "place", "position", "published")


def _stripped(value: str | None) -> str:
    return (value or "").strip()


class GuidanceForm(FlaskForm):
    row_version = VersionField()
    title = StringField(_l("Rubrik"), [Required(), AtMost(200)], filters=[_stripped])
    body = TextAreaField(
        _l("Text"),
        [Required(), AtMost(50000)],
        filters=[_stripped],
        description=_l(
            "Skriv i Markdown: tom rad mellan stycken, - framför punkter, ## framför rubriker, "
            "[text](adress) för länkar."
        ),
        render_kw={"rows": 16},
    )
    place = SelectField(
        _l("Visas vid"),
        choices=options([("", _l("Bara i listan")), *GuidancePlace.choices()]),
        description=_l("Sidan eller formuläret som texten hjälper till med."),
    )
    position = NumberField(
        _l("Ordning"), whole=True, description=_l("Lägst tal kommer först. Tomt är 0.")
    )
    published = BooleanField(_l("Publicerad: visas för alla som har en roll"))

    def validate_position(self, field: NumberField) -> None:
        if field.data is not None and not 0 <= field.data <= 9999:
            raise ValidationError(_("Skriv ett tal mellan 0 och 9999."))

    def values(self) -> PageValues:
        return PageValues(
            title=self.title.data or "",
            body=self.body.data or "",
            place=GuidancePlace(self.place.data) if self.place.data else None,
            position=int(self.position.data or 0),
            published=bool(self.published.data),
        )
