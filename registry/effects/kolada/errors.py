"""What can be wrong with Kolada's answers: each is a name, and a sentence for the person."""

from typing import Any

from registry.words import lazy as _l


class KoladaError(Exception):
    """``sentence`` says what is wrong and what to do; the message has the cause, for the log."""

    sentence: Any = ""


class Unreachable(KoladaError):
    sentence = _l(
        "Kolada gick inte att nå. Försök igen om en stund, eller läs in en fil om nätet är stängt."
    )


class TooSlow(KoladaError):
    sentence = _l("Kolada svarade för långsamt. Försök igen om en stund.")


class Busy(KoladaError):
    sentence = _l("Kolada tar inte emot fler frågor just nu. Försök igen om en timme.")


class ServerFault(KoladaError):
    sentence = _l("Kolada svarade med ett fel hos dem. Försök igen om en stund.")


class Declined(KoladaError):
    sentence = _l(
        "Kolada svarade inte på frågan. Be administratören att kontrollera adressen i "
        "inställningen kolada_url."
    )


class NotThere(KoladaError):
    sentence = _l(
        "Kolada känner inte till nyckeltalet. Kontrollera numret i effektmåttets källa, och be "
        "administratören att kontrollera inställningen kolada_url."
    )


class Elsewhere(KoladaError):
    sentence = _l(
        "Kolada hänvisade till en annan adress än den som är inställd. Av säkerhetsskäl hämtas "
        "inget därifrån. Tala om för administratören."
    )


class TooLarge(KoladaError):
    sentence = _l("Svaret är större än vad som tas emot. Hämta för ett effektmått i taget.")


class WrongShape(KoladaError):
    sentence = _l(
        "Svaret har inte den form som Kolada brukar svara i. Inget är sparat. Tala om för "
        "administratören."
    )


class Incomplete(KoladaError):
    sentence = _l("Svaret är inte helt: några värden fattas. Inget är sparat. Försök igen.")


class Contradiction(KoladaError):
    sentence = _l("Svaret har två olika värden för samma kommun, år och kön. Inget är sparat.")
