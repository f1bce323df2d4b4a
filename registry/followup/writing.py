"""What coordinator and domain leads write of a follow-up, and what the executive board decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from registry.audit import log
from registry.conflict import Conflict
from registry.db import db, now
from registry.followup.models import Assessed, Decision, FollowUpText
from registry.people.models import User
from registry.people.permissions import Permission, Viewer, may, require
from registry.plan.models import GoalArea
from registry.reporting.models import Round


class NotNow(Exception):
    """The step is not possible now; the message tells the person why and what to do."""


@dataclass(frozen=True)
class Text:
    """What is written of one area, or (``area_id`` is ``None``) of the whole."""

    area_id: int | None
    text: str = ""
    conclusion: str = ""
    assessed: Assessed | None = None
    row_version: int = 0
    saved_at: datetime | None = None
    saved_by: str = ""

    @property
    def written(self) -> bool:
        return bool(self.text or self.conclusion or self.assessed)


def texts(round_id: int) -> Mapping[int | None, Text]:
    """All that is written of a round, by area: one query."""
    rows = db.session.execute(_TEXTS, {"round": round_id})
    return {row[0]: Text(*row) for row in rows}


_TEXTS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        FollowUpText.area_id,
        FollowUpText.text,
        FollowUpText.conclusion,
        FollowUpText.assessed,
        FollowUpText.row_version,
        FollowUpText.saved_at,
        sa.func.coalesce(User.name, ""),
    )
    .outerjoin(User, User.id == FollowUpText.saved_by_id)
    .where(FollowUpText.round_id == sa.bindparam("round"))
)


def may_write(viewer: Viewer, domain: str | None) -> bool:
    """Whether the viewer writes of an area with this domain: coordinators of all, a domain lead of
    the area that is theirs."""
    return may(viewer, Permission.WRITE_FOLLOWUP, domain=domain or "")


def open_text(viewer: Viewer, round_id: int, area_id: int | None) -> tuple[Text, str]:
    """What is written of an area, and what the area is called (empty for the whole).

    :raises Denied: unless the viewer writes of it.
    :raises sqlalchemy.exc.NoResultFound: when the round has no such area.
    """
    round_ = db.session.get_one(Round, round_id)
    domain, name = None, ""
    if area_id is not None:
        area = db.session.scalars(
            sa.select(GoalArea).where(
                GoalArea.id == area_id, GoalArea.version_id == round_.version_id
            )
        ).one()
        domain, name = area.domain, f"{area.number} {area.title}"
    require(viewer, Permission.WRITE_FOLLOWUP, domain=domain or "")
    return texts(round_id).get(area_id, Text(area_id)), name


def save_text(
    viewer: Viewer,
    round_id: int,
    area_id: int | None,
    row_version: int,
    *,
    text: str,
    conclusion: str,
    assessed: Assessed | None,
) -> None:
    """Save what is written of an area.

    :raises Conflict: when somebody else has saved since the form was opened.
    """
    before, _name = open_text(viewer, round_id, area_id)
    if before.row_version != row_version:
        raise Conflict(before.saved_by)
    row = db.session.scalar(
        sa.select(FollowUpText).where(
            FollowUpText.round_id == round_id, FollowUpText.area_id.is_not_distinct_from(area_id)
        )
    ) or FollowUpText(round_id=round_id, area_id=area_id)
    row.text, row.conclusion, row.assessed = text.strip(), conclusion.strip(), assessed
    row.saved_at, row.saved_by_id = now(), viewer.user_id
    db.session.add(row)
    _commit("followup.write")


@dataclass(frozen=True)
class Decided:
    """The executive board's decision on a follow-up."""

    decided_by: str
    decided_on: date
    paragraph: str
    case_number: str
    text: str


def decision(round_id: int) -> Decision | None:
    return db.session.scalar(sa.select(Decision).where(Decision.round_id == round_id))


def decide(viewer: Viewer, round_id: int, row_version: int, decided: Decided) -> None:
    """Enter what the executive board decided, or mend it until the follow-up is published.

    :raises NotNow: while the round is open, or when the follow-up is published with it.
    :raises Conflict: when somebody else has saved since the form was opened.
    """
    require(viewer, Permission.DECIDE_FOLLOWUP)
    # Held, so that nobody publishes or opens the round while the decision is being saved.
    round_ = db.session.get_one(Round, round_id, with_for_update=True, populate_existing=True)
    if round_.closed_at is None:
        raise NotNow(_("Stäng omgången först. Beslutet gäller det som är återrapporterat då."))
    if round_.published_at is not None:
        raise NotNow(_("Uppföljningen är publicerad med beslutet. Det kan inte ändras."))
    row = decision(round_id) or Decision(round_id=round_id)
    if (row.row_version or 0) != row_version:
        raise Conflict
    row.decided_by, row.decided_on, row.paragraph = (
        decided.decided_by,
        decided.decided_on,
        decided.paragraph,
    )
    row.case_number, row.text = decided.case_number, decided.text.strip()
    db.session.add(row)
    _commit("followup.decide")


def _commit(action: str) -> None:
    with log.action(action):
        try:
            db.session.commit()
        except (StaleDataError, IntegrityError) as error:
            db.session.rollback()
            raise Conflict from error
