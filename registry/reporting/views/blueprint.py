"""The blueprint that all pages of reporting share."""

from flask import Blueprint

bp = Blueprint("reporting", __name__)
