"""What the ``registry`` command costs: migrating an empty database, importing a large plan."""

import csv
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import REGISTRY, environment

ROWS = 10_000
AREAS = ("Trivsam och trygg miljö", "Minskad brottslighet", "Krisberedskap", "Civilt försvar")
WORK = ("Utbilda", "Samordna", "Kartlägga", "Rusta upp", "Öva")
HEADINGS = (
    "Nummer",
    "Åtgärd",
    "Beskrivning",
    "Målområde",
    "Delmål",
    "Ansvarig",
    "Samverkan",
    "Start",
    "Slut",
    "Indikator",
)


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of processor time, the start of Python included."""

    wall: float
    cpu: float


def run(instance: Path, *arguments: str) -> Cost:
    """Run a ``registry`` command on an instance.

    :raises subprocess.CalledProcessError: when it fails.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [REGISTRY, *arguments], check=True, env=environment(instance), capture_output=True
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def write_plan(path: Path, rows: int = ROWS) -> Path:
    """A plan as a municipality keeps it in a spreadsheet: several owners, targets as text."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for index in range(rows):
            area = index * len(AREAS) // rows
            owners = [f"Nämnden för område {(index + step) % 20 + 1:02}" for step in (0, 7, 13)]
            writer.writerow(
                (
                    f"{area + 1}.{index * 40 // rows + 1}.{index + 1}",
                    f"{WORK[index % len(WORK)]} i stadsdel {index % 97 + 1}, insats {index + 1}",
                    "Insatsen riktas till dem som berörs mest och följs varje kvartal.",
                    AREAS[area],
                    f"Delmål {index * 40 // rows + 1}",
                    "; ".join(owners[: index % 3 + 1]),
                    "Polisen" if index % 4 == 0 else "",
                    f"2018-{index % 12 + 1:02}-01",
                    f"2022-{index % 12 + 1:02}-28",
                    "minst 20 insatser per år" if index % 3 == 0 else "",
                )
            )
    return path
