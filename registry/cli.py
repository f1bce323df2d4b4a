"""The ``registry`` command, for whoever runs an installation.

Exit codes: 0 done, 1 refused or failed, 2 wrong use or wrong settings. What an operator can put
right is one line on standard error, never a traceback.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask, current_app

from registry import health
from registry.admin.command import plugin
from registry.attachments import store as attachment_store
from registry.config import ConfigError, Settings
from registry.db import db
from registry.demo.command import demo
from registry.host import loading, sealing_keys, switching, vault
from registry.jobs import queue
from registry.notices.command import mail
from registry.people import accounts, domains, passwords, service
from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, Board, Role, User
from registry.people.permissions import OPERATOR, Grant
from registry.plan.importing.command import import_plan

OLD_DATABASE = "run “registry init” for a new one, “registry upgrade” for an old one"


class Commands(click.Group):
    """Turns what an operator can put right into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise Failure(str(error), 2) from error
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            cause = _first_line(error.orig)
            if "no such table" in cause or "does not exist" in cause:
                raise Failure(f"{cause}: {OLD_DATABASE}", 1) from error
            raise Failure(f"the database does not answer: {cause}", 1) from error


class Failure(click.ClickException):
    """One line for the operator, and the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]


def _first_line(error: object) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="measure-registry", prog_name="registry")
@click.option(
    "--instance",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with database, config.toml and keys. Default: $REGISTRY_INSTANCE or ./instance.",
)
@click.pass_context
def main(ctx: click.Context, instance: Path | None) -> None:
    """The measure registry: action plans for safety and security."""
    os.umask(0o077)  # what an instance holds is its owner's alone
    ctx.obj = instance


main.add_command(demo)


def with_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command with the application of the chosen instance active."""

    @wraps(command)
    def run_within(*args: Any, **kwargs: Any) -> Any:
        with make_app().app_context():
            return command(*args, **kwargs)

    return run_within


def make_app() -> Flask:
    from registry.app import create_app

    return create_app(click.get_current_context().find_root().obj)


@main.group()
def keys() -> None:
    """The keys that secret answers are sealed with."""


@keys.command("rotate")
@with_app
def rotate_keys() -> None:
    """Make a new key and seal every secret answer under it; the registry may run meanwhile."""
    done = 0
    try:
        for done, total in vault.rotate():
            if sys.stdout.isatty():
                click.echo(f"{done} of {total}\r", nl=False)
    except sealing_keys.Rotating as error:
        raise Failure("the keys are being rotated already", 1) from error
    click.echo(f"{done} secret answers are sealed under a new key. Back up the key file.")


@keys.command("list")
@with_app
def list_keys() -> None:
    """List the keys, without themselves, and how many answers each has sealed."""
    used, missing = vault.keys_in_use(), vault.missing_keys()
    for key_id in vault.key_ids():
        click.echo(f"{key_id}\t{used.get(key_id, 0)} answers")
    for key_id in missing:
        click.echo(f"{key_id}\t{used[key_id]} answers\tMISSING in the key file")
    if missing:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: min(4, os.cpu_count() or 1),
    show_default="one for each processor, at most 4",
    help="Processes. With several, let rate_limit_storage name a Redis: each counts for itself.",
)
@click.option(
    "--worker/--no-worker",
    "with_worker",
    default=True,
    show_default=True,
    help="Start a worker for mail and long jobs beside it.",
)
@click.option(
    "--reload", is_flag=True, help="For writing a domain: see every edit, approve nothing."
)
def run(host: str, port: int, workers: int, with_worker: bool, reload: bool) -> None:
    """Start the registry with gunicorn."""
    if reload:
        develop(host, port)
        return
    app = make_app()
    with app.app_context():
        _refuse_old_database()
        db.engine.dispose()
    beside = worker_beside(app) if with_worker else nullcontext()
    with beside:
        serve(app, host, port, workers)


@main.command()
@click.option("--once", is_flag=True, help="Do what waits, and end.")
def worker(once: bool) -> None:
    """Do long jobs and send mail until told to stop."""
    app = make_app()
    with app.app_context():
        _refuse_old_database()
        db.engine.dispose()
    if once:
        app.extensions["jobs"].every_minute()
        app.extensions["jobs"].work_off()
        return
    queue.work(app)


