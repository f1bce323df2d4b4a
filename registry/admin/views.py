"""Administration: plugins and users."""

from flask import Blueprint

bp = Blueprint("admin", __name__)
