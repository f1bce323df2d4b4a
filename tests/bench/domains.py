"""What domains cost: the same pages with 0, 2, 9 and 30 of them on, in this process.

The pages show the same fields each time, so that what differs is the host's own work. Nothing is
kept between requests: each one is read, counted and drawn anew.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from flask import Flask

from registry import create_app
from registry.db import db
from registry.host import switching
from registry.plan.models import GoalArea, Measure
from registry.reporting.models import ReportItem
from tests.bench import commands
from tests.bench.report import Target
from tests.bench.seed import PASSWORD, email, seed
from tests.bench.servers import environment
from tests.bench.visitors import InProcessVisitor, Request, sign_in

COUNTS = (0, 2, 9, 30)
MEASURES = 500
MANIFEST = """
name = "{name}"
title = "Domän {name}"
version = "1.0"
api = "1.0"
data_version = 1
goal_area = "Alla"
owner = "Bench"
summary = "För att mätas."
"""
CODE = """
from flask import Blueprint
from registry.api import *
pages = Blueprint("{name}", __name__)

@hookimpl
def measure_fields():
    return [Text("place", "Plats"), Date("on", "Dag"), Whole("people", "Antal"),
            Text("depot", "Läge", secrecy="OSL 18:13")]

@hookimpl
def report_fields():
    return [Whole("planned", "Planerade"), Whole("held", "Genomförda"), Flag("done", "Klart?"),
            Choice("kind", "Slag", options=(("a", "A"), ("b", "B"))), LongText("how", "Hur")]

@hookimpl
def metrics():
    return [Metric("share", "Andel", unit="%", compute=share("held", "planned"))]

@hookimpl
def check_report(report):
    if report.data.get("held") and "kind" not in report.data:
        yield Issue("Ange slag.", "kind")

@hookimpl
def measure_panel(measure):
    return Panel("Läge", [Row("Rapporter", len(measure.reported))])

@hookimpl
def report_panel(report):
    return Panel("Läge", [Row("Planerade", report.data.get("planned"))])

@hookimpl
def clocks():
    return [Clock("again", "Igen", "lagen", 24, start="on")]

@hookimpl
def blueprint():
    return pages

@hookimpl
def nav_items():
    return [NavItem("Läget", "overview")]

@pages.get("/")
def overview():
    return overview_page(Overview(lede="Läget.", figures=[submitted(standing())]))
"""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time for a request of each page, with so many domains on."""

    page: str
    asked: bool
    by_count: dict[int, float]

    def overhead(self, count: int) -> float:
        return self.by_count[count] - self.by_count[min(self.by_count)]


def write_plugins(folder: Path) -> list[str]:
    names = [f"bench_{number:02}" for number in range(max(COUNTS))]
    for name in names:
        place = folder / name
        place.mkdir(parents=True)
        (place / "plugin.toml").write_text(MANIFEST.format(name=name), "utf-8")
        (place / "__init__.py").write_text(CODE.replace("{name}", name), "utf-8")
    return names


def measure(instance: Path, rounds: int) -> tuple[list[Cost], list[Target]]:
    names = write_plugins(instance / "plugins")
    commands.run(instance, "upgrade")
    app = create_app(
        instance,
        log_level="ERROR",
        cookie_secure=False,
        plugin_dirs=[str(instance / "plugins")],
        trust_plugins=True,
    )
    with app.app_context():
        seeded = seed(MEASURES)
    visitors = {who: InProcessVisitor(app.test_client()) for who in ("coordinator", "reporter")}
    for who, visitor in visitors.items():
        sign_in(visitor, email(who), PASSWORD)
    costs = []
    for asked in (False, True):
        measures, items = _give_domain(app, names[0] if asked else None, seeded.items)
        paths = {
            "report form": ("reporter", [f"/reports/items/{one}" for one in items]),
            "measure page": ("coordinator", [f"/plan/measures/{one}" for one in measures]),
            "measure list": ("coordinator", ["/measures"] * len(items)),
        }
        counts = COUNTS[1:] if asked else COUNTS
        for page, (who, addresses) in paths.items():
            by_count: dict[int, list[float]] = {count: [] for count in counts}
            for _round in range(rounds):
                for count in counts:
                    _switch(app, names, count)
                    spent = _spent(app, visitors[who], addresses)
                    by_count[count].append(spent)
            best = {count: median(spent) for count, spent in by_count.items()}
            costs.append(Cost(page, asked, best))
    return costs, [*_targets(costs), *_admin(app, names), *_start(instance)]


