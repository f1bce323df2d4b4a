"""How the log's kinds, actions and fields read to a person; what is not here is shown as it is."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

KINDS = {
    "activity": _l("Aktivitet"),
    "attachment": _l("Bilaga"),
    "board": _l("Nämnd eller bolag"),
    "business_plan_entry": _l("Åtgärd i verksamhetsplan"),
    "comparison_series": _l("Jämförelseserie"),
    "comparison_value": _l("Värde i jämförelseserie"),
    "clearance": _l("Behörighet till skyddade uppgifter"),
    "domain_data": _l("Domänuppgifter"),
    "effect_method": _l("Metod för att mäta effekt"),
    "effect_metric": _l("Effektmått"),
    "follow_up_decision": _l("Beslut om uppföljning"),
    "follow_up_text": _l("Uppföljningens text"),
    "goal_area": _l("Målområde"),
    "goal_group": _l("Huvudområde"),
    "invitation": _l("Inbjudan"),
    "item_attachment": _l("Bilaga i återrapport"),
    "item_value": _l("Utfall i återrapport"),
    "measure": _l("Åtgärd"),
    "measure_cost": _l("Åtgärdens kostnad"),
    "metric_target": _l("Ytterligare mål"),
    "metric_value": _l("Utfall"),
    "partner": _l("Samverkanspart"),
    "plan": _l("Handlingsplan"),
    "plan_version": _l("Planversion"),
    "plugin_approval": _l("Domänens kod"),
    "plugin_state": _l("Domän"),
    "published_follow_up": _l("Publicerad uppföljning"),
    "report": _l("Återrapport"),
    "report_item": _l("Återrapporterad åtgärd"),
    "reporting_round": _l("Omgång"),
    "responsibility": _l("Ansvar"),
    "role_grant": _l("Roll"),
    "round_exception": _l("Egen sista dag"),
    "sealed_data": _l("Skyddad uppgift"),
    "sealed_data.frozen_item": _l("Skyddad uppgift i inlämnad återrapport"),
    "sealed_data.measure": _l("Skyddad uppgift om åtgärd"),
    "sealed_data.report_item": _l("Skyddad uppgift i återrapport"),
    "sub_goal": _l("Delmål"),
    "user_account": _l("Person"),
    "value_correction": _l("Rättat utfall"),
}

VERBS = {
    "create": _l("Lade till"),
    "update": _l("Ändrade"),
    "delete": _l("Tog bort"),
}

ACTIONS = {
    "followup.decide": _l("Skrev in kommunstyrelsens beslut"),
    "followup.publish": _l("Publicerade uppföljningen"),
    "followup.write": _l("Skrev i uppföljningen"),
    "round.exception": _l("Ändrade en nämnds egen dag"),
    "attachment.add": _l("Bifogade fil"),
    "attachment.remove": _l("Tog bort bilaga"),
    "business_plan.copy": _l("Kopierade från året före"),
    "business_plan.decide": _l("Angav beslutet om verksamhetsplanen"),
    "domain.import": _l("Läste in från fil"),
    "metric_value.correct": _l("Rättade utfall"),
    "metric_value.enter": _l("Fyllde i utfall"),
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
    "report.workbook": _l("Läste in svar från arbetsbok"),
    "secret.open": _l("Läste skyddad uppgift"),
    "secret.rotate": _l("Bytte nyckel för skyddade uppgifter"),
}

FIELDS = {
    "active": _l("Kan logga in"),
    "actual_fte": _l("Utfall, årsarbetskrafter"),
    "actual_kr": _l("Utfall, kr"),
    "area_id": _l("Målområde"),
    "attachment_id": _l("Bilaga"),
    "baseline_period": _l("Utgångsvärdets period"),
    "baseline_value": _l("Utgångsvärde"),
    "better": _l("Riktning"),
    "board_id": _l("Nämnd eller bolag"),
    "case_number": _l("Diarienummer"),
    "assessed": _l("Bedömning"),
    "body": _l("Beslutad av"),
    "code": _l("Kod"),
    "closed_at": _l("Stängd"),
    "closes_on": _l("Stängs"),
    "conclusion": _l("Slutsats"),
    "counts_as_effect": _l("Vad skulle räknas som effekt?"),
    "created_at": _l("Skapad"),
    "decide_by": _l("Metod beslutas senast"),
    "decided_at": _l("Beslutad"),
    "decided_by": _l("Beslutad av"),
    "decided_on": _l("Beslutsdatum"),
    "decision_comment": _l("Kommentar till beslutet"),
    "deleted_at": _l("Raderad"),
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
    "entered_at": _l("Inlagt"),
    "entered_by_id": _l("Inlagt av"),
    "expires_at": _l("Gäller till"),
    "field": _l("Fråga"),
    "frequency": _l("Hur ofta"),
    "goal": _l("Områdets mål"),
    "gender": _l("Kön"),
    "ground": _l("Sekretessgrund"),
    "group_id": _l("Huvudområde"),
    "item_id": _l("Återrapporterad åtgärd"),
    "is_count": _l("Antal händelser"),
    "kind": _l("Typ"),
    "is_share": _l("Andel av svar"),
    "label": _l("Fråga i ord"),
    "measure_id": _l("Åtgärd"),
    "media_type": _l("Filtyp"),
    "metric_id": _l("Effektmått"),
    "name": _l("Namn"),
    "note": _l("Anteckning"),
    "next_due_on": _l("Nästa värde ska finnas"),
    "not_measured": _l("Inte mätt"),
    "notes": _l("Att veta om serien"),
    "number": _l("Nummer"),
    "operator": _l("Målets villkor"),
    "opens_on": _l("Öppnar"),
    "paragraph": _l("Paragraf"),
    "password_hash": _l("Lösenord"),
    "period": _l("Period"),
    "plan_id": _l("Handlingsplan"),
    "planned_fte": _l("Planerade årsarbetskrafter"),
    "planned_kr": _l("Planerat, kr"),
    "place": _l("Plats"),
    "policy": _l("Policy som planen följer av"),
    "position": _l("Ordning"),
    "published_at": _l("Publicerad"),
    "reason": _l("Skäl"),
    "reason_of_change": _l("Skäl till ändringen"),
    "purpose": _l("Syfte"),
    "reminder_days": _l("Påminnelser"),
    "removed_at": _l("Borttagen"),
    "removed_by_id": _l("Borttagen av"),
    "reference": _l("Var i planen"),
    "replaced_at": _l("Ersatt"),
    "replaced_by_name": _l("Ersatt av"),
    "report_id": _l("Återrapport"),
    "respondents": _l("Antal svar"),
    "revision": _l("Revision"),
    "role": _l("Roll"),
    "round_id": _l("Omgång"),
    "saved_at": _l("Sparad"),
    "saved_by_id": _l("Sparad av"),
    "scope": _l("Omfattning"),
    "sha256": _l("Kontrollsumma (SHA-256)"),
    "series_id": _l("Jämförelseserie"),
    "share": _l("Ansvar"),
    "size": _l("Storlek i byte"),
    "source": _l("Källa"),
    "starts_on": _l("Start"),
    "state": _l("Läge"),
    "stored_in": _l("Lagras i"),
    "status": _l("Status"),
    "subgoal_id": _l("Delmål"),
    "submitted_at": _l("Inlämnad"),
    "submitted_by_id": _l("Inlämnad av"),
    "successor_id": _l("Efterträdare"),
    "summary": _l("Sammanfattning"),
    "target_operator": _l("Målets villkor"),
    "target_period": _l("Målets period"),
    "target_place": _l("Målets plats"),
    "target_text": _l("Mål i ord"),
    "target_value": _l("Målvärde"),
    "text": _l("Text"),
    "title": _l("Titel"),
    "unit": _l("Enhet"),
    "uploaded_at": _l("Bifogad"),
    "uploaded_by_id": _l("Bifogad av"),
    "used_at": _l("Använd"),
    "user_id": _l("Person"),
    "valid_from": _l("Gäller från"),
    "valid_to": _l("Gäller till och med"),
    "value": _l("Utfall"),
    "value_id": _l("Utfall"),
    "version_id": _l("Planversion"),
    "who": _l("Vem mäter"),
    "year": _l("År"),
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
