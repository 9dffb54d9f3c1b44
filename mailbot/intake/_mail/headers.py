"""The header block of a mail, from bytes: its fields, RFC 2047 decoding, cleaning, message ids.

Works on the bytes as they came, because the declared charset is often wrong, characters are cut between
encoded words, and many clients send 8-bit headers without declaring anything.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from mailbot.intake._mail.charset import decode

_SEARCHED = 2 * 1024 * 1024  # how far the end of the header block is looked for
_MBOX_LINE = re.compile(rb">?From [^\r\n]*(?:\r\n|\n|\r)")
_BLOCK_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_FIELD = re.compile(rb"([!-9;-~]{1,80})[ \t]*:(.*)", re.DOTALL)
_STRUCTURE_FIELDS = """
content-type content-transfer-encoding content-disposition content-id content-description content-location
content-class mime-version
"""
_READ_FIELDS = """
subject from to cc date received return-path message-id in-reply-to references auto-submitted precedence
x-autoreply x-auto-reply x-autorespond x-auto-respond x-autoresponder x-autoreply-from x-mail-autoreply
x-fc-machinegenerated x-auto-response-suppress x-mailbot-loop x-failed-recipients authentication-results
mailing-list sender reply-to
"""
_STRUCTURE = frozenset(_STRUCTURE_FIELDS.split())
_KNOWN = _STRUCTURE | frozenset(_READ_FIELDS.split())


@dataclass(frozen=True, slots=True)
class Head:
    """The fields mailbot reads, in their order, and where the body begins."""

    fields: tuple[tuple[str, bytes], ...] = ()
    """Lower-case name and raw value, with folds."""
    body_at: int = 0
    cut: bool = False
    """The block was longer than allowed: fields beyond are missing or cut."""
    index: dict[str, list[bytes]] = field(default_factory=dict)

    def all(self, name: str) -> list[bytes]:
        return self.index.get(name, [])

    def first(self, name: str) -> bytes | None:
        """The first one that is not blank, else the first."""
        values = self.all(name)
        return next((v for v in values if v.strip()), values[0] if values else None)

    def block(self, names: Iterable[str]) -> bytes:
        """These fields again as header lines, unfolded where a fold would end the block."""
        wanted = set(names)
        return b"".join(k.encode() + b": " + _one_block(v) + b"\r\n" for k, v in self.fields if k in wanted)

    def structure(self) -> bytes:
        return self.block(_STRUCTURE)


def _one_block(value: bytes) -> bytes:
    return b"\r\n ".join(line.strip(b" \t\0") for line in value.splitlines() if line.strip())


def start_of(raw: bytes) -> int:
    """Where the header begins: after a byte order mark, blank lines and an mbox line of an exported mail."""
    at = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[at : at + 1] in (b"\r", b"\n"):
        at += 1
    match = _MBOX_LINE.match(raw, at)
    return match.end() if match else at


def split(raw: bytes, limit: int) -> Head:
    """The header block; of one over `limit` bytes the fields that are known, as far as the limit goes."""
    start = start_of(raw)
    end = _BLOCK_END.search(raw, start, start + _SEARCHED)
    stop = end.end() if end else min(len(raw), start + _SEARCHED)
    lines = raw[start:stop].splitlines()
    found, used = _fields(lines)
    if used < len(lines):
        stop = start + _offset_of_line(raw[start:stop], used)
    kept, cut = _within(found, limit)
    index: dict[str, list[bytes]] = {}
    for name, value in kept:
        index.setdefault(name, []).append(value)
    too_long = cut or stop - start > limit
    return Head(tuple(kept), stop, too_long, index)


def _offset_of_line(block: bytes, number: int) -> int:
    return sum(len(line) for line in block.splitlines(keepends=True)[:number])


def _fields(lines: list[bytes]) -> tuple[list[tuple[str, list[bytes]]], int]:
    """Fields of the block, and how many lines they take.

    A line that is neither field nor fold belongs to the field before it (clients break raw subjects so),
    unless no known field follows: then the blank line is missing and the body begins there.
    """
    found: list[tuple[str, list[bytes]]] = []
    stray_at = stray_fields = 0
    strays: list[bytes] = []
    for number, line in enumerate(lines):
        match = None if line[:1] in (b" ", b"\t") else _FIELD.match(line)
        if match and (not strays or match[1].lower().decode() in _KNOWN):
            if strays and found:
                found[-1][1].extend(strays)
            strays = []
            found.append((match[1].lower().decode(), [match[2]]))
        elif strays or (match is None and line.strip() and line[:1] not in (b" ", b"\t")):
            stray_at, stray_fields = (stray_at, stray_fields) if strays else (number, len(found))
            strays.append(b" " + line)
        elif found and line:
            found[-1][1].append(line)
    if strays and stray_fields:
        return found, stray_at
    return found, len(lines)


def _within(found: list[tuple[str, list[bytes]]], limit: int) -> tuple[list[tuple[str, bytes]], bool]:
    """Known fields within the limit; one name may take a quarter of it, so that none crowds the rest out."""
    kept: list[tuple[str, bytes]] = []
    room, cut = limit, False
    used: dict[str, int] = {}
    for name, lines in found:
        if name not in _KNOWN and not name.startswith("list-"):
            continue
        value = b"\r\n".join(lines)
        bucket = "list-" if name.startswith("list-") else name
        bounded = value[: max(min(limit // 4 - used.get(bucket, 0), room), 0)]
        cut = cut or len(bounded) < len(value)
        if bounded or not value:
            kept.append((name, bounded))
            spent = len(bounded) + len(name)
            room -= spent
            used[bucket] = used.get(bucket, 0) + spent
    return kept, cut


# ---- decoding ----------------------------------------------------------------------------------------------

# The text of a word ends at the next "=?" too, so that a run of unclosed words costs no more than its length.
_WORD = re.compile(rb"=\?([^?\s]{0,40})\?([bBqQ])\?((?:[^?=]|=(?!\?(?!=))|\?(?!=))*+)\?=")
_WORD_IN_TEXT = re.compile(r"=\?[\w.-]{1,40}(?:\*[\w-]*)?\?[bBqQ]\?[^?\s]+\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n|\n|\r)[ \t]*")
_FOLD = re.compile(rb"(?:\r\n|\n|\r)(?=[ \t])")
_SPACES = re.compile(r"\s++")
_BREAKS = re.compile("[\\x09-\\x0d\\x1c-\\x1f\\x85\u2028\u2029]")
_JUNK = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ufdd0-\ufdef\ud800-\udfff\U000e0000-\U000e007f]"
)


def clean_line(text: str) -> str:
    """One line without controls, direction marks, zero-width characters and lone surrogates."""
    flat = _SPACES.sub(_flattened, text)
    return _JUNK.sub("", flat).strip()


def _flattened(spaces: re.Match[str]) -> str:
    return " " if _BREAKS.search(spaces[0]) else spaces[0].replace("\xa0", " ")


def decode_header(value: bytes) -> str:
    """A header's value as one clean line: encoded words wherever they stand, raw 8-bit text, folds."""
    text = decode_words(value)
    if _WORD_IN_TEXT.search(text):  # encoded twice, as some gateways do
        text = decode_words(text.encode("utf-8", "replace"))
    return clean_line(text)


