"""The mails in an mbox file (RFC 4155, with From lines quoted as 'mboxrd' does), found without loading it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADER = re.compile(rb"[!-9;-~]+[ \t]*:")
_QUOTED_FROM = re.compile(rb"^>(?=>*From )", re.MULTILINE)
_LINE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where one mail lies in the file, without its From line and the empty line after it."""

    start: int
    size: int
    digest: str


def raw_of(path: Path, piece: Piece, limit: int = -1) -> bytes:
    """The mail's bytes, its From lines unquoted."""
    with path.open("rb") as file:
        file.seek(piece.start)
        raw = file.read(piece.size if limit < 0 else min(limit, piece.size))
    return _QUOTED_FROM.sub(b"", raw)


def pieces(path: Path) -> Iterator[Piece]:
    """The mails in file order.

    A From line counts only after an empty line (or at the start) and before something that looks like a
    header: programs that do not quote From lines in a body are common.
    """
    with path.open("rb") as file:
        starts = list(_separators(file))
        end = file.seek(0, 2)
        for number, (_, begin) in enumerate(starts):
            stop = starts[number + 1][0] if number + 1 < len(starts) else end
            file.seek(begin)
            raw = _without_empty_line(file.read(stop - begin))
            if raw:
                digest = hashlib.sha256(raw).hexdigest()[:32]
                yield Piece(start=begin, size=len(raw), digest=digest)


def _separators(file: Iterator[bytes]) -> Iterator[tuple[int, int]]:
    """Offset of each From line and of the line after it."""
    offset = 0
    after_empty = True
    candidate: tuple[int, int] | None = None
    for line in file:
        if candidate is not None and _HEADER.match(line):
            yield candidate
        candidate = (offset, offset + len(line)) if after_empty and line.startswith(b"From ") else None
        after_empty = line in (b"\n", b"\r\n")
        offset += len(line)


def _without_empty_line(raw: bytes) -> bytes:
    for ending in (b"\r\n\r\n", b"\n\n"):
        if raw.endswith(ending):
            return raw[: -len(ending) // 2]
    return raw
