"""Rounds and reports: HTTP only."""

from flask import Blueprint

bp = Blueprint("reporting", __name__)
