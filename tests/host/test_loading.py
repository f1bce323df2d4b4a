"""Which plugins are taken in, and what is said of the others."""

from collections.abc import Callable
from pathlib import Path

import pytest

from registry.host.loading import load_folder
from tests.host.conftest import MANIFEST

Write = Callable[..., Path]
IMPORT = "from registry.api import *\nfrom registry.api import hookimpl\n"
FIELD = IMPORT + "@hookimpl\ndef report_fields():\n    return [Text('one', 'Ett')]\n"


def refused(folder: Path) -> tuple[str, str]:
    found = load_folder(folder.parent)
    assert folder.name not in found.domains
    refusal = found.refusals[folder.name]
    return refusal.step, refusal.reason


def test_a_plugin_with_a_field_is_taken_in(write_plugin: Write) -> None:
    folder = write_plugin("good", FIELD)
    found = load_folder(folder.parent)
    assert [field.label for field in found.domains["good"].report_fields] == ["Ett"]
    assert found.refusals == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (('api = "1.0"', 'api = "2.0"'), "made for api 2.0"),
        (('api = "1.0"', 'api = "1.1"'), "made for api 1.1"),
        (('api = "1.0"', 'api = "one"'), "is not a version"),
        (("data_version = 1", 'data_version = "1"'), "data_version must be a whole number"),
        (("data_version = 1", "data_version = 0"), "begins at 1"),
        (('owner = "Test"', ""), "owner is missing"),
        (('owner = "Test"', 'owner = ""'), "owner is empty"),
        (('owner = "Test"', 'owner = "Test"\ncolour = 1'), "unknown key colour"),
        (('name = "odd"', 'name = "Odd"'), "lower case letters"),
        (('name = "odd"', 'name = "other"'), "is not the folder's name"),
        (('name = "odd"', "name = "), "plugin.toml"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_before_any_import(
    write_plugin: Write, change: tuple[str, str], expected: str
) -> None:
    manifest = MANIFEST.format(name="odd", title="Odd").replace(*change)
    folder = write_plugin("odd", "raise RuntimeError('imported')", manifest)
    step, reason = refused(folder)
    assert step in {"manifest", "api"}
    assert expected in reason


@pytest.mark.parametrize(
    ("code", "step", "expected"),
    [
        ("1 / 0", "import", "ZeroDivisionError"),
        ("raise SystemExit(3)", "import", "SystemExit"),
        ("def broken(:", "import", "SyntaxError"),
        ("import no_such_package", "import", "no_such_package"),
        (IMPORT + "@hookimpl\ndef report_fields():\n    return 'text'", "shape", "expected a list"),
        (IMPORT + "@hookimpl\ndef report_fields():\n    return [1]", "shape", "expected Field"),
        (IMPORT + "@hookimpl\ndef no_such_hook(): ...", "hooks", "no_such_hook"),
        (
            IMPORT + "@hookimpl(tryfirst=True)\ndef metrics():\n    return []",
            "hooks",
            "order and wrappers",
        ),
        (
            IMPORT + "@hookimpl(wrapper=True)\ndef metrics():\n    yield",
            "hooks",
            "order and wrappers",
        ),
        (
            IMPORT + "@hookimpl\ndef report_fields():\n    return [Text('a', 'A'), Text('a', 'B')]",
            "shape",
            "a stands twice",
        ),
        (
            IMPORT + "@hookimpl\ndef report_fields():\n    return [Text('A b', 'A')]",
            "import",
            "not a field name",
        ),
        (
            IMPORT
            + "@hookimpl\ndef report_fields():\n    return [Text('a', 'A', secrecy='hemligt')]",
            "import",
            "secrecy is a ground as 'OSL 18:13', not 'hemligt'",
        ),
        (
            IMPORT + "def measure_panel(measure):\n    return None",
            "hooks",
            "measure_panel has the name of a hook and no @hookimpl",
        ),
        (
            IMPORT
            + "@hookimpl\ndef metrics():\n    return [Metric('a', 'A', compute=value_of('b'))]",
            "shape",
            "metrics: a: no open report field 'b'",
        ),
        (
            IMPORT + "@hookimpl\ndef metrics():\n    return [Metric('a', 'A', source='Kolada')]",
            "import",
            "source is as 'kolada:N07403'",
        ),
        (
            IMPORT
            + "from flask import Blueprint\n@hookimpl\ndef blueprint():\n"
            + "    return Blueprint('x', __name__)",
            "blueprint",
            "must be called 'odd'",
        ),
        (
            IMPORT
            + "from flask import Blueprint\nbp = Blueprint('odd', __name__)\n"
            + "bp.before_app_request(lambda: None)\n@hookimpl\ndef blueprint():\n    return bp",
            "blueprint",
            "handler for the whole app",
        ),
        (
            IMPORT
            + "from flask import Blueprint\nbp = Blueprint('odd', __name__)\n"
            + "bp.app_errorhandler(404)(lambda e: 'mine')\n"
            + "@hookimpl\ndef blueprint():\n    return bp",
            "blueprint",
            "handler for the whole app",
        ),
        (
            IMPORT + "@hookimpl\ndef nav_items():\n    return [NavItem('Alla', 'overview')]",
            "blueprint",
            "there is no blueprint",
        ),
        (
            IMPORT
            + "from flask import Blueprint\nbp = Blueprint('odd', __name__)\n"
            + "bp.add_url_rule('/<int:key>', 'one', lambda key: 'one')\n"
            + "@hookimpl\ndef blueprint():\n    return bp\n"
            + "@hookimpl\ndef nav_items():\n    return [NavItem('En', 'one')]",
            "blueprint",
            "no page 'one'",
        ),
    ],
)
def test_a_plugin_of_the_wrong_shape_is_refused_with_its_reason(
    write_plugin: Write, code: str, step: str, expected: str
) -> None:
    found = refused(write_plugin("odd", code))
    assert found[0] == step
    assert expected in found[1]


def test_one_bad_plugin_does_not_keep_out_the_others(write_plugin: Write) -> None:
    folder = write_plugin("bad", "1 / 0")
    write_plugin("good", FIELD)
    found = load_folder(folder.parent)
    assert list(found.domains) == ["good"]
    assert list(found.refusals) == ["bad"]


def test_the_bundled_plugins_are_taken_in_and_import_only_the_api() -> None:
    folder = Path(__file__).parents[2] / "plugins"
    found = load_folder(folder)
    assert found.refusals == {}
    assert {"crisis_preparedness", "cyber_security"} <= found.domains.keys()
    for source in folder.glob("*/*.py"):
        for line in source.read_text("utf-8").splitlines():
            words = line.split()
            if words[:1] in (["from"], ["import"]) and words[1].split(".")[0] == "registry":
                assert words[1] == "registry.api", f"{source}: {line}"
