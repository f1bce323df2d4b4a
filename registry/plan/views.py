"""Plan pages: HTTP only."""

from flask import Blueprint

bp = Blueprint("plan", __name__)
