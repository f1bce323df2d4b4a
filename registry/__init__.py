"""The measure registry: action plans for safety and security, reported and followed up."""

from registry.app import create_app

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]
