"""The keys of secret answers: a file outside the database, readable by its owner only."""

import contextlib
import fcntl
import os
import secrets
import tempfile
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.config import ConfigError


class Rotating(Exception):
    """The keys are being rotated already."""


class Keys:
    """The key file: a line a key, its id and the key in base64; the last one seals.

    It is read again when it has changed, so that all workers follow a rotation at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, bytes] = {}

    def all(self) -> dict[str, bytes]:
        with self._lock:
            try:
                state = self._path.stat()
            except FileNotFoundError:
                return {}
            except OSError as error:
                raise ConfigError(f"sealing_keys: {error}") from error
            seen = (state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                self._known = _parsed(self._path)
                self._seen = seen
            return self._known

    def sealing(self) -> tuple[str, bytes]:
        """The key to seal with; the first one is made when it is first needed."""
        known = self.all()
        if not known:
            self._first()
            known = self.all()
        key_id = list(known)[-1]
        return key_id, known[key_id]

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """One rotation at a time, on all processes that see the file.

        :raises Rotating: while there is another.
        """
        self.sealing()  # the first key, where there is none
        with self._path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Rotating from error
            yield

    def add(self) -> str:
        """Add a key, which seals from now on; gives its id."""
        key_id, line = _new_key()
        self._write("".join(_line(*one) for one in self.all().items()) + line)
        return key_id

    def keep(self, used: set[str]) -> None:
        """Throw away the keys that seal nothing, but for the last two."""
        known = self.all()
        last = list(known)[-2:]
        kept = {key_id: key for key_id, key in known.items() if key_id in used or key_id in last}
        self._write("".join(_line(*one) for one in kept.items()))

    def _first(self) -> None:
        """Workers that start together agree: the file appears whole, and the first one stays."""
        draft = self._draft(_new_key()[1])
        with contextlib.suppress(FileExistsError):
            os.link(draft, self._path)
        os.unlink(draft)

    def _write(self, text: str) -> None:
        os.replace(self._draft(text), self._path)

    def _draft(self, text: str) -> str:
        descriptor, draft = tempfile.mkstemp(dir=self._path.parent)  # made with mode 0600
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return draft


def _new_key() -> tuple[str, str]:
    key_id = secrets.token_hex(4)
    return key_id, _line(key_id, AESGCM.generate_key(256))


def _line(key_id: str, key: bytes) -> str:
    return f"{key_id} {b64encode(key).decode()}\n"


def _parsed(path: Path) -> dict[str, bytes]:
    try:
        lines = [line.split() for line in path.read_text("ascii").splitlines() if line.strip()]
        known = {key_id: b64decode(key, validate=True) for key_id, key in lines}
    except (OSError, ValueError) as error:
        raise ConfigError(f"sealing_keys: {path} cannot be read as keys") from error
    if any(len(key) != 32 for key in known.values()):
        raise ConfigError(f"sealing_keys: {path}: a key is 32 bytes in base64")
    return known
