"""How an answer stands in a cell, and how a cell is read as the browser would have posted it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, Field, RadioField, SelectField

from registry.host import fields
from registry.inputs import AtMost, ChoicesField, DayField, NumberField
from registry.language import number, parse_number, yes_no

_BETWEEN = re.compile(r"[;\n]")
_YES = frozenset({"ja", "yes", "x", "1", "y"})
_NO = frozenset({"nej", "no", "0"})
Raw = list[str]


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    TICK = "tick"  # Ja, or left empty
    SECRET = "secret"  # noqa: S105


@dataclass(frozen=True)
class Question:
    """A question as a column of a sheet.

    :param options: value → label of what can be chosen, those that are archived too where one of
        them is the answer.
    :param ground: the legal ground of a secret question, which is left out.
    """

    label: str
    help: str
    kind: Kind
    options: Mapping[str, str]
    long: bool = False
    whole: bool = False
    percent: bool = False
    least: int | None = None
    most: int | None = None
    at_most: int | None = None
    ground: str = ""


def question(bound: Field, spec: fields.Field | None = None) -> Question:
    """:param spec: what the domain says of the field, where it is a domain's."""
    options = {
        str(choice.value): str(choice.label)
        for choice in getattr(bound, "choices", None) or ()
        if choice.value != ""
    }
    longest = [one.max for one in bound.validators if isinstance(one, AtMost)]
    unit = f" ({spec.unit})" if spec is not None and spec.unit else ""
    secret = spec is not None and bool(spec.secrecy)
    limits = spec if isinstance(spec, fields.Number) else None
    return Question(
        label=f"{bound.label.text}{unit}",
        help=str(bound.description or ""),
        kind=Kind.SECRET if secret else _kind(bound),
        options=options,
        long=bound.type == "TextAreaField",
        whole=getattr(bound, "whole", False),
        percent=isinstance(spec, fields.Percent),
        least=limits.least if limits else None,
        most=limits.most if limits else None,
        at_most=longest[0] if longest else None,
        ground=(spec.secrecy or "") if spec is not None else "",
    )


def _kind(bound: Field) -> Kind:
    if isinstance(bound, ChoicesField):
        return Kind.CHOICES
    if isinstance(bound, RadioField):
        return Kind.FLAG
    if isinstance(bound, SelectField):
        return Kind.CHOICE
    if isinstance(bound, BooleanField):
        return Kind.TICK
    if isinstance(bound, NumberField):
        return Kind.NUMBER
    return Kind.DATE if isinstance(bound, DayField) else Kind.TEXT


def offered(asked: Question) -> list[str]:
    """What the drop-down of a cell lists; nothing where one writes freely."""
    if asked.kind is Kind.FLAG:
        return [yes_no(True), yes_no(False)]
    if asked.kind is Kind.TICK:
        return [yes_no(True)]
    return list(asked.options.values()) if asked.kind is Kind.CHOICE else []


def in_cell(asked: Question, raw: Raw) -> str | float | date | None:
    """An answer, as posted, as it stands in a cell; ``None`` leaves it empty.

    What cannot be read as its kind stands as it was written.
    """
    texts = [_tidy(text) for text in raw if text.strip()]
    if not texts:
        return None
    if asked.kind in (Kind.CHOICE, Kind.CHOICES):
        return "; ".join(asked.options.get(text, text) for text in texts)
    if asked.kind is Kind.FLAG:
        words = {"yes": yes_no(True), "no": yes_no(False)}
        return words.get(texts[0], texts[0])
    if asked.kind is Kind.TICK:
        return yes_no(True)
    if asked.kind is Kind.NUMBER:
        return _number_in_cell(texts[0])
    if asked.kind is Kind.DATE:
        try:
            return date.fromisoformat(texts[0])
        except ValueError:
            return texts[0]
    return texts[0]


def _number_in_cell(text: str) -> str | float:
    try:
        exact = parse_number(text)
    except ValueError:
        return text
    return float(exact) if Decimal(repr(float(exact))) == exact else text


def posted(asked: Question, text: str) -> Raw:
    """What stands in a cell, as the browser would have posted it."""
    tidy = _tidy(text)
    if not tidy:
        return []
    if asked.kind is Kind.CHOICE:
        return [_value(asked, tidy)]
    if asked.kind is Kind.CHOICES:
        whole = _value(asked, tidy)
        if whole in asked.options:
            return [whole]
        return [_value(asked, part) for part in map(_tidy, _BETWEEN.split(tidy)) if part]
    if asked.kind in (Kind.FLAG, Kind.TICK):
        word = tidy.casefold()
        answer = "yes" if word in _YES else "no" if word in _NO else tidy
        if asked.kind is Kind.FLAG:
            return [answer]
        return {"yes": ["y"], "no": []}.get(answer, [tidy])
    return [tidy]


def _value(asked: Question, text: str) -> str:
    by_label = {label.casefold(): value for value, label in asked.options.items()}
    return by_label.get(text.casefold(), text)


def unknown(asked: Question, raw: Raw) -> str:
    """What is wrong with a choice that no form would offer; nothing for other answers."""
    if asked.kind is Kind.CHOICES and any(text not in asked.options for text in raw):
        names = "; ".join(asked.options.values())
        return _("Välj bland: %(names)s. Skriv semikolon mellan flera.", names=names)
    if asked.kind is Kind.TICK and raw and raw != ["y"]:
        return _("Välj Ja, eller lämna tomt.")
    return ""


def same(kind: Kind, one: Raw, other: Raw) -> bool:
    """Whether two posted answers say the same."""
    return bool(_plain(kind, one) == _plain(kind, other))


def _plain(kind: Kind, raw: Raw) -> Any:
    texts = [_tidy(text) for text in raw if text.strip()]
    if kind is Kind.CHOICES:
        return frozenset(texts)
    if kind is Kind.NUMBER and texts:
        try:
            return parse_number(texts[0])
        except ValueError:
            return texts
    return texts


def as_text(asked: Question, raw: Raw) -> str:
    """A posted answer as a person reads it."""
    shown = in_cell(asked, raw)
    if isinstance(shown, float):
        return number(shown)
    return "" if shown is None else str(shown)


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
