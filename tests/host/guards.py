"""Take the host's guards out, one at a time, and see that a test fails: ``make guards``.

Each guard is a piece of source and what stands there when it is gone; the test named beside it
must then fail. That every piece still stands in its file is held by ``test_guards``.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[2]
HOST = "registry/host/"


@dataclass(frozen=True)
class Guard:
    """:param test: a test's address as pytest takes it, and after a blank what ``-k`` picks."""

    name: str
    file: str
    stands: str
    gone: str
    test: str


FAULTS, LOADING = "tests/host/test_faults.py::", "tests/host/test_loading.py::"
APPROVAL, VAULT = "tests/host/test_approval.py::", "tests/host/test_vault.py::"
SECRETS, STANDING = "tests/domains/test_secrets.py::", "tests/domains/test_standing.py::"
REFUSED = FAULTS + "test_the_registry_starts_without_it_and_the_admin_sees_why"
FAILS = FAULTS + "test_a_check_that_fails_is_a_strike_and_holds_nobody_up"
SHAPE = LOADING + "test_a_plugin_of_the_wrong_shape_is_refused_with_its_reason"

GUARDS = [
    # calls
    Guard(
        "a call has a time limit",
        HOST + "runner.py",
        "if not call.done.wait(seconds):",
        "if not call.done.wait():",
        FAILS + " sleeps",
    ),
    Guard(
        "a call that was given up is stopped",
        HOST + "runner.py",
        "    if thread.ident is not None:",
        "    if False:",
        FAULTS + "test_code_that_was_given_up_does_not_go_on",
    ),
    Guard(
        "hooks run without the request's app and session",
        HOST + "calls.py",
        "return ask() if inside else runner.run(ask, limit)",
        "return ask()",
        FAULTS + "test_the_session_of_the_request_is_out_of_reach",
    ),
    Guard(
        "what a hook raises goes no further",
        HOST + "calls.py",
        "except (Exception, SystemExit, GeneratorExit) as error:\n        strike",
        "except ZeroDivisionError as error:\n        strike",
        FAULTS + "test_a_panel_a_metric_or_an_event_that_fails_is_missing_and_a_strike",
    ),
    Guard(
        "each of many calls is guarded for itself",
        HOST + "calls.py",
        "except (Exception, SystemExit, GeneratorExit, KeyboardInterrupt) as error:",
        "except ZeroDivisionError.__base__.__subclasses__()[0] as error:",
        FAULTS + "test_one_fault_among_many_reports_leaves_the_others_checked",
    ),
    Guard(
        "generators are drained inside the guard",
        HOST + "shapes.py",
        "issues = tuple(islice(answer or (), MOST_ISSUES + 1))",
        "return answer or ()",
        FAILS + " late",
    ),
    Guard(
        "issues are counted",
        HOST + "shapes.py",
        "if len(issues) > MOST_ISSUES:",
        "if False:",
        FAILS + " many",
    ),
    Guard(
        "an issue is an Issue",
        HOST + "shapes.py",
        "if not isinstance(issue, Issue):",
        "if False:",
        FAULTS + "test_a_wrong_shape_is_named",
    ),
    Guard(
        "texts are not endless",
        HOST + "shapes.py",
        "if len(text) > LONGEST:",
        "if False:",
        FAILS + " huge",
    ),
    Guard(
        "a message has its values",
        HOST + "shapes.py",
        '        if "%(" in issue.message:',
        "        if False:",
        "tests/host/test_contract.py values",
    ),
    Guard(
        "a metric is a finite number",
        HOST + "shapes.py",
        "if not known or not isfinite(answer):",
        "if False:",
        "tests/host/test_active.py::test_a_metric_gives_a_finite_number_or_nothing sqlite",
    ),
    Guard(
        "an upgrade gives a dict",
        HOST + "shapes.py",
        "if not isinstance(answer, dict):",
        "if False:",
        FAULTS + "test_an_upgrade_of_the_wrong_shape_leaves_the_row",
    ),
    Guard(
        "what a panel shows can be drawn",
        HOST + "shapes.py",
        "    for row in rows:\n        _check_row(row)\n",
        "",
        FAULTS + "test_a_row_that_could_not_be_drawn_is_a_strike",
    ),
    Guard(
        "a panel's rows are counted",
        HOST + "shapes.py",
        "rows = tuple(islice(answer.rows, MOST_ROWS))",
        "rows = tuple(islice(answer.rows, 2 * MOST_ROWS))",
        FAULTS + "test_a_long_history_is_cut_and_no_fault",
    ),
    Guard(
        "a process that died in a call is heard of",
        HOST + "calls.py",
        "    slot = words.begin(domain.name, what)",
        "    slot = -1",
        FAULTS + "test_a_call_is_noted_while_it_lasts",
    ),
    Guard(
        "pages of a domain leave threads for others",
        HOST + "pages.py",
        "        if len(running) >= AT_ONCE:",
        "        if False:",
        FAULTS + "test_pages_that_do_not_end_leave_threads_for_everybody_else",
    ),
    Guard(
        "three strikes switch it off",
        HOST + "calls.py",
        "if state.strikes >= LIMIT and state.enabled:",
        "if False:",
        FAULTS + "test_three_strikes_are_the_end_until_an_admin_releases_it",
    ),
    Guard(
        "a fault that may speak of secrets is not written out",
        HOST + "calls.py",
        "    if secret:\n        where",
        "    if False:\n        where",
        SECRETS + "test_a_fault_in_a_check_of_secret_answers_leaves_none_in_the_log sqlite",
    ),
    Guard(
        "an issue does not repeat a secret answer",
        HOST + "calls.py",
        'message = message.replace(text, "…")',
        "pass",
        SECRETS + "test_a_check_that_repeats_a_secret_answer_is_not_heard_to_do_so sqlite",
    ),
    # loading
    Guard(
        "only what is approved is imported",
        HOST + "loading.py",
        'if found.origin != "bundled" and approved != found.digest:',
        "if False:",
        APPROVAL + "test_nothing_is_imported_before_it_is_approved sqlite",
    ),
    Guard(
        "an approval is of what was shown",
        HOST + "approval.py",
        "if found.digest != digest:",
        "if False:",
        APPROVAL + "test_an_admin_sees_what_changed_and_approves_just_that sqlite",
    ),
    Guard(
        "code comes from the approved bytes",
        HOST + "importing.py",
        "        exec(_compiled[key], module.__dict__)",
        "        import importlib.machinery as m\n"
        "        m.SourceFileLoader(module.__name__, key[1]).exec_module(module); return\n"
        "        exec(_compiled[key], module.__dict__)",
        APPROVAL + "test_a_planted_compiled_file_does_not_run sqlite",
    ),
    Guard(
        "symlinks are refused",
        HOST + "manifest.py",
        "if entry.is_symlink():",
        "if False:",
        APPROVAL + "test_symlinks_are_refused",
    ),
    Guard(
        "a plugin that is a symlink is refused",
        HOST + "manifest.py",
        "if folder.is_symlink():",
        "if False:",
        APPROVAL + "test_symlinks_are_refused",
    ),
    Guard(
        "the manifest has no unknown key",
        HOST + "manifest.py",
        "    if unknown:",
        "    if False:",
        LOADING + "test_a_manifest_that_is_wrong_is_refused_before_any_import",
    ),
    Guard(
        "the api fits",
        HOST + "manifest.py",
        "if major != API[0] or minor > API[1]:",
        "if False:",
        LOADING + "test_a_manifest_that_is_wrong_is_refused_before_any_import",
    ),
    Guard(
        "what a plugin changes outside itself is noticed",
        HOST + "loading.py",
        "changed = tampering.undo(before)",
        "changed = []",
        REFUSED + " library",
    ),
    Guard(
        "of the registry, registry.api only",
        HOST + "loading.py",
        "    checking.check_sources(found)\n",
        "",
        REFUSED + " reaches",
    ),
    Guard(
        "no order and no wrappers",
        HOST + "loading.py",
        "    checking.check_implementations(hooks)\n",
        "",
        SHAPE,
    ),
    Guard(
        "contributions are of their kind",
        HOST + "loading.py",
        "if not isinstance(one, kind):",
        "if False:",
        SHAPE,
    ),
    Guard(
        "contributions are counted",
        HOST + "loading.py",
        "if len(given) > MOST:",
        "if False:",
        REFUSED + " endless",
    ),
    Guard(
        "names are unique",
        HOST + "checking.py",
        "        if twice:",
        "        if False:",
        REFUSED + " collide",
    ),
    Guard(
        "every face of a field holds",
        HOST + "loading.py",
        "    checking.check_fields(domain)\n",
        "",
        REFUSED + " field",
    ),
    Guard(
        "a clock has its field",
        HOST + "loading.py",
        "    checking.check_clocks(domain)\n",
        "",
        REFUSED + " clock",
    ),
    Guard(
        "a blueprint registers nothing for the whole app",
        HOST + "checking.py",
        "if _app_wide(stage) != before:",
        "if False:",
        REFUSED + " app-wide",
    ),
    Guard(
        "pages stay in their place",
        HOST + "checking.py",
        'if not rule.rule.startswith(f"/domain/{name}/"):',
        "if False:",
        REFUSED + " elsewhere",
    ),
    Guard(
        "a hook's name needs its mark",
        HOST + "loading.py",
        "    checking.check_marks(module)\n",
        "",
        SHAPE,
    ),
    Guard(
        "a metric reads what is asked",
        HOST + "loading.py",
        "    checking.check_reads(domain)\n",
        "",
        SHAPE,
    ),
    # pages and data
    Guard(
        "a page of a domain that is off is not there",
        HOST + "pages.py",
        "if name not in active.current().names:",
        "if False:",
        FAULTS + "test_nothing_of_a_domain_that_is_off_runs_for_its_addresses",
    ),
    Guard(
        "a page that fails is a strike",
        HOST + "pages.py",
        'calls.strike(domain, f"page {page}", error)',
        "pass",
        FAULTS + "test_a_page_that_fails_is_that_pages_error_and_a_strike",
    ),
    Guard(
        "secret answers never enter open data",
        HOST + "data.py",
        "        if spec.secrecy:\n            continue\n        bound",
        "        bound",
        SECRETS + "test_what_cannot_be_read_is_sealed_as_it_was_written_and_asked_for_again sqlite",
    ),
    Guard(
        "a plugin's tables bear its name",
        HOST + "own_tables.py",
        'if not name.startswith(f"{plugin}_"):',
        "if False:",
        "tests/host/test_own_tables.py::test_a_table_without_the_plugins_name_is_refused",
    ),
    # the vault
    Guard(
        "the vault opens for the cleared only",
        HOST + "vault.py",
        "if reader.user_id is None or plugin not in reader.clearances:",
        "if False:",
        VAULT + "test_nobody_else_opens sqlite",
    ),
    Guard(
        "nothing opens without a reason",
        HOST + "vault.py",
        "    if not reason.strip():",
        "    if False:",
        VAULT + "test_nothing_opens_without_a_reason sqlite",
    ),
    Guard(
        "each opening is in the log",
        HOST + "vault.py",
        '    record: Record = current_app.extensions["vault_record"]\n    opened = []',
        "    record = lambda *words, **values: None\n    opened = []",
        VAULT + "test_each_opening_is_in_the_log_with_its_reason_and_never_the_answer sqlite",
    ),
    Guard(
        "a box is bound to its place",
        HOST + "vault.py",
        'return f"{plugin}\\0{field}\\0{kind.value}\\0{subject_id}"',
        'return "anywhere"',
        VAULT + "test_a_box_that_is_moved_elsewhere_does_not_open sqlite",
    ),
    Guard(
        "short answers are of one size",
        HOST + "vault.py",
        "plain = plain.ljust(size)",
        "pass",
        VAULT + "test_short_answers_are_of_one_size sqlite",
    ),
    Guard(
        "there is one rotation at a time",
        HOST + "sealing_keys.py",
        "except BlockingIOError as error:\n                raise Rotating from error",
        "except BlockingIOError:\n                pass",
        VAULT + "test_there_is_one_rotation_at_a_time sqlite",
    ),
    Guard(
        "what becomes secret is sealed",
        HOST + "data.py",
        "    return sum(_seal_row(domain, row) for row in rows)",
        "    return 0",
        SECRETS + "test_what_becomes_secret_is_sealed_and_gone_from_the_open sqlite",
    ),
    # who sees what
    Guard(
        "no role reads secrets",
        "registry/people/permissions.py",
        "return domain is not None and domain in viewer.clearances",
        "return True",
        SECRETS + "test_only_the_cleared_read_and_each_reading_is_in_the_log sqlite",
    ),
    Guard(
        "a domain's pages are for those who read that domain",
        "registry/people/sessions.py",
        "if may(g.viewer, permission, domain=domain):",
        "if may(g.viewer, permission):",
        "tests/host/test_own_tables.py::test_a_lead_of_another_domain_may_not sqlite",
    ),
    Guard(
        "a board sees its own reports",
        "registry/domains/standing.py",
        "return query if own is None else query.where(Report.board_id.in_(own))",
        "return query",
        STANDING + "test_a_board_sees_its_own_and_a_lead_of_another_domain_nothing sqlite",
    ),
]


