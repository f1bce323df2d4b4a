"""``registry plugin``: the plugin set for whoever runs the installation."""

import click
from flask import current_app

from registry.admin import plugins
from registry.host import switching
from registry.host.loading import loaded
from registry.people.permissions import OPERATOR


@click.group()
def plugin() -> None:
    """Domains as plugins: which there are, on and off."""


@plugin.command("list")
def list_plugins() -> None:
    """List every plugin found: name, version, state, rows of data, reason when refused."""
    for line in plugins.plugin_lines(OPERATOR):
        state = "refused" if line.refusal else "on" if line.enabled else "off"
        if line.quarantined:
            state = f"off after {line.strikes} faults"
        version = line.manifest.version if line.manifest else "-"
        parts = [line.name, version, state, f"{line.held.rows + line.held.sealed} rows"]
        click.echo("\t".join([*parts, line.refusal] if line.refusal else parts))


@plugin.command()
@click.argument("name")
def enable(name: str) -> None:
    """Switch a domain on for everyone, at once."""
    _switch(name, on=True)


@plugin.command()
@click.argument("name")
def disable(name: str) -> None:
    """Switch a domain off for everyone, at once. Its data is kept."""
    _switch(name, on=False)


def _switch(name: str, *, on: bool) -> None:
    try:
        changed = plugins.switch_plugin(OPERATOR, name, on)
    except switching.CannotSwitch as error:
        reason = str(error)
        if reason == name:
            reason = "there is no such plugin"
        raise click.ClickException(f"{name}: {reason}") from error
    state = "on" if on else "off"
    click.echo(f"{name} is {state}." if changed else f"{name} was {state} already.")


@plugin.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Check every plugin found.")
def check(name: str | None, everything: bool) -> None:
    """Load a plugin, or all of them, and say what is wrong; exit 1 on any refusal."""
    if everything == (name is not None):
        raise click.UsageError("name one plugin, or say --all")
    found = loaded(current_app)
    names = sorted(found.domains.keys() | found.refusals.keys()) if everything else [name or ""]
    refused = False
    for one in names:
        refusal = found.refusals.get(one)
        if refusal is None and one not in found.domains:
            raise click.ClickException(f"{one}: there is no such plugin")
        if refusal is None:
            click.echo(f"ok      {one}")
        else:
            refused = True
            click.echo(f"REFUSED {one} ({refusal.step}): {refusal.reason}")
    if refused:
        raise click.exceptions.Exit(1)
