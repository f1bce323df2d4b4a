"""Rounds and reports: HTTP only."""

from registry.reporting.views import comments, items, notes, reports, rounds, table
from registry.reporting.views.blueprint import bp

__all__ = ["bp", "comments", "items", "notes", "reports", "rounds", "table"]
