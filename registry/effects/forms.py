"""Forms of metrics and of their values."""

from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import Field
from wtforms.validators import StopValidation

from registry.attachments.kinds import ENDINGS
from registry.edit_form import (
    Choices,
    EditForm,
    check,
    day,
    line,
    number_or_none,
    options,
    radio,
    select,
    text,
)
from registry.effects.by_hand import Written, version
from registry.effects.due import first_month
from registry.effects.kolada.reading import indicator_of
from registry.effects.models import (
    Better,
    EffectMetric,
    Frequency,
    Gender,
    MetricValue,
    Operator,
    ValueStatus,
)
from registry.inputs import NumberField
from registry.plan.effects import MetricValues, TargetValues
from registry.words import lazy as _l

FURTHER_TARGETS = range(2, 8)
MOST_ANSWERS = 100_000_000
_PARTS = ("operator", "value", "period", "place")


class MetricForm(EditForm):
    """A metric; further targets have four fields each, ``target2_operator`` and so on."""

    name = line(_l("Effektmått"), _l("Vad som mäts, till exempel Andel trygga."), required=True)
    unit = line(_l("Enhet"), _l("Till exempel %, antal eller dagar."))
    better = radio(_l("Riktning"), Better.choices())
    margin = radio(
        _l("Vad slumpen betyder för värdet"),
        [
            ("", _l("Inget: allt är räknat eller uppmätt")),
            ("share", _l("Det är en andel av svaren i en enkät eller ett urval")),
            ("count", _l("Det är antalet händelser, till exempel olyckor eller anmälda brott")),
        ],
    )
    board_id = select(_l("Måttet är"), coerce=number_or_none)
    baseline_value = NumberField(_l("Utgångsvärde"))
    baseline_period = line(_l("Utgångsvärdet gäller"), _l("Till exempel 2018."))
    target_operator = select(_l("Målet är"))
    target_value = NumberField(_l("Målvärde"))
    target_period = line(_l("Målet ska vara nått"), _l("Till exempel 2022."))
    target_place = line(_l("Målet gäller per"), _l("Till exempel skola eller stadsdel."))
    target_text = line(
        _l("Mål i ord"), _l("För mål som inte kan skrivas som ett tal. Ett mål i tal går före.")
    )
    source = line(
        _l("Källa"),
        _l("Varifrån värdena kommer. Skriv kolada:N07403 för att hämta dem från Kolada."),
    )
    frequency = select(_l("Hur ofta det mäts"))
    next_due_on = day(
        _l("Nästa värde ska finnas"), _l("Flyttas fram när ett nytt värde har fyllts i.")
    )
    notes = text(
        _l("Att veta om serien"),
        _l("Till exempel att frågan ändrades 2020, eller att värdet är ett medel av tre år."),
        rows=3,
    )
    archived = check(_l("Måttet används inte längre"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.target_operator.choices = options([("", _("Inget mål i tal")), *Operator.choices()])
        self.frequency.choices = options([("", _("Inte angivet")), *Frequency.choices()])
        for number in FURTHER_TARGETS:
            operator: Any = self[f"target{number}_operator"]
            operator.choices = options([("", "–"), *Operator.choices()])

    @staticmethod
    def stored(metric: EffectMetric | None) -> dict[str, Any]:
        """What the fields show that are no columns of the metric."""
        if metric is None:
            return {}
        margin = "share" if metric.is_share else "count" if metric.is_count else ""
        return {"margin": margin} | {
            f"target{number}_{part}": getattr(target, part)
            for number, target in zip(FURTHER_TARGETS, metric.targets, strict=False)
            for part in _PARTS
        }

    def offer(self, boards: Choices, *, everybody: bool) -> "MetricForm":
        """:param everybody: a metric may also be everybody's."""
        first = [("", _("Gemensamt för alla som ansvarar"))] if everybody else []
        self.board_id.choices = options([*first, *boards])
        return self

    def questions(self) -> list[Field]:
        """What is asked once; further targets stand in a table of their own."""
        further = {field.name for row in self.further() for field in row}
        return [field for field in self.asked() if field.name not in further]

    def further(self) -> list[list[Field]]:
        return [[self[f"target{number}_{part}"] for part in _PARTS] for number in FURTHER_TARGETS]

    def shown(self) -> int:
        """How many rows of further targets stand open: those filled in, and one more."""
        filled = [n for n, row in enumerate(self.further(), 1) if any(f.data for f in row)]
        return max(filled, default=0) + 1

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        source = self.source.data or ""
        if source.lower().startswith("kolada:") and indicator_of(source) is None:
            self.source.errors = [
                _("Skriv nyckeltalets nummer efter kolada:, till exempel kolada:N07403.")
            ]
            valid = False
        pairs: list[tuple[Any, Any]] = [(self.target_operator, self.target_value)]
        pairs += [(row[0], row[1]) for row in self.further()]
        for operator, value in pairs:
            if operator.data and value.data is None:
                if not value.errors:
                    value.errors = [_("Skriv ett tal, eller välj att det inte finns något mål.")]
                valid = False
            if value.data is not None and not operator.data:
                operator.errors = [_("Välj om målet är minst, högst eller lika med målvärdet.")]
                valid = False
        return valid

    def values(self) -> MetricValues:
        operator = self.target_operator.data
        return MetricValues(
            self.name.data,
            self.unit.data,
            Better(self.better.data),
            self.baseline_value.data,
            self.baseline_period.data,
            Operator(operator) if operator else None,
            self.target_value.data,
            self.target_period.data,
            self.target_place.data,
            self.target_text.data,
            self.source.data,
            self.archived.data,
            self.board_id.data,
            Frequency(self.frequency.data) if self.frequency.data else None,
            self.next_due_on.data,
            self.margin.data == "share",
            self.margin.data == "count",
            self.notes.data,
            tuple(
                TargetValues(Operator(row[0].data), row[1].data, row[2].data, row[3].data)
                for row in self.further()
                if row[0].data
            ),
        )


for _number in FURTHER_TARGETS:
    setattr(MetricForm, f"target{_number}_operator", select(_l("Målet är")))
    setattr(MetricForm, f"target{_number}_value", NumberField(_l("Målvärde")))
    setattr(MetricForm, f"target{_number}_period", line(_l("Målet ska vara nått")))
    setattr(MetricForm, f"target{_number}_place", line(_l("Målet gäller per")))


class ValueForm(EditForm):
    """The values of a period, or their correction."""

    period = line(_l("Period"), _l("Till exempel 2021, 2021 T2 eller 2021-03."), required=True)
    board_id = select(_l("Värdet gäller"), coerce=number_or_none)
    status = radio(_l("Status"), ValueStatus.choices())
    total = NumberField(_l("Värde för alla"))
    women = NumberField(_l("Värde för kvinnor"), description=_l("Om källan har det."))
    men = NumberField(_l("Värde för män"), description=_l("Om källan har det."))
    total_respondents = NumberField(
        _l("Antal svar i allt"),
        description=_l("Hur många svar andelen bygger på. Då kan felmarginalen räknas ut."),
        whole=True,
    )
    women_respondents = NumberField(_l("Antal svar från kvinnor"), whole=True)
    men_respondents = NumberField(_l("Antal svar från män"), whole=True)
    reason = line(
        _l("Varför det inte är mätt"), _l("Fylls i när värdet saknas. Saknat är inte noll.")
    )
    source = line(_l("Källa"), _l("Varifrån värdet kommer."))
    note = text(_l("Anmärkning"), _l("Till exempel lågt antal svar."), rows=2)
    reason_of_change = line(
        _l("Varför värdet ändras"),
        _l("Till exempel att källan har rättat det. Det gamla värdet sparas."),
    )

    def fit(self, metric: EffectMetric, boards: Choices, *, new: bool) -> "ValueForm":
        """Leave out what this metric does not ask."""
        gone = ["reason_of_change"] if new else ["period", "board_id"]
        if not metric.is_share:
            gone += ["total_respondents", "women_respondents", "men_respondents"]
        for name in gone:
            del self[name]
        if new:
            self.board_id.choices = options(boards)
        return self

    @staticmethod
    def stored(rows: list[MetricValue]) -> dict[str, Any]:
        """What the form shows of these rows, one for each gender."""
        first = next((row for row in rows if row.gender is Gender.TOTAL), rows[0])
        found: dict[str, Any] = {
            "row_version": version(rows),
            "status": first.status,
            "reason": first.reason,
            "source": first.source,
            "note": first.note,
        }
        for row in rows:
            found[row.gender.value] = row.value
            found[f"{row.gender.value}_respondents"] = row.respondents
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        missing = self.status.data == ValueStatus.MISSING
        if "period" in self and self.period.data and not _is_period(self.period.data):
            self.period.errors = [_("Skriv perioden som 2021, 2021 T2 eller 2021-03.")]
            valid = False
        if missing:
            for name in ("total", "women", "men"):
                if self[name].data is not None:
                    self[name].errors = [_("Ta bort talet, eller välj en annan status.")]
                    valid = False
            if not self.reason.data:
                self.reason.errors = [_("Skriv varför det inte är mätt.")]
                valid = False
        elif self.total.data is None and not self.total.errors:
            self.total.errors = [_("Skriv ett tal, eller välj Inte mätt.")]
            valid = False
        for gender in Gender:
            name = f"{gender.value}_respondents"
            answers = self[name].data if name in self else None
            if answers is not None and not 1 <= answers <= MOST_ANSWERS:
                self[name].errors = [_("Skriv hur många som svarade, minst 1.")]
                valid = False
            if name in self and not self._is_share(gender):
                self[gender.value].errors = [_("En andel ligger mellan 0 och 100.")]
                valid = False
        return valid

    def _is_share(self, gender: Gender) -> bool:
        number = self[gender.value].data
        return number is None or 0 <= number <= 100

    def values(self) -> Written:
        def respondents(gender: Gender) -> int | None:
            name = f"{gender.value}_respondents"
            number = self[name].data if name in self else None
            return None if number is None else int(number)

        return Written(
            period=self.period.data if "period" in self else "",
            board_id=self.board_id.data if "board_id" in self else None,
            status=ValueStatus(self.status.data),
            numbers={gender: (self[gender.value].data, respondents(gender)) for gender in Gender},
            source=self.source.data,
            note=self.note.data,
            reason=self.reason.data,
            reason_of_change=self.reason_of_change.data if "reason_of_change" in self else "",
        )


def _is_period(written: str) -> bool:
    try:
        first_month(written)
    except ValueError:
        return False
    return True


class FileForm(FlaskForm):
    """A file that a value rests on."""

    file = FileField(
        _l("Fil att bifoga"),
        description=_l(
            "PDF, bild eller Office-dokument utan makron. Alla som läser effektmåttet kan hämta "
            "filen. Bifoga inga personuppgifter och inget som är hemligt."
        ),
        render_kw={"accept": ",".join(ENDINGS)},
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise StopValidation(_("Välj en fil."))
