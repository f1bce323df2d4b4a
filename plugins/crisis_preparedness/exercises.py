"""The pages of the list of exercises: what is late, planned and held; add, change, remove."""

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from registry.api import Choice, Date, LongText, Text, may_edit, requested, session, today

from .models import Exercise

KINDS = (
    ("seminar", "Seminarium"),
    ("alarm", "Larm"),
    ("simulation", "Simulering"),
    ("cooperation", "Samverkan"),
    ("full_scale", "Fullskalig"),
)
MOST = 200
NAMES = ("title", "kind", "planned_on", "held_on", "board", "lessons")
pages = Blueprint("crisis_preparedness", __name__)


def exercise_form(exercise: Exercise | None) -> Any:
    """The form, in the reader's language; the fields are those that a domain asks with."""
    say = requested().say
    kinds = tuple((value, say(label)) for value, label in KINDS)
    fields = (
        Text("title", say("Vad övas?"), required=True),
        Choice("kind", say("Övningens form"), options=kinds, required=True),
        Date("planned_on", say("Planerad dag"), required=True),
        Date(
            "held_on",
            say("Genomförd den"),
            help=say("Lämna tomt tills övningen är genomförd. Flyttas den, ändra planerad dag."),
        ),
        Text(
            "board",
            say("De som övar"),
            help=say("Nämnd, bolag eller grupp. Skriv inte namn på enskilda."),
        ),
        LongText(
            "lessons",
            say("Utvärdering och lärdomar"),
            help=say(
                "Det viktigaste och vad som ska ändras. Skriv inga uppgifter om brister som någon "
                "kan utnyttja."
            ),
        ),
    )
    form = type("ExerciseForm", (FlaskForm,), {one.name: one.form_field() for one in fields})
    return form(obj=exercise)


@pages.get("/exercises")
def exercises() -> ResponseReturnValue:
    waiting = session.scalars(
        sa.select(Exercise)
        .where(Exercise.held_on.is_(None))
        .order_by(Exercise.planned_on, Exercise.id)
    ).all()
    held = session.scalars(
        sa.select(Exercise)
        .where(Exercise.held_on.is_not(None))
        .order_by(Exercise.held_on.desc(), Exercise.id.desc())
        .limit(MOST + 1)
    ).all()
    day = today()
    return render_template(
        "crisis_preparedness/exercises.html",
        domain=requested(),
        late=[one for one in waiting if one.is_late(day)],
        planned=[one for one in waiting if not one.is_late(day)],
        held=held[:MOST],
        more=len(held) > MOST,
        kinds=dict(KINDS),
        may_edit=may_edit(),
    )


@pages.route("/exercises/new", methods=["GET", "POST"])
def new_exercise() -> ResponseReturnValue:
    _require()
    form = exercise_form(None)
    if form.validate_on_submit() and _fits(form):
        exercise = Exercise()
        _fill(exercise, form)
        session.add(exercise)
        session.commit()
        return _done("Övningen är tillagd.")
    return _page(form, None)


@pages.route("/exercises/<int:exercise_id>", methods=["GET", "POST"])
def edit_exercise(exercise_id: int) -> ResponseReturnValue:
    _require()
    exercise = _find(exercise_id)
    form = exercise_form(exercise)
    theirs: list[str] = []
    if form.validate_on_submit() and _fits(form):
        if request.form.get("row_version") == str(exercise.row_version):
            _fill(exercise, form)
            session.commit()
            return _done("Övningen är sparad.")
        theirs = [
            name for name in NAMES if (form[name].data or "") != (getattr(exercise, name) or "")
        ]
        if not theirs:  # both wrote the same
            return _done("Övningen är sparad.")
    return _page(form, exercise, theirs)


@pages.post("/exercises/<int:exercise_id>/remove")
def remove_exercise(exercise_id: int) -> ResponseReturnValue:
    _require()
    exercise = _find(exercise_id)
    if request.form.get("row_version") != str(exercise.row_version):
        return _done("Någon annan har ändrat övningen. Läs den innan du tar bort den.")
    session.delete(exercise)
    session.commit()
    return _done("Övningen är borttagen.")


def _require() -> None:
    if not may_edit():
        abort(403)


def _find(exercise_id: int) -> Exercise:
    """The exercise; held against others while it is being changed."""
    locked = request.method == "POST"
    found = session.get(Exercise, exercise_id, with_for_update=locked or None)
    return found or abort(404)


def _fits(form: Any) -> bool:
    if form.held_on.data is not None and form.held_on.data > today():
        form.held_on.errors = [
            requested().say("Dagen har inte varit än. Lämna tomt tills övningen är genomförd.")
        ]
    return not form.errors


def _fill(exercise: Exercise, form: Any) -> None:
    for name in NAMES:
        empty = None if name == "held_on" else ""
        setattr(exercise, name, form[name].data or empty)


def _done(message: str) -> ResponseReturnValue:
    flash(requested().say(message), "success")
    return redirect(url_for(".exercises"), 303)


def _page(
    form: Any, exercise: Exercise | None, theirs: list[str] | None = None
) -> ResponseReturnValue:
    return render_template(
        "crisis_preparedness/exercise.html",
        domain=requested(),
        form=form,
        exercise=exercise,
        theirs=theirs or [],
        kinds=dict(KINDS),
    )
