"""Forms of notices and of what a person wants mail about."""

from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import Length, ValidationError

from registry.inputs import AtMost, ChoicesField, Required, options
from registry.notices.alerts import MailChoice
from registry.notices.models import Topic
from registry.words import lazy as _l


def _stripped(value: str | None) -> str:
    return (value or "").strip()


class NoticeForm(FlaskForm):
    """A notice being written. ``key`` makes what is sent from it one notice, sent twice or not."""

    key = HiddenField(validators=[Length(1, 64)], default=lambda: uuid4().hex)
    title = StringField(_l("Rubrik"), [Required(), AtMost(200)], filters=[_stripped])
    body = TextAreaField(
        _l("Text"),
        [Required(), AtMost(20000)],
        filters=[_stripped],
        description=_l(
            "Skriv i Markdown: tom rad mellan stycken, - framför punkter, ## framför rubriker. "
            "Skriv inga personuppgifter eller sekretessbelagda uppgifter."
        ),
        render_kw={"rows": 10},
    )
    board_ids = ChoicesField(_l("Skicka till"), coerce=int)

    def offer(self, boards: list[tuple[int, str]]) -> None:
        self.board_ids.choices = options(boards)
        if not self.is_submitted():
            self.board_ids.data = [board_id for board_id, _name in boards]

    def validate_board_ids(self, field: ChoicesField) -> None:
        if not field.data:
            raise ValidationError(_("Välj minst en nämnd eller ett bolag."))


class MailForm(FlaskForm):
    """What a person wants mail about."""

    topics = ChoicesField(
        _l("Det här vill jag få mejl om"),
        coerce=Topic,
        choices=options(Topic.choices()),
    )
    none = BooleanField(_l("Skicka inga mejl alls till mig"))

    def choice(self) -> MailChoice:
        chosen: Any = self.topics.data or ()
        return MailChoice(bool(self.none.data), frozenset(chosen))
