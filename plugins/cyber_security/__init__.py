"""Informations- och cybersäkerhet: classification, incidents, MFA, phishing tests."""

import csv
from collections.abc import Iterator

from flask import Blueprint

from registry.api import (
    Chart,
    Choice,
    Date,
    Field,
    Gap,
    Importer,
    ImportRow,
    Issue,
    Level,
    Line,
    LongText,
    MeasureView,
    Metric,
    NavItem,
    Overview,
    Panel,
    Percent,
    ReportView,
    Row,
    Table,
    Target,
    Text,
    Whole,
    hookimpl,
    overview_page,
    share,
    standing,
    submitted,
    unreported,
    value_of,
)

GROUND = "OSL 18:8"
LEVELS = (
    ("0", "0 – försumbar skada"),
    ("1", "1 – måttlig skada"),
    ("2", "2 – betydande skada"),
    ("3", "3 – allvarlig skada"),
    ("4", "4 – Sveriges säkerhet"),
)
ASPECTS = {
    "confidentiality": "Konfidentialitet",
    "integrity": "Riktighet",
    "availability": "Tillgänglighet",
    "traceability": "Spårbarhet",
}
pages = Blueprint("cyber_security", __name__)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Text("asset", "Informationstillgång eller system", secrecy=GROUND),
        *(
            Choice(name, f"{label} enligt KLASSA", options=LEVELS, secrecy=GROUND)
            for name, label in ASPECTS.items()
        ),
        Date("classified_on", "Klassad den", help="När informationen senast klassades."),
        Choice(
            "cyber_act_role",
            "Roll enligt cybersäkerhetslagen",
            options=(
                ("essential", "Väsentlig verksamhetsutövare"),
                ("important", "Viktig verksamhetsutövare"),
                ("not_covered", "Omfattas inte"),
            ),
        ),
    ]


@hookimpl
def report_fields() -> list[Field]:
    return [
        Percent("action_plan_done", "Handlingsplanen uppfylld", help="Andel i procent."),
        Whole(
            "cyber_check_level",
            "Nivå i Cybersäkerhetskollen",
            help="Den samlade nivån, 0–4.",
            most=4,
        ),
        Whole("incidents", "Incidenter", help="Antal inträffade under perioden."),
        Whole(
            "incidents_in_time",
            "Incidenter rapporterade i tid",
            help="Hur många av dem som rapporterades inom föreskriven tid.",
        ),
        LongText("weakness", "Brist eller sårbarhet", secrecy=GROUND),
        Percent("mfa_coverage", "Konton med flerfaktorsautentisering", help="Andel i procent."),
        Percent("phishing_click", "Nätfisketest: klickade", help="Andel i procent."),
        Percent("phishing_reported", "Nätfisketest: rapporterade", help="Andel i procent."),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric("classified_systems", "Klassade system", unit="%", target=Target(">=", 100)),
        Metric("mfa_coverage", "MFA-täckning", unit="%", compute=value_of("mfa_coverage")),
        Metric(
            "phishing_click",
            "Klick i nätfisketest",
            unit="%",
            better="lower",
            compute=value_of("phishing_click"),
        ),
        Metric("trained_staff", "Genomförd utbildning", unit="%"),
        Metric("hours_to_remedy", "Tid till åtgärd", unit="timmar", better="lower"),
        Metric(
            "incidents_in_time",
            "Incidenter rapporterade i tid",
            unit="%",
            target=Target(">=", 100),
            compute=share("incidents_in_time", "incidents"),
        ),
    ]


@hookimpl
def importers() -> list[Importer]:
    return [
        Importer(
            "classifications",
            "Läs in klassningar",
            read_classifications,
            help="En CSV-fil med rubrikerna Åtgärd, Klassad den, Konfidentialitet, Riktighet, "
            "Tillgänglighet och Spårbarhet. Skriv åtgärdens nummer och nivåerna som siffror.",
        )
    ]


