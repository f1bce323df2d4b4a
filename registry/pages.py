"""What every page shares: assets, navigation, error pages."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from flask import Flask, current_app, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import HTTPException, NotFound

from registry.config import Settings
from registry.db import SAFE_METHODS
from registry.host import active, overview
from registry.people.permissions import Denied, Permission, may

PACKAGE = Path(__file__).parent
NOT_SHOWN = frozenset({"csrf_token", "row_version", "questions", "email"})


def folder(name: str) -> Path:
    """``templates`` or ``plugins``: inside the installed package, else beside it in a checkout."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


@dataclass(frozen=True)
class Link:
    """One entry of the main menu; ``section`` is the blueprint it belongs to."""

    label: str
    href: str
    section: str


class Menu(NamedTuple):
    """What is in sight, and what opens under “Mer”."""

    shown: list[Link]
    more: list[Link]


def init_app(app: Flask, settings: Settings) -> None:
    app.jinja_env.globals.update(asset=asset, may=may, Permission=Permission)
    app.jinja_env.lstrip_blocks = True
    municipality = settings.municipality
    is_demo = settings.demo

    @app.context_processor
    def _shared() -> dict[str, object]:
        return {
            "viewer": g.get("viewer"),
            "menu": menu(),
            "municipality": municipality,
            "is_demo": is_demo,
        }

    app.register_error_handler(Denied, _denied)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NoResultFound, _not_found)
    app.register_error_handler(Exception, _fault)


@cache
def _digest(path: str, _mtime: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


@cache
def _asset(name: str, _script_root: str) -> str:
    path = PACKAGE / "static" / name
    return url_for("static", filename=name, v=_digest(str(path), path.stat().st_mtime))


def asset(name: str) -> str:
    """The address of a static file, with a digest so that browsers may keep it for good."""
    if current_app.debug:
        return url_for("static", filename=name)
    return _asset(name, request.script_root)


def menu() -> Menu:
    """The main menu for whoever is asking."""
    viewer = g.viewer
    if not viewer.signed_in:
        return Menu([Link(_("Planen"), url_for("publication.home"), "publication")], [])
    shown: list[Link] = []
    more: list[Link] = []
    if may(viewer, Permission.OWN_WORK):
        shown.append(Link(_("Att göra"), url_for("reporting.my_work"), "work"))
    for name in sorted(viewer.domains(Permission.READ_DOMAIN)):
        domain = active.current().get(name)
        if domain is not None:
            own = overview.links(name)[:1]
            shown += [Link(domain.title, address, f"domain-{name}") for _label, address in own]
    if may(viewer, Permission.READ_PLAN):
        shown.append(Link(_("Planen"), url_for("plan.current"), "plan"))
        shown.append(Link(_("Åtgärder"), url_for("plan.measures"), "measures"))
        more.append(Link(_("Effektmått"), url_for("effects.metrics"), "effects"))
    if may(viewer, Permission.READ_BUSINESS_PLAN):
        more.append(Link(_("Verksamhetsplaner"), _business_plans(), "business_plan"))
    if may(viewer, Permission.READ_REPORTS):
        shown.append(Link(_("Återrapportering"), url_for("reporting.rounds"), "reporting"))
    if may(viewer, Permission.READ_FOLLOWUP):
        shown.append(Link(_("Uppföljning"), url_for("followup.latest"), "followup"))
    if may(viewer, Permission.EDIT_PLAN) or viewer.domains(Permission.READ_DOMAIN):
        more.append(Link(_("Tidsfrister"), url_for("domains.clocks"), "clocks"))
    if may(viewer, Permission.MANAGE_BOARDS):
        more.append(Link(_("Nämnder"), url_for("people.boards"), "boards"))
    if may(viewer, Permission.SEND_NOTICES):
        more.append(Link(_("Utskick"), url_for("notices.notices"), "notices"))
    if may(viewer, Permission.READ_PLAN):
        more.append(Link(_("Stöd"), url_for("guidance.pages"), "guidance"))
    if may(viewer, Permission.READ_AUDIT):
        shown.append(Link(_("Logg"), url_for("audit.entries"), "audit"))
    if may(viewer, Permission.MANAGE_PLUGINS):
        shown.append(Link(_("Administration"), url_for("admin.plugins"), "admin"))
    return Menu(shown, more)


def _business_plans() -> str:
    """Someone who answers for one board comes to its page, all others to the overview."""
    board_id = g.viewer.only_board(Permission.EDIT_BUSINESS_PLAN)
    if board_id is None:
        return url_for("business_plan.overview")
    return url_for("business_plan.board", board_id=board_id)


def _page(
    status: int, title: str, text: str, *, written: Sequence[str] = (), sign_in: str = ""
) -> ResponseReturnValue:
    kinds = ["text/html", "application/json"]
    if request.accept_mimetypes.best_match(kinds, "text/html") != "text/html":
        return jsonify(error=title, message=text), status
    page = render_template(
        "error.html", title=title, text=text, status=status, written=written, sign_in=sign_in
    )
    return page, status


def _written() -> list[str]:
    """The sentences of a form that cannot be saved now, to show for copying."""
    if request.method in SAFE_METHODS:
        return []
    return [
        text
        for name, texts in request.form.lists()
        if name not in NOT_SHOWN and "password" not in name
        for text in texts
        if " " in text.strip()
    ]


def _denied(error: Denied) -> ResponseReturnValue:
    if not g.viewer.signed_in:
        rule = request.url_rule
        back = request.path if rule is not None and "GET" in (rule.methods or ()) else None
        return _page(
            403,
            _("Du behöver logga in"),
            _("Du är inte längre inloggad. Logga in och försök igen."),
            written=_written(),
            sign_in=url_for("people.sign_in", next=back),
        )
    return _page(
        403,
        _("Du har inte behörighet till sidan"),
        _("Behöver du den i ditt arbete? Be kommunens administratör om rätt roll."),
        written=_written(),
    )


def _expired_form(error: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        _("Formuläret kunde inte tas emot"),
        _("Sidan hade varit öppen för länge. Gå tillbaka, ladda om sidan och försök igen."),
    )


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is not None and error.code < 400:
        return error.get_response()
    texts = {
        403: (
            _("Du har inte behörighet till sidan"),
            _("Behöver du den i ditt arbete? Be kommunens administratör om rätt roll."),
        ),
        404: (
            _("Sidan finns inte"),
            _("Adressen kan vara felskriven, eller så har sidan tagits bort."),
        ),
        405: (_("Sidan kan inte användas så"), _("Gå tillbaka och försök igen.")),
        413: (
            _("Filen är för stor"),
            _("Dela upp filen, eller ta bort bilder och blad som inte behövs."),
        ),
        429: (
            _("För många försök"),
            _("Vänta en kvart och försök igen. Har du glömt lösenordet? Be om en ny inbjudan."),
        ),
    }
    title, text = texts.get(
        error.code or 500, (_("Något gick fel"), _("Gå tillbaka och försök igen."))
    )
    return _page(error.code or 500, title, text)


def _not_found(_error: NoResultFound) -> ResponseReturnValue:
    """What a use case was asked for does not exist."""
    return _http_error(NotFound())


def _fault(error: Exception) -> ResponseReturnValue:
    current_app.logger.exception("unhandled", exc_info=error)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    return _page(
        500,
        _("Något gick fel hos oss"),
        _("Det du skrev kan ha gått förlorat om det inte var sparat. Felet är loggat."),
        written=_written(),
    )
