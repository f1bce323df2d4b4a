"""What `make setup` installs is pinned, from wherever the machine gets its packages."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
REQUIREMENTS = CHECKOUT / "requirements"


def pins(lock):
    return set(re.findall(r"^(\S+==\S+)", (REQUIREMENTS / lock).read_text("utf-8"), re.MULTILINE))


def test_what_is_run_is_what_was_tested():
    assert pins("runtime.txt")
    assert pins("runtime.txt") < pins("dev.txt")
    assert pins("uv.txt") < pins("dev.txt")


def test_locks_name_no_place_to_fetch_from():
    for lock in REQUIREMENTS.glob("*.txt"):
        assert "://" not in lock.read_text("utf-8"), lock
    assert '"resolved"' not in (CHECKOUT / "package-lock.json").read_text("utf-8")
