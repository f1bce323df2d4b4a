"""The domains a domain lead can be responsible for."""

from collections.abc import Mapping

from flask import current_app
from flask_babel import lazy_gettext as _l

from registry.host.loading import loaded

# The nine goal areas that the bundled plan has; a lead may be named before a plugin is there.
KNOWN = {
    "safe_environment": _l("Trivsam och trygg miljö"),
    "crime_prevention": _l("Minskad brottslighet"),
    "substance_abuse": _l("Minskad missbruksrelaterad otrygghet"),
    "internal_protection": _l("Internt skydd och personsäkerhet"),
    "cyber_security": _l("Informations- och cybersäkerhet"),
    "accident_protection": _l("Skydd mot olyckor"),
    "planning_risk": _l("Riskhänsyn vid samhällsplanering och -byggande"),
    "crisis_preparedness": _l("Krisberedskap"),
    "civil_defence": _l("Civilt försvar"),
}


def titles() -> Mapping[str, str]:
    """Name → title of every domain, those of loaded plugins among them."""
    installed = {name: domain.title for name, domain in loaded(current_app).domains.items()}
    return {name: str(title) for name, title in {**KNOWN, **installed}.items()}


def title(name: str) -> str:
    return titles().get(name, name)
