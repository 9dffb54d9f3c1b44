"""HTML of a mail to plain text, with its links, and marks where a mail client says that older mail is quoted.

An own scanner, because the stdlib's HTMLParser of the Pythons we run on takes quadratic time on unclosed
comments and tags (CVE-2025-6069).  This one goes forward only.  Nothing is rendered, nothing is fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

QUOTE_START, QUOTE_END = "\x0e", "\x0f"
"""Controls, which no text holds after cleaning, around what is quoted."""
LINK_TEXT, LINK_START, LINK_END = "\x10", "\x11", "\x12"
"""Before the text of a link, and around its address, which follows the text."""

_BLOCK_TAGS = """
p div br tr li ul ol table h1 h2 h3 h4 h5 h6 pre blockquote hr section article header footer dl dt dd center
form address
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_SILENT = frozenset(("script", "style", "head", "title", "template", "noscript", "xml"))
_VOID = frozenset(("br", "hr", "img", "input", "meta", "link", "area", "base", "col", "wbr"))
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])")
_TAG = re.compile(r"(/?)([A-Za-z][A-Za-z0-9:_-]*)")
_TAG_STOP = re.compile(r"[>\"']")
_ATTRIBUTE = re.compile(r"([A-Za-z][\w:-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))")
_WANTED = ("href", "class", "id", "type", "cite", "style", "name", "src")
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_QUOTED_ID = re.compile(
    r"divNeteaseMailContainer|isReplyContent|isForwardContent|origbody|mail-editor-reference"
    r"|replyContent|ReferenceQuote|gmail_quote|yahoo_quoted|alimail-quote|xmail-quote|moz-forward-container"
    r"|original-?content|ntes-pcmail-quote|includetail|OLK_SRC_BODY_SECTION|zmail_extra",
    re.IGNORECASE,
)
_REST_IS_QUOTED = re.compile(r"divRplyFwdMsg|appendonsend", re.IGNORECASE)
_QUOTED_STYLE = re.compile(r"border-left(?:-width)?\s*:(?!\s*(?:none|0\b|0px|medium none))", re.IGNORECASE)
_MARKS = re.compile(f"{LINK_START}[^{LINK_END}]*{LINK_END}|[{LINK_TEXT}{LINK_END}{QUOTE_START}{QUOTE_END}]")
_LONGEST_LINK = 2000
_MOST_DEPTH = 400


@dataclass(slots=True)
class _Writer:
    out: list[str] = field(default_factory=list)
    silent: int = 0
    preformatted: int = 0
    quotes: list[tuple[str, int]] = field(default_factory=list)
    """Open quoting elements: tag, and how many of that tag are open within."""
    link: str = ""

    @property
    def at_line_start(self) -> bool:
        return not self.out or self.out[-1].endswith(("\n", QUOTE_START, QUOTE_END))


def to_text(source: str) -> str:
    """The text, a line to a block, with the marks above; controls that stood in the source are gone."""
    writer = _Writer()
    for kind, name, rest in _scan(re.sub("[\x00-\x08\x0b\x0e-\x1f]", "", source)):
        if kind == "text":
            _text(writer, rest)
        elif kind == "open":
            _open(writer, name, rest)
        else:
            _close(writer, name)
    writer.out += [QUOTE_END] * len(writer.quotes)
    return "".join(writer.out)


def without_marks(text: str) -> str:
    """The text without addresses of links and marks of quotes."""
    return _MARKS.sub("", text)


def _scan(source: str) -> Iterator[tuple[str, str, str]]:
    """('text', '', text), ('open', tag, attributes), ('close', tag, '') in their order."""
    at, size = 0, len(source)
    while at < size:
        opening = _MARKUP.search(source, at)
        if not opening:
            break
        start = opening.start()
        if start > at:
            yield "text", "", source[at:start]
        tag = _TAG.match(source, start + 1)
        if tag:
            end = _end_of_tag(source, tag.end())
            if end < 0:
                at = start
                break
            yield "close" if tag[1] else "open", tag[2].lower(), source[tag.end() : end]
            at = end + 1
            if tag[2].lower() in ("script", "style") and not tag[1]:
                at = _end_of_raw(source, at, tag[2].lower())
        else:
            closing = "-->" if source.startswith("<!--", start) else ">"
            end = source.find(closing, start)
            if end < 0:
                at = start
                break
            at = end + len(closing)
    if at < size:
        yield "text", "", re.sub(r"<[^<>]*>", " ", source[at:])


