"""How the log's kinds, actions and fields read to a person; what is not here is shown as it is."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

KINDS = {
    "activity": _l("Aktivitet"),
    "board": _l("Nämnd eller bolag"),
    "clearance": _l("Behörighet till skyddade uppgifter"),
    "document_template": _l("Word-mall"),
    "domain_data": _l("Domänuppgifter"),
    "effect_method": _l("Metod för att mäta effekt"),
    "effect_metric": _l("Effektmått"),
    "goal_area": _l("Målområde"),
    "goal_group": _l("Huvudområde"),
    "invitation": _l("Inbjudan"),
    "item_value": _l("Utfall i återrapport"),
    "measure": _l("Åtgärd"),
    "metric_value": _l("Utfall"),
    "partner": _l("Samverkanspart"),
    "plan": _l("Handlingsplan"),
    "plan_version": _l("Planversion"),
    "plugin_approval": _l("Domänens kod"),
    "plugin_state": _l("Domän"),
    "report": _l("Återrapport"),
    "report_item": _l("Återrapporterad åtgärd"),
    "reporting_round": _l("Omgång"),
    "responsibility": _l("Ansvar"),
    "role_grant": _l("Roll"),
    "sealed_data": _l("Skyddad uppgift"),
    "sealed_data.frozen_item": _l("Skyddad uppgift i inlämnad återrapport"),
    "sealed_data.measure": _l("Skyddad uppgift om åtgärd"),
    "sealed_data.report_item": _l("Skyddad uppgift i återrapport"),
    "sub_goal": _l("Delmål"),
    "user_account": _l("Person"),
}

VERBS = {
    "create": _l("Lade till"),
    "update": _l("Ändrade"),
    "delete": _l("Tog bort"),
}

ACTIONS = {
    "document_template.upload": _l("Lade in"),
    "domain.import": _l("Läste in från fil"),
    "person.invitation_used": _l("Använde inbjudan"),
    "person.password": _l("Valde nytt lösenord"),
    "person.password_failed": _l("Skrev fel lösenord vid byte"),
    "person.rehash": _l("Lösenordets skydd förnyat"),
    "person.sign_in": _l("Loggade in"),
    "person.sign_in_failed": _l("Misslyckad inloggning"),
    "person.sign_out": _l("Loggade ut"),
    "plugin.approve": _l("Godkände koden"),
    "plugin.disable": _l("Slog av"),
    "plugin.enable": _l("Slog på"),
    "plugin.purge": _l("Tog bort allt domänen hade sparat"),
    "plugin.release": _l("Släppte in igen efter fel"),
    "secret.open": _l("Läste skyddad uppgift"),
    "secret.rotate": _l("Bytte nyckel för skyddade uppgifter"),
}

FIELDS = {
    "active": _l("Kan logga in"),
    "area_id": _l("Målområde"),
    "baseline_period": _l("Utgångsvärdets period"),
    "baseline_value": _l("Utgångsvärde"),
    "better": _l("Riktning"),
    "board_id": _l("Nämnd eller bolag"),
    "case_number": _l("Diarienummer"),
    "closed_at": _l("Stängd"),
    "created_at": _l("Skapad"),
    "decided_at": _l("Beslutad"),
    "decided_by": _l("Beslutad av"),
    "decided_on": _l("Beslutsdatum"),
    "decision_comment": _l("Kommentar till beslutet"),
    "description": _l("Beskrivning"),
    "deviation": _l("Avvikelse"),
    "digest": _l("Kontrollsumma"),
    "deviation_reason": _l("Orsak till avvikelse"),
    "domain": _l("Domän"),
    "done": _l("Vad som har gjorts"),
    "due_on": _l("Sista dag"),
    "email": _l("E-postadress"),
    "enabled": _l("Påslagen"),
    "ends_on": _l("Slut"),
    "expires_at": _l("Gäller till"),
    "field": _l("Fråga"),
    "frequency": _l("Hur ofta"),
    "goal": _l("Områdets mål"),
    "ground": _l("Sekretessgrund"),
    "group_id": _l("Huvudområde"),
    "kind": _l("Typ"),
    "label": _l("Fråga i ord"),
    "measure_id": _l("Åtgärd"),
    "metric_id": _l("Effektmått"),
    "name": _l("Namn"),
    "not_measured": _l("Inte mätt"),
    "number": _l("Nummer"),
    "opens_on": _l("Öppnar"),
    "password_hash": _l("Lösenord"),
    "period": _l("Period"),
    "plan_id": _l("Handlingsplan"),
    "policy": _l("Policy som planen följer av"),
    "position": _l("Ordning"),
    "published_at": _l("Publicerad"),
    "reason": _l("Skäl"),
    "purpose": _l("Syfte"),
    "report_id": _l("Återrapport"),
    "revision": _l("Revision"),
    "role": _l("Roll"),
    "round_id": _l("Omgång"),
    "saved_at": _l("Sparad"),
    "saved_by_id": _l("Sparad av"),
    "scope": _l("Omfattning"),
    "sha256": _l("Kontrollsumma"),
    "share": _l("Ansvar"),
    "source": _l("Källa"),
    "starts_on": _l("Start"),
    "state": _l("Läge"),
    "status": _l("Status"),
    "subgoal_id": _l("Delmål"),
    "subject": _l("Dokument"),
    "submitted_at": _l("Inlämnad"),
    "submitted_by_id": _l("Inlämnad av"),
    "successor_id": _l("Efterträdare"),
    "summary": _l("Sammanfattning"),
    "target_operator": _l("Målets villkor"),
    "target_period": _l("Målets period"),
    "target_place": _l("Målets plats"),
    "target_text": _l("Mål i ord"),
    "target_value": _l("Målvärde"),
    "title": _l("Titel"),
    "unit": _l("Enhet"),
    "uploaded_at": _l("Inlagd"),
    "uploaded_by_id": _l("Inlagd av"),
    "used_at": _l("Använd"),
    "user_id": _l("Person"),
    "valid_from": _l("Gäller från"),
    "valid_to": _l("Gäller till och med"),
    "value": _l("Utfall"),
    "version_id": _l("Planversion"),
}


def kind(name: str) -> str:
    return str(KINDS.get(name, name))


def action(name: str) -> str:
    """``measure.update`` → what was done; the object stands beside it."""
    if name in ACTIONS:
        return str(ACTIONS[name])
    verb = name.rpartition(".")[2]
    return str(VERBS.get(verb, name))


def field(name: str) -> str:
    return str(FIELDS.get(name, name))


def pseudonym(person_id: int) -> str:
    """A person who has been removed, or is known to the log by number only."""
    return _("Person #%(number)s", number=person_id)


def actions_reading(text: str) -> list[str]:
    """The named actions whose words contain the text."""
    return [name for name, label in ACTIONS.items() if text.casefold() in str(label).casefold()]


def verbs_reading(text: str) -> list[str]:
    return [name for name, label in VERBS.items() if text.casefold() in str(label).casefold()]
