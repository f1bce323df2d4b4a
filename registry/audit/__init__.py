"""The append-only log of every change."""
