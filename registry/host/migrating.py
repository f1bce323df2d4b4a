"""A plugin's own migrations, where Alembic can read them. Reading them runs their modules."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from registry.host.manifest import Found


@contextmanager
def script(found: Found) -> Iterator[tuple[Config, ScriptDirectory]]:
    """The migrations as they were approved."""
    with tempfile.TemporaryDirectory() as place:
        for path, source in found.files.items():
            if path.startswith("migrations/") and path.count("/") == 1 and path.endswith(".py"):
                (Path(place) / path.removeprefix("migrations/")).write_bytes(source)
        config = Config()
        config.set_main_option("script_location", place)
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", place)
        yield config, ScriptDirectory(place, version_locations=[place])


def heads(found: Found) -> frozenset[str]:
    """The newest revisions; none for a plugin that owns no tables.

    :raises Exception: whatever Alembic, or a migration's module, raises.
    """
    if not any(path.startswith("migrations/") for path in found.files):
        return frozenset()
    with script(found) as (_config, directory):
        return frozenset(directory.get_heads())
