"""What the registry does with domains beyond asking: standing, clocks, files, secret answers."""
