"""Rate limits, which lock out guessing. Only attempts that fail are counted."""

import limits
from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from registry.config import ConfigError, Settings
from registry.db import SAFE_METHODS

# A whole town hall may share one address, so an address may fail for this many accounts.
ACCOUNTS_PER_ADDRESS = 10

limiter = Limiter(get_remote_address, headers_enabled=False)


@limiter.request_filter
def _reads_only() -> bool:
    """Reading is never limited; saying so here spares every page the look-up."""
    return request.method in SAFE_METHODS


def init_app(app: Flask, settings: Settings) -> None:
    """:raises ConfigError: when the limit or its storage cannot be read."""
    try:
        limit = limits.parse(settings.sign_in_limit)
    except ValueError as error:
        raise ConfigError(
            f"sign_in_limit: {settings.sign_in_limit!r} is not like “10 per 15 minutes”"
        ) from error
    period = f"{limit.multiples} {limit.GRANULARITY.name}"
    app.extensions["sign_in_limits"] = {
        "account": f"{limit.amount} per {period}",
        "address": f"{limit.amount * ACCOUNTS_PER_ADDRESS} per {period}",
    }
    app.config["RATELIMIT_STORAGE_URI"] = settings.rate_limit_storage
    try:
        limiter.init_app(app)
    except limits.errors.ConfigurationError as error:
        raise ConfigError(f"rate_limit_storage: {error}") from error


def _account() -> str:
    """The account that is being tried, by whom ever: all addresses count together."""
    return "account:" + request.form.get("email", "").strip().lower()[:200]


def _person() -> str:
    return f"person:{g.viewer.user_id}"


def _failed(response: Response) -> bool:
    return response.status_code != 303


def _limit(name: str) -> str:
    limit: str = current_app.extensions["sign_in_limits"][name]
    return limit


per_account = limiter.shared_limit(
    lambda: _limit("account"),
    scope="sign-in account",
    key_func=_account,
    methods=["POST"],
    deduct_when=_failed,
)
per_address = limiter.shared_limit(
    lambda: _limit("address"), scope="sign-in address", methods=["POST"], deduct_when=_failed
)
per_person = limiter.shared_limit(
    lambda: _limit("account"),
    scope="password",
    key_func=_person,
    methods=["POST"],
    deduct_when=_failed,
)
