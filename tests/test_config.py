"""Settings: from defaults, file and environment; a wrong one stops the start with one line."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from registry import create_app
from registry.config import ConfigError, load_settings


def write(folder: Path, text: str) -> Path:
    (folder / "config.toml").write_text(text, "utf-8")
    return folder


def test_without_anything_set_there_are_defaults(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "new", {})
    assert settings.instance == (tmp_path / "new").resolve()
    assert settings.database == f"sqlite:///{tmp_path / 'new' / 'registry.sqlite'}"
    assert settings.cookie_secure
    assert not settings.demo


def test_the_environment_wins_over_the_file_and_arguments_over_both(tmp_path: Path) -> None:
    write(tmp_path, 'municipality = "Filen"\nsession_hours = 8\nlanguage = "en"\n')
    environ = {"REGISTRY_MUNICIPALITY": "Miljön", "REGISTRY_SESSION_HOURS": "9"}
    settings = load_settings(tmp_path, environ, municipality="Anropet")
    assert settings.municipality == "Anropet"
    assert settings.session_hours == 9
    assert settings.language == "en"


def test_the_instance_folder_comes_from_the_environment(tmp_path: Path, monkeypatch) -> None:
    assert load_settings(None, {"REGISTRY_INSTANCE": str(tmp_path)}).instance == tmp_path.resolve()
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}).instance == (tmp_path / "instance").resolve()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("colour = 1", "colour"),
        ("session_hours = '8'", "session_hours"),
        ("session_hours = true", "session_hours"),
        ("session_hours = 0", "session_hours"),
        ("cookie_secure = 1", "cookie_secure"),
        ("municipality = 3", "municipality"),
        ("plugin_dirs = 'plugins'", "plugin_dirs"),
        ("database_url = 'mysql://localhost/x'", "mysql"),
        ("database_url = 'not an address'", "database_url"),
        ("timezone = 'Europe/Uppsala'", "timezone"),
        ("timezone = '../../etc/passwd'", "timezone"),
        ("language = 'fi'", "language"),
        ("log_level = 'LOUD'", "log_level"),
        ("municipality = ", "config.toml"),
        ("[section]\nx = 1", "section"),
    ],
)
def test_a_wrong_setting_in_the_file_is_named_in_one_line(
    tmp_path: Path, text: str, wrong: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text), {})
    message = str(caught.value)
    assert wrong in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REGISTRY_COLOUR", "red"),
        ("REGISTRY_SESSION_HOURS", "eight"),
        ("REGISTRY_COOKIE_SECURE", "maybe"),
        ("REGISTRY_SESSION_HOURS", "-1"),
    ],
)
def test_a_wrong_variable_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name}|session_hours"):
        load_settings(tmp_path, {name: value})


@pytest.mark.parametrize(
    "settings",
    [
        {"sign_in_limit": "now and then"},
        {"rate_limit_storage": "nowhere://"},
        {"argon2_memory_kib": 1},
        {"colour": "red"},
    ],
)
def test_what_only_a_part_of_the_app_understands_stops_the_start_too(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError) as caught:
        create_app(tmp_path, **settings)
    assert next(iter(settings)) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), (" FALSE ", False), ("0", False)]
)
def test_a_variable_says_yes_or_no(tmp_path: Path, text: str, value: bool) -> None:
    assert load_settings(tmp_path, {"REGISTRY_COOKIE_SECURE": text}).cookie_secure is value


def test_folders_of_plugins_are_a_list(tmp_path: Path) -> None:
    listed = os.pathsep.join(["/a", "/b"])
    assert load_settings(tmp_path, {"REGISTRY_PLUGIN_DIRS": listed}).plugin_dirs == (
        Path("/a"),
        Path("/b"),
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_with_psycopg(tmp_path: Path, scheme: str) -> None:
    settings = load_settings(tmp_path, {"REGISTRY_DATABASE_URL": f"{scheme}://u:p@host/db"})
    assert settings.database == "postgresql+psycopg://u:p@host/db"


def test_the_signing_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    first = load_settings(tmp_path, {}).secret_key
    path = tmp_path / "secret_key"
    assert len(first) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_settings(tmp_path, {}).secret_key == first
    assert load_settings(tmp_path / "other", {}).secret_key != first


def test_a_key_that_is_set_is_used_and_none_is_written(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {"REGISTRY_SECRET_KEY": "set"}).secret_key == "set"
    assert not (tmp_path / "secret_key").exists()


def test_the_key_is_not_shown_when_settings_are_printed(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert settings.secret_key not in repr(settings)


def test_an_empty_key_file_is_not_taken_for_a_key(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("\n")
    with pytest.raises(ConfigError, match="secret_key"):
        load_settings(tmp_path, {})
