"""The heading says what the figures say, and no more."""

import pytest
from flask import Flask

from registry.followup.figures import Counts, Progress, headline, progress
from registry.reporting.models import ReportState


@pytest.fixture
def app(bare_app: Flask) -> Flask:
    return bare_app


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (Counts(), "Omgången har inga åtgärder"),
        (Counts(unreported=9), "Inget är återrapporterat ännu"),
        (Counts(done=4, unreported=6), "De flesta åtgärder är inte återrapporterade ännu"),
        (Counts(done=5, unreported=5), "Hälften av åtgärderna är genomförda"),
        (Counts(ongoing=5), "Ingen åtgärd är genomförd ännu"),
        (Counts(done=5), "Alla åtgärder är genomförda"),
        (Counts(done=5, unreported=1), "Mer än fyra av fem åtgärder är genomförda"),
        (Counts(done=49, ongoing=51), "Knappt hälften av åtgärderna är genomförda"),
        (Counts(done=51, ongoing=49), "Drygt hälften av åtgärderna är genomförda"),
        (Counts(done=1, ongoing=9), "1 av 10 åtgärder är genomförd"),
        (Counts(done=2, ongoing=18), "2 av 20 åtgärder är genomförda"),
    ],
)
def test_the_heading_claims_only_what_is_so(app: Flask, counts: Counts, sentence: str) -> None:
    with app.test_request_context():
        assert headline(counts) == sentence


def test_what_is_not_reported_is_a_part_of_its_own() -> None:
    counts = Counts.of({"done": 1, "planned": 1, None: 2})
    assert (counts.done, counts.planned, counts.unreported) == (1, 1, 2)
    assert [(one.part, one.start, one.width) for one in counts.segments] == [
        ("done", "0.00%", "25.00%"),
        ("planned", "25.00%", "25.00%"),
        ("unreported", "50.00%", "50.00%"),
    ]
    assert Counts().segments == []


@pytest.mark.parametrize(
    ("state", "revision", "items", "expected"),
    [
        (ReportState.DRAFT, 1, {"not_started": 3}, Progress.NOT_STARTED),
        (ReportState.DRAFT, 1, {"not_started": 2, "ready": 1}, Progress.DRAFT),
        (ReportState.DRAFT, 1, {"draft": 1, "ready": 2}, Progress.DRAFT),
        (ReportState.DRAFT, 1, {"ready": 3}, Progress.READY),
        (ReportState.DRAFT, 2, {"ready": 3}, Progress.RETURNED),
        (ReportState.RETURNED, 1, {"ready": 3}, Progress.RETURNED),
        (ReportState.SUBMITTED, 2, {}, Progress.SUBMITTED),
        (ReportState.ACCEPTED, 1, {}, Progress.ACCEPTED),
    ],
)
def test_how_far_a_report_has_come(
    state: ReportState, revision: int, items: dict[str, int], expected: Progress
) -> None:
    assert progress(state, revision, items) is expected
