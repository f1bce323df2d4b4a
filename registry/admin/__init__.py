"""Pages for the plugin set, users and boards."""