def without(guard: Guard) -> str:
    """The guard's file with the guard taken out."""
    source = (ROOT / guard.file).read_text("utf-8")
    if source.count(guard.stands) != 1:
        raise LookupError(
            f"{guard.name}: {guard.stands!r} stands {source.count(guard.stands)} times"
        )
    return source.replace(guard.stands, guard.gone)


def _run(name: str) -> int:
    """Run the guard's test in this process, the guard taken out of what is imported."""
    import pytest

    guard = next(one for one in GUARDS if one.name == name)
    source, path = without(guard), str(ROOT / guard.file)
    compiled = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        return compile(source, path, "exec") if self.path == path else compiled(self, fullname)

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    test, _blank, picked = guard.test.partition(" ")
    chosen = ["-k", picked] if picked else []
    plain = ["-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return int(pytest.main([*plain, test, *chosen]))


def _fails(guard: Guard) -> bool:
    done = subprocess.run(
        [sys.executable, "-m", "tests.host.guards", guard.name],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    fails = done.returncode == 1 and (" failed" in done.stdout or " error" in done.stdout)
    print(f"{'fails' if fails else 'PASSES'}  {guard.name} → {guard.test}", flush=True)
    if not fails:
        print(done.stdout[-1500:] + done.stderr[-1500:], flush=True)
    return fails


def main() -> int:
    if len(sys.argv) > 1:
        return _run(sys.argv[1])
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(_fails, GUARDS))
    print(f"{sum(results)} of {len(GUARDS)} guards are missed by a test when they are gone")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
