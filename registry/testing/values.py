"""The contract, second part: the plugin's code on values, answered and not answered."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import cycle
from typing import Any, ClassVar

from registry.db import db
from registry.host import calls, data
from registry.host.active import fields_of
from registry.host.models import DomainData, SubjectKind
from registry.host.values import MeasureView, Subject
from registry.testing import answers as made
from registry.testing import journey
from registry.testing.answers import Answers
from registry.testing.journey import measure_view, report_view, reported
from registry.testing.stage import Stage
from registry.testing.staged import Staged, fail

RUBBISH = (b"", b"\xff\xfe\x00\x01", "å;ä\n1;2;3\n".encode(), b"a,b\n1,2\n" * 3)
OldRow = tuple[int, str, dict[str, Any]]


def _measures(stage: Stage) -> Iterator[MeasureView]:
    """Measures with every combination of samples, with and without days."""
    for place, answers in enumerate(made.combined(stage.domain.measure_fields)):
        days = {"starts_on": date(2024, 2, 29), "ends_on": date(2026, 1, 31)} if place % 2 else {}
        yield measure_view(answers, **days)


def _open(stage: Stage, kind: SubjectKind) -> list[Answers]:
    """Combinations of the samples of fields that are not secret: what panels and metrics see."""
    return made.combined([spec for spec in fields_of(stage.domain, kind) if not spec.secrecy])


def _answered(answers: Answers) -> str:
    return f"{answers!r:.300}" if answers else "nothing answered"


class Values(Staged):
    old_rows: ClassVar[Sequence[OldRow]] = ()

    def test_its_checks_survive_every_answer(self, stage: Stage) -> None:
        """All combinations of samples up to 300, else each pair of them, and nothing answered."""
        for measure in _measures(stage):
            found = calls.check_measure(stage.domain, measure)
            self._check(stage, "check_measure", stage.domain.measure_fields, found, measure.data)
        measures = cycle(list(_measures(stage)))
        for answers in made.combined(stage.domain.report_fields):
            found = calls.check_report(stage.domain, report_view(answers, next(measures)))
            self._check(stage, "check_report", stage.domain.report_fields, found, answers)

    @staticmethod
    def _check(stage: Stage, hook: str, specs: Any, found: calls.Checked, answers: Any) -> None:
        if not found.ran:
            fail(f"Let {hook} bear {_answered(answers)}; it raised {journey.fault(stage)}.")
        names = {spec.name for spec in specs}
        for issue in found.issues:
            if not issue.message.strip():
                fail(f"Let every issue of {hook} say what to do, also with {_answered(answers)}.")
            if "%(" in issue.message:
                fail(f"Give the issue {issue.message!r} of {hook} the values that it names.")
            if issue.field is not None and issue.field not in names:
                fail(f"{hook} points at {issue.field!r}; name one of its fields, or none.")

    def test_its_metrics_give_a_number_or_none(self, stage: Stage) -> None:
        computed = [metric for metric in stage.domain.metrics if metric.compute is not None]
        for answers in _open(stage, SubjectKind.REPORT_ITEM):
            for metric in computed:
                calls.compute(stage.domain, metric, report_view(answers))
                if raised := journey.noted():
                    fail(
                        f"Let metric {metric.name!r} give a number, or None, of "
                        f"{_answered(answers)}; instead: {raised}."
                    )

    def test_its_panels_survive_every_answer(self, stage: Stage) -> None:
        reports = [reported(one) for one in _open(stage, SubjectKind.REPORT_ITEM)]
        several = cycle([(), *((one,) for one in reports), tuple(reports[:5])])
        for answers in _open(stage, SubjectKind.MEASURE):
            calls.measure_panel(stage.domain, measure_view(answers, reported=next(several)))
            self._panel("measure_panel", answers)
        for report in reports:
            calls.measure_panel(stage.domain, measure_view({}, reported=(report,)))
            self._panel("measure_panel", dict(report.data))
            calls.report_panel(stage.domain, report_view(dict(report.data)))
            self._panel("report_panel", dict(report.data))

    @staticmethod
    def _panel(hook: str, answers: Answers) -> None:
        if raised := journey.noted():
            fail(f"Let {hook} give a Panel, or None, of {_answered(answers)}; it raised {raised}.")

    def test_old_rows_load_in_todays_fields(self, stage: Stage) -> None:
        domain = stage.domain
        today = domain.manifest.data_version
        missing = set(range(1, today)) - {version for version, _kind, _data in self.old_rows}
        if missing:
            fail(f"Record a stored row of data version {min(missing)} in old_rows.")
        for version, name, stored in self.old_rows:
            self._load_old(stage, version, SubjectKind(name), stored)

    @staticmethod
    def _load_old(stage: Stage, version: int, kind: SubjectKind, stored: dict[str, Any]) -> None:
        domain, subject_id = stage.domain, 4711
        row = DomainData(
            plugin=domain.name,
            subject_kind=kind,
            subject_id=subject_id,
            version=version,
            data=stored,
            entered={},
            labels={},
        )
        db.session.merge(row)
        db.session.flush()
        read = data.load(kind, [subject_id], [domain])[subject_id][domain.name]
        raised = journey.noted()
        if not read.readable:
            fail(f"Let upgrade_data bear {stored!r:.200} of version {version}; it raised {raised}.")
        upgraded = stored
        if version < domain.manifest.data_version and domain.implements("upgrade_data"):
            subject = Subject(kind.value, subject_id)
            upgraded = calls.upgrade_data(domain, subject, stored, version) or stored
        secret = {spec.name for spec in fields_of(domain, kind) if spec.secrecy}
        lost = sorted(upgraded.keys() - read.values.keys() - secret)
        db.session.rollback()
        if lost:
            fail(
                f"Let upgrade_data bring {', '.join(lost)} of version {version} to today's fields."
            )

    def test_its_importers_refuse_rubbish_with_words(self, stage: Stage) -> None:
        for importer in stage.domain.importers:
            for content in RUBBISH:
                try:
                    calls.read_file(stage.domain, importer, content)
                except ValueError as error:
                    if not str(error).strip():
                        fail(f"Let importer {importer.name!r} say why it refuses {content!r}.")
                except calls.Fault:
                    fail(
                        f"Let importer {importer.name!r} raise ValueError with a sentence for "
                        f"{content!r}; it raised {journey.noted()}."
                    )
