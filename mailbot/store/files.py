"""Files that must survive a power cut: written beside their place, synced, renamed, and the directory synced.

A reader sees the whole file or none (promise P2).  On Windows a directory cannot be synced; all else holds.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mailbot.errors import NotFound, StateError

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
PARTIAL = ".tmp"
"""Ending of a file that was cut off while it was written."""

_AT_A_TIME = 8
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _refused(error: OSError, path: Path) -> StateError:
    """What the system said when it would not write, as an error that a door can show."""
    code = "disk_full" if error.errno in _FULL else "store_unwritable"
    return StateError(code, path=path, detail=error.strerror or error)


@contextlib.contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Turns an OSError into StateError 'disk_full' or 'store_unwritable'."""
    try:
        yield
    except OSError as error:
        raise _refused(error, path) from error


def make_directory(path: Path) -> None:
    """Make a directory, open to its owner only, and its parents; a directory that is there is left alone."""
    if path.is_dir():
        return
    with written_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableFile:
    """A file to be written for good; `modified_ns` since 1970 becomes its time."""

    path: Path
    content: bytes
    modified_ns: int | None = None


def write(wanted: Sequence[DurableFile]) -> None:
    """Write the files, make their names durable; one that holds these bytes already is kept.

    Several at a time: the file system then answers many syncs with one write of its journal.
    StateError 'disk_full', 'store_unwritable'; files written before it stay.
    """
    if len(wanted) == 1:
        _place(wanted[0])
        _sync_names(wanted[0].path.parent)
        return
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for _ in pool.map(_place, wanted):
            pass
        # Also for a file that lay there: it may have been renamed just before a crash and not be durable yet.
        for _ in pool.map(_sync_names, sorted({file.path.parent for file in wanted})):
            pass


def _sync_names(directory: Path) -> None:
    with written_to(directory):
        sync_directory(directory)


def _place(file: DurableFile) -> None:
    make_directory(file.path.parent)
    with written_to(file.path):
        if _holds(file.path, file.content):
            return
        partial = file.path.with_name(f"{file.path.name}.{os.getpid()}-{threading.get_ident()}{PARTIAL}")
        try:
            _write(partial, file.content, file.modified_ns)
            partial.replace(file.path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes, modified_ns: int | None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), FILE_MODE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        # Before the sync, so that the time is as durable as the bytes; Windows sets it by name only.
        if modified_ns is not None and os.utime in os.supports_fd:
            os.utime(file.fileno(), ns=(modified_ns, modified_ns))
        os.fsync(file.fileno())
    if modified_ns is not None and os.utime not in os.supports_fd:
        os.utime(path, ns=(modified_ns, modified_ns))


def read_verified(path: Path, sha256: str, *, code: str) -> bytes:
    """The bytes under this sha256; NotFound `code` where the file is missing or holds something else."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(code, sha256=sha256, path=path, detail="missing") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotFound(code, sha256=sha256, path=path, detail="changed")
    return content
