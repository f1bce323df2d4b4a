"""The measure registry: action plans for safety and security, reported and followed up."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.app import create_app

__version__ = "0.1.0"

__all__ = ["__version__", "create_app"]


def __getattr__(name: str) -> Any:
    """``create_app`` when it is asked for: whoever writes a plugin imports little of the rest."""
    if name == "create_app":
        from registry.app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
