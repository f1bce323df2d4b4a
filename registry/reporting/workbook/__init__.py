"""A board's report as a workbook: written, filled in offline, read back and shown before saving."""
