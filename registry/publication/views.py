"""The public pages."""

from flask import Blueprint

bp = Blueprint("publication", __name__)
