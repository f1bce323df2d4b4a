"""``registry demo`` as an operator meets it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from registry import create_app
from registry.cli import main
from registry.db import db
from registry.demo import accounts
from registry.people.models import Board, BoardKind

pytestmark = pytest.mark.xdist_group("demo command")


@pytest.fixture(scope="module", autouse=True)
def _cheap_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REGISTRY_ARGON2_TIME_COST", "1")
        environment.setenv("REGISTRY_ARGON2_MEMORY_KIB", "32")
        environment.setenv("REGISTRY_LOG_LEVEL", "ERROR")
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The command's first run in an empty folder, done once: the folder, and what it said."""
    folder = tmp_path_factory.mktemp("first")
    return folder, run(folder)


@pytest.fixture
def loaded(first: tuple[Path, Result], tmp_path: Path) -> Path:
    """That folder, of the test's own."""
    return Path(shutil.copytree(first[0], tmp_path / "demo"))


def run(folder: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["--instance", str(folder), "demo", *args])


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    engine = sa.create_engine(f"sqlite:///{folder / 'registry.sqlite'}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        names = sa.inspect(engine).get_table_names()
        return {
            name: [tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')]
            for name in names
        }


def test_it_makes_the_database_and_tells_how_to_sign_in(first):
    folder, done = first
    assert done.exit_code == 0, done.output
    assert accounts.PASSWORD in done.output
    for person in accounts.SIGN_INS:
        assert person.email in done.output
    assert len(rows(folder)["measure"]) == 118


def test_every_page_says_that_it_is_a_demo_and_only_then_lists_accounts(loaded, tmp_path):
    page = create_app(loaded).test_client().get("/sign-in").get_data(as_text=True)
    assert "Uppsala kommun" in page
    assert "demo-note" in page
    assert accounts.PASSWORD in page
    assert "godkannare.social@demo.example" in page.replace("<wbr>", "")

    CliRunner().invoke(main, ["--instance", str(tmp_path / "real"), "upgrade"])
    page = create_app(tmp_path / "real").test_client().get("/sign-in").get_data(as_text=True)
    assert "demo" not in page.lower()


def test_the_accounts_that_are_listed_can_sign_in(loaded):
    app = create_app(loaded, sign_in_limit="100 per minute")
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    for person in accounts.SIGN_INS:
        data = {"email": person.email, "password": accounts.PASSWORD}
        assert app.test_client().post("/sign-in", data=data).status_code == 303, person


def test_a_second_run_says_so_and_changes_nothing(loaded):
    before, config = rows(loaded), (loaded / "config.toml").read_text()
    again = run(loaded)
    assert again.exit_code == 0
    assert "already" in again.output
    assert accounts.PASSWORD in again.output
    assert rows(loaded) == before
    assert (loaded / "config.toml").read_text() == config


@pytest.mark.parametrize("what", ["board", "user"])
def test_it_refuses_a_database_in_use_and_leaves_it_alone(tmp_path, what):
    app = create_app(tmp_path)
    with app.app_context():
        CliRunner().invoke(main, ["--instance", str(tmp_path), "upgrade"])
        if what == "board":
            db.session.add(Board(name="Socialnämnden", kind=BoardKind.COMMITTEE))
            db.session.commit()
        db.session.remove()
        db.engine.dispose()
    if what == "user":
        added = CliRunner().invoke(
            main, ["--instance", str(tmp_path), "user", "add", "a@example.org", "Anna"]
        )
        assert added.exit_code == 0, added.output
    before = rows(tmp_path)
    refused = run(tmp_path)
    assert refused.exit_code == 1
    assert "holds other data" in refused.output
    assert "Traceback" not in refused.output
    assert rows(tmp_path) == before
    assert not (tmp_path / "config.toml").exists()


def test_it_never_overwrites_a_configuration(tmp_path):
    text = 'municipality = "Storköping"\n'
    (tmp_path / "config.toml").write_text(text, "utf-8")
    refused = run(tmp_path)
    assert refused.exit_code == 1
    assert "demo = true" in refused.output
    assert (tmp_path / "config.toml").read_text("utf-8") == text
    assert rows(tmp_path)["measure"] == []

    text += "demo = true\n"
    (tmp_path / "config.toml").write_text(text, "utf-8")
    assert run(tmp_path).exit_code == 0
    assert (tmp_path / "config.toml").read_text("utf-8") == text


def test_the_folder_may_be_named_after_the_command(tmp_path):
    done = CliRunner().invoke(main, ["demo", "--instance", str(tmp_path / "here")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "here" / "registry.sqlite").exists()
