"""The one way through every page on which a row is changed."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict

from registry.conflict import Conflict, Difference, with_choices
from registry.db import db
from registry.edit_form import EditForm
from registry.plan.editing import Refused

Form = TypeVar("Form", bound=EditForm)
Made = Callable[["ImmutableMultiDict[str, str] | None"], Form]


def edit_page(
    make: Made[Form],
    save: Callable[[Form], str],
    *,
    title: str,
    back: str,
    remove: str = "",
    template: str = "plan/edit.html",
    **shown: Any,
) -> ResponseReturnValue:
    """Show a form; check and save it; or show it again with what is wrong or what differs.

    :param make: the form, from what was posted or else from what is stored.
    :param save: saves what the form says and gives the address to go on to.
    :param shown: what else the template shows.
    """
    differences: dict[str, Difference] = {}
    notes: list[str] = []
    conflict_by = ""
    if request.method == "POST":
        form = make(with_choices(request.form, make(None).raw()))
        if form.validate():
            try:
                return redirect(save(form), 303)
            except Refused as refused:
                if refused.field:
                    form[refused.field].errors = [refused.message]
                else:
                    notes.append(refused.message)
            except Conflict as conflict:
                db.session.expire_all()
                stored = make(None)
                differences = form.differences(stored)
                form.row_version.data = stored.row_version.data
                form.row_version.raw_data = None
                conflict_by = conflict.by
                if not differences:
                    notes.append(_same_answers())
    else:
        form = make(None)
    page = render_template(
        template,
        form=form,
        title=title,
        back=back,
        remove=remove,
        differences=differences,
        conflict_by=conflict_by,
        notes=notes,
        **shown,
    )
    return page, 409 if differences or notes else 422 if form.errors else 200


def _same_answers() -> str:
    return _("Någon annan har sparat samma svar medan du skrev. Spara igen om du vill ändra något.")
