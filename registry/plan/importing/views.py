"""Import pages: HTTP only."""

from flask import Blueprint

bp = Blueprint("importing", __name__)
