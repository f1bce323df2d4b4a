"""The executive page, and the pages that it leads to: an area, a board, gaps, two rounds."""

from collections.abc import Callable
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from registry import memory
from registry.addresses import number
from registry.followup import details, gaps, over_time, service, writing
from registry.followup.figures import PARTS, RoundHead
from registry.followup.views.blueprint import bp
from registry.followup.views.reading import addresses, share
from registry.language import today
from registry.notices import announcements
from registry.notices.forms import NoticeForm
from registry.people.permissions import Permission, may
from registry.reporting.rounds import only_boards

LISTED = 200


@bp.get("/overview")
def newest() -> ResponseReturnValue:
    """The executive page of the newest round."""
    head = service.newest(g.viewer)
    if head is None:
        return redirect(url_for(".latest"))
    return redirect(url_for(".overview", round_id=head.id))


@bp.get("/<int:round_id>/overview")
def overview(round_id: int) -> ResponseReturnValue:
    return _page("followup/overview.html", round_id, _overview)


def _overview(head: RoundHead) -> dict[str, Any]:
    found = gaps.of(g.viewer, head)
    page = service.read(g.viewer, head.id)
    return {
        "page": page,
        "texts": writing.texts(head.id),
        "rounds": over_time.over_rounds(g.viewer, service.siblings(g.viewer, head)),
        "owing": gaps.per_board(found),
        "kinds": [kind for kind in gaps.GapKind if any(one.kind is kind for one in found)],
    }


@bp.get("/<int:round_id>/gaps")
def all_gaps(round_id: int) -> ResponseReturnValue:
    return _page("followup/gaps.html", round_id, _gaps)


def _gaps(head: RoundHead) -> dict[str, Any]:
    found = gaps.of(g.viewer, head)
    board_id = number(request.args, "board")
    wanted = request.args.get("kind", "")
    kind = gaps.GapKind(wanted) if wanted in set(gaps.GapKind) else None
    shown = [
        gap
        for gap in found
        if (board_id is None or gap.board_id == board_id) and kind in (None, gap.kind)
    ]
    boards = gaps.per_board(found)
    return {
        "gaps": shown[:LISTED],
        "count": len(shown),
        "kinds": list(gaps.GapKind),
        "kind": kind,
        "board_id": board_id,
        "boards": [(key, name) for key, name, _counts in boards if key is not None],
        "own_boards": only_boards(g.viewer),
        "can_remind": may(g.viewer, Permission.SEND_NOTICES),
    }


@bp.get("/<int:round_id>/gaps/<int:board_id>/notice")
def remind(round_id: int, board_id: int) -> ResponseReturnValue:
    """A notice to a board of what is late or missing there, to read through and send."""
    head = service.find(g.viewer, round_id) or abort(404)
    theirs = [gap for gap in gaps.of(g.viewer, head) if gap.board_id == board_id]
    if not theirs:
        return redirect(url_for(".all_gaps", round_id=round_id), 303)
    title, body = gaps.as_notice(head, theirs)
    form = NoticeForm(formdata=None, data={"title": title, "body": body})
    form.offer(announcements.choices())
    form.board_ids.data = [board_id]
    return render_template("notices/new_notice.html", form=form, reached=[])


@bp.get("/<int:round_id>/areas/<int:area_id>")
def area(round_id: int, area_id: int) -> ResponseReturnValue:
    return _page("followup/part.html", round_id, lambda head: _area(head, area_id))


def _area(head: RoundHead, area_id: int) -> dict[str, Any]:
    part = details.area(g.viewer, head, area_id) or abort(404)
    heads = service.siblings(g.viewer, head)
    return {
        "part": part,
        "text": writing.texts(head.id).get(area_id),
        "can_write": writing.may_write(g.viewer, part.domain),
        "edit": url_for(".text", round_id=head.id, area_id=area_id),
        "rounds": over_time.over_rounds(g.viewer, heads, area_number=part.number),
        "same": lambda one: None,
    }


@bp.get("/<int:round_id>/boards/<int:board_id>")
def board(round_id: int, board_id: int) -> ResponseReturnValue:
    return _page("followup/part.html", round_id, lambda head: _board(head, board_id))


def _board(head: RoundHead, board_id: int) -> dict[str, Any]:
    part = details.board(g.viewer, head, board_id) or abort(404)
    heads = service.siblings(g.viewer, head)
    own = only_boards(g.viewer)
    return {
        "part": part,
        "text": None,
        "report": part.report_id if own is None or board_id in own else None,
        "owing": [gap for gap in gaps.of(g.viewer, head) if gap.board_id == board_id],
        "rounds": over_time.over_rounds(g.viewer, heads, board_id=board_id),
        "same": lambda one: url_for(".board", round_id=one.id, board_id=board_id),
    }


@bp.get("/<int:round_id>/compare")
def compare(round_id: int) -> ResponseReturnValue:
    return _page("followup/compare.html", round_id, _compare)


def _compare(head: RoundHead) -> dict[str, Any]:
    others = [one for one in service.siblings(g.viewer, head) if one.id != head.id]
    wanted = number(request.args, "with")
    earlier = [one for one in others if (one.opens_on, one.id) < (head.opens_on, head.id)]
    other = next((one for one in others if one.id == wanted), None) or next(
        iter(earlier or others), None
    )
    return {
        "others": others,
        "other": other,
        "comparison": over_time.compare(g.viewer, head, other) if other else None,
    }


def _page(
    template: str, round_id: int, values: Callable[[RoundHead], dict[str, Any]]
) -> ResponseReturnValue:
    """A page of a round, kept until something changes."""
    head = service.find(g.viewer, round_id) or abort(404)
    return memory.page(
        template,
        "followup",
        lambda: {
            "round": head,
            "labels": {part: str(label) for part, label in PARTS.items()},
            "share": share(),
            "overview_address": lambda one: url_for(".overview", round_id=one.id),
            "measure_address": addresses("plan.measure", "measure_id"),
            "today": today(),
            **values(head),
        },
    )
