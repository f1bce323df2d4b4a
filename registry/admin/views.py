"""Administration: the blueprint of the plugin pages and the user pages."""

from flask import Blueprint

bp = Blueprint("admin", __name__)


# their routes are on the same blueprint
from registry.admin import plugin_views, user_views  # noqa: E402, F401
