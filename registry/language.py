"""Language, numbers and dates as a Swedish municipality writes them."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.support import Translations
from flask import Flask, current_app, g, has_app_context, has_request_context, session
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _

from registry.config import Settings

NBSP = "\N{NO-BREAK SPACE}"
LANGUAGES = frozenset({"sv", "en"})
babel = Babel()
_process = {"zone": "Europe/Stockholm"}  # of the app that this process serves


def init_app(app: Flask, settings: Settings) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = settings.language
    app.config["BABEL_DEFAULT_TIMEZONE"] = settings.timezone
    _process["zone"] = settings.timezone
    babel.init_app(app, locale_selector=_select_locale)
    app.jinja_env.globals["get_locale"] = get_locale
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, number: _catalogue().ungettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        number=number,
        as_number=as_number,
        short=short,
        day=day,
        long_day=long_day,
        moment=moment,
        file_size=file_size,
    )


def _select_locale() -> str:
    chosen = session.get("language") if has_request_context() else None
    return str(chosen if chosen in LANGUAGES else current_app.config["BABEL_DEFAULT_LOCALE"])


def _catalogue() -> Translations:
    """The texts in this request's language, looked up once and not for each of a page's hundred."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    found: Translations = g.catalogue
    return found


def number(value: Decimal | float | None, decimals: int | None = None) -> str:
    """``1234.5`` → ``1 234,5`` (with no-break spaces); ``None`` → an en dash."""
    if value is None:
        return "–"
    exact = Decimal(str(value))
    if decimals is not None:
        exact = round(exact, decimals)
    text = f"{exact.normalize():,f}"
    if get_locale() is not None and str(get_locale()) == "en":
        return text
    return text.replace(",", NBSP).replace(".", ",").replace("-", "−")


def short(value: Decimal | float | None) -> str:
    """A number as it is read in running text, a list or a chart: at most two decimals.

    One so small that two decimals would make it nothing keeps its first two digits.
    """
    if value is None:
        return number(None)
    exact = Decimal(str(value))
    small = exact and abs(exact) < Decimal("0.01")
    return number(exact, 1 - exact.adjusted() if small else 2)


def file_size(size: int) -> str:
    """``1234567`` → ``1,2 MB``."""
    if size < 100_000:
        return f"{number(max(Decimal(size) / 1000, Decimal('0.1')), 1)}{NBSP}kB"
    return f"{number(Decimal(size) / 1_000_000, 1)}{NBSP}MB"


def in_field(value: Decimal) -> str:
    """A number as a field to fill in shows it, and reads it back: English thousands would be read
    as decimals."""
    text = number(value)
    return text.replace(",", "") if str(get_locale()) == "en" else text


class TooExact(ValueError):
    """A number with more digits than are stored."""


def parse_number(text: str) -> Decimal:
    """Read a number as people write it: ``1 234,5``, ``1234.5``, ``−3``.

    :raises TooExact: when it has more than four decimals or 14 digits.
    :raises ValueError: when it is not one number.
    """
    cleaned = text.strip().replace(NBSP, "").replace("\N{NARROW NO-BREAK SPACE}", "")
    cleaned = cleaned.replace(" ", "").replace("−", "-").replace(",", ".")
    try:
        value = Decimal(cleaned)
        rounded = round(value, 4)
    except (ArithmeticError, ValueError) as error:  # no number, not finite, beyond all bounds
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    if value != rounded or abs(value) >= 10**14:
        raise TooExact(text)
    return rounded.normalize() + 0  # as many digits as the number has, whatever was typed


def as_number(text: str | None) -> str:
    """A stored decimal, ``"75.2"``, as it is read in a list: ``75,2``."""
    return short(None if text is None else Decimal(text))


def day(value: date | datetime | None) -> str:
    """``2026-01-31``."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = local(value).date()
    return value.isoformat()


def long_day(value: date | datetime | None) -> str:
    """``31 januari 2026``."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = local(value).date()
    return format_date(value, "d MMMM y", locale=get_locale() or "sv")


def moment(value: datetime | None) -> str:
    """``2026-01-31 09:41``, in the municipality's own time."""
    return "–" if value is None else local(value).strftime("%Y-%m-%d %H:%M")


def clock(value: datetime | None) -> str:
    """``09:41``, in the municipality's own time."""
    return "–" if value is None else local(value).strftime("%H:%M")


def local(value: datetime) -> datetime:
    return value.astimezone(_zone(current_app.config["BABEL_DEFAULT_TIMEZONE"]))


def today() -> date:
    """The day it is in the municipality; also where no app is at hand, as in a plugin's check."""
    name = current_app.config["BABEL_DEFAULT_TIMEZONE"] if has_app_context() else _process["zone"]
    return datetime.now(_zone(name)).date()


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_AFTER_Z = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}"})


def alphabetical(text: str) -> str:
    """A key that sorts as a Swedish register does: case aside, å ä ö last."""
    return text.casefold().translate(_AFTER_Z)


def yes_no(value: bool) -> str:
    return _("Ja") if value else _("Nej")
