"""Rounds, reports and their review."""
