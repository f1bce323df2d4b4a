"""The follow-up's blueprint."""

from flask import Blueprint

bp = Blueprint("followup", __name__, url_prefix="/followup")
