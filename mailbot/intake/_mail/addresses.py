"""Addresses of From, To and Cc (RFC 5322 section 3.4) from raw bytes.

The structure is read before anything is decoded, so that no encoded word can bring in an address, a comma or
an angle bracket; and only what stands in angle brackets, or alone, is an address: in
`a@tancheng.gov.cn <x@evil.example>` that is x@evil.example.  One pass, no recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from mailbot.intake._mail.charset import decode
from mailbot.intake._mail.headers import decode_header
from mailbot.model import Address

_LONGEST = 254
_MOST = 500
_TOKEN = re.compile(
    r'=\?[^?\s]{0,40}\?[bBqQ]\?[^?\s"]*\?=|"(?:[^"\\]|\\.)*+"?|[()<>,;:]|[^()<>,;:"=]+|.',
    re.DOTALL,
)
_ADDRESS = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.+[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\.?"
    r"@(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])"
)


@dataclass(slots=True)
class _Mailbox:
    """One entry of an address list while it is being read: pieces of raw text."""

    display: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not self.angles and not "".join(self.display).strip()


def parse(values: Iterable[bytes]) -> tuple[Address, ...]:
    """All addresses of these headers, each once; what is no address is passed over."""
    found: dict[str, Address] = {}
    for value in values:
        text = decode(value)
        read = list(islice(_addresses(text), _MOST))
        if not read and '"' in text:  # a quote that is never closed
            read = list(islice(_addresses(text.replace('"', " ")), _MOST))
        for address in read:
            found.setdefault(address.address, address)
    return tuple(found.values())


def parse_senders(values: Iterable[bytes]) -> tuple[Address, ...]:
    """The same for From; where it has no address at all, one that a client encoded with the name counts."""
    given = list(values)
    return parse(given) or parse(decode_header(value).encode() for value in given if b"=?" in value)


def _addresses(text: str) -> Iterator[Address]:
    carried: list[str] = []  # a display name with an unquoted comma: 张三, 李四 <a@b>
    for mailbox in _mailboxes(text):
        mailbox.display = [*carried, *mailbox.display]
        found = list(_read(mailbox))
        carried = [] if found or mailbox.angles else [*mailbox.display, ","][-20:]
        yield from found


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    current, depth, in_angle = _Mailbox(), 0, False
    for piece in _TOKEN.findall(text):
        if piece == "(" and not in_angle:
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif depth:
            current.comment.append(piece)
        elif piece == "<":
            in_angle = True
            current.angles.append("")
        elif piece == ">":
            in_angle = False
        elif in_angle:
            current.angles[-1] += piece
        elif piece in (",", ";"):
            if not current.empty:
                yield current
            current = _Mailbox()
        elif piece == ":":
            current.display.clear()  # the name of a group
        else:
            current.display.append(piece)
    if not current.empty:
        yield current


def _read(mailbox: _Mailbox) -> Iterator[Address]:
    display = "".join(mailbox.display)
    written = mailbox.angles
    if not written:
        words = display.split()
        written = [w for w in words if "@" in w]
        display = " ".join(w for w in words if "@" not in w)
    name = _name(display) or _name("".join(mailbox.comment))
    for text in written:
        if address := valid(text):
            yield Address(address=address, name=name)


def valid(written: str) -> str | None:
    """The address in lower case; None for what cannot be written to: no @, or two, controls, non-ASCII."""
    text = written.strip().lower()
    if text.startswith("@") and ":" in text:  # a source route (RFC 5322 section 4.4)
        text = text.rpartition(":")[2]
    text = text.removeprefix("mailto:").removeprefix("smtp:")
    if "=?" in text:  # a name glued to its address; an encoded word is never part of one (RFC 2047 section 5)
        text = text.rpartition("?=")[2]
    local, at, domain = text.rpartition("@")
    if local.startswith('"') and local.endswith('"'):
        text = local[1:-1] + at + domain
    return text if len(text) <= _LONGEST and _ADDRESS.fullmatch(text) else None


def _name(raw: str) -> str:
    """A display name decoded: encoded words inside quotes too, as QQ, 163 and Foxmail write them."""
    plain = re.sub(r"\\(.)", r"\1", raw.strip().strip(", ").replace('" "', " "))
    return decode_header(plain.encode("utf-8", "replace")).strip("\"' ,")


def return_path(value: bytes | None) -> str | None:
    """The envelope sender: '' for the null path (postfix writes it as <MAILER-DAEMON>), None if unknown."""
    if value is None:
        return None
    text = decode_header(value).lower()
    inner = re.match(r"<\s*([^<>]*?)\s*>", text)
    path = inner[1] if inner else text.split(" ")[0]
    if (inner and not path) or path == "mailer-daemon":
        return ""
    return valid(path)
