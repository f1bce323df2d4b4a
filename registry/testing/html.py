"""A page as a browser and a screen reader meet it: its controls, labels, links and faults."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

Attributes = dict[str, str]
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
)
CONTROLS = frozenset({"input", "select", "textarea"})
UNSEEN = frozenset({"hidden", "submit", "button", "reset", "image"})
REFERENCES = ("aria-describedby", "aria-labelledby", "aria-controls", "for")


@dataclass
class Element:
    """A start tag with its attributes, the elements it stands in, and the text in it so far."""

    tag: str
    attributes: Attributes
    inside: tuple["Element", ...]
    text: str = ""

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def within(self, tag: str) -> "Element | None":
        return next((one for one in reversed(self.inside) if one.tag == tag), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        element = Element(tag, attributes, tuple(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self.open) - 1, -1, -1):
            if self.open[place].tag == tag:
                del self.open[place:]
                return

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


@dataclass
class Page:
    """A page that has been read."""

    elements: list[Element] = field(repr=False)

    @classmethod
    def read(cls, source: str) -> "Page":
        reader = _Reader()
        reader.feed(source)
        reader.close()
        return cls(reader.elements)

    def all(self, *tags: str) -> list[Element]:
        return [one for one in self.elements if one.tag in tags]

    @property
    def words(self) -> set[str]:
        """What labels, legends and headings say."""
        found = self.all("label", "legend", "h1", "h2", "h3", "dt")
        return {" ".join(one.text.split()) for one in found}

    @property
    def errors(self) -> list[str]:
        """What the page says is to be put right."""
        marked = [one for one in self.elements if "ds-validation-message" in one.get("class")]
        return [" ".join(one.text.split()) for one in marked]

    @property
    def links(self) -> list[str]:
        return [one.get("href") for one in self.all("a") if one.get("href")]

    def controls(self, form_with: str = "") -> list[Element]:
        """Every control, or those of the form that has a control of this name."""
        found = self.all(*CONTROLS)
        if not form_with:
            return found
        form = next((one.within("form") for one in found if one.get("name") == form_with), None)
        return [one for one in found if form is not None and one.within("form") is form]

    def posted(self, form_with: str = "") -> "MultiDict[str, str]":
        """What a browser would send of that form, were it sent as it stands."""
        sent: MultiDict[str, str] = MultiDict()
        for control in self.controls(form_with):
            for value in self._values(control):
                sent.add(control.get("name"), value)
        return sent

    def _values(self, control: Element) -> Iterator[str]:
        kind = control.get("type")
        if not control.get("name") or "disabled" in control.attributes:
            return
        if control.tag == "textarea":
            yield control.text.removeprefix("\n").removeprefix("\r\n")
        elif control.tag == "select":
            yield from self._chosen(control)
        elif kind in {"checkbox", "radio"}:
            if "checked" in control.attributes:
                yield control.attributes.get("value", "on")
        elif kind not in {"submit", "button", "reset", "image", "file"}:
            yield control.get("value")

    def _chosen(self, select: Element) -> list[str]:
        options = [one for one in self.all("option") if one.within("select") is select]
        chosen = [one for one in options if "selected" in one.attributes]
        if not chosen and "multiple" not in select.attributes:
            chosen = options[:1]
        return [one.attributes.get("value", one.text) for one in chosen]

    def faults(self) -> list[str]:
        """What a person with a screen reader would stumble over, as far as the source tells."""
        return [
            *self._headings(),
            *self._identities(),
            *self._unlabelled(),
            *self._groups(),
            *(f"an image has no alt: {one.get('src')}" for one in self._images()),
        ]

    def _headings(self) -> Iterator[str]:
        count = len(self.all("h1"))
        if count != 1:
            yield f"there are {count} h1, there must be one"

    def _identities(self) -> Iterator[str]:
        known = [one.get("id") for one in self.elements if one.get("id")]
        for name in sorted({name for name in known if known.count(name) > 1}):
            yield f"the id {name!r} stands twice"
        for element in self.elements:
            for attribute in REFERENCES:
                for name in element.get(attribute).split():
                    if name not in known:
                        yield f"{attribute} of a {element.tag} leads to no element {name!r}"

    def _unlabelled(self) -> Iterator[str]:
        labels = {one.get("for"): one for one in self.all("label") if one.get("for")}
        for control in self.controls():
            if control.get("type") in UNSEEN:
                continue
            label = labels.get(control.get("id")) or control.within("label")
            named = label is not None and label.text.strip()
            if not named and not control.get("aria-label") and not control.get("aria-labelledby"):
                yield f"the {control.tag} {control.get('name') or control.get('id')!r} has no label"

    def _groups(self) -> Iterator[str]:
        for group in self.all("fieldset"):
            legends = [one for one in self.all("legend") if one.within("fieldset") is group]
            if not any(one.text.strip() for one in legends):
                yield f"the fieldset {group.get('id')!r} has no legend"
        for link in self.all("a", "button"):
            if not link.text.strip() and not link.get("aria-label"):
                yield f"a {link.tag} has no text: {link.get('href') or link.get('name')!r}"

    def _images(self) -> list[Element]:
        return [one for one in self.all("img") if "alt" not in one.attributes]
