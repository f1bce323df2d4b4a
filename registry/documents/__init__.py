"""A report, a follow-up and a plan as PDF, Word, Excel, CSV and JSON."""
