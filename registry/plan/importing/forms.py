"""Forms of the import: choose a file, name its columns, decide what is unclear."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import StopValidation

from registry.inputs import AtMost, ChoicesField
from registry.people.models import Board, BoardKind
from registry.plan.importing.choices import BOARD, IGNORE, NEW, PARTNER
from registry.plan.importing.columns import Column, Mapping
from registry.plan.importing.owners import UnknownOwner
from registry.plan.importing.placing import OtherKind
from registry.plan.importing.words import tidy
from registry.words import lazy as _l

OWNERS_SHOWN = 100
NEW_PLAN = ""


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, str(label)) for value, label in pairs]


def _plan_field() -> Any:
    return SelectField(_l("Plan"))


def _title_field() -> Any:
    return StringField(
        _l("Den nya planens namn"),
        [AtMost(300)],
        filters=[lambda text: tidy(text or "")],
        description=_l("Behövs bara för en ny plan."),
    )


class PlanForm(FlaskForm):
    """Which plan the measures go to: one that exists, or a new one by its title."""

    plan: Any
    title: Any

    def offer(self, plans: Iterable[str]) -> None:
        self.plan.choices = _choices(
            [(NEW_PLAN, _("En ny plan")), *((title, title) for title in plans)]
        )

    def validate_title(self, field: StringField) -> None:
        if self.plan.data == NEW_PLAN and not field.data:
            raise StopValidation(_("Skriv vad planen ska heta, eller välj en plan som finns."))

    @property
    def chosen_plan(self) -> str:
        return self.plan.data or self.title.data or ""


class UploadForm(PlanForm):
    file = FileField(
        _l("Fil"),
        description=_l("Excel (.xlsx, .xls, .ods) eller CSV. En rad för varje åtgärd."),
        render_kw={"accept": ".xlsx,.xls,.ods,.csv,.tsv,.txt"},
    )
    plan = _plan_field()
    title = _title_field()

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))


class ColumnsForm(FlaskForm):
    """A select for each column of the file, made by :func:`columns_form`."""

    places: Sequence[int] = ()

    @property
    def mapping(self) -> Mapping:
        chosen = {place: self[f"column-{place}"].data for place in self.places}
        return {place: Column(name) for place, name in chosen.items() if name}

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        taken: dict[Column, int] = {}
        for place, column in self.mapping.items():
            if column in taken:
                field = self[f"column-{place}"]
                field.errors = [_("%(column)s är redan vald. Välj en gång.", column=column.label)]
                return False
            taken[column] = place
        if Column.MEASURE not in taken:
            self.form_errors.append(_("Välj vilken kolumn som har åtgärdens namn."))
            return False
        return True


def columns_form(headings: Sequence[str], mapping: Mapping) -> ColumnsForm:
    choices = _choices([("", _("Läs inte in")), *Column.choices()])
    fields: dict[str, Any] = {
        f"column-{place}": SelectField(
            heading or _("Kolumn %(number)s", number=place + 1), choices=choices
        )
        for place, heading in enumerate(headings)
    }
    fields["places"] = range(len(headings))
    made: type[ColumnsForm] = type("FileColumnsForm", (ColumnsForm,), fields)
    return made(data={f"column-{place}": column.value for place, column in mapping.items()})


class DecisionsForm(PlanForm):
    """What the person can put right, made by :func:`decisions_form`."""

    owner_fields: dict[str, str] = {}
    kinds: ChoicesField | None = None

    @property
    def taken_kinds(self) -> frozenset[str]:
        return frozenset(self.kinds.data or ()) if self.kinds is not None else frozenset()

    @property
    def owners(self) -> dict[str, str]:
        return {one: self[name].data for one, name in self.owner_fields.items()}


def decisions_form(
    plan: str,
    plans: Iterable[str],
    kinds: Sequence[OtherKind],
    owners: Sequence[UnknownOwner],
    boards: Sequence[Board],
) -> DecisionsForm:
    """One field for each thing that is unclear, filled in with what is chosen or suggested."""
    offered = [
        (PARTNER, _("Samverkanspart, inte ansvarig")),
        (IGNORE, _("Ta inte med")),
        *((NEW + kind.value, _("Ny i registret: %(kind)s", kind=kind.label)) for kind in BoardKind),
        *((f"{BOARD}{board.id}", board.name) for board in boards),
    ]
    fields: dict[str, Any] = {}
    names: dict[str, str] = {}
    data: dict[str, Any] = {}
    for owner in owners[:OWNERS_SHOWN]:
        name = names[owner.key] = "owner-" + hashlib.sha256(owner.key.encode()).hexdigest()[:16]
        fields[name] = SelectField(owner.name, choices=_choices(offered))
        data[name] = owner.choice
    if kinds:
        fields["kinds"] = ChoicesField(
            _("Läs in även dessa som åtgärder"),
            choices=_choices(
                (
                    kind.key,
                    ngettext(
                        "%(kind)s (%(num)s rad)",
                        "%(kind)s (%(num)s rader)",
                        kind.rows,
                        kind=kind.name,
                    ),
                )
                for kind in kinds
            ),
        )
        data["kinds"] = [kind.key for kind in kinds if kind.taken]
    fields |= {"plan": _plan_field(), "title": _title_field(), "owner_fields": names}
    made: type[DecisionsForm] = type("FileDecisionsForm", (DecisionsForm,), fields)
    known = list(plans)
    data |= {"plan": plan if plan in known else NEW_PLAN, "title": "" if plan in known else plan}
    form = made(data=data)
    form.offer(known)
    return form
