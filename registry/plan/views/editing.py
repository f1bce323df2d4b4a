"""Pages on which the plan is changed. One way through all of them: see :func:`_edit`."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.edit_form import EditForm
from registry.effects.forms import MetricForm
from registry.effects.models import EffectMethod, EffectMetric
from registry.host import active, data
from registry.host.models import SubjectKind
from registry.people.permissions import Permission, may
from registry.plan import (
    choices,
    domain_data,
    effects,
    measures,
    ordering,
    removal,
    service,
    structure,
)
from registry.plan.domain_data import DomainEntry
from registry.plan.editing import Refused, open_row, version_of
from registry.plan.forms import (
    ActivityForm,
    AreaForm,
    ConfirmForm,
    GroupForm,
    MeasureForm,
    MethodForm,
    SubGoalForm,
    VersionForm,
)
from registry.plan.models import (
    Activity,
    GoalArea,
    GoalGroup,
    Measure,
    PlanVersion,
    SubGoal,
)
from registry.plan.views.blueprint import bp
from registry.plan.views.form_page import edit_page as _edit

# Plans and versions ------------------------------------------------------------------------


@bp.route("/plan/new", methods=["GET", "POST"])
def new_plan() -> ResponseReturnValue:
    def save(form: VersionForm) -> str:
        return _structure(service.create_plan(g.viewer, form.values()).id)

    return _edit(
        lambda posted: VersionForm(formdata=posted),
        save,
        title=_("Ny plan"),
        back=url_for("plan.plans"),
    )


@bp.route("/plan/<int:version_id>/edit", methods=["GET", "POST"])
def edit_version(version_id: int) -> ResponseReturnValue:
    version = open_row(g.viewer, PlanVersion, version_id) or abort(404)

    def save(form: VersionForm) -> str:
        service.edit_version(g.viewer, version, _seen(form), form.values())
        return _structure(version.id)

    return _edit(
        lambda posted: VersionForm(
            formdata=posted, obj=version, data={"title": version.plan.title}
        ),
        save,
        title=_("Ändra uppgifter om planen"),
        back=_structure(version_id),
    )


@bp.get("/plan/<int:version_id>/structure")
def edit_structure(version_id: int) -> ResponseReturnValue:
    open_row(g.viewer, PlanVersion, version_id) or abort(404)
    page = structure.read(g.viewer, version_id) or abort(404)
    return render_template("plan/structure.html", plan=page)


@bp.route("/plan/<int:version_id>/publish", methods=["GET", "POST"])
def publish(version_id: int) -> ResponseReturnValue:
    version = open_row(g.viewer, PlanVersion, version_id) or abort(404)
    form = ConfirmForm()
    if request.method == "POST" and form.validate():
        service.publish(g.viewer, version)
        flash(_("Planen är publicerad."), "success")
        return redirect(url_for("plan.version", version_id=version_id), 303)
    page = structure.read(g.viewer, version_id) or abort(404)
    former = structure.published_id(page.head.plan_id)
    return render_template("plan/publish.html", form=form, plan=page, former=former)


# Groups, areas, sub-goals ------------------------------------------------------------------


@bp.route("/plan/<int:version_id>/groups/new", methods=["GET", "POST"])
def new_group(version_id: int) -> ResponseReturnValue:
    version = open_row(g.viewer, PlanVersion, version_id) or abort(404)

    def save(form: GroupForm) -> str:
        group = service.create_group(g.viewer, version, form.values())
        return _structure(version.id, f"group-{group.id}")

    return _edit(
        lambda posted: GroupForm(formdata=posted),
        save,
        title=_("Nytt huvudområde"),
        back=_structure(version_id),
    )


@bp.route("/plan/groups/<int:group_id>/edit", methods=["GET", "POST"])
def edit_group(group_id: int) -> ResponseReturnValue:
    group = open_row(g.viewer, GoalGroup, group_id) or abort(404)
    back = _structure(group.version_id, f"group-{group.id}")

    def save(form: GroupForm) -> str:
        service.edit_group(g.viewer, group, _seen(form), form.values())
        return back

    return _edit(
        lambda posted: GroupForm(formdata=posted, obj=group),
        save,
        title=_("Ändra huvudområdet"),
        back=back,
        remove=url_for("plan.delete", kind="group", row_id=group_id),
    )


@bp.route("/plan/groups/<int:group_id>/areas/new", methods=["GET", "POST"])
def new_area(group_id: int) -> ResponseReturnValue:
    group = open_row(g.viewer, GoalGroup, group_id) or abort(404)

    def save(form: AreaForm) -> str:
        area = service.create_area(g.viewer, group.version, form.values())
        return _structure(group.version_id, f"area-{area.id}")

    return _edit(
        lambda posted: _area_form(group.version_id, posted, data={"group_id": group.id}),
        save,
        title=_("Nytt målområde"),
        back=_structure(group.version_id, f"group-{group.id}"),
    )


@bp.route("/plan/areas/<int:area_id>/edit", methods=["GET", "POST"])
def edit_area(area_id: int) -> ResponseReturnValue:
    area = open_row(g.viewer, GoalArea, area_id) or abort(404)
    back = _structure(area.version_id, f"area-{area.id}")

    def save(form: AreaForm) -> str:
        service.edit_area(g.viewer, area, _seen(form), form.values())
        return back

    return _edit(
        lambda posted: _area_form(area.version_id, posted, obj=area),
        save,
        title=_("Ändra målområdet"),
        back=back,
        remove=url_for("plan.delete", kind="area", row_id=area_id),
    )


@bp.route("/plan/areas/<int:area_id>/subgoals/new", methods=["GET", "POST"])
def new_subgoal(area_id: int) -> ResponseReturnValue:
    area = open_row(g.viewer, GoalArea, area_id) or abort(404)

    def save(form: SubGoalForm) -> str:
        subgoal = service.create_subgoal(g.viewer, area.group.version, form.values())
        return _structure(area.version_id, f"subgoal-{subgoal.id}")

    return _edit(
        lambda posted: SubGoalForm(formdata=posted, data={"area_id": area.id}).offer(
            choices.areas(area.version_id)
        ),
        save,
        title=_("Nytt delmål"),
        back=_structure(area.version_id, f"area-{area.id}"),
    )


@bp.route("/plan/subgoals/<int:subgoal_id>/edit", methods=["GET", "POST"])
def edit_subgoal(subgoal_id: int) -> ResponseReturnValue:
    subgoal = open_row(g.viewer, SubGoal, subgoal_id) or abort(404)
    back = _structure(subgoal.version_id, f"subgoal-{subgoal.id}")

    def save(form: SubGoalForm) -> str:
        service.edit_subgoal(g.viewer, subgoal, _seen(form), form.values())
        return back

    return _edit(
        lambda posted: SubGoalForm(formdata=posted, obj=subgoal).offer(
            choices.areas(subgoal.version_id)
        ),
        save,
        title=_("Ändra delmålet"),
        back=back,
        remove=url_for("plan.delete", kind="subgoal", row_id=subgoal_id),
    )


# Measures and what hangs on them -----------------------------------------------------------


@bp.route("/plan/subgoals/<int:subgoal_id>/measures/new", methods=["GET", "POST"])
def new_measure(subgoal_id: int) -> ResponseReturnValue:
    subgoal = open_row(g.viewer, SubGoal, subgoal_id) or abort(404)
    domain = subgoal.area.domain
    start = {"subgoal_id": subgoal.id, "number": choices.next_number(subgoal)}

    def save(form: MeasureForm) -> str:
        entry = DomainEntry(domain, form, request.form)
        version = version_of(subgoal)
        measure = measures.create_measure(g.viewer, version, form.values(), entry)
        _warn(form)
        return _sheet(measure.id)

    return _edit(
        lambda posted: _measure_form(subgoal.version_id, None, domain, posted, start),
        save,
        title=_("Ny åtgärd"),
        back=_structure(subgoal.version_id, f"subgoal-{subgoal.id}"),
    )


@bp.route("/plan/measures/<int:measure_id>/edit", methods=["GET", "POST"])
def edit_measure(measure_id: int) -> ResponseReturnValue:
    measure = open_row(g.viewer, Measure, measure_id) or abort(404)
    domain = measure.area.domain

    def save(form: MeasureForm) -> str:
        entry = DomainEntry(domain, form, request.form)
        measures.edit_measure(g.viewer, measure, _seen(form), form.values(), entry)
        _warn(form)
        return _sheet(measure.id)

    return _edit(
        lambda posted: _measure_form(measure.version_id, measure, domain, posted, _stored(measure)),
        save,
        title=_("Ändra åtgärd %(number)s", number=measure.number),
        back=_sheet(measure.id),
        remove=url_for("plan.delete", kind="measure", row_id=measure_id),
    )


@bp.route("/plan/measures/<int:measure_id>/activities/new", methods=["GET", "POST"])
def new_activity(measure_id: int) -> ResponseReturnValue:
    measure = open_row(g.viewer, Measure, measure_id) or abort(404)

    def save(form: ActivityForm) -> str:
        activity = Activity(measure_id=measure.id)
        measures.save_activity(g.viewer, activity, None, form.values())
        return _sheet(measure.id)

    return _edit(
        lambda posted: ActivityForm(formdata=posted),
        save,
        title=_("Ny aktivitet"),
        back=_sheet(measure.id),
    )


@bp.route("/plan/activities/<int:activity_id>/edit", methods=["GET", "POST"])
def edit_activity(activity_id: int) -> ResponseReturnValue:
    activity = open_row(g.viewer, Activity, activity_id) or abort(404)

    def save(form: ActivityForm) -> str:
        measures.save_activity(g.viewer, activity, _seen(form), form.values())
        return _sheet(activity.measure_id)

    return _edit(
        lambda posted: ActivityForm(formdata=posted, obj=activity),
        save,
        title=_("Ändra aktiviteten"),
        back=_sheet(activity.measure_id),
        remove=url_for("plan.delete", kind="activity", row_id=activity_id),
    )


@bp.route("/plan/measures/<int:measure_id>/metrics/new", methods=["GET", "POST"])
def new_metric(measure_id: int) -> ResponseReturnValue:
    measure = effects.open_measure(g.viewer, measure_id) or abort(404)

    def save(form: MetricForm) -> str:
        metric = EffectMetric(measure_id=measure.id)
        effects.save_metric(g.viewer, metric, None, form.values())
        return _sheet(measure.id)

    return _edit(
        lambda posted: _metric_form(measure, None, posted),
        save,
        title=_("Nytt effektmått"),
        back=_sheet(measure.id),
        template="effects/edit_metric.html",
    )


@bp.route("/plan/measures/<int:measure_id>/metrics/take", methods=["GET", "POST"])
def take_metric(measure_id: int) -> ResponseReturnValue:
    measure = open_row(g.viewer, Measure, measure_id) or abort(404)
    if request.method == "GET":
        offered = effects.offered_metrics(measure_id, measure.subgoal.area.domain)
        return render_template("plan/take_metric.html", measure=measure, offered=offered)
    try:
        metric = effects.take_metric(g.viewer, measure_id, request.form.get("key", ""))
    except Refused as refusal:
        flash(str(refusal), "warning")
        return redirect(_sheet(measure_id), 303)
    if metric is None:
        flash(_("Måttet finns redan på åtgärden, eller erbjuds inte längre."), "info")
        return redirect(_sheet(measure_id), 303)
    flash(_("%(metric)s mäts nu på åtgärden.", metric=metric.name), "success")
    return redirect(_sheet(measure_id), 303)


@bp.route("/plan/metrics/<int:metric_id>/edit", methods=["GET", "POST"])
def edit_metric(metric_id: int) -> ResponseReturnValue:
    metric = effects.open_metric(g.viewer, metric_id) or abort(404)
    back = url_for("effects.metric", metric_id=metric_id)

    def save(form: MetricForm) -> str:
        effects.save_metric(g.viewer, metric, _seen(form), form.values())
        return back

    may_delete = may(g.viewer, Permission.EDIT_PLAN)
    return _edit(
        lambda posted: _metric_form(metric.measure, metric, posted),
        save,
        title=_("Ändra effektmåttet"),
        back=back,
        remove=url_for("plan.delete", kind="metric", row_id=metric_id) if may_delete else "",
        template="effects/edit_metric.html",
    )


@bp.route("/plan/measures/<int:measure_id>/methods/new", methods=["GET", "POST"])
def new_method(measure_id: int) -> ResponseReturnValue:
    measure = effects.open_measure(g.viewer, measure_id) or abort(404)

    def save(form: MethodForm) -> str:
        method = EffectMethod(measure_id=measure.id)
        effects.save_method(g.viewer, method, None, form.values())
        return _sheet(measure.id)

    return _edit(
        lambda posted: _method_form(measure, None, posted),
        save,
        title=_("Ny metod för att mäta effekt"),
        back=_sheet(measure.id),
    )


@bp.route("/plan/methods/<int:method_id>/edit", methods=["GET", "POST"])
def edit_method(method_id: int) -> ResponseReturnValue:
    method = effects.open_method(g.viewer, method_id) or abort(404)

    def save(form: MethodForm) -> str:
        effects.save_method(g.viewer, method, _seen(form), form.values())
        return _sheet(method.measure_id)

    may_delete = may(g.viewer, Permission.EDIT_PLAN)
    return _edit(
        lambda posted: _method_form(method.measure, method, posted),
        save,
        title=_("Ändra metoden"),
        back=_sheet(method.measure_id),
        remove=url_for("plan.delete", kind="method", row_id=method_id) if may_delete else "",
    )


# Order and deletion ------------------------------------------------------------------------


@bp.post("/plan/<kind>/<int:row_id>/move")
def move(kind: str, row_id: int) -> ResponseReturnValue:
    if kind not in ordering.MOVABLE:
        abort(404)
    up = request.form.get("direction") == "up"
    row = ordering.move(g.viewer, kind, row_id, up=up) or abort(404)
    return redirect(_home_of(kind, row), 303)


@bp.route("/plan/<kind>/<int:row_id>/delete", methods=["GET", "POST"])
def delete(kind: str, row_id: int) -> ResponseReturnValue:
    model = removal.REMOVABLE.get(kind) or abort(404)
    row = open_row(g.viewer, model, row_id) or abort(404)
    back = _home_of(kind, row)
    form = ConfirmForm()
    if request.method == "POST" and form.validate():
        after = _structure(row.version_id) if kind == "measure" else back.partition("#")[0]
        removal.delete(g.viewer, row)
        flash(_("Borttaget."), "success")
        return redirect(after, 303)
    return render_template(
        "plan/delete.html",
        form=form,
        name=choices.name_of(row),
        kind=kind,
        reason=removal.refusal(row),
        back=back,
    )


# What the pages above share ----------------------------------------------------------------


def _seen(form: EditForm) -> int:
    """The version of the row that the form was filled in from; none counts as an old one."""
    return int(form.row_version.data or 0)


def _structure(version_id: int, anchor: str | None = None) -> str:
    return url_for("plan.edit_structure", version_id=version_id, _anchor=anchor)


def _sheet(measure_id: int) -> str:
    return url_for("plan.measure", measure_id=measure_id)


def _home_of(kind: str, row: Any) -> str:
    if kind in ("activity", "metric", "method"):
        return _sheet(row.measure_id)
    return _structure(row.version_id, f"{kind}-{row.id}")


def _area_form(version_id: int, posted: Any, **stored: Any) -> AreaForm:
    form = AreaForm(formdata=posted, **stored)
    known = form.domain.data
    return form.offer(choices.groups(version_id), choices.domains(known))


def _measure_form(
    version_id: int,
    measure: Measure | None,
    domain: str | None,
    posted: Any,
    start: dict[str, Any],
) -> MeasureForm:
    kind = active.current().form_class(MeasureForm, SubjectKind.MEASURE, domain)
    answers = domain_data.stored(measure.id, domain) if measure is not None else data.EMPTY
    kept = data.as_form_data(active.current().get(domain), answers)
    form = kind(formdata=posted, data={**start, **kept})
    form.stored = answers
    if measure is not None:
        form.measure_id = measure.id
    return form.offer(
        choices.subgoals(version_id), choices.boards(measure), choices.areas(version_id)
    )


def _warn(form: MeasureForm) -> None:
    """What the domain finds doubtful in a measure that is saved."""
    for warning in form.warnings:
        flash(warning, "warning")


def _stored(measure: Measure) -> dict[str, Any]:
    """What the measure's form shows; boards and areas by id, partners by name."""
    owners = measure.responsibilities
    return {column.key: getattr(measure, column.key) for column in Measure.__table__.c} | {
        "lead_id": next((one.board_id for one in owners if one.share == "lead"), None),
        "shared_ids": [one.board_id for one in owners if one.share == "shared"],
        "partners": "\n".join(partner.name for partner in measure.partners),
        "complement_ids": [area.id for area in measure.complements],
    }


def _metric_form(measure: Measure, metric: EffectMetric | None, posted: Any) -> MetricForm:
    boards = [(board.id, board.name) for board in effects.method_boards(g.viewer, measure)]
    if metric is not None and metric.board is not None:
        boards = list(dict.fromkeys([*boards, (metric.board.id, metric.board.name)]))
    form = MetricForm(formdata=posted, obj=metric, data=MetricForm.stored(metric))
    return form.offer(boards, everybody=may(g.viewer, Permission.EDIT_PLAN))


def _method_form(measure: Measure, method: EffectMethod | None, posted: Any) -> MethodForm:
    boards: Sequence[tuple[int, str]] = [
        (board.id, board.name) for board in effects.method_boards(g.viewer, measure)
    ]
    if method is not None and method.board is not None:
        boards = list(dict.fromkeys([*boards, (method.board.id, method.board.name)]))
    return MethodForm(formdata=posted, obj=method).offer(
        boards, everybody=may(g.viewer, Permission.EDIT_PLAN)
    )
