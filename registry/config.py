"""Typed settings: defaults, then ``instance/config.toml``, then ``REGISTRY_…`` variables.

A setting that is unknown or of the wrong kind stops the start with one clear line.
"""

import contextlib
import dataclasses
import importlib.util
import os
import re
import secrets
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "REGISTRY_"
S3 = "s3://"


class ConfigError(Exception):
    """A setting that cannot be used; the message is one line for the operator."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an operator can set. Names here are the names in config.toml."""

    instance: Path
    municipality: str = "Kommunen"
    municipality_code: str = ""
    database_url: str = ""
    secret_key: str = field(default="", repr=False)
    language: str = "sv"
    timezone: str = "Europe/Stockholm"
    plugin_dirs: tuple[Path, ...] = ()
    trust_plugins: bool = False
    hook_seconds: int = 2
    sealing_keys: str = ""
    cookie_secure: bool = True
    session_hours: int = 12
    idle_minutes: int = 120
    sign_in_limit: str = "10 per 15 minutes"
    rate_limit_storage: str = "memory://"
    job_queue: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    mail_from: str = ""
    base_url: str = ""
    digest_hour: int = 7
    contact: str = ""
    trusted_proxies: int = 0
    upload_megabytes: int = 20
    attachment_megabytes: int = 10
    attachments: str = "database"
    s3_endpoint: str = ""
    kolada_url: str = "https://api.kolada.se/v3"
    argon2_time_cost: int = 3
    argon2_memory_kib: int = 65536
    log_level: str = "INFO"
    demo: bool = False

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the database; SQLite in the instance folder unless set."""
        if not self.database_url:
            return f"sqlite:///{self.instance / 'registry.sqlite'}"
        return self.database_url.replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def sealing_keys_file(self) -> Path:
        """Where the keys of secret answers lie: outside the database, and not in its backups."""
        return Path(self.sealing_keys) if self.sealing_keys else self.instance / "sealing_keys"

    @property
    def mail_lacks(self) -> tuple[str, ...]:
        """The settings without which no mail can be sent; none of them matters while mail is off,
        that is, while ``smtp_host`` is empty."""
        needed = {"mail_from": self.mail_from, "base_url": self.base_url}
        return tuple(name for name, value in needed.items() if self.smtp_host and not value)

    @property
    def mail_on(self) -> bool:
        """Whether mail is sent from here; while it is not, none is written either."""
        return bool(self.smtp_host) and not self.mail_lacks

    def sqlite_exists(self) -> bool:
        """Whether there is a database file; to ask by connecting would make one."""
        return Path(self.database.removeprefix("sqlite:///")).exists()


def load_settings(
    instance: Path | None = None,
    environ: Mapping[str, str] | None = None,
    **overrides: Any,
) -> Settings:
    """Read the settings of one installation.

    :raises ConfigError: for an unknown setting, a value of the wrong kind or an unreadable file.
    """
    environ = os.environ if environ is None else environ
    folder = Path(instance or environ.get(PREFIX + "INSTANCE") or Path.cwd() / "instance").resolve()
    values: dict[str, Any] = {}
    source = folder / "config.toml"
    if source.exists():
        for name, value in _read_toml(source).items():
            values[name] = _typed(name, value, str(source))
    for key, text in environ.items():
        if key.startswith(PREFIX) and key != PREFIX + "INSTANCE":
            name = key.removeprefix(PREFIX).lower()
            values[name] = _typed(name, _from_text(name, text, key), key)
    for name, value in overrides.items():
        values[name] = _typed(name, value, "create_app")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    values.setdefault("secret_key", "")
    if not values["secret_key"]:
        values["secret_key"] = _kept_secret(folder / "secret_key")
    settings = Settings(instance=folder, **values)
    _check_values(settings)
    return settings


_FIELDS = {f.name: f for f in dataclasses.fields(Settings) if f.name != "instance"}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _from_text(name: str, text: str, source: str) -> Any:
    """An environment variable's text as the kind of value its setting has."""
    if name not in _FIELDS:
        raise ConfigError(f"{source}: unknown setting “{name}”")
    kind = _FIELDS[name].type
    if kind is bool:
        lowered = text.strip().lower()
        if lowered not in {"true", "false", "1", "0"}:
            raise ConfigError(f"{source}: {text!r} is not true or false")
        return lowered in {"true", "1"}
    if kind is int:
        try:
            return int(text)
        except ValueError as error:
            raise ConfigError(f"{source}: {text!r} is not a whole number") from error
    if name == "plugin_dirs":
        return [part for part in text.split(os.pathsep) if part]
    return text


