"""S/MIME in one blob (smime.p7m, RFC 8551 section 3.5.2): the MIME text inside opaque SignedData.

Nothing is verified: who signed has no bearing on the intake.  Only the way to the content is walked:
ContentInfo, SignedData, encapContentInfo, its OCTET STRING; DER, or BER with indefinite lengths and pieces.
"""

from __future__ import annotations

import base64
import re

_SIGNED = bytes.fromhex("2a864886f70d010702")
_SEQUENCE, _OID, _OCTETS, _CONSTRUCTED_OCTETS, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_DEEPEST = 8
_PEM = re.compile(rb"\A\s*(?:-----BEGIN [A-Z0-9 ]+-----)?\s*(MI[A-Za-z0-9+/=\s]+)")


def signed_content(data: bytes) -> bytes | None:
    """The content of opaque SignedData; None for what is encrypted, or cannot be opened for another reason.

    PEM, and base64 that was encoded twice, are unwrapped first.
    """
    try:
        if data[:1] != b"\x30" and (match := _PEM.match(data)):
            data = base64.b64decode(match[1])
        return _signed_content(data)
    except (IndexError, ValueError):
        return None


def _signed_content(data: bytes) -> bytes | None:
    at, _ = _enter(data, 0, _SEQUENCE)
    oid, at = _value(data, at, _OID)
    if oid != _SIGNED:
        return None
    at, _ = _enter(data, at, _EXPLICIT)
    at, _ = _enter(data, at, _SEQUENCE)
    at = _skip(data, at)  # version
    at = _skip(data, at)  # digestAlgorithms
    at, _ = _enter(data, at, _SEQUENCE)
    _, at = _value(data, at, _OID)
    at, _ = _enter(data, at, _EXPLICIT)
    pieces: list[bytes] = []
    _octets(data, at, pieces, 0)
    return b"".join(pieces)


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start of the content, its end; the end is -1 where the length is indefinite."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        return tag, at, -1
    if length > 0x80:
        count = length & 0x7F
        if count > 8:
            raise ValueError("length of length")
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    return tag, at, at + length


def _enter(data: bytes, at: int, tag: int) -> tuple[int, int]:
    found, start, end = _head(data, at)
    if found != tag:
        raise ValueError("tag")
    return start, end


def _value(data: bytes, at: int, tag: int) -> tuple[bytes, int]:
    start, end = _enter(data, at, tag)
    if end < 0:
        raise ValueError("indefinite")
    return data[start:end], end


def _skip(data: bytes, at: int, depth: int = 0) -> int:
    """Past one element."""
    _, start, end = _head(data, at)
    if end >= 0:
        return end
    if depth > _DEEPEST:
        raise ValueError("depth")
    while data[start : start + 2] != b"\0\0":
        start = _skip(data, start, depth + 1)
    return start + 2


def _octets(data: bytes, at: int, pieces: list[bytes], depth: int) -> int:
    """Collect an OCTET STRING, whole or in pieces; returns where it ends.  A cut one gives what is there."""
    tag, start, end = _head(data, at)
    if tag == _OCTETS and end >= 0:
        pieces.append(data[start:end])
        return end
    if tag != _CONSTRUCTED_OCTETS or depth > _DEEPEST:
        raise ValueError("octets")
    while start < len(data) - 1 and (start < end if end >= 0 else data[start : start + 2] != b"\0\0"):
        start = _octets(data, start, pieces, depth + 1)
    return start if end >= 0 else start + 2
