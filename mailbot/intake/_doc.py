"""The text of a .doc by its piece table ([MS-DOC] 2.4.1, 2.8.35), fast-saved or not; Word 6 and 95 too.

In: body, tables, field results, insertions, notes, text boxes.  Out: tracked deletions, hidden text, field
codes, comments, headers and footers.  Kingsoft's Writer writes the same format.
"""

from __future__ import annotations

import codecs
import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mailbot.intake._compound import Compound
from mailbot.intake._properties import (
    NONE,
    Effect,
    Span,
    character_spans,
    effect_of_change,
    paragraph_spans,
)
from mailbot.intake._story import Fault, Fields, Line, Stories
from mailbot.model import DocumentKind, Reason
from mailbot.policy import DocumentLimits

_DOC = DocumentKind.DOC
_WORD_97 = 0xA5EC
_WORD_95 = 0xA5DC
_FIRST_97 = 0xC1
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_LENGTHS, _PIECE_TABLE = 76, 418
"""Offsets in the file information block ([MS-DOC] 2.5.4, 2.5.6)."""
_BOUNDS_95, _LENGTHS_95 = 24, 52
_CODE_PAGES = {
    0x0804: "gb18030", 0x1004: "gb18030", 0x0404: "cp950", 0x0C04: "cp950", 0x0411: "cp932", 0x0412: "cp949",
}  # fmt: skip
_WESTERN = "".join(bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in range(256))
_MOST_PIECES = 100_000
_EIGHT_BIT = 0x40000000

