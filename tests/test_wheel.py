"""The built wheel, installed far from the checkout, is a whole registry."""

import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

CHECKOUT = Path(__file__).parent.parent
UV = Path(sys.executable).parent / "uv"

pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=CHECKOUT
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_folder(wheel, tmp_path_factory):
    """Where the commands are of a new environment with the wheel and its locked requirements."""
    folder = tmp_path_factory.mktemp("outside")
    python = folder / "venv" / "bin" / "python"
    locked = CHECKOUT / "requirements" / "runtime.txt"
    run(UV, "venv", "--python", sys.executable, "venv", cwd=folder)
    run(UV, "pip", "sync", "--python", python, "--require-hashes", locked, cwd=folder)
    run(UV, "pip", "install", "--python", python, "--offline", "--no-deps", wheel, cwd=folder)
    return python.parent


def test_the_wheel_carries_all_that_the_checkout_has(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    plugins = {name for name in of_checkout("plugins") if "/tests/" not in name}

    assert of_checkout("registry") <= held
    assert {f"registry/{name}" for name in of_checkout("templates") | plugins} <= held
    assert {
        "registry/static/vendor/designsystemet.css",
        "registry/static/vendor/theme.css",
        "registry/static/vendor/inter/index.css",
        "registry/translations/en/LC_MESSAGES/messages.mo",
        "registry/demo/plan.yaml",
        "registry/templates/base.html",
    } <= held
    assert len([name for name in held if name.endswith("/plugin.toml")]) >= 2


def test_the_wheel_carries_no_tests_and_nothing_compiled_by_python(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert [name for name in held if "/tests/" in name or name.endswith(".pyc")] == []
    assert {name.split("/")[0] for name in held if ".dist-info" not in name} == {"registry"}


def test_an_installed_registry_serves_its_demo_from_an_empty_folder(bin_folder, tmp_path):
    elsewhere = tmp_path / "empty"
    elsewhere.mkdir()
    instance = tmp_path / "instance"

    run(bin_folder / "registry", "demo", cwd=elsewhere, REGISTRY_INSTANCE=instance)
    run(bin_folder / "registry", "check", cwd=elsewhere, REGISTRY_INSTANCE=instance)
    with served(bin_folder / "registry", elsewhere, instance) as address:
        assert read(f"{address}/healthz") == "ok\n"
        assert read(f"{address}/readyz") == "ready\n"
        assert "Uppsala kommun" in read(f"{address}/")
        assert 'type="password"' in read(f"{address}/sign-in")
        assert "--ds-color-accent" in read(f"{address}/static/vendor/theme.css")
        assert "Inter Variable" in read(f"{address}/static/vendor/inter/index.css")

    assert list(elsewhere.iterdir()) == [], "the registry wrote outside its instance"


def test_the_wheel_names_the_locked_versions_as_allowed(bin_folder):
    """The ranges in pyproject.toml and the lock agree."""
    run(UV, "pip", "check", "--python", bin_folder / "python", cwd=bin_folder)


def of_checkout(folder: str) -> set[str]:
    """The files under a folder of the checkout, as paths from its top."""
    return {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@contextmanager
def served(command: Path, cwd: Path, instance: Path) -> Iterator[str]:
    """A running registry; its address, once it answers."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    log = instance.parent / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [command, "run", "--host", "127.0.0.1", "--port", str(port)],
            cwd=cwd,
            env=environment(REGISTRY_INSTANCE=instance),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        await_answer(server, f"{address}/healthz", log)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def await_answer(server: subprocess.Popen, address: str, log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            pytest.fail(f"the server ended with {server.returncode}:\n{log.read_text()}")
        try:
            read(address)
        except URLError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{address} gave no answer in a minute:\n{log.read_text()}")


def read(address: str) -> str:
    with urlopen(address, timeout=10) as answer:
        assert answer.status == 200
        return answer.read().decode("utf-8")


def environment(**more: object) -> dict[str, str]:
    """This process's environment less what would lead back to the checkout or its instance."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REGISTRY_", "PYTHON", "VIRTUAL_ENV"))
    }
    return kept | {"UV_SYSTEM_CERTS": "1"} | {name: str(value) for name, value in more.items()}


def run(*command: object, cwd: Path, **more: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command[0]} {command[1]} ended so:\n{done.stdout}"
