"""Passwords are kept as argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, current_app

from registry.config import ConfigError, Settings

MIN_LENGTH = 12
MAX_LENGTH = 200


class WeakPassword(Exception):
    """A password that is too short, too long, or the person's own name or address."""


def init_app(app: Flask, settings: Settings) -> None:
    """:raises ConfigError: when argon2 cannot work with the costs that are set."""
    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib
    )
    app.extensions["password_hasher"] = hasher
    # verified when there is no such user, so that an answer takes as long either way
    try:
        app.extensions["password_decoy"] = hasher.hash("decoy")
    except Exception as error:
        raise ConfigError(f"argon2_memory_kib: {error}") from error


def check_strength(password: str, *, name: str, email: str) -> None:
    """:raises WeakPassword: for a password that is easy to guess from its length or its owner."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WeakPassword
    own = {name.casefold(), email.casefold(), email.partition("@")[0].casefold()}
    if password.strip().casefold() in own:
        raise WeakPassword


def hash_password(password: str) -> str:
    """Takes its time by design: never call it while a transaction holds the write lock."""
    hashed: str = current_app.extensions["password_hasher"].hash(password)
    return hashed


def verify_password(hashed: str | None, password: str) -> bool:
    """Whether the password fits; takes as long when there is no hash."""
    hasher: PasswordHasher = current_app.extensions["password_hasher"]
    try:
        hasher.verify(hashed or current_app.extensions["password_decoy"], password)
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def needs_rehash(hashed: str) -> bool:
    hasher: PasswordHasher = current_app.extensions["password_hasher"]
    return hasher.check_needs_rehash(hashed)
