"""Rate limits, which lock out guessing."""

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from registry.config import Settings

limiter = Limiter(get_remote_address, headers_enabled=False)


def init_app(app: Flask, settings: Settings) -> None:
    app.config["RATELIMIT_STORAGE_URI"] = settings.rate_limit_storage
    app.config["SIGN_IN_LIMIT"] = settings.sign_in_limit
    limiter.init_app(app)


def account() -> str:
    """The account that is being tried: its lower-cased address, so that an attack from many
    addresses on one account is slowed down as well."""
    return "account:" + request.form.get("email", "").strip().lower()[:200]
