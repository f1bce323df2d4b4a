"""What the executive board sees: state, gaps, effects."""
