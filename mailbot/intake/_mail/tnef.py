"""Files inside a winmail.dat of Outlook (MS-OXTNEF): names and bytes, nothing else of it.

Names are read as GB18030 where they are not UTF-16: so a Chinese Outlook writes them.  Every length is
checked against what is there: a damaged or hostile file yields what could be read up to there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mailbot.intake._mail.charset import decode

MAGIC = b"\x78\x9f\x3e\x22"
_ATTACHMENT_STARTS = 0x9002  # attAttachRendData
_TITLE, _DATA, _PROPERTIES = 0x8010, 0x800F, 0x9005
_LONG_NAME, _NAME, _OBJECT, _BINARY = 0x3707, 0x3704, 0x3701, 0x0102
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8}
_FIXED |= {0x0040: 8, 0x0048: 16, 0x0001: 0}
_OBJECT_TYPE = 0x000D
_MOST_FILES = 200
_MOST_PROPERTIES = 500


def files(data: bytes) -> list[tuple[str, bytes]]:
    """(name as written, content) of each attachment, in their order; [] for what is no TNEF."""
    found: list[dict[str, object]] = []
    for kind, value in _attributes(data):
        if kind == _ATTACHMENT_STARTS:
            if len(found) == _MOST_FILES:
                break
            found.append({})
        elif found and kind == _TITLE:
            found[-1].setdefault("name", decode(value.split(b"\0")[0]))
        elif found and kind == _DATA:
            found[-1]["content"] = value
        elif found and kind == _PROPERTIES:
            found[-1].update(_from_properties(value))
    return [
        (str(one.get("long_name") or one.get("name") or ""), content)
        for one in found
        if isinstance(content := one.get("content"), bytes)
    ]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, value) of each attribute: level, number, type, length, value, checksum."""
    if not data.startswith(MAGIC):
        return
    at = 6
    while at + 9 <= len(data):
        _, number, _, length = struct.unpack_from("<BHHI", data, at)
        at += 9
        if at + length > len(data):
            yield number, data[at:]
            return
        yield number, data[at : at + length]
        at += length + 2


def _from_properties(value: bytes) -> dict[str, object]:
    """The long name of an attachment, and its data where Outlook put them among the MAPI properties."""
    out: dict[str, object] = {}
    for tag, kind, content in _properties(value):
        if tag in (_LONG_NAME, _NAME):
            text = content.decode("utf-16-le", "replace") if kind & 0xFFF == 0x1F else decode(content)
            out.setdefault("long_name" if tag == _LONG_NAME else "name", text.split("\0")[0])
        elif tag == _OBJECT and kind in (_OBJECT_TYPE, _BINARY):
            # An object's data begin with the 16 bytes that name its interface.
            out["content"] = content[16:] if kind == _OBJECT_TYPE else content
    return out


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(tag, type, first value) of a MAPI property stream, for as long as it can be followed."""
    at = 4
    count = min(_uint32(value, 0), _MOST_PROPERTIES)
    for _ in range(count):
        if at + 4 > len(value):
            return
        kind, tag = struct.unpack_from("<HH", value, at)
        at += 4
        if tag >= 0x8000:
            at = _after_name(value, at)
        base = kind & 0x0FFF
        if base in _FIXED and not kind & 0x1000:
            size = max(_FIXED[base], 4)
            yield tag, kind, value[at : at + size]
            at += size
            continue
        first, at = _first_value(value, at)
        yield tag, kind, first


def _first_value(value: bytes, at: int) -> tuple[bytes, int]:
    """Of values of variable length: a count, then length and bytes of each, padded to four."""
    count, first = _uint32(value, at), b""
    at += 4
    for number in range(min(count, _MOST_PROPERTIES)):
        size = _uint32(value, at)
        at += 4
        if number == 0:
            first = value[at : at + size]
        at += size + -size % 4
    return first, at


def _after_name(value: bytes, at: int) -> int:
    """Past the name of a named property: its set, its kind, and a number or a text."""
    kind, number = _uint32(value, at + 16), _uint32(value, at + 20)
    return at + 24 if kind == 0 else at + 24 + number + -number % 4


def _uint32(value: bytes, at: int) -> int:
    return int.from_bytes(value[at : at + 4], "little")
