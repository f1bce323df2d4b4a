"""Files for the import, in words of their own, and a coordinator to import them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from registry.people.models import Role
from registry.people.permissions import Grant, Viewer

REAL = next(
    (
        folder
        for parent in Path(__file__).resolve().parents
        if (folder := parent / "shared" / "data" / "plans").is_dir()
    ),
    Path("no real files beside this checkout"),
)

PLAN = """\
Nr;Målområde;Delmål;Åtgärd;Ansvarig;Samverkan;Start;Slut;Effektmått;Typ
1.1;Trivsam och trygg miljö;Ljus på vägen;Byta lampor i parken;Socialnämnden;Elbolaget;2024-01-01;\
2025-12-31;antal lampor/år (mål ≥40);åtgärd
1.2;Trivsam och trygg miljö;Ljus på vägen;Klippa buskar vid gångbanor;Socialnämnden; ;2024-02-01;\
2024-11-30;;åtgärd
2.1;Krisberedskap;Öva tillsammans;Öva krisledningen;"Räddningsnämnden; Socialnämnden";;2024-01-01;\
2027-12-31;minst 2 övningar per år;åtgärd
;Krisberedskap;;Köpa in reservkraft;(nämnd ej angiven);;2024;;;åtgärd
;Krisberedskap;;Trygghetstal från enkäten;;;;;;statistik
;Krisberedskap;Öva tillsammans;;Räddningsnämnden;;;;;åtgärd
"""


@pytest.fixture
def coordinator() -> Viewer:
    return Viewer(user_id=1, name="Sam", grants=frozenset({Grant(Role.COORDINATOR)}))


@pytest.fixture
def plan_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a file: ``plan_file(text)`` or ``plan_file(content, "name.xlsx")``."""

    def write(content: str | bytes = PLAN, name: str = "plan.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
