"""What each process is in the middle of, where it survives the process.

Code that holds the interpreter (an endless regular expression, say) cannot be given up: the server
kills the worker, and no strike is written. So each call is noted in a file of the process's own,
mapped into memory, before it is made; the next process that starts finds what the dead one was at.
"""

import logging
import mmap
import os
import threading
from pathlib import Path

SLOTS = 64
SIZE = 128


class LastWords:
    """:param folder: where the files lie; made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._pid = 0
        self._map: mmap.mmap | None = None
        self._free: list[int] = []

    def begin(self, plugin: str, what: str) -> int:
        """Note a call that is about to be made; gives its slot."""
        with self._lock:
            if self._pid != os.getpid():
                self._open()
            if self._map is None or not self._free:
                return -1
            slot = self._free.pop()
            text = f"{plugin}\n{what}".encode()[: SIZE - 1]
            self._map[slot * SIZE : slot * SIZE + SIZE] = text.ljust(SIZE, b"\0")
            return slot

    def end(self, slot: int) -> None:
        """The call has come to its end, or was given up and is known of."""
        if slot < 0:
            return
        with self._lock:
            if self._map is not None:
                self._map[slot * SIZE : slot * SIZE + SIZE] = b"\0" * SIZE
                self._free.append(slot)

    def _open(self) -> None:
        """A file of this process's own; a fork begins with a new one."""
        self._pid, self._free, self._map = os.getpid(), list(range(SLOTS)), None
        path = self._folder / str(self._pid)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(b"\0" * SLOTS * SIZE)
            with path.open("r+b") as file:
                self._map = mmap.mmap(file.fileno(), SLOTS * SIZE)
        except OSError as error:  # an instance that cannot be written in: all else goes on
            logging.getLogger("registry").warning("calls of plugins are not noted: %s", error)

    def of_the_dead(self) -> list[tuple[str, str]]:
        """Plugin and hook that processes were at when they died; each is told once."""
        found: list[tuple[str, str]] = []
        if not self._folder.is_dir():
            return found
        for path in self._folder.iterdir():
            if not path.name.isdigit() or _alive(int(path.name)):
                continue
            try:
                path = path.rename(path.with_suffix(f".{os.getpid()}"))  # only one of us reads it
                content = path.read_bytes()
                path.unlink()
            except FileNotFoundError:
                continue
            for slot in range(SLOTS):
                text = (
                    content[slot * SIZE : slot * SIZE + SIZE]
                    .rstrip(b"\0")
                    .decode("utf-8", "replace")
                )
                if text:
                    plugin, _newline, what = text.partition("\n")
                    found.append((plugin, what))
        return found


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
