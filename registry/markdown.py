"""Markdown that a person has written, as HTML that is safe on our pages.

Twice over: the parser passes no HTML on, and what it makes is cleaned once more. Links lead to
other pages of ours, to http(s) or to a mail address; there are no pictures.
"""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@lru_cache(maxsize=128)
def render(text: str, *, top: int = 2) -> Markup:
    """The text as HTML; made once, for it is read more often than it is rewritten.

    :param top: the level of its largest headings, whatever the writer began with.
    """
    tokens = _PARSER.parse(text)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    largest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) - largest + top)}"
    _style(tokens)
    made = _PARSER.renderer.render(tokens, _PARSER.options, {})
    cleaned = nh3.clean(
        made,
        tags=_TAGS,
        attributes={"*": set(), "a": {"href", "class"}, "table": {"class"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return Markup(cleaned)  # noqa: S704 - cleaned


def _style(tokens: list[Token]) -> None:
    """Links and tables look as everywhere else."""
    for token in tokens:
        if token.type == "link_open":
            token.attrSet("class", "ds-link")
        elif token.type == "table_open":
            token.attrSet("class", "ds-table")
        _style(token.children or [])
