"""``registry plugin new`` writes a plugin that is right from the first day."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from registry.cli import main
from registry.host import scaffold

BIN = Path(sys.executable).parent
CHECKOUT = Path(__file__).parents[2]
New = Callable[..., Result]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> New:
    """The command in a folder where there is no installation, and no database can be reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGISTRY_DATABASE_URL", "postgresql://nobody@localhost:1/none")

    def write(name: str, title: str = "Livsmedelsförsörjning", *more: str) -> Result:
        words = ["plugin", "new", name, title, "--goal-area", "Livsmedel", *more]
        return CliRunner().invoke(main, words)

    return write


def test_a_new_plugin_passes_its_contract_and_this_house_s_checks(new: New, tmp_path: Path) -> None:
    result = new("food_supply")
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["food_supply"], "an instance was made"

    tested = run("pytest", "-q", "-p", "no:cacheprovider", "food_supply", cwd=tmp_path)
    assert " passed" in tested
    config = str(CHECKOUT / "pyproject.toml")
    run("ruff", "check", "--no-cache", "--config", config, "food_supply", cwd=tmp_path)
    run("ruff", "format", "--no-cache", "--check", "--config", config, "food_supply", cwd=tmp_path)


def test_it_says_the_next_steps(new: New, tmp_path: Path) -> None:
    output = new("food_supply").output
    assert "1. Edit plugin.toml" in output
    assert f"2. See every edit: REGISTRY_PLUGIN_DIRS={tmp_path} registry run --reload" in output
    assert "3. Test it: pytest food_supply" in output
    assert f"4. On the installation: {tmp_path} in plugin_dirs" in output
    assert "registry plugin approve food_supply" in output


def test_the_folder_the_owner_and_the_texts_are_those_that_were_given(
    new: New, tmp_path: Path
) -> None:
    place = tmp_path / "ours"
    place.mkdir()
    new("food_supply", "Mat & vatten", "--into", str(place), "--owner", "Måltidsservice")
    text = (place / "food_supply/plugin.toml").read_text("utf-8")
    assert 'title = "Mat & vatten"' in text
    assert 'goal_area = "Livsmedel"' in text
    assert 'owner = "Måltidsservice"' in text


def test_every_text_but_the_title_is_there_in_english(new: New, tmp_path: Path) -> None:
    new("food_supply")
    catalogue = tmp_path / "food_supply/locale/en/LC_MESSAGES/messages.po"
    with catalogue.open("rb") as file:
        untranslated = [
            message.id for message in read_po(file) if message.id and not message.string
        ]
    assert untranslated == ["Livsmedelsförsörjning"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Food", "lower case letters"),
        ("food-supply", "lower case letters"),
        ("../food", "lower case letters"),
        ("food__supply", "single underscores"),
        ("class", "has a meaning in Python"),
        ("json", "has a meaning in Python"),
        ("cyber_security", "there is a plugin 'cyber_security' already"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_with_words(
    new: New, tmp_path: Path, name: str, expected: str
) -> None:
    result = new(name)
    assert result.exit_code == 1
    assert expected in result.output
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_left_alone(new: New, tmp_path: Path) -> None:
    (tmp_path / "food_supply").mkdir()
    result = new("food_supply")
    assert result.exit_code == 1
    assert "is there already" in result.output
    assert list((tmp_path / "food_supply").iterdir()) == []


@pytest.mark.parametrize("title", ["", "   ", 'Mat "och" vatten', "Mat\nvatten", "Mat\\vatten"])
def test_a_title_that_would_break_the_files_is_refused(
    new: New, tmp_path: Path, title: str
) -> None:
    result = new("food_supply", title)
    assert result.exit_code == 1
    assert "title" in result.output
    assert list(tmp_path.iterdir()) == []


def test_every_template_is_used_and_there() -> None:
    assert {path.name for path in scaffold.TEMPLATES.iterdir()} == {
        f"{name}.txt" for name in scaffold.FILES
    }


def run(command: str, *words: str, cwd: Path) -> str:
    done = subprocess.run([BIN / command, *words], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
