"""Krisberedskap: risks, exercises, continuity plans, tasks under LEH (2006:544)."""

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa
from flask import Blueprint

from registry.api import (
    Chart,
    Choice,
    Choices,
    Clock,
    Date,
    Field,
    Flag,
    Gap,
    Issue,
    Level,
    Line,
    LongText,
    MeasureView,
    Metric,
    NavItem,
    Number,
    Overview,
    Panel,
    ReportView,
    Row,
    Table,
    Target,
    Text,
    Whole,
    hookimpl,
    overview_page,
    session,
    share,
    standing,
    submitted,
    today,
    unreported,
)

from .exercises import KINDS, pages
from .models import Exercise

GROUND = "OSL 18:13"
PLANS = (
    ("missing", "Saknas"),
    ("started", "Påbörjad"),
    ("decided", "Beslutad"),
    ("exercised", "Övad"),
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
        Text(
            "rsa_risk",
            "Risk i risk- och sårbarhetsanalysen",
            help="Riskens beteckning i analysen, till exempel R12.",
            max_length=80,
            secrecy=GROUND,
        ),
        Choice(
            "likelihood",
            "Sannolikhet",
            help="Enligt analysen.",
            options=(
                ("1", "1 – mycket låg"),
                ("2", "2 – låg"),
                ("3", "3 – medelhög"),
                ("4", "4 – hög"),
                ("5", "5 – mycket hög"),
            ),
            secrecy=GROUND,
        ),
        Choice(
            "consequence",
            "Konsekvens",
            help="Enligt analysen.",
            options=(
                ("1", "1 – mycket begränsad"),
                ("2", "2 – begränsad"),
                ("3", "3 – allvarlig"),
                ("4", "4 – mycket allvarlig"),
                ("5", "5 – katastrofal"),
            ),
            secrecy=GROUND,
        ),
        Text(
            "vital_activity",
            "Samhällsviktig verksamhet",
            help="Den verksamhet som åtgärden ska hålla i gång.",
            secrecy=GROUND,
        ),
        Number(
            "acceptable_outage",
            "Acceptabel avbrottstid, timmar",
            help="Så länge verksamheten kan ligga nere innan följderna inte går att godta.",
            least=0,
            secrecy=GROUND,
        ),
        Choices(
            "dependencies",
            "Kritiska beroenden",
            help="Det som verksamheten inte klarar sig utan.",
            options=(
                ("electricity", "El"),
                ("communications", "It och telefoni"),
                ("staff", "Personal"),
                ("water", "Dricksvatten"),
                ("fuel", "Drivmedel"),
                ("food", "Livsmedel"),
                ("medicines", "Läkemedel"),
                ("heat", "Värme"),
            ),
            secrecy=GROUND,
        ),
        LongText(
            "redundancy",
            "Reservkraft och andra reserver",
            help="Vad som tar vid när det ordinarie inte fungerar, och hur länge det räcker.",
            secrecy=GROUND,
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Choice(
            "continuity_plan",
            "Kontinuitetsplan",
            help="Hur långt nämnden har kommit med planen för den verksamhet som åtgärden gäller.",
            options=PLANS,
        ),
        Whole("exercises_planned", "Planerade övningar", help="Antal under perioden."),
        Whole("exercises_held", "Genomförda övningar", help="Antal under perioden."),
        Choice(
            "exercise_type",
            "Övningens form",
            help="Den största övningen under perioden.",
            options=KINDS,
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
            target=Target(">=", 100),
            compute=share("exercises_held", "exercises_planned"),
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


@hookimpl
def clocks() -> list[Clock]:
    return [
        Clock(
            "rsa",
            "Risk- och sårbarhetsanalys",
            law="lag (2006:544) 2 kap. 1 §",
            months=48,
            first=date(2019, 10, 31),
            help="Redovisas till länsstyrelsen senast den 31 oktober året efter ett ordinarie val.",
        )
    ]


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    held = report.data.get("exercises_held")
    if held and "exercise_type" not in report.data:
        yield Issue("Ange vilken form övningen hade.", "exercise_type")
    day = report.data.get("exercise_date")
    period = report.round
    if day is not None and not period.starts_on <= day <= period.ends_on:
        yield Issue(
            "Datumet ligger utanför perioden %(first)s – %(last)s.",
            "exercise_date",
            values={"first": period.starts_on, "last": period.ends_on},
        )
    planned = report.data.get("exercises_planned")
    if planned is not None and held is not None and held > planned:
        yield Issue(
            "Fler övningar är genomförda än planerade. Stämmer det?",
            "exercises_held",
            Level.WARNING,
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    plans = dict(PLANS)
    rows = []
    for one in measure.reported[:10]:
        note, planned = f"{one.round.title}, {one.board}", one.data.get("exercises_planned")
        if "exercises_held" in one.data:
            most = float(planned) if planned else None
            rows.append(
                Row("Genomförda övningar", one.data["exercises_held"], most=most, note=note)
            )
        if "continuity_plan" in one.data:
            rows.append(Row("Kontinuitetsplan", plans[one.data["continuity_plan"]], note=note))
    return Panel("Övningar och planer över tid", rows) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview"), NavItem("Övningar", "exercises")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


@pages.get("/")
def overview() -> str:
    now, day = standing(), today()
    sent = [one for one in now.reports if one.submitted]
    counted = [one for one in sent if {"exercises_planned", "exercises_held"} <= one.data.keys()]
    planned = sum(one.data["exercises_planned"] for one in counted)
    plans = [one.data["continuity_plan"] for one in sent if "continuity_plan" in one.data]
    waiting = session.scalars(
        sa.select(Exercise).where(Exercise.held_on.is_(None)).order_by(Exercise.planned_on)
    ).all()
    coming = [one for one in waiting if not one.is_late(day)]
    kinds, labels = dict(KINDS), dict(PLANS)
    return overview_page(
        Overview(
            lede="Övningar, kontinuitetsplaner och uppgifter enligt LEH i alla nämnder och bolag.",
            figures=[
                submitted(now),
                Row(
                    "Genomförda övningar",
                    sum(one.data["exercises_held"] for one in counted) if counted else None,
                    most=float(planned) if planned else None,
                ),
                Row(
                    "Beslutad eller övad kontinuitetsplan",
                    sum(one in {"decided", "exercised"} for one in plans) if plans else None,
                    most=len(plans),
                ),
                Row(
                    "Nästa planerade övning",
                    coming[0].planned_on if coming else "Ingen planerad",
                    note=coming[0].title if coming else "",
                ),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Planerade övningar vars dag har passerat",
                    [
                        Line(one.title, note=one.planned_on.isoformat())
                        for one in waiting
                        if one.is_late(day)
                    ],
                ),
                Gap(
                    "Övningar som inte blev av",
                    [
                        Line(
                            one.board,
                            now.measure(one),
                            f"{one.data['exercises_held']} / {one.data['exercises_planned']}",
                        )
                        for one in counted
                        if one.data["exercises_held"] < one.data["exercises_planned"]
                    ],
                ),
                Gap(
                    "Kontinuitetsplanen är inte beslutad",
                    [
                        Line(one.board, now.measure(one), labels[one.data["continuity_plan"]])
                        for one in sent
                        if one.data.get("continuity_plan") in {"missing", "started"}
                    ],
                ),
                Gap(
                    "Genomförda övningar som inte är utvärderade",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if one.data.get("exercises_held") and not one.data.get("exercise_evaluated")
                    ],
                ),
            ],
            charts=[
                Chart(
                    "Svar om kontinuitetsplan",
                    [Row(label, plans.count(value)) for value, label in PLANS] if plans else [],
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Kontinuitetsplan",
                        "Planerade övningar",
                        "Genomförda övningar",
                        "Övningens form",
                    ],
                    [
                        [
                            now.measure(one),
                            one.board,
                            labels.get(one.data.get("continuity_plan", "")),
                            one.data.get("exercises_planned"),
                            one.data.get("exercises_held"),
                            kinds.get(one.data.get("exercise_type", "")),
                        ]
                        for one in sent
                        if one.data
                    ],
                )
            ],
        )
    )
