"""What every plugin holds to, as tests. A plugin's test module makes a class of its own of it::

from registry.testing import PluginContract

class TestContract(PluginContract):
    old_rows = [(1, "report_item", {"walks": 3})]  # recorded rows of older data versions
"""

from registry.testing.pages import Pages
from registry.testing.shape import Shape
from registry.testing.values import Values


class PluginContract(Shape, Values, Pages):
    """Subclass it in a module whose name begins with ``test_``.

    :param old_rows: rows of older data versions as they were stored: version, ``measure`` or
        ``report_item``, data. Each must load in today's fields.
    :param plugin_folder: where the plugin lies, when not above the folder of the test module.
    """
