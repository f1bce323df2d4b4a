"""The ``registry`` command, as an operator uses it."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from registry.cli import main

PASSWORD = "en-mening-att-minnas"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty instance folder, hashing cheaply; nothing of the machine's own settings."""
    for name in list(os.environ):
        if name.startswith("REGISTRY_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "instance"
    folder.mkdir()
    (folder / "config.toml").write_text(
        'argon2_time_cost = 1\nargon2_memory_kib = 32\nlog_level = "ERROR"\n'
    )
    return folder


def run(instance: Path, *arguments: str, **more: str) -> Result:
    result = CliRunner().invoke(main, ["--instance", str(instance), *arguments], **more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def ready(instance: Path) -> Path:
    answer = run(
        instance, "init", "--email", "anna@example.org", "--name", "Anna", "--password", PASSWORD
    )
    assert answer.exit_code == 0, answer.output
    return instance


def test_init_makes_the_database_and_an_admin_who_can_sign_in(ready: Path) -> None:
    from registry import create_app
    from registry.people import service

    app = create_app(ready)
    with app.app_context():
        assert service.sign_in("anna@example.org", PASSWORD)
    assert run(ready, "user", "list").output == "anna@example.org\tAnna\tactive\tadmin\n"


def test_init_asks_for_what_is_not_told(instance: Path) -> None:
    answers = f"anna@example.org\nAnna\n{PASSWORD}\n{PASSWORD}\n"
    answer = run(instance, "init", input=answers)
    assert answer.exit_code == 0
    assert PASSWORD not in answer.output
    assert run(instance, "user", "roles", "ANNA@example.org").output == "admin\n"


def test_init_twice_changes_nothing(ready: Path) -> None:
    again = run(ready, "init", "--email", "b@example.org", "--name", "B", "--password", PASSWORD)
    assert again.exit_code == 0
    assert "already" in again.output
    assert "b@example.org" not in run(ready, "user", "list").output


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [("anna@example.org", "kort", 1), ("inte en adress", PASSWORD, 2)],
)
def test_init_refuses_what_cannot_be(instance, email: str, password: str, code: int) -> None:
    answer = run(instance, "init", "--email", email, "--name", "Anna", "--password", password)
    assert answer.exit_code == code
    assert len(answer.stderr.splitlines()) == 1
    assert "no users" in run(instance, "user", "list").output


def test_upgrade_makes_the_tables(instance: Path) -> None:
    assert run(instance, "upgrade").exit_code == 0
    assert run(instance, "upgrade").exit_code == 0
    assert run(instance, "check").exit_code == 0


def test_users_are_added_with_roles_and_an_invitation(ready: Path) -> None:
    answer = run(ready, "user", "add", "b@example.org", "Bo Ek", "--role", "auditor", "--role",
                 "domain_lead:cyber_security")  # fmt: skip
    assert answer.exit_code == 0
    assert "/invitation/" in answer.output
    listed = json.loads(run(ready, "user", "list", "--json").output)
    assert listed[1] == {
        "email": "b@example.org",
        "name": "Bo Ek",
        "state": "invited",
        "roles": ["auditor", "domain_lead:cyber_security"],
    }


def test_a_board_role_names_its_board(ready: Path) -> None:
    from registry import create_app
    from registry.db import db
    from registry.people.models import Board, BoardKind

    with create_app(ready).app_context():
        db.session.add(Board(name="Socialnämnden", kind=BoardKind.COMMITTEE))
        db.session.commit()
    added = run(ready, "user", "roles", "anna@example.org", "--add", "reporter:Socialnämnden")
    assert added.output == "admin\nreporter:Socialnämnden\n"
    taken = run(ready, "user", "roles", "anna@example.org", "--remove", "reporter:Socialnämnden")
    assert taken.output == "admin\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["user", "add", "anna@example.org", "Anna"], 1, "already"),
        (["user", "add", "b@example.org", "B", "--role", "boss"], 2, "no role “boss”"),
        (["user", "add", "b@example.org", "B", "--role", "reporter"], 2, "reporter:NAME"),
        (["user", "add", "b@example.org", "B", "--role", "admin:x"], 2, "“admin”"),
        (["user", "add", "b@example.org", "B", "--role", "reporter:X"], 1, "no board “X”"),
        (["user", "add", "b@example.org", "B", "--password", "kort"], 1, "12 characters"),
        (["user", "roles", "nobody@example.org"], 1, "no user"),
        (["user", "roles", "anna@example.org", "--remove", "admin"], 1, "last admin"),
        (["user", "roles", "anna@example.org", "--remove", "auditor"], 1, "no role"),
        (["user", "add"], 2, "Missing argument"),
        (["user", "dance"], 2, "No such command"),
        (["dance"], 2, "No such command"),
        (["run", "--port", "99999"], 2, "port"),
    ],
)
def test_a_mistake_is_told_in_one_line(ready: Path, arguments, code: int, said: str) -> None:
    answer = run(ready, *arguments)
    assert answer.exit_code == code
    assert said in answer.stderr
    listed = run(ready, "user", "list").output
    assert listed == "anna@example.org\tAnna\tactive\tadmin\n"


