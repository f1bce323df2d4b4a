"""The contract for plugins finds what is wrong, and says in a sentence what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from registry.testing import PluginContract
from registry.testing.html import Page
from tests.host.conftest import MANIFEST

Broken = Callable[..., str]
HEAD = """
from flask import Blueprint
from registry.api import *
from registry.api import hookimpl
pages = Blueprint("odd", __name__)
SEEN = []
"""
ASKS = """
@hookimpl
def measure_fields():
    return [Text("place", "Plats"), Text("weak", "Brist", secrecy="OSL 18:13")]
@hookimpl
def report_fields():
    return [Whole("walks", "Vandringar"), LongText("found", "Fynd", secrecy="OSL 18:13")]
"""
PAGES = """
@hookimpl
def blueprint():
    return pages
"""


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    return tmp_path / "plugins" / "odd"


@pytest.fixture
def broken(
    write_plugin: Callable[..., Path], plugin_folder: Path, request: pytest.FixtureRequest
) -> Broken:
    """``broken("metrics_give_a_number_or_none", code)``: what that test says of such a plugin."""

    def say(
        test: str,
        code: str,
        *,
        files: dict[str, str] | None = None,
        version: int = 1,
        **more: object,
    ) -> str:
        manifest = MANIFEST.format(name="odd", title="Odd")
        manifest = manifest.replace("data_version = 1", f"data_version = {version}")
        write_plugin("odd", HEAD + code, manifest)
        for place, text in (files or {}).items():
            file = plugin_folder / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        contract = type("TestContract", (PluginContract,), more)()
        stage = request.getfixturevalue("registry_stage")
        with pytest.raises(pytest.fail.Exception) as raised:
            getattr(contract, f"test_{test}")(stage)
        return str(raised.value)

    return say


CHECKS = "its_checks_survive_every_answer"
METRICS = "its_metrics_give_a_number_or_none"
FORMS = "its_forms_are_accessible_empty_wrong_and_full"
SECRET = "secret_answers_are_nowhere_in_the_open"
OLD = "old_rows_load_in_todays_fields"
OWN_PAGES = "its_pages_answer_without_data_and_with"


def check(body: str) -> str:
    return f"{ASKS}\n@hookimpl\ndef check_report(report):\n    {body}\n"


@pytest.mark.parametrize(
    ("test", "code", "expected"),
    [
        (
            CHECKS,
            check("return [Issue('Fel')] if report.data['walks'] < 0 else []"),
            "Let check_report bear nothing answered; it raised KeyError: 'walks'.",
        ),
        (CHECKS, check("yield Issue('Fel', 'steps')"), "check_report points at 'steps'"),
        (CHECKS, check("yield Issue(' ', 'walks')"), "say what to do"),
        (CHECKS, check("yield Issue('%(n)s fel', 'walks')"), "Issue.values: expected values for"),
        (CHECKS, check("return 'fel'"), "it raised TypeError: expected Issue"),
        (
            CHECKS,
            ASKS + "@hookimpl\ndef check_measure(measure):\n    return [1 / len(measure.data)]\n",
            "Let check_measure bear nothing answered; it raised ZeroDivisionError",
        ),
        (
            METRICS,
            ASKS
            + "@hookimpl\ndef metrics():\n    return [Metric('a', 'A', compute=lambda report: "
            + "100 / report.data['walks'] if 'walks' in report.data else None)]\n",
            "of {'walks': Decimal('0')}; instead: decimal.DivisionByZero",
        ),
        (
            METRICS,
            ASKS
            + "@hookimpl\ndef metrics():\n"
            + "    return [Metric('a', 'A', compute=lambda report: 'many')]\n",
            "instead: TypeError: expected a number or None, got 'many'.",
        ),
        (
            "its_panels_survive_every_answer",
            ASKS
            + "@hookimpl\ndef measure_panel(measure):\n"
            + "    return Panel('A', [Row('B', one.data['walks']) for one in measure.reported])\n",
            "it raised KeyError: 'walks'.",
        ),
        (
            "its_panels_survive_every_answer",
            ASKS + "@hookimpl\ndef report_panel(report):\n    return 'A'\n",
            "Let report_panel give a Panel, or None",
        ),
        (
            "its_importers_refuse_rubbish_with_words",
            ASKS
            + "@hookimpl\ndef importers():\n"
            + "    return [Importer('csv', 'Fil', lambda content: [content.splitlines()[0]])]\n",
            "raise ValueError with a sentence for b''; it raised IndexError",
        ),
        (
            "every_sample_survives_storing",
            "class Upper(Text):\n    def load(self, stored):\n        return stored.upper()\n"
            + "@hookimpl\ndef report_fields():\n    return [Upper('a', 'A')]\n",
            "Let load() of 'a' give back 'a' after dump().",
        ),
        (
            "every_sample_survives_the_form",
            "from decimal import Decimal\nclass Few(Whole):\n    def samples(self):\n"
            + "        return (Decimal(-1),)\n"
            + "@hookimpl\ndef report_fields():\n    return [Few('a', 'A')]\n",
            "Let the form field of 'a' read",
        ),
        (
            FORMS,
            "from wtforms import StringField\nclass Odd(Text):\n    def form_field(self):\n"
            + "        return StringField(self.label, render_kw={'aria-describedby': 'nothing'})\n"
            + "@hookimpl\ndef report_fields():\n    return [Odd('a', 'A')]\n",
            "Mend the empty report form: aria-describedby of a input leads to no element",
        ),
        (
            FORMS,
            check("yield Issue('Nej', 'walks')"),
            "Let check_report pass some combination of samples without an error.",
        ),
        (
            OWN_PAGES,
            ASKS + PAGES + "@pages.get('/')\ndef overview():\n    return 1 / 0\n",
            "Let /domain/odd/ answer coordinator while nothing is answered; it gave "
            "ZeroDivisionError",
        ),
        (
            OWN_PAGES,
            ASKS
            + PAGES
            + "@pages.get('/')\ndef overview():\n"
            + "    return overview_page(Overview('A', [Row('B', one.data['walks']) "
            + "for one in standing().reports if one.submitted and 1 / 0]))\n",
            "Let /domain/odd/ answer coordinator when everything is answered",
        ),
        (
            OWN_PAGES,
            ASKS + PAGES + "@pages.get('/')\ndef overview():\n    return '<h1>A</h1><h1>B</h1>'\n",
            "there are 2 h1",
        ),
        (
            OWN_PAGES,
            ASKS
            + PAGES
            + "@pages.get('/')\ndef overview():\n    return '<h1>A</h1><input id=a>'\n",
            "the input 'a' has no label",
        ),
        (
            SECRET,
            check("SEEN.append(report.data.get('found'))\n    return []")
            + PAGES
            + "@pages.get('/')\ndef overview():\n    return f'<h1>{SEEN}</h1>'\n",
            "stands on /domain/odd/",
        ),
    ],
)
def test_what_is_wrong_is_found_and_what_to_do_is_said(
    broken: Broken, test: str, code: str, expected: str
) -> None:
    said = broken(test, code)
    assert expected in said
    assert "\n" not in said


UPGRADE = "\n@hookimpl\ndef upgrade_data(subject, data, version):\n    "


@pytest.mark.parametrize(
    ("upgrade", "rows", "expected"),
    [
        ("return data", [], "Record a stored row of data version 1 in old_rows."),
        (
            "return {'walks': data['steps']}",
            [(1, "report_item", {"walks": 3})],
            "Let upgrade_data bear {'walks': 3} of version 1; it raised KeyError: 'steps'.",
        ),
        ("return data", [(1, "report_item", {"steps": 3})], "bring steps of version 1 to today's"),
        (
            "return data",
            [(1, "report_item", {"walks": "x"})],
            "bring walks of version 1 to today's",
        ),
    ],
)
def test_old_rows_are_asked_for_and_must_load(
    broken: Broken, upgrade: str, rows: list[object], expected: str
) -> None:
    assert expected in broken(OLD, ASKS + UPGRADE + upgrade, version=2, old_rows=rows)


def test_a_translation_of_nothing_is_found(broken: Broken) -> None:
    text = 'msgid "Plats"\nmsgstr "Place"\n\nmsgid "Borta"\nmsgstr "Gone"\n'
    said = broken(
        "every_translation_is_of_a_text_it_has",
        ASKS,
        files={"locale/en/LC_MESSAGES/messages.po": text},
    )
    assert "no text of the plugin reads 'Borta'" in said


def test_a_manifest_and_imports_that_are_wrong_are_found_before_anything_runs(
    write_plugin: Callable[..., Path], plugin_folder: Path
) -> None:
    write_plugin("odd", "from registry.db import db\n")
    contract = PluginContract()
    with pytest.raises(pytest.fail.Exception, match="Import from registry"):
        contract.test_of_the_registry_it_imports_the_api_only(plugin_folder)
    with pytest.raises(pytest.fail.Exception, match="Mend what the registry refuses at import"):
        contract.test_the_registry_takes_it_in(plugin_folder)
    (plugin_folder / "plugin.toml").write_text('name = "odd"\n', "utf-8")
    with pytest.raises(pytest.fail.Exception, match="title is missing"):
        contract.test_the_manifest_can_be_read(plugin_folder)


def test_a_page_is_sent_as_a_browser_would() -> None:
    page = Page.read(
        '<form><input name=a value="1&amp;2"><input type=checkbox name=b checked><textarea name=c>'
        "\nx</textarea><select name=d><option value=1>En<option value=2 selected>Två</select>"
        "<select name=e><option>Noll</select><input type=radio name=f value=1>"
        "<button name=g value=1>Spara</button></form><form><input name=h></form>"
    )
    sent = page.posted("a").to_dict(flat=False)
    assert sent == {"a": ["1&2"], "b": ["on"], "c": ["x"], "d": ["2"], "e": ["Noll"]}


@pytest.mark.parametrize("name", ["cyber_security"])
class TestFixtures:
    """An author's own test: one plugin, on, and a client for each role."""

    @pytest.fixture
    def plugin_folder(self, name: str) -> Path:
        return Path(__file__).parents[2] / "plugins" / name

    def test_the_registry_has_this_plugin_alone_and_it_is_on(
        self, registry_app: Flask, registry_clients: dict[str, FlaskClient], name: str
    ) -> None:
        assert list(registry_app.extensions["plugins"].domains) == [name]
        for role in ("reporter", "approver", "coordinator", "executive", "domain_lead", "auditor"):
            assert registry_clients[role].get(f"/domain/{name}/").status_code == 200, role
        assert registry_clients["admin"].get("/admin/plugins").status_code == 200
        assert registry_clients["anonymous"].get(f"/domain/{name}/").status_code == 302
