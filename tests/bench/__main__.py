"""``python -m tests.bench``: seed, serve, measure, compare with the floor, print.

The exit code is 1 only when a page or command does not answer: a slow one fails nothing, for the
machine may be busy. CPU is that of the workers, summed over n requests; the floor is a bare Flask
page measured in the same rounds. The approver who submits holds that role for twenty boards.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask

from registry import create_app
from registry.db import db
from registry.host import switching
from tests.bench import commands, documents, domains, report, servers
from tests.bench.figures import Bench, Effort, Figures
from tests.bench.pages import pages
from tests.bench.report import Target
from tests.bench.seed import PASSWORD, Seed, email, people, seed
from tests.bench.visitors import HttpVisitor, InProcessVisitor, sign_in

SIZES = (1_000, 10_000)
EFFORT = Effort(rounds=9, seconds=0.3)
QUICK_SIZES = (100, 500)
QUICK_EFFORT = Effort(rounds=3, seconds=0.05)


@dataclass(frozen=True)
class Run:
    """Everything measured on one size of plan."""

    measures: int
    figures: list[Figures]
    seconds_to_start: float


def main() -> int:
    options = _options()
    if options.domains:
        return _domains(options.quick)
    if options.documents:
        return _documents(options.quick)
    sizes, effort = (QUICK_SIZES, QUICK_EFFORT) if options.quick else (SIZES, EFFORT)
    runs = []
    for size in options.measures or sizes:
        with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
            runs.append(_run(size, effort, Path(folder), options.page))
        print(f"\n{size:,} measures\n\n{report.table(runs[-1].figures)}\n", flush=True)
    targets = _targets(runs)
    if not options.page:
        targets += _command_targets(1_000 if options.quick else commands.ROWS)
    if not options.page:
        _domains(options.quick)
        print()
        _documents(options.quick)
        print()
    print(f"Targets, with {runs[-1].measures:,} measures\n")
    print("\n".join(map(str, targets)))
    if options.json:
        shown = {"runs": [asdict(run) for run in runs], "targets": [asdict(one) for one in targets]}
        options.json.write_text(json.dumps(shown, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return 0 if all(one.good for run in runs for one in run.figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small plan and few requests")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--measures", type=int, nargs="+", metavar="N", help="sizes of the plan")
    parser.add_argument("--domains", action="store_true", help="only what domains cost")
    parser.add_argument("--documents", action="store_true", help="only freezing and documents")
    parser.add_argument("--page", default="", metavar="TEXT", help="only pages named so")
    return parser.parse_args()


def _domains(quick: bool) -> int:
    _say("the same pages with 0, 2, 9 and 30 domains")
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        costs, targets = domains.measure(Path(folder), 2 if quick else 9)
    print(f"Milliseconds of processor time a request, nothing kept\n\n{domains.table(costs)}\n")
    print("\n".join(map(str, targets)))
    return 0


def _documents(quick: bool) -> int:
    size = 200 if quick else documents.MEASURES
    _say(f"freezing {size:,} measures, writing them as Excel, PDF and Word")
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        print("\n".join(map(str, documents.measure(Path(folder), size))))
    return 0


def _run(size: int, effort: Effort, instance: Path, wanted: str) -> Run:
    _say(f"seeding {size:,} measures")
    app = create_app(instance, log_level="ERROR", cookie_secure=False)
    seeded = _seed(app, instance, size)
    with ExitStack() as stack:
        registry = stack.enter_context(servers.registry(instance))
        floor = stack.enter_context(servers.floor(instance))
        bench = Bench(app, registry, floor, _visitors(registry.port), _counters(app), effort)
        figures = []
        for page in pages(seeded):
            if wanted in page.name:
                _say(page.name)
                figures.append(bench.measure(page))
    return Run(size, figures, registry.seconds_to_start)


def _seed(app: Flask, instance: Path, size: int) -> Seed:
    commands.run(instance, "upgrade")
    with app.app_context():
        switching.enable_bundled(app)
        db.session.commit()
        return seed(size)


def _visitors(port: int) -> dict[str, HttpVisitor]:
    found = {"": HttpVisitor(port)}
    for person in people():
        found[person] = HttpVisitor(port)
        sign_in(found[person], email(person), PASSWORD)
    return found


def _counters(app: Flask) -> dict[str, InProcessVisitor]:
    found = {"": InProcessVisitor(app.test_client())}
    for person in people():
        found[person] = InProcessVisitor(app.test_client())
        sign_in(found[person], email(person), PASSWORD)
    return found


def _targets(runs: list[Run]) -> list[Target]:
    last = runs[-1]
    found = report.page_targets(last.figures)
    if len(runs) > 1:
        found += report.growth(runs[0].figures, last.figures)
    found.append(
        Target("memory of a worker", max(one.megabytes for one in last.figures), 150, "MB")
    )
    found.append(Target("from command to first answer", last.seconds_to_start, 5, "s"))
    return found


def _command_targets(rows: int) -> list[Target]:
    _say(f"migrating, importing {rows:,} rows")
    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        instance = Path(folder)
        migration = commands.run(instance, "upgrade")
        plan = commands.write_plan(instance / "plan.csv", rows)
        imported = commands.run(instance, "import-plan", str(plan), "--plan", "Stor plan")
    return [
        Target("migration of an empty database", migration.wall, 3, "s"),
        Target("migration, without waiting", migration.cpu, 3, "s of CPU"),
        Target(f"import of {rows:,} rows", imported.cpu, 5, "s of CPU"),
    ]


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
