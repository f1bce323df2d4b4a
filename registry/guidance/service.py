"""Use cases of guidance: read it, and write it."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.guidance.models import GuidancePage, GuidancePlace
from registry.people.permissions import Permission, Viewer, may, require

_ORDER = (GuidancePage.position, GuidancePage.title, GuidancePage.id)


@dataclass(frozen=True)
class PageValues:
    """What is written about a page; ``position`` puts those of a place in order."""

    title: str
    body: str
    place: GuidancePlace | None
    position: int
    published: bool


def pages(viewer: Viewer) -> list[GuidancePage]:
    """The pages in order; those that are not published only for whoever writes them."""
    require(viewer, Permission.READ_PLAN)
    wanted = sa.select(GuidancePage).order_by(*_ORDER)
    if not may(viewer, Permission.EDIT_GUIDANCE):
        wanted = wanted.where(GuidancePage.published)
    return list(db.session.scalars(wanted))


def find(viewer: Viewer, page_id: int) -> GuidancePage:
    """:raises sqlalchemy.exc.NoResultFound: when there is none that the viewer may read."""
    require(viewer, Permission.READ_PLAN)
    wanted = sa.select(GuidancePage).where(GuidancePage.id == page_id)
    if not may(viewer, Permission.EDIT_GUIDANCE):
        wanted = wanted.where(GuidancePage.published)
    return db.session.scalars(wanted).one()


def beside(place: GuidancePlace) -> list[tuple[int, str, str]]:
    """The published pages of a place: id, title, text."""
    rows = db.session.execute(
        sa.select(GuidancePage.id, GuidancePage.title, GuidancePage.body)
        .where(GuidancePage.place == place, GuidancePage.published)
        .order_by(*_ORDER)
    )
    return [(page_id, title, body) for page_id, title, body in rows]


def add(viewer: Viewer, values: PageValues) -> GuidancePage:
    require(viewer, Permission.EDIT_GUIDANCE)
    page = GuidancePage()
    _write(page, values)
    with log.action("guidance.add"):
        db.session.add(page)
        db.session.commit()
    return page


def edit(viewer: Viewer, page_id: int, values: PageValues, row_version: int) -> GuidancePage:
    """:raises Conflict: when someone has saved the page since."""
    require(viewer, Permission.EDIT_GUIDANCE)
    page = db.session.get_one(GuidancePage, page_id)
    if page.row_version != row_version:
        raise Conflict
    with log.action("guidance.edit"):
        _write(page, values)
        try:
            db.session.commit()
        except StaleDataError as error:
            raise Conflict from error
    return page


def remove(viewer: Viewer, page_id: int) -> None:
    """Remove a page; what it said stays in the log."""
    require(viewer, Permission.EDIT_GUIDANCE)
    page = db.session.get_one(GuidancePage, page_id)
    with log.action("guidance.remove"):
        db.session.delete(page)
        db.session.commit()


def _write(page: GuidancePage, values: PageValues) -> None:
    page.title, page.body, page.place = values.title, values.body, values.place
    page.position, page.published, page.changed_at = values.position, values.published, now()
