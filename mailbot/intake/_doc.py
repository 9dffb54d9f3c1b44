"""The text of a .doc from its piece table ([MS-DOC] 2.4.1, 2.8.35), fast-saved or not; Word 6 and 95 by code page.

In: body, tables, field results, insertions, notes, text boxes.  Out: tracked deletions, hidden text, field codes,
comments, headers and footers.  Kingsoft's Writer writes the same format.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.intake._compound import Compound
from mailbot.intake._count import hinted
from mailbot.intake._story import Fault, Line, Stories
from mailbot.intake._symbols import symbol
from mailbot.model import DocumentKind, Reason
from mailbot.policy import DocumentLimits

_DOC = DocumentKind.DOC
_WORD_97 = 0xA5EC
_WORD_95 = 0xA5DC
_FIRST_97 = 0xC1
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_CODE_PAGES = {
    0x0804: "gb18030",
    0x1004: "gb18030",
    0x0404: "cp950",
    0x0C04: "cp950",
    0x0411: "cp932",
    0x0412: "cp949",
}
_PAGE = 512
_MOST_PIECES = 100_000
_MOST_RUNS = 500_000

_OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_DELETED, _VANISH, _SYMBOL, _HINT = 0x0800, 0x083C, 0x6A09, 0x286F
_SHORT_SPRMS = {0x41: _DELETED, 0x5C: _VANISH}
"""[MS-DOC] 2.9.214 Prm0: the one-byte numbers of the two properties that take text out."""

_LEFT_OUT = dict.fromkeys((*range(9), *range(0x0F, 0x13), *range(0x16, 0x1E), 0x1F, 0xFFFE, 0xFFFF))
_ENDS = {0x07: "\r", 0x0C: "\r", 0x0E: "\r", 0x1E: "-", 0x0B: "\n"}
_CHARACTERS = {**_LEFT_OUT, **_ENDS}
_FIELD_MARK = re.compile("([\x13\x14\x15])")


@dataclass(frozen=True, slots=True)
class _Effect:
    """What the properties of a run do to its text."""

    out: bool = False
    sign: str = ""
    hint: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of characters from `first` on, stored from byte `at`, `width` bytes each."""

    first: int
    length: int
    at: int
    width: int
    effect: _Effect


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes of the WordDocument stream that an effect covers."""

    start: int
    end: int
    effect: _Effect


_NO_EFFECT = _Effect()


def is_sealed(head: bytes) -> bool:
    """fEncrypted of the file information block: encrypted or obfuscated under a password."""
    return bool(_u16(head, 10) & _ENCRYPTED)


def read_doc(compound: Compound, main: bytes, limits: DocumentLimits) -> Stories:
    """The stories of a compound file without password; `main` is its WordDocument stream.  Raises Fault."""
    try:
        return _read(compound, main, limits)
    except (struct.error, IndexError, KeyError):
        raise Fault(Reason.CORRUPT, "structure", _DOC) from None


def _read(compound: Compound, main: bytes, limits: DocumentLimits) -> Stories:
    magic, version = _u16(main, 0), _u16(main, 2)
    if magic == _WORD_95 or (magic == _WORD_97 and version < _FIRST_97):
        texts = _texts_95(main)
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
    lengths = struct.unpack_from("<7i", main, 76)
    if any(length < 0 for length in lengths):
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    pieces = _pieces(main, table, limits)
    units = _units(main, pieces, _spans(main, table))
    texts, position = [], 0
    for length in lengths:
        raw = units[2 * position : 2 * (position + length)]
        texts.append(raw.decode("utf-16-le", "replace"))
        position += length
    return texts


def _pieces(main: bytes, table: bytes, limits: DocumentLimits) -> list[_Piece]:
    at, size = struct.unpack_from("<II", main, 418)
    clx = table[at : at + size]
    changes, place = _changes(clx)
    if clx[place] != 2:
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    plc = clx[place + 5 : place + 5 + _u32(clx, place + 1)]
    count = (len(plc) - 4) // 12
    if count > _MOST_PIECES:
        raise Fault(Reason.HOSTILE_DOCUMENT, "pieces", _DOC)
    firsts = struct.unpack_from(f"<{count + 1}I", plc)
    if firsts[-1] > limits.text_chars:
        raise Fault(Reason.TOO_LARGE, "text", _DOC)
    return [
        _piece(first, after - first, plc[4 * (count + 1) + 8 * i :][:8], changes)
        for i, (first, after) in enumerate(zip(firsts, firsts[1:], strict=False))
    ]


def _changes(clx: bytes) -> tuple[list[bytes], int]:
    """The property lists in front of the piece table, and where the table begins."""
    changes: list[bytes] = []
    place = 0
    while clx[place] == 1:
        size = _u16(clx, place + 1)
        changes.append(clx[place + 3 : place + 3 + size])
        place += 3 + size
    return changes, place


def _piece(first: int, length: int, descriptor: bytes, changes: list[bytes]) -> _Piece:
    offset, change = struct.unpack_from("<IH", descriptor, 2)
    if length < 0:
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    if change & 1:
        effect = _effect(changes[change >> 1])
    else:
        sprm = _SHORT_SPRMS.get((change >> 1) & 0x7F)
        effect = _Effect(out=sprm is not None and (change >> 8) in (1, 0x81))
    if offset & 0x40000000:
        return _Piece(first, length, (offset & 0x3FFFFFFF) // 2, 1, effect)
    return _Piece(first, length, offset & 0x3FFFFFFF, 2, effect)


def _units(main: bytes, pieces: list[_Piece], spans: list[_Span]) -> bytearray:
    """All characters as UTF-16 units; those taken out are NUL, so that positions keep their meaning."""
    units = bytearray(2 * (pieces[-1].first + pieces[-1].length)) if pieces else bytearray()
    starts = [span.start for span in spans]
    for piece in pieces:
        raw = main[piece.at : piece.at + piece.length * piece.width]
        if len(raw) < piece.length * piece.width:
            raise Fault(Reason.CORRUPT, "truncated", _DOC)
        wide = bytearray(raw if piece.width == 2 else _western(raw).encode("utf-16-le"))
        if piece.effect != _NO_EFFECT:
            _apply(wide, 0, piece.length, piece.effect)
        for span in _touching(spans, starts, piece):
            begin = max(0, (span.start - piece.at) // piece.width)
            end = min(piece.length, (span.end - piece.at) // piece.width)
            _apply(wide, begin, end, span.effect)
        units[2 * piece.first : 2 * (piece.first + piece.length)] = wide
    return units


def _touching(spans: list[_Span], starts: list[int], piece: _Piece) -> Iterator[_Span]:
    """The spans that cover a part of a piece.  They are sorted and do not overlap."""
    end = piece.at + piece.length * piece.width
    for index in range(max(0, bisect_left(starts, piece.at) - 1), len(spans)):
        span = spans[index]
        if span.start >= end:
            return
        if span.end > piece.at:
            yield span


def _apply(wide: bytearray, begin: int, end: int, effect: _Effect) -> None:
    if end <= begin:
        return
    if effect.out:
        wide[2 * begin : 2 * end] = bytes(2 * (end - begin))
    elif effect.sign:
        wide[2 * begin : 2 * end] = effect.sign.encode("utf-16-le") * (end - begin)


def _western(raw: bytes) -> str:
    """8-bit text of a piece: code page 1252, and its five gaps as they are ([MS-DOC] 2.9.73)."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in raw)


