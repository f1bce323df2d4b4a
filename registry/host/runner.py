"""Run a plugin's code beside the request: it sees no app, no session, and cannot hold anybody up.

Each process keeps a few idle threads. A call that takes too long is given up and its thread
stopped at its next Python instruction; the request goes on at once.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, cast

T = TypeVar("T")


class TookTooLong(Exception):
    """The call was given up after its limit."""


class _Stop(BaseException):
    """Raised inside a thread whose call was given up."""


class _Call:
    def __init__(self, ask: Callable[[], Any]) -> None:
        self.ask = ask
        self.done = threading.Event()
        self.answer: Any = None
        self.error: BaseException | None = None
        self.given_up = False


_END = _Call(lambda: None)
_END.given_up = True


class _Thread(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="plugin", daemon=True)
        self.calls: SimpleQueue[_Call] = SimpleQueue()
        self.start()

    def run(self) -> None:
        while True:
            try:
                self._serve(self.calls.get())
            except _Stop:
                return

    def _serve(self, call: _Call) -> None:
        try:
            call.answer = call.ask()
        except BaseException as error:
            call.error = error
        if call.given_up:
            raise _Stop
        call.done.set()


_idle: list[_Thread] = []
_given_up: list[_Thread] = []


def _after_fork() -> None:
    _idle.clear()
    _given_up.clear()


os.register_at_fork(after_in_child=_after_fork)


def run(ask: Callable[[], T], seconds: float) -> T:
    """:raises TookTooLong: after so many seconds; else whatever the code raises."""
    if _given_up:
        _stop_again()
    try:
        thread = _idle.pop()
    except IndexError:
        thread = _Thread()
    call = _Call(ask)
    thread.calls.put(call)
    if not call.done.wait(seconds):
        call.given_up = True
        _given_up.append(thread)
        _stop(thread)
        thread.calls.put(_END)  # had it come to its end just now, it would wait for another call
        raise TookTooLong(f"it took longer than {seconds:g} seconds and was given up")
    _idle.append(thread)
    if isinstance(call.error, KeyboardInterrupt):  # raised by the code: nobody has pressed a key
        raise RuntimeError("KeyboardInterrupt") from call.error
    if call.error is not None:
        raise call.error
    return cast(T, call.answer)


def _stop(thread: _Thread) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_Stop)
        )


def _stop_again() -> None:
    """Code may catch what stops it: it is stopped again whenever another call is made."""
    for thread in list(_given_up):
        if thread.is_alive():
            _stop(thread)
        elif thread in _given_up:
            _given_up.remove(thread)


def alive_after_being_given_up(wait: float = 0) -> int:
    """How many calls still run although they were given up."""
    until = time.monotonic() + wait
    while True:
        _stop_again()
        if not _given_up or time.monotonic() >= until:
            return len(_given_up)
        time.sleep(0.01)
