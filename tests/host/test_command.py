"""``registry plugin`` on the command line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from registry.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_template: Path, cheap_hashes: None) -> Run:
    import shutil

    instance = tmp_path / "instance"
    instance.mkdir()
    shutil.copy(sqlite_template, instance / "registry.sqlite")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(main, ["--instance", str(instance), *words])

    return invoke


def test_a_domain_is_switched_on_and_off(run: Run) -> None:
    assert "crisis_preparedness\t1.0\toff\t0 rows" in run("plugin", "list").output
    assert run("plugin", "enable", "crisis_preparedness").output == "crisis_preparedness is on.\n"
    assert "crisis_preparedness\t1.0\ton" in run("plugin", "list").output
    assert "was on already" in run("plugin", "enable", "crisis_preparedness").output
    assert run("plugin", "disable", "crisis_preparedness").exit_code == 0


def test_an_unknown_plugin_is_one_line_and_exit_1(run: Run) -> None:
    for words in (("enable", "nothing"), ("disable", "nothing"), ("check", "nothing")):
        result = run("plugin", *words)
        assert result.exit_code == 1
        assert "there is no such plugin" in result.output
        assert "Traceback" not in result.output


def test_check_tells_which_are_sound(run: Run) -> None:
    result = run("plugin", "check", "--all")
    assert result.exit_code == 0
    assert "ok      crisis_preparedness" in result.output
    assert run("plugin", "check").exit_code == 2


def test_check_exits_1_on_any_refusal(
    run: Run, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_plugin("broken", "1 / 0")
    monkeypatch.setenv("REGISTRY_PLUGIN_DIRS", str(folder.parent))
    result = run("plugin", "check", "--all")
    assert result.exit_code == 1
    assert "REFUSED broken (approval): it is not approved" in result.output
    result = run("plugin", "check", "--all", "--unapproved")
    assert result.exit_code == 1
    assert "REFUSED broken (import): ZeroDivisionError" in result.output
    assert "ok      cyber_security" in result.output
    assert "not approved" in run("plugin", "list").output
    assert run("plugin", "enable", "broken").exit_code == 1