def _end_of_tag(source: str, at: int) -> int:
    """The > that ends a tag, quoted ones passed over; -1 where the source ends first."""
    first = source.find(">", at)
    position = at
    while (stop := _TAG_STOP.search(source, position)) is not None:
        if stop[0] == ">":
            return stop.start()
        closing = source.find(stop[0], stop.end())
        if closing < 0:
            return first
        position = closing + 1
    return first


def _end_of_raw(source: str, at: int, tag: str) -> int:
    """Past the text of script or style, which is not HTML."""
    end = re.compile(f"</{tag}", re.IGNORECASE).search(source, at)
    return end.start() if end else len(source)


def _text(writer: _Writer, raw: str) -> None:
    if writer.silent:
        return
    text = html.unescape(raw) if "&" in raw else raw
    if writer.preformatted:
        writer.out.append(text)
        return
    text = _SPACE.sub(" ", text)
    if writer.at_line_start:
        text = text.lstrip(" ")
    if text:
        writer.out.append(text)


def _open(writer: _Writer, name: str, rest: str) -> None:
    if name in _SILENT and not rest.endswith("/"):
        writer.silent += 1
        return
    if writer.silent:
        if name != "body":
            return
        writer.silent = 0  # a head that was never closed
    attributes = _attributes(rest) if rest else {}
    writer.preformatted += name == "pre"
    if name == "br" or (name in _BLOCKS and not writer.at_line_start):
        writer.out.append("\n")
    elif name in ("td", "th") and not writer.at_line_start:
        writer.out.append(" ")
    elif name == "a":
        _finish_link(writer)
        writer.link = attributes.get("href", "")
        writer.out += [LINK_TEXT] if writer.link else []
    if name not in _VOID:
        _open_quote(writer, name, attributes)


def _open_quote(writer: _Writer, name: str, attributes: dict[str, str]) -> None:
    if writer.quotes and writer.quotes[-1][0] == name:
        tag, depth = writer.quotes[-1]
        writer.quotes[-1] = (tag, depth + 1)
    elif _REST_IS_QUOTED.search(attributes.get("id", "")):
        writer.out.append(QUOTE_START)  # Outlook marks where older mail begins, and nothing more
    elif len(writer.quotes) < _MOST_DEPTH and _quotes(name, attributes):
        writer.quotes.append((name, 0))
        writer.out.append(QUOTE_START)


def _quotes(name: str, attributes: dict[str, str]) -> bool:
    """Whether a client marked this element as older mail.  A bare blockquote is how webmail indents."""
    if any(_QUOTED_ID.search(attributes.get(key, "")) for key in ("id", "class", "name")):
        return True
    if name != "blockquote":
        return False
    cited = attributes.get("type", "").lower() == "cite" or "cite" in attributes
    return cited or bool(_QUOTED_STYLE.search(attributes.get("style", "")))


def _close(writer: _Writer, name: str) -> None:
    if name in _SILENT:
        writer.silent = max(writer.silent - 1, 0)
        return
    if writer.silent:
        return
    if name == "a":
        _finish_link(writer)
    elif name == "pre":
        writer.preformatted = max(writer.preformatted - 1, 0)
    if writer.quotes and writer.quotes[-1][0] == name:
        tag, depth = writer.quotes.pop()
        if depth:
            writer.quotes.append((tag, depth - 1))
        else:
            writer.out.append(QUOTE_END)
    if name in _BLOCKS and not writer.at_line_start:
        writer.out.append("\n")


def _finish_link(writer: _Writer) -> None:
    if writer.link:
        writer.out.append(f"{LINK_START}{writer.link[:_LONGEST_LINK]}{LINK_END}")
        writer.link = ""


def _attributes(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(rest):
        if name.lower() in _WANTED:
            found.setdefault(name.lower(), html.unescape(next((v for v in values if v), "")))
    return found
