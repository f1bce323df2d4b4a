"""The small plan of the plan's own tests."""

from tests.plan.conftest import plan as plan
