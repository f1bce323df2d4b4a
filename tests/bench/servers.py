"""Gunicorn with two workers on a free port, and what its workers use."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

WORKERS = 2
PATIENCE = 60.0
REGISTRY = str(Path(sys.executable).with_name("registry"))


class NotStarted(Exception):
    """The server ended, or never answered 200; the message holds the end of its log."""


@dataclass(frozen=True)
class Server:
    """A running server; ``seconds_to_start`` is the time from the command to the first 200."""

    port: int
    master: psutil.Process
    seconds_to_start: float

    def workers(self) -> list[psutil.Process]:
        return self.master.children()

    def cpu(self) -> float:
        """Seconds of processor time that the workers have used so far, in user and system mode."""
        return sum(_cpu(worker) for worker in self.workers())

    def memory(self) -> list[int]:
        """Resident bytes of each worker."""
        return [worker.memory_info().rss for worker in self.workers()]


def _cpu(process: psutil.Process) -> float:
    """From the scheduler, in nanoseconds, where there is one to ask; else in clock ticks."""
    tasks = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    spent = [int(task.read_text().split()[0]) for task in tasks]
    if spent:
        return sum(spent) / 1e9
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def registry(instance: Path) -> Iterator[Server]:
    """The registry as ``registry run`` serves it."""
    port = _free_port()
    command = [REGISTRY, "run", f"--port={port}", f"--workers={WORKERS}"]
    with _running(command, port, "/readyz", instance / "server.log", instance) as server:
        yield server


@contextmanager
def floor(instance: Path) -> Iterator[Server]:
    """The bare page on the same database, with as many workers of the same kind."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--worker-class=gthread", "--threads=4"]
    command += [f"--workers={WORKERS}", f"--bind=127.0.0.1:{port}", "--log-level=warning"]
    command += [f"tests.bench.floor:create_app('{instance / 'registry.sqlite'}')"]
    with _running(command, port, "/", instance / "floor.log", instance) as server:
        yield server


def environment(instance: Path) -> dict[str, str]:
    """The environment of a command that works on that instance, and on nothing else."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("REGISTRY_")}
    return {**kept, "REGISTRY_INSTANCE": str(instance), "REGISTRY_COOKIE_SECURE": "false"}


@contextmanager
def _running(
    command: list[str], port: int, path: str, log: Path, instance: Path
) -> Iterator[Server]:
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, env=environment(instance)
        )
    try:
        while not _answers(port, path):
            if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                raise NotStarted(f"{' '.join(command)}\n{log.read_text('utf-8')[-2000:]}")
            time.sleep(0.01)
        yield Server(port, psutil.Process(process.pid), time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
