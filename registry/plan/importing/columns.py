"""Which column of a file is what: recognised by its heading, in Swedish or English."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from registry.plan.importing.words import bare
from registry.words import Word


class Column(Word):
    """What a column of the file can hold."""

    NUMBER = "number", _l("Nummer")
    MEASURE = "measure", _l("Åtgärd")
    DESCRIPTION = "description", _l("Beskrivning")
    GROUP = "group", _l("Huvudområde")
    AREA = "area", _l("Målområde")
    SUBGOAL = "subgoal", _l("Delmål")
    OWNER = "owner", _l("Ansvarig")
    PARTNERS = "partners", _l("Samverkansparter")
    START = "start", _l("Start")
    END = "end", _l("Slut")
    STATUS = "status", _l("Status")
    INDICATOR = "indicator", _l("Effektmått")
    TARGET = "target", _l("Målvärde")
    KIND = "kind", _l("Typ")
    PLAN = "plan", _l("Plan")
    SOURCE = "source", _l("Källa")


_HEADINGS: dict[Column, str] = {
    Column.NUMBER: "nummer nr åtgärdsnummer åtgärdsnr åtgärdnr id åtgärdsid number no",
    Column.MEASURE: "åtgärd åtgärder åtgärdensnamn åtgärdsnamn åtgärdnamn åtgärdstitel"
    " measure measures action actions title titel",
    Column.DESCRIPTION: "beskrivning åtgärdsbeskrivning beskrivningavåtgärd beskrivningavåtgärden"
    " kommentar description details",
    Column.GROUP: "huvudområde huvudmål grupp group goalgroup maingroup",
    Column.AREA: "målområde målområden område fokusområde insatsområde goalarea area",
    Column.SUBGOAL: "delmål delmålet subgoal subgoals objective",
    Column.OWNER: "ansvarig ansvariga ansvar ansvarignämnd ansvariganämnder ansvarigstyrelse"
    " ansvarignämndstyrelse ansvarignämndbolag ansvariganämnderochbolag huvudansvarig nämnd"
    " ansvarignämndellerstyrelse ansvarigaktör ägare responsible owner owners responsibleboard",
    Column.PARTNERS: "samverkan samverkansparter samverkanspart samverkanmed"
    " samarbete samarbetspart samarbetsparter samarbetspartner samarbetspartners medverkande"
    " partner partners",
    Column.START: "start startdatum startar från fromdatum börjar startår from startdate"
    " starts startson begins",
    Column.END: "slut slutdatum slutar till tom klart klartsenast sluttid slutår tidplan deadline"
    " end enddate ends endson due to",
    Column.STATUS: "status läge state",
    Column.INDICATOR: "indikator indikatorer effektmått mått mätetal nyckeltal uppföljningsmått"
    " indicator indicators metric metrics kpi",
    Column.TARGET: "målvärde målvärden målnivå target targets targetvalue",
    Column.KIND: "typ åtgärdstyp slag kind type",
    Column.PLAN: "plan handlingsplan plannamn programnamn program",
    Column.SOURCE: "källa källor länk url sourceurl source sourcelink link",
}
_KNOWN = {
    bare(heading): column for column, headings in _HEADINGS.items() for heading in headings.split()
}

Mapping = dict[int, Column]


def recognise(headings: Sequence[str]) -> Mapping:
    """The columns whose heading is known, by position. The first of two alike is taken."""
    found: Mapping = {}
    for position, heading in enumerate(headings):
        column = _KNOWN.get(bare(heading))
        if column is not None and column not in found.values():
            found[position] = column
    return found


def known(headings: Sequence[str]) -> int:
    """How many of the headings are known."""
    return len(recognise(headings))
