"""Values of effect metrics from Kolada, the municipalities' shared key figures: fetched, shown,
and saved when a person has confirmed them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Let the worker fetch, when asked and once a month."""
    from registry.effects.kolada import fetching, schedule
    from registry.jobs import queue
    from registry.jobs import service as jobs

    jobs.offer(app, fetching.KIND, fetching.work)
    queue.each_minute(app, fetching.KIND, schedule.look)
