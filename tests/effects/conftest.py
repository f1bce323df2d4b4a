"""The small plan that metrics hang on."""

from tests.plan.conftest import Built, plan

__all__ = ["Built", "plan"]
