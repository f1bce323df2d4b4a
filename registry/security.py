"""Headers that every answer carries. The policy allows no inline code and no other origin."""

from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from registry.config import Settings
from registry.db import SAFE_METHODS

csrf = CSRFProtect()
ENCODED = "application/x-www-form-urlencoded"
FORMS = frozenset({ENCODED, "multipart/form-data"})
TYPED = 1024 * 1024  # bytes of a form without files: more than anyone types into one of ours

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# A file that is downloaded runs nothing, should a browser show it all the same.
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def init_app(app: Flask, settings: Settings) -> None:
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="registry_session",
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.after_request(_headers)


def guard_forms(app: Flask) -> None:
    """Refuse a form that is not ours; after it is known who asks, for the page that says so."""
    app.before_request(_refuse_odd_bodies)
    csrf.init_app(app)


def _refuse_odd_bodies() -> None:
    """No page of ours posts anything but a form, no person types a NUL, and PostgreSQL stores
    none: refuse them at the door. A form without files is read in one go, and must be small."""
    if b"%00" in request.query_string or "\0" in request.path:
        abort(400)
    if request.method not in SAFE_METHODS:
        if request.content_length and request.mimetype not in FORMS:
            abort(415)
        if request.mimetype == ENCODED:
            request.max_content_length = TYPED
        for name, values in request.form.lists():
            if "\0" in name or any("\0" in value for value in values):
                abort(400)


def _headers(response: Response) -> Response:
    headers = response.headers
    is_file = headers.get("Content-Disposition", "").startswith("attachment")
    headers["Content-Security-Policy"] = FILE_POLICY if is_file else POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static":
        return response
    viewer = g.get("viewer")
    if viewer is not None and viewer.signed_in:
        headers["Cache-Control"] = "private, no-store"
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
