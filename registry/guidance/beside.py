"""Guidance beside a form: ``{{ guidance("report_item") }}`` in a template."""

from flask import Flask, g, render_template
from markupsafe import Markup

from registry import markdown
from registry.guidance import service
from registry.guidance.models import GuidancePlace
from registry.people.permissions import Permission, may


def init_app(app: Flask) -> None:
    app.jinja_env.globals["guidance"] = guidance


def guidance(place: str) -> Markup:
    """The pages of a place, each to be opened; nothing where there are none. One query."""
    if not may(g.viewer, Permission.READ_PLAN):
        return Markup()
    pages = [
        (page_id, title, markdown.render(body, top=3))
        for page_id, title, body in service.beside(GuidancePlace(place))
    ]
    if not pages:
        return Markup()
    return Markup(render_template("guidance/_beside.html", pages=pages))  # noqa: S704 - our own
