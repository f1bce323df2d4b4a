"""The documents say what the code says."""

import ast
import dataclasses
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from babel.messages.pofile import read_po

from registry import api
from registry.cli import main
from registry.config import Settings
from registry.demo import accounts
from registry.host import calls, hookspecs
from registry.host.loading import Domain, load_folder
from registry.host.values import MeasureView, ReportView, RoundView

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"
PLUGINS = (DOCS / "plugins.md").read_text("utf-8")
OPERATORS = (DOCS / "operators.md").read_text("utf-8")


def code(language: str, text: str = PLUGINS) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def rows(text: str) -> dict[str, list[str]]:
    """Table rows by what stands in code at their beginning."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {line[0].split("`")[1]: line for line in lines}


def test_the_hooks_are_those_of_the_contract_with_their_signatures() -> None:
    tree = ast.parse(Path(hookspecs.__file__).read_text("utf-8"))
    contract = {
        f"def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.returns is not None
    }
    section = PLUGINS.partition("## Hooks")[2].partition("\n## ")[0]
    shown = {line for line in section.splitlines() if line.startswith("def ")}
    assert shown == contract


def test_everything_a_plugin_may_import_is_named() -> None:
    assert [name for name in api.__all__ if f"`{name}`" not in PLUGINS] == []


@pytest.fixture
def walks(tmp_path: Path) -> Iterator[Domain]:
    """The domain in ten lines, with the metric that is shown later, as a reader would copy it."""
    (manifest,) = code("toml")
    first, metric = (
        text for text in code("python") if "report_fields():" in text or "float" in text
    )
    assert len([line for line in first.splitlines() if line]) <= 10
    folder = tmp_path / "safety_walks"
    folder.mkdir()
    (folder / "plugin.toml").write_text(manifest, "utf-8")
    (folder / "__init__.py").write_text(first + metric, "utf-8")
    found = load_folder(tmp_path)
    assert found.refusals == {}
    yield found.domains["safety_walks"]
    del sys.modules["registry_plugins.safety_walks"]


def report(**data: Any) -> ReportView:
    round_ = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
    return ReportView("Kulturnämnden", round_, MeasureView(1, "1.1", "Vandra"), "ongoing", data)


def test_the_ten_line_domain_asks_checks_and_measures(walks: Domain) -> None:
    assert [(one.kind, one.label, one.required) for one in walks.report_fields] == [
        ("whole", "Trygghetsvandringar", True),
        ("text", "Platser", False),
    ]
    (issue,) = calls.check_report(walks, report(walks=3)).issues
    assert (issue.field, issue.level) == ("places", api.Level.ERROR)
    assert calls.check_report(walks, report(walks=3, places="Centrum")) == calls.Checked(())
    (metric,) = walks.metrics
    assert calls.compute(walks, metric, report(walks=3)) == 3
    assert calls.compute(walks, metric, report()) is None


def test_the_pages_of_a_domain_are_taken_in_as_shown(tmp_path: Path) -> None:
    (manifest,) = code("toml")
    (pages,) = (text for text in code("python") if "Blueprint(" in text)
    folder = tmp_path / "safety_walks"
    folder.mkdir()
    (folder / "plugin.toml").write_text(manifest, "utf-8")
    (folder / "__init__.py").write_text(pages, "utf-8")
    found = load_folder(tmp_path)
    del sys.modules["registry_plugins.safety_walks"]
    assert found.refusals == {}
    assert found.domains["safety_walks"].blueprint is not None


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    section = OPERATORS.partition("## Settings")[2].partition("\n## ")[0]
    shown = {name: row[1].strip("`") for name, row in rows(section).items()}
    known = {
        one.name: json.dumps(one.default, ensure_ascii=False)
        for one in dataclasses.fields(Settings)
        if one.name != "instance"
    } | {"secret_key": '""'}
    assert shown == known


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        here = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, here)
        else:
            yield here, command


def test_every_command_and_option_is_described() -> None:
    section = OPERATORS.partition("## Commands")[2].partition("\n## ")[0]
    shown = [line for line in section.splitlines() if line.startswith("| `registry")]
    known = dict(commands(main, "registry"))
    for path, command in known.items():
        (line,) = (line for line in shown if re.match(rf"\| `{path}[ `]", line))
        for one in command.params:
            name = max(one.opts, key=len)
            wanted = name if isinstance(one, click.Option) else (one.metavar or name.upper())
            assert wanted in line, f"{path}: {wanted}"
    assert len(shown) == len(known)


def test_the_sign_ins_of_the_demo_are_in_the_readme() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    assert f"`{accounts.PASSWORD}`" in readme
    assert [who.email for who in accounts.SIGN_INS if f"`{who.address}" not in readme] == []
    addresses = set(re.findall(r"`(\S+)@demo\.example`", readme))
    assert addresses <= {who.address for who in accounts.SIGN_INS}


@pytest.mark.parametrize("name", ["namnder.md", "samordnare.md"])
def test_words_in_bold_are_words_on_the_pages(name: str) -> None:
    with (CHECKOUT / "registry/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        texts = [text for message in read_po(file) if message.id for text in forms(message.id)]
    patterns = [
        re.compile(re.sub(r"%\\\((\w+)\\\)[sd]", ".+", re.escape(text)))
        for whole in texts
        for text in {whole, whole.rstrip("."), whole.partition(". ")[0]}
    ]
    bold = re.findall(r"\*\*(.+?)\*\*", (DOCS / name).read_text("utf-8"))
    assert len(bold) > 10
    unknown = [text for text in bold if not any(p.fullmatch(text.rstrip(".")) for p in patterns)]
    assert unknown == []


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text
