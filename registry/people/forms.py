"""Forms of sign-in, account, boards and users."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import Length, Optional, Regexp, ValidationError

from registry.inputs import AtMost, DayField, Required, VersionField
from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, BoardKind, Role
from registry.people.passwords import MAX_LENGTH, MIN_LENGTH
from registry.people.permissions import Grant
from registry.words import lazy as _l

NO_CHOICE = ""
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"


def _clean(text: str | None) -> str | None:
    return None if text is None else " ".join(text.replace("\x00", "").split())


class SignInForm(FlaskForm):
    email = EmailField(
        _l("E-postadress"),
        [Required()],
        filters=[_clean],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Lösenord"), [Required()], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


def _new_password(label: Any) -> PasswordField:
    return PasswordField(
        label,
        [
            Required(),
            Length(
                min=MIN_LENGTH,
                max=MAX_LENGTH,
                message=_l("Skriv ett lösenord på minst 12 och högst 200 tecken."),
            ),
        ],
        description=_l("Minst 12 tecken. En mening du minns är bättre än ett krångligt ord."),
        render_kw={"autocomplete": "new-password", "minlength": str(MIN_LENGTH)},
    )


class _ChoosesPassword(FlaskForm):
    """Two fields that must agree."""

    password = _new_password(_l("Nytt lösenord"))
    again = PasswordField(
        _l("Nytt lösenord en gång till"),
        [Required()],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("Skriv samma lösenord i båda fälten."))


class InvitationForm(_ChoosesPassword):
    pass


class PasswordForm(_ChoosesPassword):
    current = PasswordField(
        _l("Nuvarande lösenord"),
        [Required()],
        render_kw={"autocomplete": "current-password"},
    )


class BoardForm(FlaskForm):
    name = StringField(
        _l("Namn"),
        [Required(), AtMost(200)],
        filters=[_clean],
    )
    kind = SelectField(
        _l("Typ"),
        choices=[SelectChoice(value, label) for value, label in BoardKind.choices()],
        default=BoardKind.COMMITTEE.value,
    )
    valid_from = DayField(
        _l("Gäller från"),
        [Optional()],
        description=_l("Lämna tomt om nämnden eller bolaget alltid har funnits."),
    )
    valid_to = DayField(
        _l("Gäller till och med"),
        description=_l("Fyll i när nämnden eller bolaget upphör."),
    )
    successor_id = SelectField(
        _l("Efterträdare"),
        coerce=str,
        description=_l("Den som tar över åtgärderna efter sammanslagning eller byte."),
    )
    row_version = VersionField()

    def offer(self, boards: Sequence[tuple[int, str]], but: int | None = None) -> None:
        """Offer these boards as successor, but for the board itself."""
        offered = [
            SelectChoice(str(board_id), name) for board_id, name in boards if board_id != but
        ]
        self.successor_id.choices = [SelectChoice(NO_CHOICE, _("Ingen")), *offered]

    def validate_valid_to(self, field: DayField) -> None:
        if field.data is None:
            if self.successor_id.data:
                raise ValidationError(
                    _("Skriv sista dagen: den som har en efterträdare har upphört.")
                )
        elif self.valid_from.data is not None and field.data < self.valid_from.data:
            raise ValidationError(_("Sista dagen kan inte ligga före den första."))


class UserForm(FlaskForm):
    name = StringField(
        _l("Namn"),
        [Required(), AtMost(200)],
        filters=[_clean],
        render_kw={"autocomplete": "off"},
    )
    email = EmailField(
        _l("E-postadress"),
        [
            Required(),
            AtMost(254),
            Regexp(EMAIL, message=_l("Skriv en hel adress, till exempel namn@kommunen.se.")),
        ],
        filters=[_clean],
        description=_l("Personen loggar in med adressen."),
        render_kw={"autocomplete": "off"},
    )
    row_version = VersionField()


class RoleForm(FlaskForm):
    """One choice holds a role and where it applies, so that no wrong pair can be chosen."""

    role = SelectField(_l("Roll"), coerce=str)

    def offer(self, boards: Sequence[tuple[int, str]], domains: Mapping[str, str]) -> None:
        choices = [SelectChoice(NO_CHOICE, _("Välj roll"))]
        for role in Role:
            if role not in BOARD_ROLES | DOMAIN_ROLES:
                choices.append(SelectChoice(role.value, role.label, optgroup=_("Hela kommunen")))
        scoped = [
            (Role.REPORTER, [(str(key), name) for key, name in boards]),
            (Role.APPROVER, [(str(key), name) for key, name in boards]),
            (Role.DOMAIN_LEAD, list(domains.items())),
        ]
        for role, scopes in scoped:
            for key, name in scopes:
                label = _("%(role)s för %(scope)s", role=role.label, scope=name)
                choices.append(SelectChoice(f"{role.value}:{key}", label, optgroup=str(role.label)))
        self.role.choices = choices

    @property
    def grant(self) -> Grant | None:
        """The chosen role; ``None`` when none was chosen."""
        return read_grant(self.role.data or NO_CHOICE)


class GiveRoleForm(RoleForm):
    role = SelectField(_l("Fler roller"), coerce=str)


class ClearanceForm(FlaskForm):
    """Which domain's secret answers a person may read, and why."""

    domain = SelectField(_l("Får läsa skyddade uppgifter i"), [Required()], coerce=str)
    reason = StringField(
        _l("Varför"),
        [Required(), AtMost(300)],
        description=_l("Till exempel uppdraget som kräver det, och vem som har beslutat."),
    )

    def offer(self, domains: Mapping[str, str]) -> None:
        self.domain.choices = [
            SelectChoice(NO_CHOICE, _("Välj domän")),
            *(SelectChoice(name, title) for name, title in domains.items()),
        ]


class NewUserForm(RoleForm, UserForm):
    role = SelectField(
        _l("Roll"),
        coerce=str,
        description=_l("Fler roller kan läggas till i nästa steg."),
    )


def read_grant(text: str) -> Grant | None:
    """``reporter:3``, ``domain_lead:cyber_security``, ``auditor`` as a grant; empty is none."""
    name, _sep, scope = text.partition(":")
    if not name:
        return None
    role = Role(name)
    if role in BOARD_ROLES:
        return Grant(role, board_id=int(scope))
    return Grant(role, domain=scope or None)
