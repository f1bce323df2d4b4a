"""Statutory deadlines of all domains that are on: one list, and as a calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

import icalendar
import sqlalchemy as sa

from registry.db import db, now
from registry.host import active, data
from registry.host.loading import Domain
from registry.host.models import SubjectKind
from registry.host.values import Clock
from registry.people.permissions import Permission, Viewer, require
from registry.plan.models import GoalArea, Measure, PlanVersion, VersionState

SOON = timedelta(days=90)


@dataclass(frozen=True)
class Deadline:
    """When something is due by law; ``due`` is ``None`` while nobody has given the day it is
    reckoned from. Without a measure it concerns the whole domain."""

    domain: Domain
    clock: Clock
    due: date | None
    start: date | None = None
    measure_id: int | None = None
    measure: str = ""

    def late(self, today: date) -> bool:
        return self.due is not None and self.due < today

    def soon(self, today: date) -> bool:
        return self.due is not None and today <= self.due <= today + SOON


def deadlines(viewer: Viewer, today: date) -> list[Deadline]:
    """Every deadline, what is late first, what lacks its day last."""
    require(viewer, Permission.READ_PLAN)
    domains = [domain for domain in active.current().domains if domain.clocks]
    if not domains:
        return []
    names = [domain.name for domain in domains]
    rows = db.session.execute(_MEASURES, {"domains": names}).all()
    values = data.load(SubjectKind.MEASURE, [row.id for row in rows], domains)
    found: list[Deadline] = []
    for domain in domains:
        own = [row for row in rows if row.domain == domain.name]
        if not own:
            continue  # no goal area of a plan in force is the domain's
        answers = {row.id: values[row.id].get(domain.name, data.EMPTY).values for row in own}
        for clock in domain.clocks:
            if clock.first is not None:
                found.append(Deadline(domain, clock, clock.due(None, today)))
                continue
            started = [(row, answers[row.id].get(clock.start)) for row in own]
            given = [
                Deadline(
                    domain,
                    clock,
                    clock.due(start, today),
                    start,
                    row.id,
                    f"{row.number} {row.title}",
                )
                for row, start in started
                if start is not None
            ]
            found += given or [Deadline(domain, clock, None)]
    return sorted(found, key=lambda one: (one.due is None, one.due or today, one.clock.label))


def of_measure(
    domain: Domain, answers: data.Stored, measure_id: int, title: str, today: date
) -> list[Deadline]:
    """The deadlines reckoned from a day given on this measure."""
    return [
        Deadline(domain, clock, clock.due(start, today), start, measure_id, title)
        for clock in domain.clocks
        if clock.start and (start := answers.values.get(clock.start)) is not None
    ]


def calendar(found: list[Deadline], site: str, address: str) -> bytes:
    """The deadlines as an iCalendar file: a day each, with a reminder a month before.

    :param site: whose calendar it is; with the names of domain and clock it makes the entry's id,
        so that a calendar that reads the file again changes its entry instead of adding one.
    """
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Measure registry//SV")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", site)
    for one in found:
        if one.due is None:
            continue
        event = icalendar.Event()
        place = one.measure_id if one.measure_id is not None else "all"
        event.add("uid", f"{one.domain.name}-{one.clock.name}-{place}@{site}")
        event.add("dtstamp", now())
        event.add("dtstart", one.due)
        event.add("summary", f"{one.domain.say(one.clock.label)} ({one.clock.law})")
        text = [one.measure, one.domain.say(one.clock.help), address]
        event.add("description", "\n".join(" ".join(part.split()) for part in text if part))
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", one.domain.say(one.clock.label))
        alarm.add("trigger", timedelta(days=-30))
        event.add_component(alarm)
        whole.add_component(event)
    return bytes(whole.to_ical())


_MEASURES = (
    sa.select(Measure.id, Measure.number, Measure.title, GoalArea.domain)
    .join(GoalArea, GoalArea.id == Measure.area_id)
    .join(PlanVersion, PlanVersion.id == Measure.version_id)
    .where(
        GoalArea.domain.in_(sa.bindparam("domains", expanding=True)),
        PlanVersion.state == VersionState.PUBLISHED,
    )
    .order_by(PlanVersion.plan_id, Measure.plan_order)
)
