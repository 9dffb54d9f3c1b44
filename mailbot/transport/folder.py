"""A folder as a way in and as a way out: for offices whose host speaks nothing else, and for the demo.

The folder is a Maildir (it has cur/ and new/), a single mbox file, or a tree of .eml files as mail programs
export them.  Nothing is changed in it but by done(), and only where a move is configured.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from mailbot.clock import Clock
from mailbot.errors import TransportError
from mailbot.transport import Arrival, Outgoing, Reply
from mailbot.transport._mbox import Piece, pieces, raw_of
from mailbot.transport._net import HEAD_BYTES, escaped, head_of

log = logging.getLogger(__name__)

_UNFINISHED = re.compile(r"^[.~]|\.(tmp|part|partial|crdownload|download)$", re.IGNORECASE)
_MAILDIR_INFO = re.compile(r"[:,].*|[;!]2,.*", re.DOTALL)
_HEAD = 64 * 1024
"""Bytes of a giant that are read for its arrival."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A mail found: where its bytes are, and the key it will have."""

    key: str
    path: Path
    size: int
    piece: Piece | None = None

    def read(self, limit: int = -1) -> bytes:
        if self.piece is not None:
            return raw_of(self.path, self.piece, limit)
        with self.path.open("rb") as file:
            return file.read(limit)


