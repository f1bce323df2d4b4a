"""The plugin host. Imports no feature."""
