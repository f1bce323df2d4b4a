"""The documents say what the code says."""

import ast
import dataclasses
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from babel.messages.pofile import read_po
from flask import Flask

from registry import api
from registry.cli import main
from registry.config import Settings
from registry.demo import accounts
from registry.host import calls, hookspecs, scaffold
from registry.host.importing import forget
from registry.host.loading import Domain, load_folder
from registry.host.scaffold import NewPlugin
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


TUTORIAL, REFERENCE = PLUGINS.split("\n# Reference\n")


@pytest.fixture
def tutorial(tmp_path: Path) -> Iterator[Domain]:
    """The domain as somebody has it who has copied every step, after ``plugin new``."""
    scaffold.write(NewPlugin("food_supply", "Mat", "Krisberedskap", "Test"), tmp_path, [])
    steps = "\n".join(code("python", TUTORIAL.partition("## 7.")[0]))
    (tmp_path / "food_supply" / "__init__.py").write_text(steps, "utf-8")
    found = load_folder(tmp_path)
    assert found.refusals == {}
    yield found.domains["food_supply"]
    forget("food_supply")


def report(**data: Any) -> ReportView:
    round_ = RoundView("2021", "2021", date(2021, 1, 1), date(2021, 12, 31), date(2022, 1, 31))
    return ReportView("Kulturnämnden", round_, MeasureView(1, "1.1", "Lagra"), "ongoing", data)


def test_the_domain_of_the_tutorial_asks_checks_measures_and_shows(
    app: Flask, tutorial: Domain
) -> None:
    assert [(one.kind, one.label) for one in tutorial.report_fields] == [
        ("whole", "Dagars lager"),
        ("flag", "Finns avtal om leverans i kris?"),
        ("whole", "Tillagningskök"),
        ("whole", "Kök med avtal"),
    ]
    assert [one.secrecy for one in tutorial.measure_fields] == [None, "OSL 18:13"]
    (warning,) = calls.check_report(tutorial, report(days=0)).issues
    assert (warning.field, warning.level) == ("days", api.Level.WARNING)
    (issue,) = calls.check_report(tutorial, report(days=4000)).issues
    assert issue.message == "Högst 3650 dagar."
    assert calls.check_report(tutorial, report()) == calls.Checked(())
    days, covered, _households = tutorial.metrics
    assert calls.compute(tutorial, days, report(days=7)) == 7
    assert calls.compute(tutorial, covered, report(with_agreement=1, kitchens=4)) == 25
    assert calls.compute(tutorial, covered, report()) is None
    assert tutorial.blueprint is not None
    past = api.BoardReport("Kulturnämnden", 1, report().round, "accepted", "done", {"days": 3})
    panel = calls.measure_panel(tutorial, replace(report().measure, reported=(past,)))
    assert panel is not None
    assert [(row.label, row.value) for row in panel.rows] == [("2021, Kulturnämnden", 3)]


@pytest.mark.parametrize("text", code("python", REFERENCE))
def test_the_examples_of_the_reference_are_taken_in(tmp_path: Path, text: str) -> None:
    scaffold.write(NewPlugin("safety_walks", "Vandringar", "Trygg miljö", "Test"), tmp_path, [])
    text = text.replace("food_supply", "safety_walks")
    if text.lstrip().startswith("# contribution"):
        return  # the hooks' signatures, held above
    (tmp_path / "safety_walks" / "__init__.py").write_text(text, "utf-8")
    found = load_folder(tmp_path)
    forget("safety_walks")
    assert found.refusals == {}


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


@pytest.mark.parametrize("name", ["domaner.md", "namnder.md", "samordnare.md"])
def test_words_in_bold_are_words_on_the_pages(name: str) -> None:
    with (CHECKOUT / "registry/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        texts = [text for message in read_po(file) if message.id for text in forms(message.id)]
    patterns = [
        re.compile(re.sub(r"%\\\((\w+)\\\)[sd]", ".+", re.escape(text)))
        for whole in texts
        for text in {whole, whole.rstrip("."), whole.partition(". ")[0]}
    ]
    bold = re.findall(r"\*\*(.+?)\*\*", (DOCS / name).read_text("utf-8"))
    assert len(bold) > 5
    unknown = [text for text in bold if not any(p.fullmatch(text.rstrip(".")) for p in patterns)]
    assert unknown == []


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text