class FolderMailbox:
    """A Mailbox over files.

    `arrival_of` says when a mail arrived, by its bytes (promise P11).  A file younger than `settle_s`, or one
    that has grown since the last look, is left for the next round.  Keys: 'folder:PATH/NAME;HASH' for .eml,
    'maildir:PATH/UNIQUE', 'mbox:PATH/HASH-N' for the N-th mail of those bytes.
    """

    def __init__(
        self,
        path: Path,
        *,
        arrival_of: Callable[[bytes], datetime],
        after: Literal["leave", "move"] = "leave",
        after_folder: str = "done",
        max_bytes: int = 50 * 1024 * 1024,
        settle_s: float = 2.0,
        stop: threading.Event | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._path = path.resolve()
        self._arrival_of = arrival_of
        self._moves = after == "move"
        self._after = self._path / (after_folder or "done")
        self._max_bytes = max_bytes
        self._settle_s = settle_s
        self._stop = stop or threading.Event()
        self._clock = clock or Clock()
        self._sizes: dict[Path, int] = {}
        self._hashes: dict[Path, tuple[int, int, str]] = {}
        self._places: dict[str, Path] = {}

    # ---- the Protocol

    def new(self, known: Callable[[str], bool]) -> Iterator[Arrival]:
        """Mails whose key is not `known`, by arrival.  TransportError: folder_missing, folder_unreadable."""
        try:
            found = [c for c in self._candidates() if not known(c.key)]
        except FileNotFoundError as error:
            raise TransportError("folder_missing", permanent=True, folder=self._path) from error
        except OSError as error:
            raise TransportError("folder_unreadable", folder=self._path, text=error) from error
        dated = [(at, c.key, c) for c in found if (at := self._arrived_at(c)) is not None]
        for arrived_at, key, candidate in sorted(dated, key=lambda row: row[:2]):
            self._places[key] = candidate.path
            if candidate.size > self._max_bytes:
                head = self._head(candidate)
                yield Arrival(key=key, arrived_at=arrived_at, size=candidate.size, raw=None, head=head)
                continue
            raw = self._whole(candidate)
            if raw:
                yield Arrival(key=key, arrived_at=arrived_at, size=len(raw), raw=raw)

    def done(self, key: str) -> None:
        """Leave the file, or move it into `after_folder` as configured.  A mail in an mbox file is left."""
        if not self._moves or self._path.is_file():
            return
        try:
            path = self._places.pop(key, None) or self._place(key)
            if path is not None:
                self._move(path)
        except FileNotFoundError as error:
            log.info("%s is gone: %s", key, error)
        except OSError as error:
            raise TransportError("folder_unwritable", folder=self._after, text=error) from error

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def sent(self, message_id: str) -> bool | None:
        """Files cannot tell."""
        return None

    def close(self) -> None: ...

    # ---- what is there

    def _candidates(self) -> Iterator[_Candidate]:
        if self._path.is_file():
            return self._in_mbox()
        if (self._path / "cur").is_dir() and (self._path / "new").is_dir():
            return self._in_maildir()
        if not self._path.is_dir():
            raise FileNotFoundError(self._path)
        return self._in_tree()

    def _in_tree(self) -> Iterator[_Candidate]:
        for path in sorted(self._path.rglob("*")):
            inside = path.relative_to(self._path)
            if path.suffix.lower() != ".eml" or any(_UNFINISHED.search(part) for part in inside.parts):
                continue
            if self._moves and path.is_relative_to(self._after):
                continue
            with contextlib.suppress(OSError):  # gone, or held by the program that writes it: the next round
                if path.is_file() and self._is_settled(path):
                    yield self._eml(path, inside.as_posix())

    def _eml(self, path: Path, name: str) -> _Candidate:
        key = f"folder:{self._path.as_posix()}/{escaped(name)};{self._hash(path)}"
        return _Candidate(key=key, path=path, size=path.stat().st_size)

    def _hash(self, path: Path) -> str:
        """Of the file's bytes, read again only where size or time have changed."""
        stat = path.stat()
        size, time, digest = self._hashes.get(path, (-1, -1, ""))
        if (size, time) != (stat.st_size, stat.st_mtime_ns):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
            self._hashes[path] = (stat.st_size, stat.st_mtime_ns, digest)
        return digest

    def _in_maildir(self) -> Iterator[_Candidate]:
        seen: set[str] = set()
        for path in sorted([*(self._path / "new").iterdir(), *(self._path / "cur").iterdir()]):
            unique = _MAILDIR_INFO.sub("", path.name)
            if path.name.startswith(".") or unique in seen:
                continue
            with contextlib.suppress(OSError):  # its flags were changed meanwhile: the next round
                size = path.stat().st_size
                seen.add(unique)
                yield _Candidate(key=f"maildir:{self._path.as_posix()}/{unique}", path=path, size=size)

    def _in_mbox(self) -> Iterator[_Candidate]:
        if not self._is_settled(self._path):
            return
        times: Counter[str] = Counter()
        for piece in pieces(self._path):
            times[piece.digest] += 1
            key = f"mbox:{self._path.as_posix()}/{piece.digest}-{times[piece.digest]}"
            yield _Candidate(key=key, path=self._path, size=piece.size, piece=piece)

    def _is_settled(self, path: Path) -> bool:
        """Whether nobody seems to be writing the file any more."""
        stat = path.stat()
        before = self._sizes.get(path, stat.st_size)
        self._sizes[path] = stat.st_size
        age = self._clock.now().timestamp() - stat.st_mtime
        return before == stat.st_size > 0 and not 0 <= age < self._settle_s

    # ---- one mail

    def _arrived_at(self, candidate: _Candidate) -> datetime | None:
        try:
            giant = candidate.size > self._max_bytes
            return self._arrival_of(candidate.read(_HEAD if giant else -1))
        except OSError as error:
            log.info("%s is left for the next round: %s", candidate.path, error)
            return None

    def _head(self, candidate: _Candidate) -> bytes | None:
        """The header of a mail that is too large to take."""
        try:
            return head_of(candidate.read(HEAD_BYTES))
        except OSError as error:
            log.info("%s: %s", candidate.path, error)
            return None

    def _whole(self, candidate: _Candidate) -> bytes | None:
        """The bytes, unless the file has changed since it was looked at."""
        try:
            raw = candidate.read()
        except OSError as error:
            log.info("%s is left for the next round: %s", candidate.path, error)
            return None
        return raw if candidate.piece is not None or len(raw) == candidate.size else None

    def _place(self, key: str) -> Path | None:
        """Where a mail of an earlier run lies."""
        return next((c.path for c in self._candidates() if c.key == key), None)

    def _move(self, path: Path) -> None:
        inside = path.relative_to(self._path)
        target = self._after / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while target.exists():
            number += 1
            target = (self._after / inside).with_stem(f"{inside.stem}-{number}")
        path.replace(target)


class FolderMailer:
    """A Mailer that lays each letter down as one .eml file, whole and durable or not at all.

    Files are named TIME-HASH.eml by the time of sending and the Message-ID.
    """

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or Clock()

    def send(self, letter: Outgoing, at_dot: Callable[[], None]) -> Reply:
        """TransportError folder_unwritable where the file cannot be written."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            target = self._target(letter)
            unfinished = target.with_suffix(".tmp")
            _write_durably(unfinished, letter.content)
            at_dot()
            unfinished.replace(target)
            _sync_folder(self._path)
        except OSError as error:
            raise TransportError("folder_unwritable", folder=self._path, text=error) from error
        return Reply(code=250, text=target.name)

    def check(self) -> None:
        """TransportError folder_unwritable where no file could be laid down."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path):
                pass
        except OSError as error:
            raise TransportError("folder_unwritable", folder=self._path, text=error) from error

    def _target(self, letter: Outgoing) -> Path:
        stamp = self._clock.now().strftime("%Y%m%d-%H%M%S-%f")
        name = f"{stamp}-{hashlib.sha256(letter.message_id.encode()).hexdigest()[:12]}"
        target = self._path / f"{name}.eml"
        number = 1
        while target.exists():
            number += 1
            target = self._path / f"{name}-{number}.eml"
        return target

    def close(self) -> None: ...


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Make the new name durable.  Windows cannot (promise P2 goes without it there)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
