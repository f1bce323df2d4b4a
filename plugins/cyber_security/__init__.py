"""Informations- och cybersäkerhet: classification, incidents, MFA, phishing tests."""

from collections.abc import Callable, Iterator

from registry.api import (
    Choice,
    Date,
    Field,
    Issue,
    Level,
    Metric,
    Percent,
    ReportView,
    Target,
    Whole,
    hookimpl,
)


@hookimpl
def measure_fields() -> list[Field]:
    return [
        Date(
            "classified_on",
            "Informationen klassades",
            help="När informationen som åtgärden gäller senast klassades enligt KLASSA.",
        ),
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
        Percent("mfa_coverage", "Konton med flerfaktorsautentisering", help="Andel i procent."),
        Percent("phishing_click", "Nätfisketest: klickade", help="Andel i procent."),
        Percent("phishing_reported", "Nätfisketest: rapporterade", help="Andel i procent."),
    ]


@hookimpl
def metrics() -> list[Metric]:
    return [
        Metric("classified_systems", "Klassade system", unit="%", target=Target(">=", 100)),
        Metric("mfa_coverage", "MFA-täckning", unit="%", compute=_value_of("mfa_coverage")),
        Metric(
            "phishing_click",
            "Klick i nätfisketest",
            unit="%",
            better="lower",
            compute=_value_of("phishing_click"),
        ),
        Metric("trained_staff", "Genomförd utbildning", unit="%"),
        Metric("hours_to_remedy", "Tid till åtgärd", unit="timmar", better="lower"),
        Metric(
            "incidents_in_time",
            "Incidenter rapporterade i tid",
            unit="%",
            target=Target(">=", 100),
            compute=_incidents_in_time,
        ),
    ]


def _value_of(name: str) -> Callable[[ReportView], float | None]:
    def compute(report: ReportView) -> float | None:
        value = report.data.get(name)
        return None if value is None else float(value)

    return compute


def _incidents_in_time(report: ReportView) -> float | None:
    incidents = report.data.get("incidents")
    in_time = report.data.get("incidents_in_time")
    if not incidents or in_time is None:
        return None
    return float(100 * in_time / incidents)


@hookimpl
def check_report(report: ReportView) -> Iterator[Issue]:
    incidents = report.data.get("incidents")
    in_time = report.data.get("incidents_in_time")
    if in_time is not None and incidents is not None and in_time > incidents:
        yield Issue("Kan inte vara fler än antalet incidenter.", "incidents_in_time")
    if in_time is not None and incidents is None:
        yield Issue("Ange hur många incidenter som inträffade.", "incidents")
    clicked = report.data.get("phishing_click")
    reported = report.data.get("phishing_reported")
    if clicked is not None and reported is not None and clicked + reported > 100:
        yield Issue(
            "Klickade och rapporterade är tillsammans över 100 procent. Den som gjorde båda "
            "räknas i båda; stämmer siffrorna?",
            "phishing_reported",
            Level.WARNING,
        )
