"""The contract, third part: the plugin in use, by the real forms and pages."""

from werkzeug.test import TestResponse

from registry.db import db
from registry.host.active import fields_of
from registry.host.models import DomainData, SubjectKind
from registry.host.switching import switch
from registry.testing import journey, secrecy
from registry.testing.html import Page
from registry.testing.stage import Stage
from registry.testing.staged import Staged, fail

MEASURE, REPORT = SubjectKind.MEASURE, SubjectKind.REPORT_ITEM


def _fill(stage: Stage, *, submit: bool = False) -> None:
    """Save the fullest answers that pass on the measure and in the report, by the real forms."""
    for kind, hook in ((MEASURE, "check_measure"), (REPORT, "check_report")):
        answers = journey.passing(stage, kind)
        if answers is None:
            fail(f"Let {hook} pass some combination of samples without an error.")
        sent = journey.texts(stage, kind, answers)
        if kind is MEASURE:
            saved = journey.save_measure(stage, sent)
        else:
            saved = journey.save_report(stage, sent, ready=True)
        if saved.status_code != 303:
            shown = Page.read(saved.get_data(as_text=True)).errors
            fail(f"Let the form with {sent!r:.300} be saved; it says {'; '.join(shown)}.")
    if submit and journey.submit(stage).status_code != 303:
        fail(f"Let a report whose form was accepted be submitted; {journey.fault(stage)}.")


def _sound(what: str, answer: TestResponse) -> None:
    for fault in Page.read(answer.get_data(as_text=True)).faults():
        fail(f"Mend {what}: {fault}.")


def _switch(stage: Stage, on: bool) -> None:
    switch(stage.domain.name, on=on)
    db.session.commit()


class Pages(Staged):
    def test_its_forms_are_accessible_empty_wrong_and_full(self, stage: Stage) -> None:
        coordinator, reporter = stage.clients["coordinator"], stage.clients["reporter"]
        _sound("the empty measure form", coordinator.get(stage.measure_form))
        _sound("the empty report form", reporter.get(stage.report_form))
        _sound("the report form with errors", journey.save_report(stage, {}, ready=True))
        _fill(stage)
        _sound("the full measure form", coordinator.get(stage.measure_form))
        _sound("the full report form", reporter.get(stage.report_form))
        _sound("the measure's page", coordinator.get(f"/plan/measures/{stage.measure_id}"))

    def test_its_pages_answer_without_data_and_with(self, stage: Stage) -> None:
        for filled in (False, True):
            if filled:
                _fill(stage, submit=True)
            for role in ("coordinator", "domain_lead", "reporter"):
                for address in journey.own_pages(stage):
                    answer = stage.clients[role].get(address)
                    if role == "reporter" and answer.status_code == 403:
                        continue  # a page may be for those who work with the domain
                    if answer.status_code != 200:
                        raised = journey.fault(stage) or answer.status
                        fail(f"Let {address} answer {role} {_state(filled)}; it gave {raised}.")
                    if answer.mimetype == "text/html":
                        _sound(f"{address} {_state(filled)}", answer)

    def test_switched_off_it_leaves_no_trace(self, stage: Stage) -> None:
        _fill(stage)
        core = self._core_words(stage)
        _switch(stage, on=False)
        for address in (*journey.own_pages(stage), f"/domain/{stage.domain.name}/"):
            status = stage.clients["coordinator"].get(address).status_code
            if status != 404:
                fail(f"Let {address} be a page of the blueprint's own: off, it answers {status}.")
        for role, form in (("reporter", stage.report_form), ("coordinator", stage.measure_form)):
            page = Page.read(stage.clients[role].get(form).get_data(as_text=True))
            left = {str(spec.label) for spec in stage.domain.fields} & page.words - core
            asked = [
                one.get("name") for one in page.controls() if self._own(stage, one.get("name"))
            ]
            if left or asked:
                fail(f"Let nothing of it stand in {form} while it is off: {left or asked}.")

    @staticmethod
    def _own(stage: Stage, name: str) -> bool:
        return name.startswith(f"{stage.domain.name}__")

    def _core_words(self, stage: Stage) -> set[str]:
        """What the registry's own questions are called, which the plugin's may be called too."""
        found: set[str] = set()
        for role, form in (("reporter", stage.report_form), ("coordinator", stage.measure_form)):
            page = Page.read(stage.clients[role].get(form).get_data(as_text=True))
            found |= {
                " ".join(label.text.split())
                for label in page.all("label")
                if label.get("for") and not self._own(stage, label.get("for"))
            }
        return found

    def test_off_and_on_again_keeps_what_was_answered(self, stage: Stage) -> None:
        _fill(stage)
        before = self._rows(stage)
        for on in (False, True):
            _switch(stage, on=on)
            for role in ("reporter", "coordinator"):
                stage.clients[role].get(stage.report_form)
        if self._rows(stage) != before:
            fail("Let nothing be written while it is switched off and on: its answers differ.")
        form = Page.read(stage.clients["reporter"].get(stage.report_form).get_data(as_text=True))
        shown = {name for name in form.posted("questions") if self._own(stage, name)}
        wanted = {f"{stage.domain.name}__{spec.name}" for spec in stage.domain.report_fields}
        if wanted and not shown:
            fail("Let its questions stand in the report form when it is on again.")

    @staticmethod
    def _rows(stage: Stage) -> list[object]:
        rows = db.session.query(DomainData).filter_by(plugin=stage.domain.name)
        found = [(row.subject_kind, row.subject_id, row.data) for row in rows]
        db.session.rollback()
        return sorted(found, key=str)

    def test_its_clocks_stand_among_the_deadlines(self, stage: Stage) -> None:
        _fill(stage)
        page = stage.clients["coordinator"].get("/deadlines").get_data(as_text=True)
        for clock in stage.domain.clocks:
            if str(clock.law) not in page and secrecy.escaped(str(clock.law)) not in page:
                fail(f"Let clock {clock.name!r} have a deadline: answer {clock.start!r}.")

    def test_secret_answers_are_nowhere_in_the_open(self, stage: Stage) -> None:
        """Marked answers in every secret field, by the real forms; then every page that each role
        reaches, and the bytes of the database."""
        kinds = [
            kind for kind in (MEASURE, REPORT) if secrecy.secret(fields_of(stage.domain, kind))
        ]
        if not kinds:
            return
        marks = [secrecy.plant(stage, kind) for kind in kinds]
        for planted in marks:
            secrecy.must_be_sealed(stage, planted)
        journey.submit(stage)
        looks = {look for planted in marks for look in planted.looks}
        secrecy.must_be_hidden(stage, looks)


def _state(filled: bool) -> str:
    return "when everything is answered" if filled else "while nothing is answered"