def read_classifications(content: bytes) -> Iterator[ImportRow]:
    columns = {"Klassad den": "classified_on", "Informationstillgång eller system": "asset"}
    columns |= {label: name for name, label in ASPECTS.items()}
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:  # as Excel writes CSV in Windows
        lines = content.decode("cp1252", "replace").splitlines()
    reader = csv.DictReader(lines, delimiter=";" if ";" in "".join(lines[:1]) else ",")
    if "Åtgärd" not in (reader.fieldnames or ()):
        raise ValueError("Filen har ingen kolumn som heter Åtgärd.")
    try:
        for row in reader:
            given = {name: row[title] for title, name in columns.items() if row.get(title)}
            if row["Åtgärd"]:
                yield ImportRow(row["Åtgärd"], given)
    except csv.Error as error:
        raise ValueError("Filen kan inte läsas som en CSV-fil.") from error


@hookimpl
def check_measure(measure: MeasureView) -> Iterator[Issue]:
    for name in ASPECTS:
        if measure.data.get(name) == "4":
            yield Issue(
                "Ett sådant system ska hanteras utanför den vanliga katalogen: kontakta "
                "säkerhetsskyddschefen.",
                name,
                Level.WARNING,
            )


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    incidents, in_time = report.data.get("incidents"), report.data.get("incidents_in_time")
    if in_time is not None and incidents is not None and in_time > incidents:
        yield Issue("Kan inte vara fler än antalet incidenter.", "incidents_in_time")
    if in_time is not None and incidents is None:
        yield Issue("Ange hur många incidenter som inträffade.", "incidents")
    clicked, reported = report.data.get("phishing_click"), report.data.get("phishing_reported")
    if clicked is not None and reported is not None and clicked + reported > 100:
        yield Issue(
            "Klickade och rapporterade är tillsammans över 100 procent. Den som gjorde båda "
            "räknas i båda; stämmer siffrorna?",
            "phishing_reported",
            Level.WARNING,
        )


@hookimpl
def measure_panel(measure: MeasureView) -> Panel | None:
    rows = [
        Row(f"{one.round.title}, {one.board}", one.data.get("action_plan_done"), unit="%", most=100)
        for one in measure.reported[:20]
        if "action_plan_done" in one.data
    ]
    return Panel("Handlingsplanen över tid", rows) if rows else None


@hookimpl
def nav_items() -> list[NavItem]:
    return [NavItem("Läget i domänen", "overview")]


@hookimpl
def blueprint() -> Blueprint:
    return pages


@pages.get("/")
def overview() -> str:
    now = standing()
    sent = [one for one in now.reports if one.submitted]
    incidents = [one.data["incidents"] for one in sent if "incidents" in one.data]
    in_time = [one.data["incidents_in_time"] for one in sent if "incidents_in_time" in one.data]
    mfa = [one for one in sent if "mfa_coverage" in one.data]
    return overview_page(
        Overview(
            lede="Klassning, incidenter och skydd av konton i alla nämnder och bolag.",
            figures=[
                submitted(now),
                Row(
                    "Åtgärder med klassad information",
                    sum("classified_on" in one.data for one in now.measures),
                    most=len(now.measures),
                ),
                Row("Incidenter", sum(incidents) if incidents else None),
                Row("Rapporterade i tid", sum(in_time) if in_time else None),
            ],
            gaps=[
                unreported(now),
                Gap(
                    "Informationen är inte klassad",
                    [Line("", one) for one in now.measures if "classified_on" not in one.data],
                ),
                Gap(
                    "Incidenter som inte rapporterades i tid",
                    [
                        Line(one.board, now.measure(one))
                        for one in sent
                        if one.data.get("incidents_in_time", 0) < one.data.get("incidents", 0)
                    ],
                ),
            ],
            charts=[
                Chart(
                    "Konton med flerfaktorsautentisering",
                    [Row(one.board, one.data["mfa_coverage"], unit="%", most=100) for one in mfa],
                )
            ],
            tables=[
                Table(
                    "Vad nämnder och bolag har svarat",
                    [
                        "Åtgärd",
                        "Nämnd eller bolag",
                        "Handlingsplan, %",
                        "Nivå",
                        "Incidenter",
                        "Rapporterade i tid",
                    ],
                    [
                        [
                            now.measure(one),
                            one.board,
                            *(
                                one.data.get(name)
                                for name in (
                                    "action_plan_done",
                                    "cyber_check_level",
                                    "incidents",
                                    "incidents_in_time",
                                )
                            ),
                        ]
                        for one in sent
                    ],
                )
            ],
        )
    )
