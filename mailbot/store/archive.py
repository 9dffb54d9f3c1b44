"""The archive of a backup: one .zip, written whole or not at all, with the sha256 of each member inside.

.zip, because every Windows opens it and its list of members stands at its end: what was cut off while it was
written is no .zip at all.  ZIP64, and a member is never in memory as a whole.  Nothing is believed on the way
back: names, sizes and bytes are checked against the manifest before a single file is written.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from mailbot.errors import StateError
from mailbot.store import files, rows

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest and of where things lie; a reader refuses a higher one."""
TOPS = ("config.toml", "data", "templates", "var")
"""What the first part of a member's name may be."""

_CHUNK = 1024 * 1024
_MANIFEST_BYTES = 256 * 1024 * 1024
_RATIO, _SLACK = 200, 64 * 1024 * 1024
"""A mail packs to a half, a database to a tenth: what would grow more than this is a bomb."""
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]{1,400}")
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError, NotImplementedError),
    *(ValueError, KeyError, OverflowError, MemoryError),
)
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})
"""What shares of other machines say when a directory is to be synced."""

Tick = Callable[[int], None]
"""Told of each piece: how many bytes of content it was."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its name in the archive with '/', its size in bytes, when it was last changed."""

    name: str
    size: int
    sha256: str
    modified_ns: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """manifest.json: what the archive holds, of which office, and who may read it."""

    format: int = FORMAT
    mailbot: str
    """Version of the program that wrote it."""
    schema: str
    """Last migration of the database in it."""
    office: str
    instance: str
    taken_at: datetime
    members: tuple[Member, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of content, unpacked."""
        return sum(member.size for member in self.members)


class _Head(msgspec.Struct, frozen=True):
    format: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that goes in under a name."""

    name: str
    path: Path


# ---- writing -----------------------------------------------------------------------------------------------


def write(target: Path, sources: Iterable[Source], about: Manifest, tick: Tick) -> Manifest:
    """Write, sync and verify the archive beside its place, then put it there; what it holds.

    StateError 'disk_full', 'store_unwritable', 'backup_unreadable' (a file that cannot be read),
    'archive_damaged' (the disk gave back something else).  Nothing is left under the name unless all went
    well; an exception from `tick` ends it too.
    """
    partial = target.with_name(target.name + files.PARTIAL)
    try:
        with files.written_to(target):
            manifest = _write(partial, sources, about, tick)
        examine(partial)
        with files.written_to(target):
            partial.replace(target)
            _sync_directory(target.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return manifest


def _write(partial: Path, sources: Iterable[Source], about: Manifest, tick: Tick) -> Manifest:
    flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(partial, flags, files.FILE_MODE), "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            members = tuple(_add(archive, source, tick) for source in sources)
            manifest = msgspec.structs.replace(about, members=members)
            archive.writestr(_entry(MANIFEST, about.taken_at), msgspec.json.encode(manifest))
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _add(archive: zipfile.ZipFile, source: Source, tick: Tick) -> Member:
    size, digest = 0, hashlib.sha256()
    with _readable(source.path):
        file = source.path.open("rb")
    with file:
        modified_ns = os.fstat(file.fileno()).st_mtime_ns
        entry = _entry(source.name, rows.from_nanoseconds(modified_ns))
        with archive.open(entry, "w", force_zip64=True) as out:
            while piece := _piece(file, source.path):
                out.write(piece)
                digest.update(piece)
                size += len(piece)
                tick(len(piece))
    return Member(name=source.name, size=size, sha256=digest.hexdigest(), modified_ns=modified_ns)


def _piece(file: IO[bytes], path: Path) -> bytes:
    with _readable(path):
        return file.read(_CHUNK)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError("backup_unreadable", path=path, detail=error.strerror or error) from error


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    """.zip knows years from 1980 to 2107 and no zone; the exact time stands in the manifest."""
    year = min(max(at.year, 1980), 2107)
    entry = zipfile.ZipInfo(name, (year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | files.FILE_MODE) << 16
    return entry


def _sync_directory(path: Path) -> None:
    try:
        files.sync_directory(path)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


# ---- reading -----------------------------------------------------------------------------------------------


def examine(path: Path, tick: Tick = lambda size: None) -> Manifest:
    """Read all of an archive and write nothing; its manifest, where every byte is as it says.

    StateError 'archive_unreadable' (no .zip, or cut off), 'archive_foreign' (a .zip of something else),
    'archive_newer', 'archive_unsafe' (a member that has no business there), 'archive_damaged'.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _compare(archive, manifest, path)
        for member in manifest.members:
            for piece in _pieces(archive, member, path):
                tick(len(piece))
    return manifest


def extract(path: Path, into: Path, manifest: Manifest, tick: Tick = lambda size: None) -> None:
    """Write the members of an examined archive below `into`, durable when this returns.

    Names and bytes are compared with `manifest` once more: the file may have been changed in between.
    """
    with _opened(path) as archive:
        _compare(archive, manifest, path)
        for member in manifest.members:
            place = into / member.name
            for folder in reversed(place.relative_to(into).parents):
                files.make_directory(into / folder)
            _put(place, member, _pieces(archive, member, path), tick)
    if hasattr(os, "sync"):
        os.sync()


def _put(place: Path, member: Member, pieces: Iterator[bytes], tick: Tick) -> None:
    with files.written_to(place):
        handle = os.open(
            place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), files.FILE_MODE
        )
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
                tick(len(piece))
            file.flush()
            if not hasattr(os, "sync"):
                os.fsync(file.fileno())
        os.utime(place, ns=(member.modified_ns, member.modified_ns))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise StateError("archive_unreadable", path=path, detail=error.strerror or error) from error
    except _BROKEN as error:
        raise StateError("archive_unreadable", path=path, detail=error) from error
    with archive:
        yield archive


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    entry = archive.NameToInfo.get(MANIFEST)
    if entry is None or entry.file_size > _MANIFEST_BYTES or entry.compress_type not in _PACKED:
        raise StateError("archive_foreign", path=path)
    try:
        with archive.open(entry) as file:
            text = file.read(_MANIFEST_BYTES)
        found = msgspec.json.decode(text, type=_Head).format
        if found > FORMAT:
            raise StateError("archive_newer", path=path, detail=f"{found} > {FORMAT}")
        return msgspec.json.decode(text, type=Manifest)
    except (OSError, msgspec.MsgspecError, *_BROKEN) as error:
        raise StateError("archive_damaged", path=path, detail=MANIFEST) from error


def _compare(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    """The members are those of the manifest, each once and of its size; plain files that stay below."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    for entry in archive.infolist():
        if not _is_plain(entry):
            raise StateError("archive_unsafe", path=path, detail=ascii(entry.filename)[:200])
    named = {member.name: member for member in manifest.members}
    once = len(entries) == len(archive.infolist()) and len(named) == len(manifest.members)
    differing = sorted(entries.keys() ^ {*named, MANIFEST})
    if differing or not once:
        raise StateError("archive_damaged", path=path, detail=(differing or ["doubled"])[0])
    for name, member in named.items():
        if entries[name].file_size != member.size:
            raise StateError("archive_damaged", path=path, detail=name)
    if manifest.size > _RATIO * path.stat().st_size + _SLACK:
        raise StateError("archive_unsafe", path=path, detail=f"{manifest.size} bytes")


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    """A regular file with a name that leads downwards, packed in a way we wrote."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    encrypted = entry.flag_bits & 0x1
    if kind not in (0, stat.S_IFREG) or encrypted or entry.compress_type not in _PACKED:
        return False
    return entry.filename == MANIFEST or _leads_down(entry.filename)


def _leads_down(name: str) -> bool:
    parts = name.split("/")
    plain = all(part not in ("", ".", "..") and part == part.rstrip(" .") for part in parts)
    return plain and parts[0] in TOPS and _NAME.fullmatch(name) is not None


def _pieces(archive: zipfile.ZipFile, member: Member, path: Path) -> Iterator[bytes]:
    """The member's bytes; StateError 'archive_damaged' as soon as they are not those of the manifest."""
    size, digest = 0, hashlib.sha256()
    try:
        with archive.open(member.name) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                digest.update(piece)
                if size > member.size:
                    break
                yield piece
    except (OSError, *_BROKEN) as error:
        raise StateError("archive_damaged", path=path, detail=member.name) from error
    if size != member.size or digest.hexdigest() != member.sha256:
        raise StateError("archive_damaged", path=path, detail=member.name)
