"""Each field type: its faces agree with each other."""

import json
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import Form

from registry.host import fields

OPTIONS = (("a", "Alfa"), ("b", "Beta"))
ALL: list[fields.Field] = [
    fields.Text("text", "Text"),
    fields.LongText("long_text", "Lång text"),
    fields.Number("number", "Tal"),
    fields.Whole("whole", "Heltal"),
    fields.Percent("percent", "Andel"),
    fields.Money("money", "Kostnad"),
    fields.Date("date", "Datum"),
    fields.Flag("flag", "Flagga"),
    fields.Choice("choice", "Val", options=OPTIONS),
    fields.Choices("choices", "Flera val", options=OPTIONS),
    fields.Link("link", "Länk"),
]


@pytest.fixture
def app(bare_app: Flask) -> Flask:
    return bare_app


def form_of(spec: fields.Field, posted: dict[str, Any] | None = None, **data: Any) -> Form:
    cls = type("One", (Form,), {spec.name: spec.form_field()})
    return cls(MultiDict(posted) if posted is not None else None, data=data)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
def test_every_sample_survives_dump_json_load_and_the_form(app: Flask, spec: fields.Field) -> None:
    with app.test_request_context():
        assert spec.samples()
        for sample in spec.samples():
            stored = json.loads(json.dumps(spec.dump(sample)))
            assert spec.load(stored) == sample
            assert spec.text(sample)
            shown = form_of(spec, **{spec.name: sample})
            assert shown[spec.name].data == sample
            shown[spec.name]()


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
def test_no_answer_is_empty_and_never_zero_or_no(app: Flask, spec: fields.Field) -> None:
    with app.test_request_context():
        form = form_of(spec, {})
        assert form.validate()
        assert spec.is_empty(form[spec.name].data)
    assert not spec.is_empty(0)
    assert not spec.is_empty(False)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.kind)
def test_what_is_stored_in_another_shape_is_refused(spec: fields.Field) -> None:
    with pytest.raises((ValueError, TypeError)):
        spec.load({"not": "a value"})


@pytest.mark.parametrize(
    ("spec", "text", "expected"),
    [
        (fields.Number("n", "N"), "1 234,5", Decimal("1234.5")),
        (fields.Number("n", "N"), "−3", Decimal(-3)),
        (fields.Percent("n", "N"), "12,5", Decimal("12.5")),
        (fields.Whole("n", "N"), "0", Decimal(0)),
    ],
)
def test_numbers_are_read_as_people_write_them(
    app: Flask, spec: fields.Field, text: str, expected: Decimal
) -> None:
    with app.test_request_context():
        form = form_of(spec, {"n": text})
        assert form.validate(), form.errors
        assert form["n"].data == expected


@pytest.mark.parametrize(
    ("spec", "text", "message"),
    [
        (fields.Number("n", "N"), "tre", "Skriv ett tal"),
        (fields.Number("n", "N"), "NaN", "Skriv ett tal"),
        (fields.Number("n", "N"), "1e99", "Skriv ett tal"),
        (fields.Whole("n", "N"), "1,5", "heltal"),
        (fields.Whole("n", "N"), "-1", "minst 0"),
        (fields.Percent("n", "N"), "101", "högst 100"),
        (fields.Date("n", "N"), "31/1", "år-månad-dag"),
        (fields.Date("n", "N"), "0001-01-01", "mellan 1900 och 2200"),
        (fields.Link("n", "N"), "javascript:alert(1)", "hel webbadress"),
        (fields.Choice("n", "N", options=OPTIONS), "c", "listan"),
        (fields.Flag("n", "N"), "kanske", "Ja eller Nej"),
        (fields.Text("n", "N", max_length=3), "abcd", "högst 3 tecken"),
        (fields.Text("n", "N", required=True), "  ", "Fyll i"),
        (fields.Flag("n", "N", required=True), "", "Fyll i"),
    ],
)
def test_bad_input_is_told_in_words(
    app: Flask, spec: fields.Field, text: str, message: str
) -> None:
    with app.test_request_context():
        form = form_of(spec, {"n": text} if text else {})
        assert not form.validate()
        assert message in " ".join(str(error) for error in form["n"].errors)


def test_an_archived_option_keeps_its_label_and_cannot_be_chosen_anew(app: Flask) -> None:
    spec = fields.Choice("n", "N", options=OPTIONS, archived=(("old", "Gammalt"),))
    assert spec.text(spec.load("old")) == "Gammalt"
    with app.test_request_context():
        assert "Gammalt" in form_of(spec, n="old")["n"]()
        assert not form_of(spec, {"n": "old"}).validate()


@pytest.mark.parametrize("name", ["", "Åtgärd", "a b", "1a", "a__b", "x" * 41])
def test_a_field_needs_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a field name"):
        fields.Text(name, "Etikett")


def test_a_choice_needs_options_each_once() -> None:
    with pytest.raises(ValueError, match="options"):
        fields.Choice("n", "N")
    with pytest.raises(ValueError, match="options"):
        fields.Choice("n", "N", options=(("a", "A"), ("a", "B")))
