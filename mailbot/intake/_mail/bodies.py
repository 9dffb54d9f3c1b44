"""The text of a mail from its text parts: plain preferred to HTML, the writer's own apart from older mail."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailbot.intake._mail import cloud, markup, quotes
from mailbot.intake._mail.charset import decode
from mailbot.intake._mail.mime import Leaf, is_text
from mailbot.model import CloudLink

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_BYTES_PER_CHARACTER = 8
_STUB = re.compile(r"html", re.IGNORECASE)
_STUB_CHARS = 200
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x0d\x13-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ufdd0-\ufdef\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKS = re.compile("[\x0e-\x12]")
_LINE_END = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_SIGNATURE = re.compile(r"-- ?")
_CID = re.compile(r"cid:([^\"'\s>)&]{1,300})", re.IGNORECASE)
_SOURCE = re.compile(r"(?:src|background)\s*=\s*[\"']?([^\"'\s>]{1,500})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bodies:
    """text and quoted as IncomingMail has them; `shown` names the images that the HTML shows."""

    text: str = ""
    quoted: str = ""
    links: tuple[CloudLink, ...] = ()
    shown: frozenset[str] = frozenset()
    sealed: bool = False
    cut: bool = False


def read(leaves: Iterable[Leaf], limit: int) -> Bodies:
    """Of all text parts; those of forwarded mails are older mail, whatever their writer did with them."""
    texts = [leaf for leaf in leaves if is_text(leaf)]
    own = [(leaf, _decoded(leaf, limit)) for leaf in texts if not leaf.holders]
    chosen, sources = _chosen(own)
    marked = "\n".join(chosen)
    written, quoted = quotes.split(_clean(marked[: 2 * limit]))
    inner = _chosen([(leaf, _decoded(leaf, limit)) for leaf in texts if leaf.holders])[0]
    older = "\n".join([quoted, *(_clean(text[:limit]) for text in inner)])
    html = [source for leaf, source in own if leaf.content_type == "text/html"]
    plain = markup.without_marks(written)
    return Bodies(
        text=_tidy(plain[:limit]),
        quoted=_tidy(markup.without_marks(older)[:limit]),
        links=cloud.links([written, *_html_with_links(html, sources, limit)]),
        shown=frozenset(name for source in html for name in _shown(source)),
        sealed=plain.lstrip().startswith("-----BEGIN PGP MESSAGE"),
        cut=len(plain) > limit or any(len(leaf.content) > _BYTES_PER_CHARACTER * limit for leaf in texts),
    )


def _decoded(leaf: Leaf, limit: int) -> str:
    data = leaf.content[: _BYTES_PER_CHARACTER * limit]
    label = leaf.charset
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        label = "utf-16"
    elif not label and leaf.content_type == "text/html" and (match := _META.search(data[:2048])):
        label = match[1].decode()
    text = _MARKS.sub("", decode(data, label))
    return _unflowed(text, delsp=leaf.delsp) if leaf.flowed else text


def _unflowed(text: str, *, delsp: bool) -> str:
    """format=flowed (RFC 3676): a line that ends in a space goes on in the next, but for a signature's."""
    out: list[str] = []
    open_line = False
    for raw in _LINE_END.sub("\n", text).split("\n"):
        line = raw[1:] if raw.startswith(" ") else raw
        if open_line and not line.startswith(">"):
            out[-1] += line
        else:
            out.append(line)
        last = out[-1]
        open_line = line.endswith(" ") and not line.startswith(">") and not _SIGNATURE.fullmatch(line)
        if open_line and delsp:
            out[-1] = last[:-1]
    return "\n".join(out)


def _chosen(texts: list[tuple[Leaf, str]]) -> tuple[list[str], set[int]]:
    """One text for each alternative and each lone part, and which HTML sources were used for it (by id)."""
    groups: dict[int, list[tuple[Leaf, str]]] = {}
    for number, (leaf, source) in enumerate(texts):
        groups.setdefault(leaf.alternative or -number - 1, []).append((leaf, source))
    out: list[str] = []
    used: set[int] = set()
    for members in groups.values():
        plain = "\n".join(s for leaf, s in members if leaf.content_type == "text/plain")
        rich = [s for leaf, s in members if leaf.content_type != "text/plain"]
        if plain.strip() and not (rich and len(plain) < _STUB_CHARS and _STUB.search(plain)):
            out.append(plain)
            continue
        converted = "\n".join(markup.to_text(source) for source in rich)
        used.update(id(source) for source in rich)
        if _essence(converted) not in {_essence(text) for text in out}:
            out.append(converted)
    return out, used


def _essence(text: str) -> str:
    return "".join(markup.without_marks(text).split())


def _html_with_links(html: list[str], used: set[int], limit: int) -> list[str]:
    """The writer's part of HTML that was not taken for the text, where it may hold a cloud link."""
    rest = [source for source in html if id(source) not in used and cloud.mentions(source)]
    return [quotes.split(_clean(markup.to_text(source)[: 2 * limit]))[0] for source in rest]


def _shown(source: str) -> Iterable[str]:
    yield from (match.lower() for match in _CID.findall(source))
    yield from (match.lower() for match in _SOURCE.findall(source))


def _clean(text: str) -> str:
    """Lines end in \\n; no controls but those that mark links and quotes, which no mail can bring in."""
    return _CONTROLS.sub("", _LINE_END.sub("\n", text))


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
