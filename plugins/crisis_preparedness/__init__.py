"""Krisberedskap: exercises, continuity plans, tasks under LEH (2006:544)."""

from collections.abc import Iterator

from registry.api import (
    Choice,
    Date,
    Field,
    Flag,
    Issue,
    Level,
    Metric,
    ReportView,
    Target,
    Whole,
    hookimpl,
)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Choice(
            "leh_task",
            "Uppgift enligt LEH",
            help="Vilken av kommunens uppgifter enligt lag (2006:544) åtgärden hör till.",
            options=(
                ("rsa", "Risk- och sårbarhetsanalys"),
                ("planning", "Planering"),
                ("area_responsibility", "Geografiskt områdesansvar"),
                ("training", "Utbildning och övning"),
                ("reporting", "Rapportering"),
                ("heightened", "Förberedelser för höjd beredskap"),
            ),
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Choice(
            "continuity_plan",
            "Kontinuitetsplan",
            help="Hur långt nämnden har kommit med planen för den verksamhet som åtgärden gäller.",
            options=(
                ("missing", "Saknas"),
                ("started", "Påbörjad"),
                ("decided", "Beslutad"),
                ("exercised", "Övad"),
            ),
        ),
        Whole("exercises_planned", "Planerade övningar", help="Antal under perioden."),
        Whole("exercises_held", "Genomförda övningar", help="Antal under perioden."),
        Choice(
            "exercise_type",
            "Övningens form",
            help="Den största övningen under perioden.",
            options=(
                ("seminar", "Seminarium"),
                ("alarm", "Larm"),
                ("simulation", "Simulering"),
                ("cooperation", "Samverkan"),
                ("full_scale", "Fullskalig"),
            ),
        ),
        Date("exercise_date", "Övningens datum"),
        Flag("exercise_evaluated", "Är övningen utvärderad?"),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric(
            "exercises_held_share",
            "Genomförda övningar",
            unit="%",
            better="higher",
            target=Target(">=", 100),
            compute=_exercises_held_share,
        ),
        Metric(
            "activities_with_continuity_plan",
            "Verksamheter med kontinuitetsplan",
            unit="%",
            target=Target(">=", 100),
        ),
        Metric(
            "crisis_board_exercised",
            "Krisledningsnämnden övad under mandatperioden",
            unit="gånger",
            target=Target(">=", 1, "mandatperioden"),
        ),
        Metric(
            "outage_minutes",
            "Elavbrott (SAIDI)",
            unit="minuter",
            better="lower",
            source="kolada:N45933",
        ),
        Metric("prepared_households", "Hushåll med hemberedskap", unit="%"),
    ]


def _exercises_held_share(report: ReportView) -> float | None:
    planned = report.data.get("exercises_planned")
    held = report.data.get("exercises_held")
    if not planned or held is None:
        return None
    return float(100 * held / planned)


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    held = report.data.get("exercises_held")
    if held and "exercise_type" not in report.data:
        yield Issue("Ange vilken form övningen hade.", "exercise_type")
    day = report.data.get("exercise_date")
    period = report.round
    if day is not None and not period.starts_on <= day <= period.ends_on:
        yield Issue(
            f"Datumet ligger utanför perioden {period.starts_on} – {period.ends_on}.",
            "exercise_date",
        )
    planned = report.data.get("exercises_planned")
    if planned is not None and held is not None and held > planned:
        yield Issue(
            "Fler övningar är genomförda än planerade. Stämmer det?",
            "exercises_held",
            Level.WARNING,
        )
