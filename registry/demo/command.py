"""``registry demo``."""

from pathlib import Path

import click
from flask import current_app
from flask_migrate import upgrade

from registry.demo import accounts, service

CONFIG = """\
# Written by "registry demo". Every page says that it is a demo, and the sign-in page tells the
# password: never turn this installation into a real one.
demo = true
municipality = "Uppsala kommun"
# A demo is opened over plain http on one's own machine.
cookie_secure = false
"""


@click.command()
@click.option(
    "--instance",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the demo. Default: the instance of the command.",
)
@click.pass_context
def demo(ctx: click.Context, instance: Path | None) -> None:
    """Fill an empty installation with an invented plan, two rounds and people to sign in as."""
    from registry.app import create_app

    folder = instance or ctx.find_root().obj
    app = create_app(folder)
    with app.app_context():
        upgrade()
        if service.is_loaded():
            click.echo("The demo is there already; nothing was changed.")
        elif service.holds_anything():
            raise click.ClickException(
                "this database holds other data; the demo needs an empty one: "
                "name another folder with --instance"
            )
        else:
            _make_it_say_so()
            service.load(app)
            click.echo("The demo is loaded: a plan with 118 measures, rounds 2020 and 2021.")
        _tell_sign_ins()


def _make_it_say_so() -> None:
    """The pages must say that this is a demo before anyone can read its password."""
    settings = current_app.extensions["settings"]
    file: Path = settings.instance / "config.toml"
    if file.exists() and not settings.demo:
        raise click.ClickException(
            f"{file} does not say that this is a demo: add the line “demo = true” and run again"
        )
    if not file.exists():
        file.write_text(CONFIG, "utf-8")


def _tell_sign_ins() -> None:
    click.echo(f"Sign in with the password {accounts.PASSWORD} as")
    for person in accounts.SIGN_INS:
        scope = person.board or person.domain
        role = f"{person.role.value}, {scope}" if scope else person.role.value
        click.echo(f"  {person.email:<40} {role}")