def _give_domain(app: Flask, name: str | None, items: list[int]) -> tuple[list[int], list[int]]:
    """All areas are this domain's, or nobody's; measures and items of the plan."""
    with app.app_context():
        for area in db.session.scalars(sa.select(GoalArea)):
            area.domain = name
        db.session.commit()
        measures = list(db.session.scalars(sa.select(Measure.id).limit(20)))
        known = set(db.session.scalars(sa.select(ReportItem.id).where(ReportItem.id.in_(items))))
        db.session.remove()
    return measures, sorted(known)[:20]


def _switch(app: Flask, names: list[str], count: int) -> None:
    with app.app_context():
        for number, name in enumerate(names):
            switching.switch(name, on=number < count)
        db.session.commit()


def _spent(app: Flask, visitor: InProcessVisitor, addresses: list[str]) -> float:
    """Milliseconds of processor time a request; the first ones, which build the set, left out."""
    for address in addresses[:3]:
        assert visitor.send(Request(address)).status == 200, address
    began = time.process_time()
    for address in addresses:
        app.extensions.pop("memory", None)
        visitor.send(Request(address))
    return 1000 * (time.process_time() - began) / len(addresses)


def _targets(costs: list[Cost]) -> list[Target]:
    found = []
    for cost in costs:
        what = f"{cost.page}, {'same questions' if cost.asked else 'no questions'}"
        for count, limit in ((9, 1.0), (30, 2.0)):
            name = f"host at {count} domains: {what}"
            found.append(Target(name, cost.overhead(count), limit, "ms"))
    return found


def _admin(app: Flask, names: list[str]) -> list[Target]:
    visitor = InProcessVisitor(app.test_client())
    sign_in(visitor, email("admin"), PASSWORD)
    spent = _spent(app, visitor, ["/admin/plugins"] * 20)
    return [Target(f"/admin/plugins with {len(names) + 9} plugins", spent, 50, "ms")]


def _start(instance: Path) -> list[Target]:
    """From nothing to an app in a new process, Python's own start included; and what of that the
    30 plugins are."""
    more = {
        "REGISTRY_PLUGIN_DIRS": str(instance / "plugins"),
        "REGISTRY_TRUST_PLUGINS": "true",
    }
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _time in range(3):
        for with_them, seconds in taken.items():
            seconds.append(_started(instance, more if with_them else {}))
    whole, without = min(taken[True]), min(taken[False])
    return [
        Target("start with 30 more plugins", whole, 2, "s"),
        Target("of which the 30 plugins", whole - without, 2, "s"),
    ]


def _started(instance: Path, settings: dict[str, str]) -> float:
    script = "from registry import create_app; create_app()"
    given = {**environment(instance), "REGISTRY_LOG_LEVEL": "ERROR", **settings}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, env=given)
    return time.perf_counter() - began


def table(costs: list[Cost]) -> str:
    heading = f"{'page':<16}{'questions':<11}" + "".join(f"{f'{n} on':>9}" for n in COUNTS)
    lines = [heading, "-" * len(heading)]
    for cost in costs:
        cells = "".join(
            f"{cost.by_count[n]:>9.2f}" if n in cost.by_count else f"{'':>9}" for n in COUNTS
        )
        lines.append(f"{cost.page:<16}{'same' if cost.asked else 'none':<11}{cells}")
    return "\n".join(lines)