def _spans(main: bytes, table: bytes) -> list[_Span]:
    """Where text is deleted, hidden or a symbol: from the character properties ([MS-DOC] 2.8.5 and 2.9.33)."""
    at, size = struct.unpack_from("<II", main, 250)
    plc = table[at : at + size]
    count = (len(plc) - 4) // 8
    if count <= 0:
        return []
    numbers = struct.unpack_from(f"<{count}I", plc, 4 * (count + 1))
    spans: list[_Span] = []
    effects: dict[bytes, _Effect] = {}
    runs = 0
    for number in dict.fromkeys(n & 0x3FFFFF for n in numbers):
        page = main[number * _PAGE : (number + 1) * _PAGE]
        if len(page) == _PAGE:
            runs += page[511]
            spans.extend(_page_spans(page, effects))
        if runs > _MOST_RUNS:
            raise Fault(Reason.TOO_LARGE, "runs", _DOC)
    return _disjoint(spans)


def _page_spans(page: bytes, effects: dict[bytes, _Effect]) -> Iterator[_Span]:
    count = page[511]
    if not 0 < count <= 101:
        return
    bounds = struct.unpack_from(f"<{count + 1}I", page)
    for index, offset in enumerate(page[4 * (count + 1) : 4 * (count + 1) + count]):
        if not offset:
            continue
        properties = page[2 * offset + 1 : 2 * offset + 1 + page[2 * offset]]
        effect = effects.get(properties)
        if effect is None:
            effect = effects[properties] = _effect(properties)
        if effect != _NO_EFFECT and bounds[index] < bounds[index + 1]:
            yield _Span(bounds[index], bounds[index + 1], effect)


