"""Sign-in, account, invitations: HTTP only."""

from flask import Blueprint

bp = Blueprint("people", __name__)
