"""For whoever writes a plugin: the contract as a test class, and fixtures that pytest finds itself.

Nothing here is imported by the registry; pytest is needed only where tests are run.
"""

from registry.testing.contract import PluginContract

__all__ = ["PluginContract"]
