"""The plan and the round of the tests of reporting."""

from tests.reporting.conftest import job, plan  # noqa: F401  fixtures
