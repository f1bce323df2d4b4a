"""From a file that anyone may have made to rows of text, or a sentence that says what is wrong."""

import re
from pathlib import Path

from flask_babel import gettext as _

from registry.plan.importing import excel, texts
from registry.plan.importing.sheet import Sheet, Unreadable, foreign, with_headings


def too_big(megabytes: int) -> Unreadable:
    return Unreadable(
        _(
            "Filen är större än %(megabytes)s MB. Ta bort bilder och blad som inte behövs, "
            "eller dela upp den.",
            megabytes=megabytes,
        )
    )


def read_path(path: Path, megabytes: int) -> Sheet:
    """Read a file on disk; its size is checked before its content.

    :raises Unreadable: with a sentence for the person.
    """
    try:
        if not path.is_file():
            raise Unreadable(_("Filen %(name)s finns inte.", name=str(path)))
        if path.stat().st_size > megabytes * 1024 * 1024:
            raise too_big(megabytes)
        return read(path.read_bytes(), path.name)
    except OSError as error:
        raise Unreadable(
            _("Filen %(name)s gick inte att öppna. Har du rätt att läsa den?", name=str(path))
        ) from error


def read(content: bytes, name: str) -> Sheet:
    """Read a file by what it holds, not by what it is called.

    :raises Unreadable: with a sentence for the person.
    """
    if not content.strip():
        raise Unreadable(_("Filen är tom."))
    if content.startswith(b"PK"):
        return with_headings(*excel.lines(content, ".zip"))
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return with_headings(*excel.lines(content, ".xls"))
    if content.startswith(b"%PDF") or re.match(rb"\s*<(!doctype|html|\?xml)", content, re.I):
        raise foreign()
    text, remarks = texts.decode(content)
    return with_headings(texts.records(text), remarks)
