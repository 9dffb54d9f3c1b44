"""Content-Transfer-Encoding undone (RFC 2045 section 6), also where it is damaged, undeclared or a lie."""

from __future__ import annotations

import binascii
import re

from mailbot.intake._mail.headers import from_base64

FILE_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
"""How files begin that people attach; no text begins so."""

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SEGMENTS = re.compile(rb"(?:[A-Za-z0-9+/\s]++={0,2}+)*+")
_SEGMENT = re.compile(rb"[^=]+")
_LOOKED_AT = 2000
_ASCII = bytes(range(128))


def decoded(data: bytes, encoding: str) -> bytes:
    """The bytes of a part.  Damaged base64 gives what can be had; what is not encoded stays as it is."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uu(data)
    return _undeclared_base64(data)


def _base64(data: bytes) -> bytes:
    start = data[:_LOOKED_AT]
    if len(start.translate(None, _ASCII)) * 10 > len(start):
        return data  # 8-bit text under a base64 label
    padding = data.find(b"=")
    rest = data[padding:].lstrip(b"=\r\n \t") if padding >= 0 else b""
    if len(rest) > 3 and _SEGMENTS.fullmatch(rest):  # encoded piece by piece, each with its own padding
        return b"".join(from_base64(_NOT_BASE64.sub(b"", piece)) for piece in _SEGMENT.findall(data))
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        return from_base64(_NOT_BASE64.sub(b"", data))


def _uu(data: bytes) -> bytes:
    out = []
    for line in data.splitlines():
        if line.startswith((b"begin ", b"end")) or not line.strip():
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Encoders that pad a line with rubbish: only as many characters count as its length says.
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            out.append(_uu_cut(line[:wanted]))
    return b"".join(out)


def _uu_cut(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


def _undeclared_base64(data: bytes) -> bytes:
    """A file sent in base64 whose header does not say so; only where the result is a known kind of file."""
    start = data[:64].lstrip()
    if not start.startswith((b"UEsDB", b"0M8R4K", b"JVBER")) or not _SEGMENTS.fullmatch(data):
        return data
    content = _base64(data)
    return content if content.startswith(FILE_MAGIC) else data
