"""What the property tables of a .doc say about its bytes: what is deleted, hidden, a symbol, or centred.

Formatted disk pages ([MS-DOC] 2.8.5, 2.8.6, 2.9.32, 2.9.34) give, for ranges of bytes of the main stream,
lists of single property modifiers (2.6.1).  Each page is read once, however often the table names it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailbot.intake._story import Fault
from mailbot.intake._symbols import symbol
from mailbot.model import DocumentKind, Reason

_PAGE = 512
_MOST_RUNS = 500_000
_CHARACTER_TABLE, _PARAGRAPH_TABLE = 250, 258
"""Where the file information block tells place and size of the two tables of pages (2.5.6)."""
_CHARACTER_OFFSET_BYTES, _PARAGRAPH_OFFSET_BYTES = 1, 13

_OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_DELETED, _VANISH, _SYMBOL = 0x0800, 0x083C, 0x6A09
_ALIGNMENTS = frozenset({0x2403, 0x2461})
_CENTRED = 1
_SHORT_FORMS = {0x41: _DELETED, 0x5C: _VANISH}
"""2.9.214 Prm0: the one-byte numbers of the two modifiers that take text out."""
_ON = frozenset({1, 0x81})


@dataclass(frozen=True, slots=True)
class Effect:
    """What a list of modifiers does to its text."""

    out: bool = False
    sign: str = ""
    centred: bool = False


NONE = Effect()


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of the WordDocument stream under one effect."""

    start: int
    end: int
    effect: Effect


def character_spans(main: bytes, table: bytes) -> list[Span]:
    """Where characters are deleted, hidden or symbols; sorted and disjoint."""
    return _spans(main, table, _CHARACTER_TABLE, _CHARACTER_OFFSET_BYTES)


def paragraph_spans(main: bytes, table: bytes) -> list[Span]:
    """Where paragraphs are centred; sorted and disjoint."""
    return _spans(main, table, _PARAGRAPH_TABLE, _PARAGRAPH_OFFSET_BYTES)


def effect_of_change(change: int, lists: list[bytes]) -> Effect:
    """What a fast save noted with a piece (2.9.213 Prm): a list of modifiers, or one in short form."""
    if change & 1:
        return effect_of(lists[change >> 1])
    return Effect(out=(change >> 1) & 0x7F in _SHORT_FORMS and change >> 8 in _ON)


def effect_of(modifiers: bytes) -> Effect:
    """Read a list of single property modifiers; what is cut short is left."""
    effect = NONE
    place = 0
    while place + 2 < len(modifiers):
        sprm = int.from_bytes(modifiers[place : place + 2], "little")
        place += 2
        size = _OPERAND_BYTES.get(sprm >> 13) or modifiers[place] + 1
        effect = _with(effect, sprm, modifiers[place : place + size])
        place += size
    return effect


def _with(effect: Effect, sprm: int, operand: bytes) -> Effect:
    if sprm in (_DELETED, _VANISH):
        return replace(effect, out=effect.out or operand[0] in _ON)
    if sprm in _ALIGNMENTS:
        return replace(effect, centred=operand[0] == _CENTRED)
    if sprm == _SYMBOL and len(operand) == 4:
        return replace(effect, sign=symbol("", f"{int.from_bytes(operand[2:], 'little'):x}"))
    return effect


def _spans(main: bytes, table: bytes, entry: int, offset_bytes: int) -> list[Span]:
    at, size = struct.unpack_from("<II", main, entry)
    pages = table[at : at + size]
    count = (len(pages) - 4) // 8
    if count <= 0:
        return []
    numbers = struct.unpack_from(f"<{count}I", pages, 4 * (count + 1))
    spans: list[Span] = []
    effects: dict[bytes, Effect] = {}
    runs = 0
    for number in dict.fromkeys(n & 0x3FFFFF for n in numbers):
        page = main[number * _PAGE : (number + 1) * _PAGE]
        if len(page) == _PAGE:
            runs += page[-1]
            spans.extend(_page_spans(page, offset_bytes, effects))
        if runs > _MOST_RUNS:
            raise Fault(Reason.TOO_LARGE, "runs", DocumentKind.DOC)
    return _disjoint(spans)


def _page_spans(page: bytes, offset_bytes: int, effects: dict[bytes, Effect]) -> Iterator[Span]:
    count = page[-1]
    offsets = 4 * (count + 1)
    if not count or offsets + count * offset_bytes >= _PAGE:
        return
    bounds = struct.unpack_from(f"<{count + 1}I", page)
    for index in range(count):
        offset = 2 * page[offsets + index * offset_bytes]
        if not offset:
            continue
        modifiers = _modifiers(page, offset, offset_bytes == _PARAGRAPH_OFFSET_BYTES)
        effect = effects.get(modifiers)
        if effect is None:
            effect = effects[modifiers] = effect_of(modifiers)
        if effect != NONE and bounds[index] < bounds[index + 1]:
            yield Span(bounds[index], bounds[index + 1], effect)


def _modifiers(page: bytes, offset: int, of_paragraph: bool) -> bytes:
    """The list at an offset, its length before it; for paragraphs in words, and with a style number."""
    size = page[offset]
    if not of_paragraph:
        return page[offset + 1 : offset + 1 + size]
    start = offset + 1 if size else offset + 2
    end = start + (2 * size - 1 if size else 2 * page[min(offset + 1, _PAGE - 1)])
    return page[start + 2 : end]


def _disjoint(spans: list[Span]) -> list[Span]:
    """Sorted, each beginning no sooner than the one before ends: a damaged table may say otherwise."""
    ordered: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda s: s.start):
        if span.end > end:
            ordered.append(replace(span, start=max(span.start, end)) if span.start < end else span)
            end = span.end
    return ordered
