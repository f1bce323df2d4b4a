"""``registry import-plan``: the import for whoever runs the installation."""

import json
from pathlib import Path

import click
from flask_babel import gettext as _
from flask_babel import ngettext

from registry.plan.importing import service
from registry.plan.importing.columns import Column
from registry.plan.importing.placing import Row
from registry.plan.importing.service import Preview
from registry.plan.importing.sheet import Unreadable
from registry.plan.importing.words import Outcome

_WORTH_A_LINE = (Outcome.DOUBTFUL, Outcome.CHANGED, Outcome.NOT_MEASURE, Outcome.REFUSED)


@click.argument("file", type=click.Path(path_type=Path))
@click.option("--plan", "title", default="", help="Title of the plan; made if there is none.")
@click.option("--dry-run", is_flag=True, help="Show what would be done and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def import_plan(file: Path, title: str, dry_run: bool, as_json: bool) -> None:
    """Read a plan from FILE (CSV or Excel) into the registry, all of it or nothing.

    Every row is placed or listed with its reason. Exit code 1: the file cannot be read, or its
    columns are not known.
    """
    try:
        done, _version = service.import_file(file, title.strip(), dry_run=dry_run)
    except Unreadable as error:
        raise click.ClickException(str(error)) from error
    except service.Changed as error:
        message = _("Någon annan ändrade planen samtidigt. Inget är sparat. Försök igen.")
        raise click.ClickException(message) from error
    if Column.MEASURE not in done.choices.mapping.values():
        raise click.ClickException(
            _(
                "Ingen kolumn heter Åtgärd. Filens rubriker: %(headings)s.",
                headings=", ".join(filter(None, done.upload.sheet.headings)),
            )
        )
    click.echo(_as_json(done, dry_run) if as_json else _as_text(done, dry_run))


def _as_json(done: Preview, dry_run: bool) -> str:
    placement = done.placement
    return json.dumps(
        {
            "plan": done.choices.plan,
            "written": placement.writes and not dry_run,
            "rows": len(placement.rows),
            "counts": {outcome.value: placement.count(outcome) for outcome in Outcome},
            "created": {
                "boards": [name for name, _kind in placement.boards.values()],
                "areas": [area.title for area in placement.layout.areas],
                "subgoals": len(placement.layout.subgoals),
            },
            "remarks": list(done.upload.sheet.remarks),
            "details": [
                {
                    "row": row.line,
                    "outcome": row.outcome.value,
                    "number": row.draft.number,
                    "measure": row.draft.title,
                    "reasons": [note.text for note in row.notes],
                    "changes": {
                        change.column.value: [change.before, change.after] for change in row.changes
                    },
                }
                for row in placement.rows
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _as_text(done: Preview, dry_run: bool) -> str:
    placement = done.placement
    lines = [*done.upload.sheet.remarks]
    lines += [_line(row) for row in placement.rows if row.outcome in _WORTH_A_LINE]
    lines += [
        f"{outcome.label}: {placement.count(outcome)}"
        for outcome in Outcome
        if placement.count(outcome)
    ]
    if not placement.writes:
        same = placement.count(Outcome.SAME)
        lines.append(
            ngettext(
                "Åtgärden finns redan. Inget ändras.",
                "Alla %(num)s åtgärder finns redan. Inget ändras.",
                same,
            )
            if same
            else _("Ingen rad kan läsas in som åtgärd.")
        )
    elif dry_run:
        lines.append(_("Inget är sparat. Kör utan --dry-run för att läsa in."))
    else:
        lines.append(_("Inläst i planen ”%(plan)s”.", plan=done.choices.plan))
    return "\n".join(lines)


def _line(row: Row) -> str:
    changes = [f"{one.column.label}: {one.before or '–'} → {one.after}" for one in row.changes]
    reasons = " ".join([*changes, *(note.text for note in row.notes)])
    return _(
        "Rad %(row)s, %(outcome)s: %(title)s. %(reasons)s",
        row=row.line,
        outcome=row.outcome.label,
        title=row.draft.title or "–",
        reasons=reasons,
    )
