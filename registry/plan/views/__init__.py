"""Plan pages: HTTP only."""

from registry.plan.views import editing, reading
from registry.plan.views.blueprint import bp

__all__ = ["bp", "editing", "reading"]
