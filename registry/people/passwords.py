"""Passwords are kept as argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, current_app

from registry.config import Settings

MIN_LENGTH = 12
MAX_LENGTH = 200


def init_app(app: Flask, settings: Settings) -> None:
    hasher = PasswordHasher(
        time_cost=settings.argon2_time_cost, memory_cost=settings.argon2_memory_kib
    )
    app.extensions["password_hasher"] = hasher
    # verified when there is no such user, so that an answer takes as long either way
    app.extensions["password_decoy"] = hasher.hash("decoy")


def hash_password(password: str) -> str:
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
