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


def tags() -> list[tuple[str, str]]:
    """What a template may hold, and what comes in its place."""
    row = {"label": "{{ one.label }}", "text": "{{ one.text }}", "end": "{%tr endfor %}"}
    return [
        ("{{ body }}", _("allt innehåll; ensam i ett eget stycke, måste finnas")),
        ("{{ contents }}", _("innehållsförteckning; ensam i ett eget stycke")),
        ("{{ title }}", _("rubriken: nämnden, planen eller uppföljningen")),
        ("{{ subtitle }}", _("underrubriken: omgången eller åren")),
        ("{{ municipality }}", _("kommunens namn")),
        ("{{ date }}", _("dagen")),
        ("{{ summary }}", _("sammanfattning eller syfte")),
        (
            "{{ notice }}",
            _("det som måste sägas först, till exempel att planen är ett utkast"),
        ),
        ("{{ fact.period }}", _("en enskild uppgift; nycklarna är de som står i JSON-filen")),
        (
            "{%tr for one in facts %}",
            _(
                "en tabellrad för varje uppgift, med %(label)s och %(text)s; avsluta med %(end)s",
                **row,
            ),
        ),
        (
            "{%p if notice %}",
            _(
                "stycken som bara ska finnas när det finns något att visa; avsluta med %(end)s",
                end="{%p endif %}",
            ),
        ),
    ]
