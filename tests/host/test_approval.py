"""Only what somebody has approved is imported, and just as it was then."""

import importlib
import py_compile
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from registry import create_app
from registry.audit.models import AuditEntry
from registry.db import db
from registry.host import approval
from registry.host.loading import loaded, on_disk
from registry.host.manifest import Found, find, read
from registry.host.models import PluginApproval
from registry.host.values import Refusal
from registry.people.models import Role, User
from tests.conftest import SETTINGS, Client

Write = Callable[..., Path]
CODE = (
    "from registry.api import Text, hookimpl\nfrom .more import LABEL\n"
    "@hookimpl\ndef report_fields():\n    return [Text('one', LABEL)]\n"
)


@pytest.fixture
def folder(write_plugin: Write) -> Path:
    made = write_plugin("odd", CODE)
    (made / "more.py").write_text("LABEL = 'Ett'\n")
    return made


@pytest.fixture
def start(folder: Path, database: str, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    """Start, or start anew, the registry beside which the plugin lies."""
    engines = []

    def make() -> Flask:
        app = create_app(
            tmp_path / "instance",
            database_url=database,
            plugin_dirs=[str(folder.parent)],
            **SETTINGS,
        )
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        app.test_client_class = Client
        with app.app_context():
            engines.append(db.engine)
        return app

    yield make
    for engine in engines:
        engine.dispose()


def approve(app: Flask, name: str = "odd") -> None:
    with app.app_context():
        found = on_disk(app)[name]
        assert isinstance(found, Found)
        approval.approve(found, found.digest, "Test")
        db.session.commit()


def reason(app: Flask) -> str:
    return loaded(app).refusals["odd"].reason


def test_nothing_is_imported_before_it_is_approved(start: Callable[[], Flask]) -> None:
    app = start()
    assert "it is not approved" in reason(app)
    assert not [name for name in sys.modules if name.startswith("registry_plugins.odd")]


def test_what_is_approved_is_taken_in_at_the_next_start(start: Callable[[], Flask]) -> None:
    approve(start())
    domain = loaded(start()).domains["odd"]
    assert [field.label for field in domain.report_fields] == ["Ett"]


@pytest.mark.parametrize("file", ["__init__.py", "more.py", "plugin.toml", "templates/new.html"])
def test_any_other_digest_is_not_imported_and_says_so(
    start: Callable[[], Flask], folder: Path, file: str
) -> None:
    approve(start())
    (folder / file).parent.mkdir(exist_ok=True)
    with (folder / file).open("a") as changed:
        changed.write("# more\n")
    app = start()
    assert "it has changed since its approval" in reason(app)
    with app.app_context():
        lies = on_disk(app)["odd"]
        assert isinstance(lies, Found)
        difference = approval.difference(lies, approval.latest()["odd"])
        assert file in difference.added + difference.changed
        db.session.rollback()
    approve(app)
    assert "odd" in loaded(start()).domains


def test_what_changes_after_the_start_does_not_run_and_is_told(
    start: Callable[[], Flask], folder: Path
) -> None:
    approve(start())
    app = start()
    (folder / "late.py").write_text("LABEL = 'Sent'\n")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("registry_plugins.odd.late")
    with app.app_context():
        lies = on_disk(app)["odd"]
        assert isinstance(lies, Found)
        assert lies.digest != loaded(app).found["odd"].digest
        db.session.rollback()


def test_a_planted_compiled_file_does_not_run(start: Callable[[], Flask], folder: Path) -> None:
    """Neither beside its source, nor where Python keeps them, with the source's own time."""
    approve(start())
    evil = folder.parent / "evil.py"
    evil.write_text("LABEL = 'Ond'\n")
    source = folder / "more.py"
    cache = folder / "__pycache__" / f"more.{sys.implementation.cache_tag}.pyc"
    for target in (folder / "more.pyc", cache):
        target.parent.mkdir(exist_ok=True)
        py_compile.compile(
            str(evil),
            cfile=str(target),
            dfile=str(source),
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    domain = loaded(start()).domains["odd"]
    assert [field.label for field in domain.report_fields] == ["Ett"]


def test_no_compiled_file_is_written(start: Callable[[], Flask], folder: Path) -> None:
    approve(start())
    start()
    assert list(folder.rglob("*.pyc")) == []


@pytest.mark.parametrize("what", ["file", "folder", "plugin"])
def test_symlinks_are_refused(folder: Path, tmp_path: Path, what: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "code.py").write_text("")
    lies = folder
    if what == "file":
        (folder / "code.py").symlink_to(elsewhere / "code.py")
    elif what == "folder":
        (folder / "templates").symlink_to(elsewhere)
    else:
        lies = folder.parent / "link"
        lies.symlink_to(folder)
    refusal = read(lies)
    assert isinstance(refusal, Refusal)
    assert refusal.step == "files"
    assert "symlink" in refusal.reason


def test_a_digest_is_of_paths_and_bytes(folder: Path) -> None:
    def digest() -> str:
        found = read(folder)
        assert isinstance(found, Found)
        return found.digest

    before = digest()
    (folder / "more.py").rename(folder / "other.py")
    assert digest() != before
    (folder / "other.py").rename(folder / "more.py")
    assert digest() == before


def test_a_package_with_the_entry_point_is_found_and_asks_for_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    package = tmp_path / "site" / "odd_package"
    package.parent.mkdir()
    folder.rename(package)
    information = package.parent / "odd_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: odd-package\nVersion: 1.0\n"
    )
    (information / "entry_points.txt").write_text("[registry.plugins]\nodd = odd_package\n")
    monkeypatch.syspath_prepend(str(package.parent))
    (found,) = [one for one in find([], packages=True) if one.name == "odd"]
    assert isinstance(found, Found)
    assert (found.origin, found.manifest.folder) == ("package", package)
    assert "odd_package" not in sys.modules


def test_the_bundled_domains_need_no_approval(app: Flask) -> None:
    assert {"crisis_preparedness", "cyber_security"} <= loaded(app).domains.keys()
    assert db.session.scalars(sa.select(PluginApproval)).all() == []


def test_an_admin_sees_what_changed_and_approves_just_that(
    start: Callable[[], Flask],
    folder: Path,
    make_user: Callable[..., User],
    sign_in: Callable[[User], FlaskClient],
) -> None:
    app = start()
    with app.app_context():
        user = make_user("Admin", Role.ADMIN)
        form = {"email": user.email, "password": "en-mening-att-minnas"}
        client = app.test_client()
        client.post("/sign-in", data=form)
        page = client.get("/admin/plugins/odd").get_data(as_text=True)
        assert "Väntar på godkännande" in page
        lies = on_disk(app)["odd"]
        assert isinstance(lies, Found)
        for shown in (lies.digest, "more.py", "Nya filer", lies.manifest.owner):
            assert shown in page
        (folder / "more.py").write_text("LABEL = 'Två'\n")
        client.post("/admin/plugins/odd/approve", data={"digest": lies.digest})
        db.session.rollback()
        assert approval.latest() == {}, "it was changed between looking and approving"
        lies = on_disk(app)["odd"]
        assert isinstance(lies, Found)
        client.post("/admin/plugins/odd/approve", data={"digest": lies.digest})
        db.session.rollback()
        row = approval.latest()["odd"]
        assert (row.digest, row.approved_by) == (lies.digest, "Admin")
        page = client.get("/admin/plugins/odd").get_data(as_text=True)
        assert "Omstart behövs" in page
        (entry,) = db.session.scalars(sa.select(AuditEntry).filter_by(action="plugin.approve"))
        assert entry.after is not None
        assert entry.after["digest"] == lies.digest
        db.session.rollback()
    assert [f.label for f in loaded(start()).domains["odd"].report_fields] == ["Två"]


def test_the_command_shows_and_approves(
    folder: Path,
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cheap_hashes: None,
) -> None:
    import shutil

    from click.testing import CliRunner

    from registry.cli import main

    instance = tmp_path / "instance"
    instance.mkdir()
    shutil.copy(sqlite_template, instance / "registry.sqlite")
    monkeypatch.setenv("REGISTRY_PLUGIN_DIRS", str(folder.parent))

    def run(*words: str, **options: Any) -> Any:
        return CliRunner().invoke(main, ["--instance", str(instance), *words], **options)

    assert run("plugin", "enable", "odd").exit_code == 1
    refused = run("plugin", "approve", "odd", input="n\n")
    assert refused.exit_code == 1
    found = read(folder)
    assert isinstance(found, Found)
    for shown in (found.digest, "owner   Test", "new     more.py"):
        assert shown in refused.output
    assert "is approved" in run("plugin", "approve", "odd", "--yes").output
    assert "is approved as it is" in run("plugin", "approve", "odd").output
    assert run("plugin", "enable", "odd").exit_code == 0
