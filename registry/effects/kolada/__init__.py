"""Values of effect metrics from Kolada, the municipalities' shared key figures: fetched, shown,
and saved when a person has confirmed them."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Let the worker fetch, when asked and once a month."""
    from registry.effects.kolada import schedule, service
    from registry.jobs import queue
    from registry.jobs import service as jobs

    jobs.offer(app, service.KIND, service.work)
    queue.each_minute(app, service.KIND, schedule.look)
