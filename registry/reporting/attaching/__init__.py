"""Files attached to what a board reports on a measure."""