@contextmanager
def worker_beside(app: Flask) -> Iterator[None]:
    """A worker in a process of its own, for as long as the registry is served; it ends with it,
    however that ends: it reads from a pipe that only the server holds open."""
    instance = app.extensions["settings"].instance
    command = [sys.executable, "-m", "registry.worker", str(instance)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - our own module
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def develop(host: str, port: int) -> None:
    """Serve from one process that starts anew at every change of code or of a plugin's file.

    Plugins are taken in without approval: for a developer's own machine only.
    """
    from werkzeug.serving import run_simple

    from registry.app import create_app

    instance = click.get_current_context().find_root().obj
    app = create_app(instance, trust_plugins=True)
    app.jinja_env.auto_reload = True
    with app.app_context():
        _refuse_old_database()
        switching.upgrade_tables(app)
        switching.enable_new(app)
        switching.forget_strikes()
        db.session.commit()
        db.engine.dispose()
    folders = [found.manifest.folder for found in loading.loaded(app).found.values()]
    watched = [str(path) for folder in folders for path in folder.rglob("*") if path.is_file()]
    for line in refusals_of(app):
        click.echo(line, err=True)
    click.echo(f"Development: http://{host}:{port}, every edit is taken in, nothing is approved")
    run_simple(host, port, app, use_reloader=True, threaded=True, extra_files=watched)


def serve(app: Flask, host: str, port: int, workers: int) -> None:
    """Serve until told to stop."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in {
                "bind": f"{host}:{port}",
                "workers": workers,
                "worker_class": "gthread",
                "threads": 4,
                "loglevel": "warning",
                "proc_name": "registry",
                # what a proxy says of the visitor is read by ProxyFix, when trusted_proxies is set
                "forwarded_allow_ips": "",
                "forwarder_headers": "",
            }.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    click.echo(f"The registry is at http://{host}:{port} (Ctrl+C stops it)")
    Server().run()


@main.command()
@click.option("--email", help="The first admin's address.")
@click.option("--name", help="The first admin's name.")
@click.option("--password", help="The first admin's password; asked for when left out.")
@with_app
def init(email: str | None, name: str | None, password: str | None) -> None:
    """Make the database and the first admin; the bundled domains are on."""
    _migrate()
    switching.enable_bundled(current_app)
    db.session.commit()
    if accounts.has_admin():
        click.echo("There is an admin already. The database is up to date.")
        return
    email = email or click.prompt("The first admin's e-mail address")
    name = name or click.prompt("Name")
    password = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    _add_user(email, name, [Grant(Role.ADMIN)], password)
    click.echo(f"{service.normal_email(email)} can sign in. Start with “registry run”.")


@main.command()
@with_app
def upgrade() -> None:
    """Bring the database up to this release."""
    _migrate()
    click.echo("The database is up to date.")


@main.command()
@with_app
def check() -> None:
    """Check settings, database, keys and plugins; exit 1 when anything is wrong."""
    settings = current_app.extensions["settings"]
    found = [("settings", f"can be read ({settings.instance})", True), _check_database()]
    found.append(_check_key(settings.instance / "secret_key"))
    found.append(_check_sealing(settings))
    found.append(_check_attachments(settings))
    found.append(_check_mail(settings))
    refused = refusals_of(current_app)
    found += [("plugin", line, False) for line in refused]
    if not refused:
        found.append(("plugins", "none is refused", True))
    for subject, text, good in found:
        click.echo(f"{'ok   ' if good else 'WRONG'} {subject}: {text}")
    if not all(good for *_rest, good in found):
        raise click.exceptions.Exit(1)


def refusals_of(app: Flask) -> list[str]:
    """Why plugins were not loaded, one line each."""
    return [
        f"{refusal.name} is refused ({refusal.step}): {refusal.reason}"
        for refusal in loading.loaded(app).refusals.values()
    ]


def _check_sealing(settings: Settings) -> tuple[str, str, bool]:
    path = settings.sealing_keys_file
    count = vault.check_keys(settings)
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return "sealing keys", f"{path} can be read by others: chmod 600 it", False
    try:
        missing = vault.missing_keys()
    except sa.exc.SQLAlchemyError:
        missing = []  # the database's own line says what is wrong with it
    if missing:
        return "sealing keys", f"{', '.join(missing)} missing in {path}", False
    return "sealing keys", f"{count}, none that is needed is missing", True


def _check_attachments(settings: Settings) -> tuple[str, str, bool]:
    try:
        return "attachments", attachment_store.check(settings), True
    except attachment_store.Unreachable as error:
        return "attachments", f"the store cannot be used: {error}", False


def _check_mail(settings: Settings) -> tuple[str, str, bool]:
    if settings.mail_lacks:
        return "mail", f"smtp_host is set but not {' and '.join(settings.mail_lacks)}", False
    if not settings.mail_on:
        return "mail", "is off (smtp_host is empty)", True
    where = f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_security})"
    return "mail", f"goes through {where}; “registry mail test ADDRESS” tries it", True


main.command("import-plan")(with_app(import_plan))
for _command in plugin.commands.values():
    _command.callback = with_app(_command.callback)  # type: ignore[arg-type]
main.add_command(plugin)
for _command in mail.commands.values():
    _command.callback = with_app(_command.callback)  # type: ignore[arg-type]
main.add_command(mail)


@main.group()
def user() -> None:
    """Users and their roles."""


@user.command("add")
@click.argument("email")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE[:SCOPE]",
    help="Such as coordinator, “reporter:Socialnämnden” or domain_lead:cyber_security.",
)
@click.option("--password", help="Else an invitation is printed, with which one is chosen.")
@with_app
def add_user(email: str, name: str, roles: tuple[str, ...], password: str | None) -> None:
    """Add a user."""
    token = _add_user(email, name, [_grant(role) for role in roles], password)
    click.echo(f"{service.normal_email(email)} is added.")
    if token:
        click.echo(f"Choose a password within 7 days at /invitation/{token}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_app
def list_users(as_json: bool) -> None:
    """List users with state and roles."""
    people = accounts.accounts(OPERATOR)
    if as_json:
        rows = [
            {
                "email": one.email,
                "name": one.name,
                "state": _state(one),
                "roles": [_role_text(held) for held in one.roles],
            }
            for one in people
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in people:
        roles = ", ".join(_role_text(held) for held in one.roles)
        click.echo(f"{one.email}\t{one.name}\t{_state(one)}\t{roles}")
    if not people:
        click.echo("There are no users. Begin with “registry init”.")


@user.command("roles")
@click.argument("email")
@click.option("--add", "added", multiple=True, metavar="ROLE[:SCOPE]", help="Give this role.")
@click.option("--remove", "removed", multiple=True, metavar="ROLE[:SCOPE]", help="Take this role.")
@with_app
def user_roles(email: str, added: tuple[str, ...], removed: tuple[str, ...]) -> None:
    """Show a user's roles, after giving and taking those named."""
    user_id = db.session.scalar(sa.select(User.id).where(User.email == service.normal_email(email)))
    person = accounts.account(OPERATOR, user_id) if user_id is not None else None
    if person is None:
        raise Failure(f"there is no user {email}", 1)
    held = {_role_text(role): role.id for role in person.roles}
    for text in removed:
        if text not in held:
            raise Failure(f"{email} has no role “{text}”", 1)
    for text in added:
        try:
            accounts.give_role(OPERATOR, person.id, _grant(text))
        except accounts.AlreadyHeld:
            click.echo(f"{email} is {text} already.", err=True)
    for text in removed:
        try:
            accounts.take_role(OPERATOR, person.id, held[text])
        except accounts.LastAdmin as error:
            raise Failure(f"{email} is the last admin: name another one first", 1) from error
    now_held = accounts.account(OPERATOR, person.id)
    for role in now_held.roles if now_held else ():
        click.echo(_role_text(role))


@user.command("clearance")
@click.argument("email")
@click.option("--give", metavar="DOMAIN", help="Let the person read this domain's secret answers.")
@click.option("--take", metavar="DOMAIN", help="Take that right away.")
@click.option("--reason", default="", help="Why, for the log; needed with --give.")
@with_app
def clearance(email: str, give: str | None, take: str | None, reason: str) -> None:
    """Show whose secret answers a user may read, after giving and taking those named."""
    user_id = db.session.scalar(sa.select(User.id).where(User.email == service.normal_email(email)))
    person = accounts.account(OPERATOR, user_id) if user_id is not None else None
    if person is None:
        raise Failure(f"there is no user {email}", 1)
    if give:
        if not reason.strip():
            raise Failure("say why with --reason", 2)
        if give not in domains.titles():
            raise Failure(f"there is no domain “{give}”", 1)
        try:
            accounts.give_clearance(OPERATOR, person.id, give, reason)
        except accounts.AlreadyHeld:
            click.echo(f"{email} may read {give} already.", err=True)
    for held in person.clearances:
        if held.domain == take:
            accounts.take_clearance(OPERATOR, person.id, held.id)
    now_held = accounts.account(OPERATOR, person.id)
    for held in now_held.clearances if now_held else ():
        click.echo(f"{held.domain}\t{held.reason}")


def _migrate() -> None:
    from flask_migrate import upgrade as migrate

    migrate()
    switching.upgrade_tables(current_app)
    db.session.commit()


def _refuse_old_database() -> None:
    if not health.at_head():
        raise Failure(f"the database is empty or of another release: {OLD_DATABASE}", 1)


def _check_database() -> tuple[str, str, bool]:
    kind = db.engine.dialect.name
    try:
        if health.at_head():
            return "database", f"{kind}, up to date", True
    except sa.exc.OperationalError as error:
        return "database", f"{kind} does not answer: {_first_line(error.orig)}", False
    return "database", f"{kind}, empty or of another release: {OLD_DATABASE}", False


def _check_key(path: Path) -> tuple[str, str, bool]:
    if not path.exists():
        return "secret key", "set by secret_key", True
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return "secret key", f"{path} can be read by others: chmod 600 it", False
    return "secret key", "present, readable by its owner only", True


def _add_user(email: str, name: str, grants: list[Grant], password: str | None) -> str | None:
    """Add the user; return the invitation's token unless a password is set at once."""
    if "@" not in email.strip("@ "):
        raise Failure(f"“{email}” is not an e-mail address", 2)
    try:
        if password is not None:
            passwords.check_strength(password, name=name, email=service.normal_email(email))
        _user_id, token = accounts.add(OPERATOR, name, email, grants)
        if password is None:
            return token
        service.accept_invitation(token, password)
    except passwords.WeakPassword as error:
        message = f"the password needs {passwords.MIN_LENGTH} characters and must not be a name"
        raise Failure(message, 1) from error
    except accounts.EmailTaken as error:
        raise Failure(f"there is a user {email} already", 1) from error
    return None


def _grant(text: str) -> Grant:
    """``reporter:Socialnämnden`` as a grant; a board is given by name."""
    name, _sep, scope = text.partition(":")
    try:
        role = Role(name)
    except ValueError as error:
        known = ", ".join(role.value for role in Role)
        raise Failure(f"there is no role “{name}”; there are {known}", 2) from error
    if (role in BOARD_ROLES | DOMAIN_ROLES) != bool(scope):
        wanted = "a board" if role in BOARD_ROLES else "a domain"
        example = f"{role.value}:NAME for {wanted}" if not scope else role.value
        raise Failure(f"write “{example}” instead of “{text}”", 2)
    if role not in BOARD_ROLES:
        return Grant(role, domain=scope or None)
    board_id = db.session.scalar(sa.select(Board.id).where(Board.name == scope))
    if board_id is None:
        raise Failure(f"there is no board “{scope}”", 1)
    return Grant(role, board_id=board_id)


def _role_text(held: accounts.HeldRole) -> str:
    scope = held.board or held.domain
    return f"{held.role.value}:{scope}" if scope else held.role.value


def _state(person: accounts.Account) -> str:
    if not person.active:
        return "switched off"
    return "invited" if person.invited else "active"