@pytest.mark.parametrize("command", [["check"], ["run"], ["init"], ["user", "list"]])
def test_a_wrong_setting_is_one_line_and_exit_2(instance: Path, command: list[str]) -> None:
    (instance / "config.toml").write_text("colour = 1\n")
    answer = run(instance, *command)
    assert answer.exit_code == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "colour" in answer.stderr


def test_a_database_without_tables_is_told_apart(instance: Path) -> None:
    for command in (["run"], ["user", "list"]):
        answer = run(instance, *command)
        assert answer.exit_code == 1
        assert "registry init" in answer.stderr


def test_a_database_that_does_not_answer_is_one_line(instance: Path, monkeypatch) -> None:
    monkeypatch.setenv("REGISTRY_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for command in (["user", "list"], ["run"], ["check"]):
        answer = run(instance, *command)
        assert answer.exit_code == 1
        assert "does not answer" in answer.output + answer.stderr


def test_check_finds_everything_in_order(ready: Path) -> None:
    answer = run(ready, "check")
    assert answer.exit_code == 0, answer.output
    assert [line.split()[0] for line in answer.output.splitlines()] == ["ok"] * 6


def test_check_finds_a_key_that_others_can_read(ready: Path) -> None:
    key = ready / "secret_key"
    key.chmod(key.stat().st_mode | stat.S_IROTH)
    answer = run(ready, "check")
    assert answer.exit_code == 1
    assert "chmod 600" in answer.output


def test_check_finds_a_plugin_that_is_refused(ready: Path, tmp_path: Path, monkeypatch) -> None:
    broken = tmp_path / "plugins" / "broken"
    broken.mkdir(parents=True)
    (broken / "plugin.toml").write_text("name = 1")
    monkeypatch.setenv("REGISTRY_PLUGIN_DIRS", str(tmp_path / "plugins"))
    answer = run(ready, "check")
    assert answer.exit_code == 1
    assert "WRONG plugin: broken is refused" in answer.output


@pytest.mark.parametrize(
    "command", [[], ["run"], ["init"], ["upgrade"], ["check"], ["user"], ["user", "add"],
                ["user", "list"], ["user", "roles"]]
)  # fmt: skip
def test_every_command_explains_itself(tmp_path: Path, command: list[str]) -> None:
    answer = CliRunner().invoke(main, [*command, "--help"])
    assert answer.exit_code == 0
    assert answer.output.startswith("Usage: ")


def test_run_serves_until_it_is_told_to_stop(ready: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from registry.cli import main; main()"]
    arguments = ["--instance", str(ready), "run", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        body = b""
        for _attempt in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as page:
                    body = page.read()
                break
            except OSError:
                time.sleep(0.1)
        assert body == b"ready\n"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        process.stdout.close()
