"""Structured logs: one JSON line per event, one per request."""

import logging
import sys
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from registry.config import Settings

log = structlog.get_logger("registry")


def init_app(app: Flask, settings: Settings) -> None:
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    app.logger.setLevel(level)
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.request_id = uuid4().hex
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    viewer = g.get("viewer")
    log.info(
        "request",
        request_id=g.request_id,
        method=request.method,
        endpoint=request.endpoint,
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
        user=viewer.user_id if viewer else None,
    )
    return response
