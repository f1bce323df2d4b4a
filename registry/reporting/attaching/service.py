"""Use cases of files on a board's report: attach, remove, download."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager

from registry.attachments import service as attachments
from registry.attachments.kinds import Refused
from registry.attachments.models import Attachment
from registry.audit import log
from registry.db import db, now
from registry.people.permissions import Denied, Permission, Viewer, may, require
from registry.plan.models import Measure, SubGoal
from registry.reporting import reading, writing
from registry.reporting.attaching import links
from registry.reporting.attaching.models import ItemAttachment
from registry.reporting.models import Report, ReportItem, ReportState
from registry.reporting.rounds import CannotReport

MOST = 20


@dataclass(frozen=True)
class ItemFiles:
    """The files on an item, and whether more may be attached by whoever asks.

    :param here: in the order in which they were attached.
    :param removed: those that were taken off, as a trace.
    """

    item: ReportItem
    here: Sequence[ItemAttachment]
    removed: Sequence[ItemAttachment]
    writable: bool

    @property
    def full(self) -> bool:
        return len(self.here) >= MOST


def open_files(viewer: Viewer, item_id: int) -> ItemFiles:
    """The files on an item of a report that is being written.

    :raises Denied: unless the viewer writes for that board.
    :raises sqlalchemy.exc.NoResultFound: when there is no such item.
    """
    return files_of(_item(viewer, item_id))


def files_of(item: ReportItem) -> ItemFiles:
    """:func:`open_files` for an item that the viewer has opened already: one query."""
    found = links.on_items([item.id])[item.id]
    return ItemFiles(
        item,
        [link for link in found if link.removed_at is None],
        [link for link in found if link.removed_at is not None],
        writing.writable(item.report),
    )


def attach(viewer: Viewer, item_id: int, name: str, content: bytes) -> Attachment:
    """Attach a file to an item.

    :raises Refused: with a sentence: not a kind we take in, too large, one too many, there already.
    :raises CannotReport: when the report is submitted or the round closed.
    :raises registry.attachments.store.Unreachable:
    """
    _open_for_writing(viewer, item_id)
    db.session.rollback()  # a store may take a while: let others write meanwhile
    taken = attachments.take_in(name, content)
    try:
        return _link(viewer, item_id, taken)
    except BaseException:
        attachments.discard(taken)
        raise


def _link(viewer: Viewer, item_id: int, taken: attachments.TakenIn) -> Attachment:
    item = _open_for_writing(viewer, item_id, hold=True)
    files = files_of(item)
    if files.full:
        raise Refused(
            _("Åtgärden har redan %(most)s bilagor. Ta bort någon av dem först.", most=MOST)
        )
    same = next((one for one in files.here if one.attachment.sha256 == taken.sha256), None)
    if same is not None:
        raise Refused(_("Filen är redan bifogad. Den heter %(name)s.", name=same.attachment.name))
    with log.action("attachment.add"):
        attachment = attachments.keep(viewer, taken)
        db.session.flush()
        db.session.add(ItemAttachment(item_id=item.id, attachment_id=attachment.id))
        db.session.commit()
    return attachment


def remove(viewer: Viewer, item_id: int, attachment_id: int) -> Attachment:
    """Take a file off an item. Its bytes go when no other item has it: a submitted report keeps
    what was handed in with it.

    :raises CannotReport: when the report is submitted or the round closed.
    """
    _open_for_writing(viewer, item_id, hold=True)
    link = db.session.scalars(
        sa.select(ItemAttachment)
        .join(ItemAttachment.attachment)
        .options(contains_eager(ItemAttachment.attachment))
        .where(
            ItemAttachment.item_id == item_id,
            ItemAttachment.attachment_id == attachment_id,
            ItemAttachment.removed_at.is_(None),
        )
        .with_for_update()
    ).one()
    attachment = link.attachment
    with log.action("attachment.remove"):
        link.removed_at, link.removed_by_id = now(), viewer.user_id
        db.session.flush()
        if not _is_used(attachment.id):
            attachments.throw_away(attachment)
        db.session.commit()
    attachments.sweep(attachment)
    return attachment


def download(viewer: Viewer, attachment_id: int) -> tuple[Attachment, bytes]:
    """A file that the viewer may read, checked against what was put there.

    Whoever reads a submitted report reads its files; of a draft, only the board's own people.

    :raises Denied: for everybody else.
    :raises sqlalchemy.exc.NoResultFound: when there is no such file, or no longer.
    :raises registry.attachments.service.Damaged:
    :raises registry.attachments.store.Unreachable:
    """
    found = list(
        db.session.scalars(
            sa.select(ItemAttachment)
            .join(ItemAttachment.attachment)
            .join(ItemAttachment.item)
            .join(ReportItem.report)
            .join(ReportItem.measure)
            .join(Measure.subgoal)
            .join(SubGoal.area)
            .options(
                contains_eager(ItemAttachment.attachment),
                contains_eager(ItemAttachment.item).contains_eager(ReportItem.report),
                contains_eager(ItemAttachment.item)
                .contains_eager(ReportItem.measure)
                .contains_eager(Measure.subgoal)
                .contains_eager(SubGoal.area),
            )
            .where(
                ItemAttachment.attachment_id == attachment_id,
                ItemAttachment.removed_at.is_(None),
            )
        )
    )
    if not found:
        raise sa.exc.NoResultFound
    if not any(_may_read(viewer, link.item) for link in found):
        raise Denied(Permission.READ_REPORTS)
    attachment = found[0].attachment
    return attachment, attachments.content_of(attachment)


def _may_read(viewer: Viewer, item: ReportItem) -> bool:
    report = item.report
    if may(viewer, Permission.WRITE_REPORTS, board_id=report.board_id):
        return True
    if report.state is ReportState.DRAFT:
        return False
    if not may(viewer, Permission.READ_REPORTS, board_id=report.board_id):
        return False
    domains = reading.own_domains(viewer, report)
    return domains is None or item.measure.subgoal.area.domain in domains


def _item(viewer: Viewer, item_id: int) -> ReportItem:
    item = db.session.scalars(
        sa.select(ReportItem)
        .join(ReportItem.report)
        .join(Report.round)
        .join(Report.board)
        .join(ReportItem.measure)
        .options(
            contains_eager(ReportItem.report).contains_eager(Report.round),
            contains_eager(ReportItem.report).contains_eager(Report.board),
            contains_eager(ReportItem.measure),
        )
        .where(ReportItem.id == item_id)
    ).one()
    require(viewer, Permission.WRITE_REPORTS, board_id=item.report.board_id)
    return item


def _open_for_writing(viewer: Viewer, item_id: int, *, hold: bool = False) -> ReportItem:
    item = _item(viewer, item_id)
    if hold:
        writing.hold(item.report, changing=False)
    if not writing.writable(item.report):
        raise CannotReport(_("Återrapporten är inlämnad eller omgången stängd. Inget sparades."))
    return item


def _is_used(attachment_id: int) -> bool:
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists().where(
                    ItemAttachment.attachment_id == attachment_id,
                    ItemAttachment.removed_at.is_(None),
                )
            )
        )
    )
