"""``registry plugin``: the plugin set for whoever runs the installation."""

import sys
from datetime import date
from pathlib import Path

import click
from flask import current_app

from registry.admin import plugins
from registry.admin.new_plugin import new_plugin
from registry.host import data, switching
from registry.host.approval import Changed
from registry.host.loading import load_unapproved, loaded
from registry.people.permissions import OPERATOR


@click.group()
def plugin() -> None:
    """Domains as plugins: which there are, on and off."""


plugin.add_command(new_plugin)


@plugin.command("list")
def list_plugins() -> None:
    """List every plugin found: name, version, state, rows of data, reason when refused."""
    for line in plugins.plugin_lines(OPERATOR):
        state = "refused" if line.refusal else "on" if line.enabled else "off"
        if line.needs_approval:
            state = "not approved"
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
@click.argument("name")
@click.option("--yes", is_flag=True, help="Approve without asking.")
def approve(name: str, yes: bool) -> None:
    """Show a plugin's owner, version, digest and changed files, and approve just these files."""
    line = plugins.plugin_line(OPERATOR, name)
    if line is None or line.found is None or line.manifest is None:
        raise click.ClickException(
            f"{name}: there is no such plugin, or its manifest is unreadable"
        )
    if not line.needs_approval:
        reason = "came with this release" if line.bundled else "is approved as it is"
        click.echo(f"{name} {reason}.")
        return
    click.echo(f"{line.manifest.title}, version {line.manifest.version}")
    click.echo(f"owner   {line.manifest.owner}")
    click.echo(f"digest  {line.found.digest}")
    if line.approved is not None:
        click.echo(f"before  version {line.approved.version}, by {line.approved.approved_by}")
    if line.difference is not None:
        for word, paths in (
            ("new", line.difference.added),
            ("changed", line.difference.changed),
            ("gone", line.difference.removed),
        ):
            for path in paths:
                click.echo(f"{word:<8}{path}")
    if not yes:
        click.confirm("Has somebody you trust read this code?", abort=True)
    try:
        plugins.approve(OPERATOR, name, line.found.digest)
    except Changed as error:
        raise click.ClickException(f"{name}: its files have just changed; look again") from error
    click.echo(f"{name} is approved. Restart the registry to take it in.")


@plugin.command()
@click.argument("name")
def release(name: str) -> None:
    """Forget a domain's faults, and switch it on again if they had it switched off."""
    try:
        plugins.release_plugin(OPERATOR, name)
    except switching.CannotSwitch as error:
        raise click.ClickException(f"{name}: {error}") from error
    click.echo(f"{name} is on, and its faults are forgotten.")


@plugin.command("upgrade-data")
@click.argument("name")
def upgrade_data(name: str) -> None:
    """Bring all stored answers of a domain to the shape its code has today."""
    domain = loaded(current_app).domains.get(name)
    if domain is None:
        raise click.ClickException(f"{name}: there is no such plugin, or it is refused")
    done = failed = total = 0
    for done, failed, total in data.upgrade_all(domain):
        if sys.stdout.isatty():
            click.echo(f"\r{done + failed} of {total}\r", nl=False)
    click.echo(f"{done} of {total} rows upgraded.")
    if failed:
        raise click.ClickException(f"{failed} rows could not be upgraded and stay as they are")


@plugin.command()
@click.argument("name")
@click.option(
    "--export",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where all that is removed is written first. Default: NAME-DATE.json here.",
)
@click.option("--yes", is_flag=True, help="Remove without asking.")
def purge(name: str, file: Path | None, yes: bool) -> None:
    """Write out and then remove all that a domain holds. What submitted reports say stays."""
    target = file or Path(f"{name}-{date.today()}.json")
    if target.exists():
        raise click.ClickException(f"{target} is there already")
    line = plugins.plugin_line(OPERATOR, name)
    if line is None:
        raise click.ClickException(f"{name}: there is no such plugin, and nothing of it")
    if line.enabled:
        raise click.ClickException(f"{name} is on: switch it off first")
    target.write_text(plugins.export(OPERATOR, name), "utf-8")
    click.echo(f"Written to {target}; secret answers in it need this installation's keys.")
    if not yes:
        click.confirm(
            f"Remove {line.held.rows} rows and {line.held.sealed} secret answers?", abort=True
        )
    try:
        count = plugins.purge(OPERATOR, name)
    except switching.CannotSwitch as error:
        raise click.ClickException(f"{name}: {error}") from error
    click.echo(f"{count} rows removed.")


@plugin.command()
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Check every plugin found.")
@click.option(
    "--unapproved", is_flag=True, help="Load what nobody has approved too: it runs that code."
)
def check(name: str | None, everything: bool, unapproved: bool) -> None:
    """Load a plugin, or all of them, and say what is wrong; exit 1 on any refusal."""
    if everything == (name is not None):
        raise click.UsageError("name one plugin, or say --all")
    found = load_unapproved(current_app) if unapproved else loaded(current_app)
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
