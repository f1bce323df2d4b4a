"""The worker that ``registry run`` starts beside itself: it ends when its parent does."""

import os
import signal
import sys
import threading


def main() -> None:
    from registry.app import create_app
    from registry.jobs import queue

    threading.Thread(target=_end_with_parent, daemon=True).start()
    queue.work(create_app(sys.argv[1]))


def _end_with_parent() -> None:
    """The other end of standard input closes when the parent is gone, however it went."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
