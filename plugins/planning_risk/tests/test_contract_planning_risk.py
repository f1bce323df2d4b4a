from registry.testing import PluginContract


class TestContract(PluginContract): ...
