"""Use cases of the import: take a file, decide, look, write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.db import db
from registry.language import today
from registry.people.models import Board
from registry.people.permissions import Permission, Viewer, require
from registry.plan.importing import reading, standing
from registry.plan.importing.choices import Choices
from registry.plan.importing.columns import Column, Mapping, recognise
from registry.plan.importing.placing import Placement, place
from registry.plan.importing.sheet import Sheet
from registry.plan.importing.shelf import Shelf, Upload
from registry.plan.importing.standing import Standing
from registry.plan.importing.words import Outcome
from registry.plan.importing.writing import write


class Gone(Exception):
    """There is no such file waiting for this person."""


class Changed(Exception):
    """What would be written is no longer what the person has looked at."""


class Unmapped(Exception):
    """Nobody has said yet which column names the measures."""


@dataclass(frozen=True)
class Preview:
    """A file, what was decided about it, and what the import would do."""

    upload: Upload
    choices: Choices
    standing: Standing
    placement: Placement

    def board(self, one: str) -> str:
        """The name of a board by its key, whether it stands or is to be made."""
        known = self.standing.boards.get(one)
        return known.name if known else self.placement.boards[one][0]


def upload(viewer: Viewer, content: bytes, name: str, plan: str) -> tuple[str, bool]:
    """Read a file and put it on the shelf; gives its token, and whether its columns are known.

    :raises Unreadable: with a sentence for the person.
    """
    require(viewer, Permission.IMPORT_PLAN)
    db.session.rollback()  # reading takes a while: let others write meanwhile
    sheet = reading.read(content, name)
    _only_read()
    choices = _first_choices(sheet, plan)
    db.session.rollback()
    token = _shelf().keep(Upload(viewer.user_id or 0, name, sheet), choices)
    return token, Column.MEASURE in choices.mapping.values()


def plans(viewer: Viewer) -> list[str]:
    """Titles of the plans that can take in measures."""
    require(viewer, Permission.IMPORT_PLAN)
    return [title for title, _state in standing.plans()]


def boards(viewer: Viewer) -> Sequence[Board]:
    """The boards of the registry, by name."""
    require(viewer, Permission.IMPORT_PLAN)
    return db.session.scalars(sa.select(Board).order_by(Board.name)).all()


def waiting(viewer: Viewer, token: str) -> tuple[Upload, Choices]:
    """A file that waits to be confirmed.

    :raises Gone: when it is not this person's, is confirmed already or older than a day.
    """
    require(viewer, Permission.IMPORT_PLAN)
    _only_read()
    found = _shelf().open(token, viewer.user_id)
    if found is None:
        raise Gone
    return found


def map_columns(viewer: Viewer, token: str, mapping: Mapping) -> None:
    """Decide what each column is."""
    _upload, choices = waiting(viewer, token)
    _shelf().decide(token, replace(choices, mapping=mapping))


def decide(
    viewer: Viewer, token: str, plan: str, kinds: frozenset[str], owners: dict[str, str]
) -> None:
    """Decide where the measures go, which rows are measures, and who unknown owners are."""
    _upload, choices = waiting(viewer, token)
    _shelf().decide(
        token,
        replace(choices, plan=plan, kinds=kinds, owners={**choices.owners, **owners}),
    )


def preview(viewer: Viewer, token: str) -> Preview:
    """What the import would do, with the database as it is now. Writes nothing.

    :raises Unmapped: when the columns have to be named first.
    """
    found, choices = waiting(viewer, token)
    if Column.MEASURE not in choices.mapping.values():
        raise Unmapped
    return _placed(found, choices)


def confirm(viewer: Viewer, token: str, digest: str) -> None:
    """Write what the preview showed, in one transaction, and throw the file away.

    :param digest: of the placement that the person has seen.
    :raises Changed: when it would now be another; nothing is written.
    """
    found, choices = waiting(viewer, token)
    done, version_id = _write(found, choices, digest)
    _shelf().finish(token, found.user_id, _result(done, version_id))


def result(viewer: Viewer, token: str) -> dict[str, Any]:
    """What a confirmed import did.

    :raises Gone: when there was none, or more than a day ago.
    """
    require(viewer, Permission.IMPORT_PLAN)
    found = _shelf().result(token, viewer.user_id)
    if found is None:
        raise Gone
    return found


def import_file(path: Path, plan: str, *, dry_run: bool) -> tuple[Preview, int | None]:
    """Import a file from the command line, where whoever may start it may do all.

    :returns: what was placed, and the id of the plan's version unless nothing was written.
    :raises Unreadable: with a sentence for the person.
    """
    settings = current_app.extensions["settings"]
    sheet = reading.read_path(path, settings.upload_megabytes)
    choices = _first_choices(sheet, plan or suggested_plan(sheet, path.name))
    found = Upload(0, path.name, sheet)
    if dry_run or Column.MEASURE not in choices.mapping.values():
        return _placed(found, choices), None
    with log.acting(None):
        return _write(found, choices, None)


def suggested_plan(sheet: Sheet, name: str) -> str:
    """The plan that all rows name, else the name of the file."""
    place = next((p for p, one in recognise(sheet.headings).items() if one is Column.PLAN), None)
    if place is not None:
        named = {line.cells[place] for line in sheet.lines if place < len(line.cells)}
        if len(named) == 1 and (title := named.pop()):
            return title
    return Path(name).stem


def _first_choices(sheet: Sheet, plan: str) -> Choices:
    """What the headings say, and what was decided the last time for the same plan."""
    choices = Choices(plan, recognise(sheet.headings))
    last = standing.last_choices(plan)
    if last is None:
        return choices
    return replace(choices, kinds=frozenset(last["kinds"]), owners=dict(last["owners"]))


def _only_read() -> None:
    """Go on in a transaction that lets others write, though the request may be a POST."""
    db.session.rollback()
    db.session.connection(execution_options={"reading": True})


def _placed(found: Upload, choices: Choices) -> Preview:
    _only_read()
    stands = standing.load(choices.plan)
    return Preview(found, choices, stands, place(found.sheet, choices, stands, today()))


def _write(found: Upload, choices: Choices, digest: str | None) -> tuple[Preview, int | None]:
    """Place anew and write it, if what it was placed against stands still.

    Placing takes a while and needs no lock; what is loaded twice is only what stands.
    """
    done = _placed(found, choices)
    db.session.rollback()
    if digest is not None and done.placement.digest() != digest:
        raise Changed
    if not done.placement.writes:
        return done, done.standing.version_id
    try:
        if standing.load(choices.plan, lock=True) != done.standing:
            raise Changed
        version_id = write(done.placement, choices, done.standing, found.name)
        db.session.commit()
    except (IntegrityError, StaleDataError) as error:
        db.session.rollback()
        raise Changed from error
    except BaseException:
        db.session.rollback()
        raise
    return done, version_id


def _result(done: Preview, version_id: int | None) -> dict[str, Any]:
    placement = done.placement
    return {
        "name": done.upload.name,
        "plan": done.choices.plan,
        "version_id": version_id,
        "counts": {outcome.value: placement.count(outcome) for outcome in Outcome},
        "without_owner": sum(not row.draft.boards for row in placement.new),
        "areas": len(placement.layout.areas),
        "subgoals": len(placement.layout.subgoals),
        "boards": [board for board, _kind in placement.boards.values()],
        "left_out": [
            (row.line, row.draft.title, " ".join(note.text for note in row.notes))
            for row in placement.rows
            if row.outcome in (Outcome.NOT_MEASURE, Outcome.REFUSED)
        ][:500],
    }


def _shelf() -> Shelf:
    return Shelf(current_app.extensions["settings"].instance / "uploads")
