"""What `make setup` installs is pinned, from wherever it comes; `make run` can be read."""

import os
import re
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("words", [[], ["INSTANCE=elsewhere"], ["PORT=9000"]])
def test_make_run_can_be_read_with_and_without_its_settings(words: list[str]) -> None:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    answer = subprocess.run(
        ["make", "-n", "run", *words], cwd=CHECKOUT, env=bare, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert "registry run --port" in answer.stdout