def _typed(name: str, value: Any, source: str) -> Any:
    if name not in _FIELDS:
        known = ", ".join(sorted(_FIELDS))
        raise ConfigError(f"{source}: unknown setting “{name}”; known are {known}")
    if name == "plugin_dirs":
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{source}: plugin_dirs must be a list of folders")
        return tuple(Path(part) for part in value)
    kind = _FIELDS[name].type
    if (
        not isinstance(kind, type)
        or not isinstance(value, kind)
        or (kind is int and isinstance(value, bool))
    ):
        expected = {bool: "true or false", int: "a whole number", str: "text"}.get(kind, str(kind))  # type: ignore[arg-type]
        shown = f", not {value!r}" if _FIELDS[name].repr else ""  # no password in a line of ours
        raise ConfigError(f"{source}: {name} must be {expected}{shown}")
    return value


def _check_values(settings: Settings) -> None:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        backend = make_url(settings.database).get_backend_name()
    except ArgumentError as error:
        raise ConfigError("database_url is not a database address") from error
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigError(f"database_url: {backend} is not supported; use sqlite or postgresql")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"timezone: {settings.timezone!r} is not a known time zone") from error
    if settings.job_queue and not settings.job_queue.startswith(("redis://", "rediss://")):
        raise ConfigError("job_queue: leave it empty, or name a redis:// address")
    if settings.language not in {"sv", "en"}:
        raise ConfigError(f"language: {settings.language!r} is not one of sv, en")
    if settings.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError(f"log_level: {settings.log_level!r} is not DEBUG, INFO, WARNING or ERROR")
    _check_mail(settings)
    for name in (
        "session_hours",
        "idle_minutes",
        "upload_megabytes",
        "attachment_megabytes",
        "argon2_time_cost",
        "hook_seconds",
    ):
        if getattr(settings, name) < 1:
            raise ConfigError(f"{name} must be at least 1")
    _check_store(settings)
    _check_kolada(settings)


def _check_store(settings: Settings) -> None:
    if settings.attachments == "database":
        return
    if not settings.attachments.removeprefix(S3).strip("/") or settings.attachments[:5] != S3:
        raise ConfigError(
            f"attachments: {settings.attachments!r} is neither database nor s3://bucket/prefix"
        )
    if importlib.util.find_spec("boto3") is None:
        raise ConfigError("attachments: an S3 store needs the package boto3 (the extra “s3”)")
    if settings.s3_endpoint and not settings.s3_endpoint.startswith(("https://", "http://")):
        raise ConfigError(f"s3_endpoint: {settings.s3_endpoint!r} is not an https address")


def _check_mail(settings: Settings) -> None:
    if settings.smtp_security not in {"starttls", "tls", "none"}:
        raise ConfigError(
            f"smtp_security: {settings.smtp_security!r} is not one of starttls, tls, none"
        )
    if not 1 <= settings.smtp_port <= 65535:
        raise ConfigError("smtp_port must be between 1 and 65535")
    if not 0 <= settings.digest_hour <= 23:
        raise ConfigError("digest_hour must be between 0 and 23")
    if settings.base_url and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", settings.base_url):
        raise ConfigError("base_url: write the registry's address, such as https://plan.example.se")
    if settings.mail_from and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", settings.mail_from):
        raise ConfigError("mail_from: write an address alone, such as registret@example.se")


def _check_kolada(settings: Settings) -> None:
    code = settings.municipality_code
    if code and not re.fullmatch(r"[0-9]{4}", code):
        raise ConfigError(f'municipality_code: {code!r} is not four figures, as in "0380"')
    try:
        address = urlsplit(settings.kolada_url)
        odd = address.query or address.fragment or address.username or (address.port or 1) < 1
    except ValueError:
        odd, address = "", urlsplit("")
    if odd or address.scheme not in ("http", "https") or not address.hostname:
        raise ConfigError(f"kolada_url: {settings.kolada_url!r} is not an https address")


def _kept_secret(path: Path) -> str:
    """The installation's own signing key, made at the first start and readable by its owner.

    Workers that start together agree: the file appears whole, and the first one stays.
    """
    try:
        if not path.exists():
            descriptor, draft = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_hex(32) + "\n")
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            os.unlink(draft)
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"secret_key: {error}") from error
    if not secret:
        raise ConfigError(f"secret_key: {path} is empty; remove it, and a new one is made")
    return secret