def _disjoint(spans: list[_Span]) -> list[_Span]:
    """Sorted, each beginning no sooner than the one before ends: a damaged table may say otherwise."""
    ordered: list[_Span] = []
    end = 0
    for span in sorted(spans, key=lambda s: s.start):
        if span.end > end:
            ordered.append(replace(span, start=max(span.start, end)))
            end = span.end
    return ordered


def _effect(properties: bytes) -> _Effect:
    """Read a list of single property modifiers ([MS-DOC] 2.6.1)."""
    out = False
    sign = ""
    place = 0
    while place + 2 < len(properties):
        sprm = _u16(properties, place)
        place += 2
        size = _OPERAND_BYTES.get(sprm >> 13) or properties[place] + 1
        if sprm in (_DELETED, _VANISH):
            out = out or properties[place] in (1, 0x81)
        elif sprm == _SYMBOL and place + 4 <= len(properties):
            sign = symbol("", f"{_u16(properties, place + 2):x}")
        place += size
    return _Effect(out=out, sign=sign)


# ---- Word 6 and 95 -----------------------------------------------------------------------------------------


def _texts_95(main: bytes) -> list[str]:
    """Text lies in one run of bytes, in the code page of the language; lengths are in bytes."""
    start, end = struct.unpack_from("<II", main, 24)
    if not 0 < start <= end <= len(main):
        raise Fault(Reason.CORRUPT, "structure", _DOC)
    lengths = struct.unpack_from("<7i", main, 52)
    text = main[start:end]
    encoding = _CODE_PAGES.get(_u16(main, 6)) or _guessed(text)
    texts, position = [], 0
    for length in lengths:
        texts.append(text[position : position + max(0, length)].decode(encoding, "replace"))
        position += max(0, length)
    return texts


def _guessed(text: bytes) -> str:
    """A Chinese text may be marked as English: what reads as GB 18030 without a fault and is not ASCII is that."""
    try:
        return "cp1252" if text.isascii() or not text.decode("gb18030") else "gb18030"
    except UnicodeDecodeError:
        return "cp1252"


# ---- both ---------------------------------------------------------------------------------------------------


def _lines(story: str, limits: DocumentLimits) -> tuple[Line, ...]:
    text = _without_field_codes(story).translate(_CHARACTERS)
    paragraphs = text.split("\r")
    if len(paragraphs) > limits.paragraphs + 1:
        raise Fault(Reason.HOSTILE_DOCUMENT, "paragraphs", _DOC)
    return tuple(line for paragraph in paragraphs for line in _broken(paragraph))


def _broken(paragraph: str) -> Iterator[Line]:
    pieces = paragraph.split("\n")
    for index, piece in enumerate(pieces):
        if text := piece.strip():
            yield Line(text=text, broken=index < len(pieces) - 1)


def _without_field_codes(story: str) -> str:
    """Text outside fields and their results.  Where fields do not close, their marks alone are taken out."""
    if "\x13" not in story:
        return story
    kept: list[str] = []
    results: list[bool] = []
    for piece in _FIELD_MARK.split(story):
        if piece == "\x13":
            results.append(False)
        elif piece == "\x14" and results:
            results[-1] = True
        elif piece == "\x15" and results:
            results.pop()
        elif all(results):
            kept.append(piece)
    return _FIELD_MARK.sub("", story) if results else "".join(kept)


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
