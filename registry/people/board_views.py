"""The pages of boards and companies: HTTP only."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry import conflict
from registry.language import today
from registry.people import boards
from registry.people.forms import BoardForm
from registry.people.models import Board, BoardKind
from registry.people.views import bp

FIELDS = ("name", "kind", "valid_from", "valid_to", "successor_id")


@bp.get("/boards", endpoint="boards")
def list_boards() -> ResponseReturnValue:
    return render_template("people/boards.html", boards=boards.boards(g.viewer), today=today())


@bp.route("/boards/new", methods=["GET", "POST"])
def new_board() -> ResponseReturnValue:
    form = BoardForm()
    form.offer(boards.names())
    if form.validate_on_submit():
        try:
            boards.add(g.viewer, _values(form))
            flash(_("%(board)s är tillagd.", board=form.name.data), "success")
            return redirect(url_for("people.boards"), 303)
        except boards.NameTaken:
            form.name.errors = [_name_taken()]
    return render_template("people/board.html", form=form, board=None, differences={})


@bp.route("/boards/<int:board_id>", methods=["GET", "POST"])
def edit_board(board_id: int) -> ResponseReturnValue:
    board = boards.find(g.viewer, board_id) or abort(404)
    stored = _stored(board)
    posted = conflict.with_choices(request.form, stored) if request.method == "POST" else None
    form = BoardForm(posted, obj=board)
    form.offer(boards.names(), but=board_id)
    differences: dict[str, conflict.Difference] = {}
    if form.validate_on_submit():
        try:
            boards.edit(g.viewer, board_id, _values(form), form.row_version.data or 0)
            flash(_("%(board)s är sparad.", board=form.name.data), "success")
            return redirect(url_for("people.boards"), 303)
        except boards.NameTaken:
            form.name.errors = [_name_taken()]
        except boards.SuccessionLoop:
            form.successor_id.errors = [
                _("Välj en annan. Den valda ersätts i sin tur av den här nämnden eller bolaget.")
            ]
        except conflict.Conflict:
            differences = _differences(form, stored)
            if not differences:  # both wrote the same
                return redirect(url_for("people.boards"), 303)
            form.row_version.raw_data = None
            form.row_version.data = board.row_version
    return render_template("people/board.html", form=form, board=board, differences=differences)


def _values(form: BoardForm) -> boards.BoardValues:
    successor = form.successor_id.data
    return boards.BoardValues(
        name=form.name.data or "",
        kind=BoardKind(form.kind.data),
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        successor_id=int(successor) if successor else None,
    )


def _stored(board: Board) -> dict[str, list[str]]:
    """The board as its form would post it."""
    return {
        "name": [board.name],
        "kind": [board.kind.value],
        "valid_from": [board.valid_from.isoformat() if board.valid_from else ""],
        "valid_to": [board.valid_to.isoformat() if board.valid_to else ""],
        "successor_id": [str(board.successor_id or "")],
    }


def _differences(form: BoardForm, stored: conflict.Raw) -> dict[str, conflict.Difference]:
    mine = {name: request.form.getlist(name) for name in FIELDS}
    labels = {
        "kind": {value: str(label) for value, label in BoardKind.choices()},
        "successor_id": {str(key): name for key, name in boards.names()},
    }
    found = {}
    for name in conflict.differing(FIELDS, mine, stored):
        words = labels.get(name, {})
        ours, theirs = (" ".join(raw.get(name, [])) for raw in (mine, stored))
        found[name] = conflict.Difference(
            name, form[name].label.text, words.get(ours, ours), words.get(theirs, theirs)
        )
    return found


def _name_taken() -> str:
    return _("Det finns redan en nämnd eller ett bolag med det namnet. Skriv ett annat namn.")
