from tests.plan.conftest import grow, plan

__all__ = ["grow", "plan"]
