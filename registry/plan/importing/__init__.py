"""A plan from a spreadsheet: read, placed row by row, shown, then written in one transaction."""
