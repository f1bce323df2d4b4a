"""The list of guards is of today's code; that their tests fail without them: ``make guards``."""

import pytest

from tests.host.guards import GUARDS, ROOT, Guard, without


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_stands_where_it_is_said_to_and_has_a_test(guard: Guard) -> None:
    compile(without(guard), guard.file, "exec")
    file, _sep, name = guard.test.partition(" ")[0].partition("::")
    assert f"def {name}" in (ROOT / file).read_text("utf-8")
