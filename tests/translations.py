"""``make translations-check``: every Swedish text of code and templates has its English.

Takes the extracted texts (a .pot file) and compares them with the catalogue.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

CATALOGUE = Path("registry/translations/en/LC_MESSAGES/messages.po")


def faults(texts: Catalog, catalogue: Catalog) -> list[str]:
    """One line for each text that an English reader would not understand, or that misleads."""
    found = []
    for text in texts:
        if not text.id:
            continue
        translation = catalogue.get(text.id, text.context)
        name = text.id[0] if isinstance(text.id, tuple) else text.id
        if translation is None:
            found.append(f"missing: {name!r}")
        elif translation.fuzzy:
            found.append(f"marked fuzzy: {name!r}")
        elif not all(
            translation.string if isinstance(translation.string, tuple) else [translation.string]
        ):
            found.append(f"not translated: {name!r}")
        else:
            found += [f"{error}: {name!r}" for error in translation.check(catalogue)]
    wanted = {(text.id, text.context) for text in texts}
    found += [
        f"no longer used: {known.id!r}"
        for known in catalogue
        if known.id and (known.id, known.context) not in wanted
    ]
    return found


def main() -> str | None:
    if not CATALOGUE.exists():
        return f"{CATALOGUE} does not exist; `make translations` begins it"
    with open(sys.argv[1], "rb") as file:
        texts = read_po(file)
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    lines = faults(texts, catalogue)
    if lines:
        return "\n".join([*lines, f"{CATALOGUE}: run `make translations`, then translate"])
    print(f"{CATALOGUE}: all {len(texts)} texts translated")
    return None


if __name__ == "__main__":
    sys.exit(main())
