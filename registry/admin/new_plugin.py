"""``registry plugin new``: a new domain, written for its authors to change."""

import getpass
from pathlib import Path
from typing import Any

import click

from registry.host import scaffold
from registry.host.scaffold import CannotWrite, NewPlugin
from registry.pages import folder


class WithoutApp(click.Command):
    """Runs what it was made with, whatever its callback is wrapped in later: no app is made, so
    that it works before there is an installation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = self.callback

    def invoke(self, ctx: click.Context) -> Any:
        return ctx.invoke(self.own, **ctx.params) if self.own is not None else None


def _somebody() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@click.command("new", cls=WithoutApp)
@click.argument("name")
@click.argument("title")
@click.option("--goal-area", required=True, help="Title of the goal area that it is about.")
@click.option(
    "--owner", default=_somebody, show_default="you", help="Who answers for it: an office."
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("."),
    show_default="here",
    help="The folder to write it in.",
)
def new_plugin(name: str, title: str, goal_area: str, owner: str, into: Path) -> None:
    """Write a new domain, for you to change: a folder NAME that passes its contract at once."""
    taken = [path.parent.name for path in folder("plugins").glob("*/plugin.toml")]
    try:
        written = scaffold.write(NewPlugin(name, title, goal_area, owner), into, taken)
    except CannotWrite as error:
        raise click.ClickException(str(error)) from error
    for file in written:
        click.echo(file)
    click.echo(
        "Next:\n"
        f"  1. Edit plugin.toml and __init__.py in {into / name}.\n"
        f"  2. See every edit: REGISTRY_PLUGIN_DIRS={into.resolve()} registry run --reload\n"
        f"  3. Test it: pytest {into / name}\n"
        f"  4. On the installation: {into.resolve()} in plugin_dirs, "
        f"registry plugin approve {name}, restart, registry plugin enable {name}."
    )
