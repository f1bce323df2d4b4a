"""A domain that comes as an installed package: built, installed, approved, used."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "example_plugin"
COMMAND = Path(sys.executable).parent / "registry"
Run = Callable[..., subprocess.CompletedProcess[str]]

IS_IMPORTED = """
import sys
from registry import create_app
app = create_app()
print("food_supply" in app.extensions["plugins"].domains)
print(any(name.endswith("food_supply") for name in sys.modules))
"""
USE = """
from pathlib import Path
from registry import create_app
from registry.audit.log import acting
from registry.host.loading import loaded
from registry.testing.html import Page
from registry.testing.stage import PASSWORD, Stage, write

app = create_app()
domain = loaded(app).domains["food_supply"]
stage = Stage(app, domain, Path(), Path())
with app.app_context(), acting(None):
    people = write(stage, domain.found)
person = app.test_client()
form = Page.read(person.get("/sign-in").text).posted("password")
form["email"], form["password"] = people["reporter"], PASSWORD
print(person.post("/sign-in", data=form).status_code)

page = person.get("/domain/food_supply/")
print(page.status_code, "En vecka utan leveranser" in page.text)
print(person.get("/domain/food_supply/static/stocks.css").status_code)

form = Page.read(person.get(stage.report_form).text).posted("questions")
form["food_supply__portions"], form["food_supply__reserve"] = "400", "300"
form["status"], form["done"], form["ready"] = "ongoing", "Lagret är inventerat.", "1"
print(person.post(stage.report_form, data=form).status_code)
saved = Page.read(person.get(stage.report_form).text).posted("questions")
print(saved["food_supply__portions"], saved["food_supply__reserve"])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the built wheel is installed."""
    place = tmp_path_factory.mktemp("example")
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    done = subprocess.run([*words, str(EXAMPLE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "target")
    return place / "target"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """A command, in a process of its own that finds the installed package."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")
    } | {
        "PYTHONPATH": str(installed),
        "REGISTRY_INSTANCE": str(tmp_path / "instance"),
        "REGISTRY_ARGON2_TIME_COST": "1",
        "REGISTRY_ARGON2_MEMORY_KIB": "32",
    }

    def start(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    return start


def test_the_wheel_carries_the_whole_plugin(installed: Path) -> None:
    folder = EXAMPLE / "food_supply"
    files = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    missing = {path for path in files if not (installed / "food_supply" / path).exists()}
    assert {path for path in missing if "__pycache__" not in path.parts} == set()


def test_an_installed_plugin_waits_is_approved_switched_on_and_used(run: Run) -> None:
    def registry(*words: str) -> str:
        done = run(str(COMMAND), *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    registry("init", "--email", "a@example.org", "--name", "A", "--password", "en-lang-mening")
    assert "food_supply\t1.0\tnot approved" in registry("plugin", "list")
    assert python(run, IS_IMPORTED) == ["False", "False"]
    early = run(str(COMMAND), "plugin", "enable", "food_supply")
    assert early.returncode == 1
    assert "it is not approved" in early.stderr

    approval = registry("plugin", "approve", "food_supply", "--yes")
    assert "owner   Måltidsservice" in approval
    assert "food_supply is approved. Restart" in approval
    assert registry("plugin", "enable", "food_supply") == "food_supply is on.\n"

    assert python(run, USE) == ["303", "200 True", "200", "303", "400 300"]


def python(run: Run, code: str) -> list[str]:
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
