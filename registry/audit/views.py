"""The audit log for auditors."""

from flask import Blueprint

bp = Blueprint("audit", __name__)
