"""Rounds and reports: HTTP only."""

from registry.reporting.views import items, reports, rounds
from registry.reporting.views.blueprint import bp

__all__ = ["bp", "items", "reports", "rounds"]
