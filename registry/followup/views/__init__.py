"""Follow-up pages: HTTP only."""

from registry.followup.views import details, reading, writing
from registry.followup.views.blueprint import bp

__all__ = ["bp", "details", "reading", "writing"]