def decode_words(value: bytes) -> str:
    """RFC 2047 without its rules on where a word may stand; neighbours of one charset are joined as bytes."""
    data = _FOLD.sub(b"", value)
    run, out, at = _Run(), [], 0
    for match in _WORD.finditer(data):
        gap = data[at : match.start()]
        if gap.strip() or not run.charset:
            out += [run.flush(), decode(gap)]
        out.append(run.add(match[1].decode("ascii", "replace").lower().partition("*")[0], match[2], match[3]))
        at = match.end()
    return "".join([*out, run.flush(), decode(data[at:])])


class _Run:
    """Neighbouring encoded words of one charset, waiting to be decoded together."""

    def __init__(self) -> None:
        self.charset = ""
        self._data = bytearray()
        self._base64 = b""  # of words that were cut in the middle of four characters

    def add(self, charset: str, encoding: bytes, text: bytes) -> str:
        """Take one word; returns the text of a run that ended with it."""
        done = self.flush() if self.charset and charset != self.charset else ""
        self.charset = charset or "-"
        if encoding in b"bB":
            self._base64 += _NOT_BASE64.sub(b"", text)
            if text.rstrip().endswith(b"=") or len(self._base64) % 4 == 0:
                self._settle()
        else:
            self._settle()
            self._data += unquote(text.replace(b"_", b" "))
        return done

    def flush(self) -> str:
        self._settle()
        text = decode(bytes(self._data), self.charset)
        self.charset, self._data = "", bytearray()
        return text

    def _settle(self) -> None:
        self._data += from_base64(self._base64)
        self._base64 = b""


def from_base64(text: bytes) -> bytes:
    """Base64 characters without padding; a lone last one carries no byte."""
    whole = text[:-1] if len(text) % 4 == 1 else text
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


def unquote(text: bytes) -> bytes:
    """The =XX of Q words; what is no such thing stays as it is."""
    return _HEX.sub(lambda m: bytes((int(m[1], 16),)), _SOFT_BREAK.sub(b"", text))


# ---- small readings ----------------------------------------------------------------------------------------

_ID = re.compile(rb"<([^<>]{1,998})>")
_PRINTABLE = re.compile(rb"[!-;=?-~]+")
_MOST_IDS = 100


def message_ids(value: bytes | None) -> tuple[str, ...]:
    """The <...> of a header, without the blanks of folds, in ASCII only, each once; at most the last 100."""
    found = (b"".join(inner.split()) for inner in _ID.findall(value or b""))
    ids = dict.fromkeys(f"<{inner.decode()}>" for inner in found if _PRINTABLE.fullmatch(inner))
    return tuple(ids)[-_MOST_IDS:]


def message_id(value: bytes | None) -> str:
    """One id; also one that was written without its brackets."""
    ids = message_ids(value)
    if ids:
        return ids[0]
    bare = (value or b"").strip()
    return f"<{bare.decode()}>" if _PRINTABLE.fullmatch(bare) and b"@" in bare else ""


def without_comments(text: str) -> str:
    """RFC 5322 comments out, nested ones too; an unclosed one takes the rest."""
    if "(" not in text:
        return text
    out, depth = [], 0
    for character in text:
        depth += character == "("
        if not depth:
            out.append(character)
        depth -= character == ")" and depth > 0
    return "".join(out)
