"""Forms of the follow-up: what is written of an area, what was decided."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from registry.followup.models import Assessed
from registry.followup.writing import Decided
from registry.inputs import AtMost, DayField, Required, VersionField, options
from registry.language import today
from registry.words import lazy as _l

LONG = 10_000


class TextForm(FlaskForm):
    """Of one goal area, or of the whole."""

    row_version = VersionField()
    assessed = SelectField(
        _l("Bedömning"),
        description=_l("Er samlade bedömning, vid sidan av siffrorna."),
        validate_choice=True,
    )
    text = TextAreaField(
        _l("Vad visar återrapporterna?"),
        [AtMost(LONG)],
        description=_l("Några stycken i löpande text. Tom rad ger nytt stycke."),
        render_kw={"rows": 8},
    )
    conclusion = TextAreaField(
        _l("Slutsats"),
        [AtMost(LONG)],
        description=_l("Vad bör kommunstyrelsen ta med sig, och vad behöver ändras?"),
        render_kw={"rows": 4},
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.assessed.choices = options([("", _("Inte bedömt ännu")), *Assessed.choices()])

    @property
    def judgement(self) -> Assessed | None:
        return Assessed(self.assessed.data) if self.assessed.data else None


class DecisionForm(FlaskForm):
    row_version = VersionField()
    decided_by = StringField(_l("Beslutat av"), [Required(), AtMost(200)])
    decided_on = DayField(_l("Beslutsdatum"), [Required()])
    paragraph = StringField(
        _l("Paragraf"), [Required(), AtMost(60)], description=_l("Till exempel § 45.")
    )
    case_number = StringField(
        _l("Diarienummer"), [AtMost(60)], description=_l("Till exempel KSN-2022-00123.")
    )
    text = TextAreaField(
        _l("Beslut"),
        [Required(), AtMost(LONG)],
        description=_l("Beslutet som det står i protokollet."),
        render_kw={"rows": 6},
    )

    def validate_decided_on(self, field: Field) -> None:
        if field.data and field.data > today():
            raise ValidationError(_("Beslutsdatumet har inte varit ännu."))

    def decided(self) -> Decided:
        """What was filled in; only for a form that has been validated."""
        if self.decided_on.data is None:
            raise ValueError("the form has not been validated")
        return Decided(
            decided_by=(self.decided_by.data or "").strip(),
            decided_on=self.decided_on.data,
            paragraph=(self.paragraph.data or "").strip(),
            case_number=(self.case_number.data or "").strip(),
            text=self.text.data or "",
        )
