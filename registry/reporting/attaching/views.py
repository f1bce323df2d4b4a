"""Files on a board's report: HTTP only."""

import io

from flask import Blueprint, flash, g, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.attachments.kinds import Refused, label
from registry.attachments.service import Damaged
from registry.attachments.store import Unreachable
from registry.reporting.attaching import service
from registry.reporting.attaching.forms import AttachForm
from registry.reporting.rounds import CannotReport

bp = Blueprint("attaching", __name__)
bp.add_app_template_filter(label, "file_kind")


@bp.route("/reports/items/<int:item_id>/attachments", methods=["GET", "POST"])
def item(item_id: int) -> ResponseReturnValue:
    form, status = AttachForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            file = form.file.data
            try:
                kept = service.attach(g.viewer, item_id, file.filename or "", file.read())
            except (Refused, CannotReport) as error:
                form.file.errors = [str(error)]
            except Unreachable:
                form.file.errors = [_("Filen kunde inte sparas just nu. Försök igen om en stund.")]
                status = 503
            else:
                flash(_("%(name)s är bifogad.", name=kept.name), "success")
                return _to_form(item_id)
    files = service.open_files(g.viewer, item_id)
    return render_template("reporting/attachments.html", files=files, attach_form=form), status


@bp.post("/reports/items/<int:item_id>/attachments/<int:attachment_id>/remove")
def remove(item_id: int, attachment_id: int) -> ResponseReturnValue:
    try:
        removed = service.remove(g.viewer, item_id, attachment_id)
    except CannotReport as error:
        flash(str(error), "warning")
    else:
        flash(_("%(name)s är borttagen.", name=removed.name), "success")
    return _to_form(item_id)


@bp.get("/attachments/<int:attachment_id>")
def download(attachment_id: int) -> ResponseReturnValue:
    try:
        attachment, content = service.download(g.viewer, attachment_id)
    except Damaged:
        return _cannot_give(
            500, _("Filen är inte längre den som bifogades och lämnas därför inte ut.")
        )
    except Unreachable:
        return _cannot_give(503, _("Filen kan inte hämtas just nu. Försök igen om en stund."))
    return send_file(
        io.BytesIO(content),
        mimetype=attachment.media_type,
        as_attachment=True,
        download_name=attachment.name,
        etag=False,
        conditional=False,
    )


def _cannot_give(status: int, text: str) -> ResponseReturnValue:
    title = _("Bilagan kan inte laddas ner")
    page = render_template("error.html", title=title, text=text, status=status, written=())
    return page, status


def _to_form(item_id: int) -> ResponseReturnValue:
    return redirect(url_for("reporting.item", item_id=item_id, _anchor="attachments"), 303)