_CENTRED_END = "\x0f"
"""Stands for the mark of a centred paragraph: a control that Word itself never stores as text."""
_TAKEN_OUT = (*range(7), 8, 0x10, 0x11, 0x12, *range(0x16, 0x1E), 0x1F, 0xFFFE, 0xFFFF)
_CELL_END = "\x07"
_ENDS_OF_LINES = {0x0C: "\r", 0x0E: "\r", 0x0B: "\n", 0x1E: "-"}
_CHARACTERS = {**dict.fromkeys(_TAKEN_OUT), **_ENDS_OF_LINES}
_FIELD_MARK = re.compile("([\x13\x14\x15])")
_PARAGRAPH = re.compile(f"([^\r{_CELL_END}{_CENTRED_END}]*)([\r{_CELL_END}{_CENTRED_END}]|$)")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters from position `first` on, stored from byte `at` of the main stream, `width` bytes each."""

    first: int
    length: int
    at: int
    width: int
    effect: Effect

    @property
    def end(self) -> int:
        return self.at + self.length * self.width


def is_sealed(main: bytes) -> bool:
    """fEncrypted of the file information block: encrypted or obfuscated under a password."""
    return bool(_u16(main, 10) & _ENCRYPTED)


def read_doc(compound: Compound, main: bytes, limits: DocumentLimits) -> Stories:
    """The stories of a compound file without password; `main` is its WordDocument stream.  Raises Fault."""
    try:
        return _read(compound, main, limits)
    except (struct.error, IndexError, KeyError):
        raise Fault(Reason.CORRUPT, "structure", _DOC) from None


def _read(compound: Compound, main: bytes, limits: DocumentLimits) -> Stories:
    magic, version = _u16(main, 0), _u16(main, 2)
    if magic == _WORD_95 or (magic == _WORD_97 and version < _FIRST_97):
        texts = _texts_95(main, limits)
    elif magic == _WORD_97:
        table = compound.read("1Table" if _u16(main, 10) & _TABLE_1 else "0Table")
        texts = _texts_97(main, table, limits)
    else:
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    body, footnotes, _headers, _macros, _comments, endnotes, boxes = texts
    return Stories(
        kind=_DOC,
        body=_lines(body, limits),
        asides=tuple(line.text for story in (footnotes, endnotes, boxes) for line in _lines(story, limits)),
        pictures="\x01" in body or "\x08" in body,
    )


# ---- Word 97 and later -------------------------------------------------------------------------------------


def _texts_97(main: bytes, table: bytes, limits: DocumentLimits) -> list[str]:
    """The seven stories, in the order in which they share one range of character positions."""
    lengths = struct.unpack_from("<7i", main, _LENGTHS)
    if any(length < 0 for length in lengths):
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    units = _units(main, table, _pieces(main, table, limits))
    texts, position = [], 0
    for length in lengths:
        raw = units[2 * position : 2 * (position + length)]
        texts.append(raw.decode("utf-16-le", "replace"))
        position += length
    return texts


def _pieces(main: bytes, table: bytes, limits: DocumentLimits) -> list[_Piece]:
    at, size = struct.unpack_from("<II", main, _PIECE_TABLE)
    clx = table[at : at + size]
    lists, place = _lists(clx)
    if clx[place] != 2:
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    size = int.from_bytes(clx[place + 1 : place + 5], "little")
    count = (min(size, len(clx) - place - 5) - 4) // 12
    if count > _MOST_PIECES:
        raise Fault(Reason.HOSTILE_DOCUMENT, "pieces", _DOC)
    firsts = struct.unpack_from(f"<{count + 1}I", clx, place + 5)
    if firsts[-1] > limits.text_chars:
        raise Fault(Reason.TOO_LARGE, "text", _DOC)
    descriptors = place + 5 + 4 * (count + 1)
    return [
        _piece(first, after - first, clx[descriptors + 8 * i : descriptors + 8 * i + 8], lists)
        for i, (first, after) in enumerate(pairwise(firsts))
    ]


def _lists(clx: bytes) -> tuple[list[bytes], int]:
    """The lists of modifiers in front of the piece table, and where the table begins."""
    lists: list[bytes] = []
    place = 0
    while clx[place] == 1:
        size = _u16(clx, place + 1)
        lists.append(clx[place + 3 : place + 3 + size])
        place += 3 + size
    return lists, place


def _piece(first: int, length: int, descriptor: bytes, lists: list[bytes]) -> _Piece:
    offset, change = struct.unpack_from("<IH", descriptor, 2)
    if length < 0:
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    effect = effect_of_change(change, lists)
    if offset & _EIGHT_BIT:
        return _Piece(first, length, (offset & (_EIGHT_BIT - 1)) // 2, 1, effect)
    return _Piece(first, length, offset & (_EIGHT_BIT - 1), 2, effect)


def _units(main: bytes, table: bytes, pieces: list[_Piece]) -> bytearray:
    """All characters as UTF-16 units; those taken out are NUL, so that positions keep their meaning."""
    units = bytearray()
    characters, paragraphs = character_spans(main, table), paragraph_spans(main, table)
    starts = [span.start for span in characters]
    paragraph_starts = [span.start for span in paragraphs]
    for piece in pieces:
        raw = main[piece.at : piece.end]
        if len(raw) < piece.length * piece.width:
            raise Fault(Reason.CORRUPT, "truncated", _DOC)
        wide = bytearray(raw if piece.width == 2 else _western(raw).encode("utf-16-le"))
        if piece.effect != NONE:
            _apply(wide, 0, piece.length, piece.effect)
        for span in (*_touching(characters, starts, piece), *_touching(paragraphs, paragraph_starts, piece)):
            begin = max(0, (span.start - piece.at) // piece.width)
            _apply(wide, begin, min(piece.length, (span.end - piece.at) // piece.width), span.effect)
        units += wide
    return units


def _touching(spans: list[Span], starts: list[int], piece: _Piece) -> Iterator[Span]:
    """The spans that cover a part of a piece.  They are sorted and do not overlap."""
    for index in range(max(0, bisect_left(starts, piece.at) - 1), len(spans)):
        span = spans[index]
        if span.start >= piece.end:
            return
        if span.end > piece.at:
            yield span


def _apply(wide: bytearray, begin: int, end: int, effect: Effect) -> None:
    if end <= begin:
        return
    if effect.out:
        wide[2 * begin : 2 * end] = bytes(2 * (end - begin))
    elif effect.sign:
        wide[2 * begin : 2 * end] = effect.sign.encode("utf-16-le") * (end - begin)
    elif effect.centred and wide[2 * end - 2 : 2 * end] == b"\r\0":
        wide[2 * end - 2 : 2 * end] = _CENTRED_END.encode("utf-16-le")


def _western(raw: bytes) -> str:
    """8-bit text of a piece: code page 1252, its five gaps as they are ([MS-DOC] 2.9.73)."""
    return codecs.charmap_decode(raw, "strict", _WESTERN)[0]


# ---- Word 6 and 95 -----------------------------------------------------------------------------------------


def _texts_95(main: bytes, limits: DocumentLimits) -> list[str]:
    """Text lies in one run of bytes, in the code page of the language; lengths are in bytes."""
    start, end = struct.unpack_from("<II", main, _BOUNDS_95)
    if not 0 < start <= end <= len(main):
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    if end - start > limits.text_chars:
        raise Fault(Reason.TOO_LARGE, "text", _DOC)
    text = main[start:end]
    encoding = _CODE_PAGES.get(_u16(main, 6)) or _guessed(text)
    texts, position = [], 0
    for length in struct.unpack_from("<7i", main, _LENGTHS_95):
        texts.append(text[position : position + max(0, length)].decode(encoding, "replace"))
        position += max(0, length)
    return texts


def _guessed(text: bytes) -> str:
    """A Chinese text may be marked as English: what reads as GB 18030 without a fault is that."""
    try:
        text.decode("gb18030")
    except UnicodeDecodeError:
        return "cp1252"
    return "gb18030"


# ---- both --------------------------------------------------------------------------------------------------


def _lines(story: str, limits: DocumentLimits) -> tuple[Line, ...]:
    text = _without_field_codes(story).translate(_CHARACTERS)
    if sum(map(text.count, ("\r", "\n", _CELL_END, _CENTRED_END))) > limits.paragraphs:
        raise Fault(Reason.HOSTILE_DOCUMENT, "paragraphs", _DOC)
    return tuple(line for match in _PARAGRAPH.finditer(text) for line in _broken(match[1], match[2]))


def _broken(paragraph: str, end: str) -> Iterator[Line]:
    """The lines of a paragraph, told apart by its mark."""
    pieces = paragraph.split("\n")
    centred, cell = end == _CENTRED_END, end == _CELL_END
    for index, piece in enumerate(pieces):
        if text := piece.strip():
            yield Line(text=text, centred=centred, cell=cell, broken=index < len(pieces) - 1)


def _without_field_codes(story: str) -> str:
    """Text outside fields and their results.  Where fields do not close, their marks alone are taken out."""
    if not _FIELD_MARK.search(story):
        return story
    kept: list[str] = []
    fields = Fields()
    acts = {"\x13": fields.begin, "\x14": fields.separate, "\x15": fields.end}
    for piece in _FIELD_MARK.split(story):
        if act := acts.get(piece):
            act()
        elif not fields.in_code:
            kept.append(piece)
    return _FIELD_MARK.sub("", story) if fields.open else "".join(kept)


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
