"""Who is asking: from the cookie to a :class:`~registry.people.permissions.Viewer`.

The session cookie carries a random token; the table ``sign_in`` its SHA-256. A session ends by
signing out, by a new password, after ``session_hours``, and after ``idle_minutes`` without a
request (kept in the signed cookie, so that reading a page writes nothing).
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from registry.config import Settings
from registry.db import SAFE_METHODS, db, now
from registry.people.models import Clearance, RoleGrant, SignIn, User
from registry.people.permissions import ENDPOINTS, NOBODY, Denied, Grant, Permission, Viewer, may

SEEN_EVERY_SECONDS = 300
login_manager = LoginManager()


class SignedIn(UserMixin):
    """What Flask-Login carries: a viewer under the token of its session."""

    def __init__(self, token: str, viewer: Viewer) -> None:
        self.id = token
        self.viewer = viewer


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["session_times"] = (
        timedelta(hours=settings.session_hours),
        settings.idle_minutes * 60,
    )
    login_manager.init_app(app)
    login_manager.session_protection = None  # type: ignore[assignment]
    login_manager.user_loader(_load)
    app.before_request(_identify)
    app.before_request(_gate)


def new_token() -> str:
    """A secret for a cookie or a link, 256 bits; the database keeps only its hash."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def begin(user_id: int) -> str:
    """Begin a session for the user and return its token; the caller commits.

    Rows of sessions that are over and done with are cleared away; the log keeps the sign-ins.
    """
    lifetime, _idle = current_app.extensions["session_times"]
    over = sa.select(SignIn).where(SignIn.user_id == user_id, SignIn.expires_at < now())
    for row in db.session.scalars(over):
        db.session.delete(row)
    token = new_token()
    row = SignIn(token_hash=hash_token(token), user_id=user_id, expires_at=now() + lifetime)
    db.session.add(row)
    db.session.flush()
    return token


def enter(token: str) -> None:
    """Put the session with this token into a cookie that has nothing of the old one."""
    signed_in = _load(token)
    if signed_in is None:
        raise LookupError("the session has ended already")
    _forget()
    session["seen"] = int(time.time())
    login_user(signed_in)
    g.viewer = signed_in.viewer


def leave() -> None:
    """Take the session out of the cookie."""
    logout_user()
    _forget()
    g.viewer = NOBODY


def end(sign_in_id: int) -> None:
    """End one session; the caller commits."""
    row = db.session.get(SignIn, sign_in_id)
    if row is not None:
        row.ended_at = now()


def end_all(user_id: int) -> None:
    """End every session of a user; the caller commits."""
    for row in db.session.scalars(
        sa.select(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    ):
        row.ended_at = now()


def _forget() -> None:
    """Empty the cookie, but for the language that the person reads."""
    language = session.get("language")
    session.clear()
    if language is not None:
        session["language"] = language


_PERSON = (
    User.id,
    User.name,
    User.email,
    RoleGrant.role,
    RoleGrant.board_id,
    RoleGrant.domain,
    Clearance.domain,
)
_VIEWER = (
    sa.select(SignIn.id, SignIn.expires_at, *_PERSON)
    .join(User, User.id == SignIn.user_id)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .outerjoin(Clearance, Clearance.user_id == User.id)
    .where(SignIn.token_hash == sa.bindparam("hash"), SignIn.ended_at.is_(None), User.active)
)


_ACTIVE: sa.Select[*tuple[Any, ...]] = (
    sa.select(*_PERSON)
    .outerjoin(RoleGrant, RoleGrant.user_id == User.id)
    .outerjoin(Clearance, Clearance.user_id == User.id)
    .where(User.id == sa.bindparam("user"), User.active)
)


def viewer_of(user_id: int) -> Viewer | None:
    """The person with what they may do now, for work that is done without a session of theirs;
    ``None`` for an account that is closed."""
    rows = db.session.execute(_ACTIVE, {"user": user_id}).all()
    return _viewer(None, rows) if rows else None


def _viewer(sign_in_id: int | None, rows: Sequence[Any]) -> Viewer:
    grants = frozenset(Grant(*row[3:6]) for row in rows if row[3])
    cleared = frozenset(row[6] for row in rows if row[6])
    user_id, name, email = rows[0][:3]
    return Viewer(user_id, name, email, sign_in_id, grants, cleared)


def _load(token: str) -> SignedIn | None:
    connection = db.session.connection(execution_options={"reading": True})
    rows = connection.execute(_VIEWER, {"hash": hash_token(token)}).all()
    if request.method not in SAFE_METHODS:
        # the body is not read yet, and may come a byte a minute: hold nothing meanwhile
        db.session.rollback()
    if not rows or rows[0][1] <= now():
        return None
    return SignedIn(token, _viewer(rows[0][0], [row[2:] for row in rows]))


def _identify() -> None:
    g.viewer = NOBODY
    if request.endpoint == "static" or "_user_id" not in session:
        return
    _lifetime, idle = current_app.extensions["session_times"]
    seen = session.get("seen", 0)
    if time.time() - seen > idle:
        _forget()
        return
    if time.time() - seen > SEEN_EVERY_SECONDS:
        session["seen"] = int(time.time())
    carried: Any = current_user
    if carried.is_authenticated:
        g.viewer = carried.viewer


def _gate() -> BaseResponse | None:
    """Deny by default: the endpoint's permission, from the one table, before anything else."""
    endpoint = request.endpoint
    if endpoint is None:
        return None
    permission = ENDPOINTS.get(endpoint)
    domain = None
    if permission is None and endpoint.startswith("domain."):
        permission, domain = Permission.READ_DOMAIN, request.path.split("/", 3)[2]
    if permission is None:
        raise Denied(Permission.SIGNED_IN)
    if may(g.viewer, permission, domain=domain):
        return None
    if not g.viewer.signed_in and request.method in {"GET", "HEAD"}:
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")))
    raise Denied(permission)


def check_endpoints(app: Flask) -> None:
    """:raises RuntimeError: when an endpoint is missing in the table of permissions."""
    missing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in ENDPOINTS and not rule.endpoint.startswith("domain.")
    }
    if missing:
        raise RuntimeError(f"no permission named for {', '.join(sorted(missing))}")
