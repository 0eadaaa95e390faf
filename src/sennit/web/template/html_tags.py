"""`tags`: makes an empty tag of any HTML element's name."""

from __future__ import annotations

from sennit.web.template.stan import Tag

__all__ = ["VALID_HTML_TAG_NAMES", "tags"]

_NAMES = (
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo big "
    "blockquote body br button canvas caption center cite code col colgroup command data "
    "datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font "
    "footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input "
    "ins isindex kbd keygen label legend li link main map mark menu meta meter nav noframes "
    "noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp "
    "script search section select slot small source span strike strong style sub summary sup "
    "table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr "
)
VALID_HTML_TAG_NAMES = frozenset(_NAMES.split())
"""The names of HTML's elements, of all its versions."""


class _Tags:
    """Attributes that are tags: ``tags.p`` is a new, empty ``<p>`` each time."""

    def __getattr__(self, tagName: str) -> Tag:
        # "transparent" is written as its children alone.
        if tagName == "transparent":
            return Tag("")
        name = tagName.removesuffix("_")
        if name not in VALID_HTML_TAG_NAMES:
            raise AttributeError(f"unknown tag {tagName!r}")
        return Tag(name)


tags = _Tags()
"""Makes tags: ``tags.p("text", class_="x")``."""
