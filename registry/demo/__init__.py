"""The demo plan, as data, and its loader."""
