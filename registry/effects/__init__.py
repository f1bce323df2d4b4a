"""Effect methods, effect metrics, targets and values."""
