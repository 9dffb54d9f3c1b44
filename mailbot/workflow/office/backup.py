"""Backups: a consistent copy of an office in one archive, by hand or once a day, beside a running worker.

The database is copied first and the files after it: whatever the copy speaks of lies on disk already, and is
never removed.  Passwords are in no archive: only what is named here goes in.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailbot import __version__
from mailbot.config import Config
from mailbot.errors import LockHeld, MailbotError, StateError
from mailbot.store import DATABASE, Store, archive, files
from mailbot.store.archive import Manifest, Source
from mailbot.store.lock import BackupLock
from mailbot.workflow.desk import FIRST_START, WORKER, Desk, first_start
from mailbot.workflow.office.upkeep import Check, CheckState, failed, noted, unchecked

TREES = ("data/policy", "data/corpus", "templates")
"""Folders of the office home, under their own names."""
VAR_TREES = ("mail", "bulletins")
IDENTITY = "identity.key"
"""Without it the Message-IDs would change, and a repeated letter could not be told from a new one."""
RETRY = timedelta(hours=1)
RESERVE = 200 * 1024**2
AT_ONCE = 64 * 1024**2
"""What the console backs up while its reader waits; more is left to the worker."""
OK_AT, OK_FILE, OK_SIZE = "backup_ok_at", "backup_file", "backup_size"
ERROR, TRIED_AT, WANTED = "backup_error", "backup_tried_at", "backup_wanted"
_PASSWORDS = ("MAILBOT_MAILBOX_PASSWORD_FILE", "MAILBOT_SMTP_PASSWORD_FILE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A backup that was written and verified."""

    path: Path
    manifest: Manifest
    size: int
    """Bytes of the archive."""
    removed: tuple[str, ...]
    """Older archives of this office that made room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would go in: files without the database, and bytes of all."""

    sources: tuple[Source, ...]
    size: int
    directory: Path


# ---- what goes in ------------------------------------------------------------------------------------------


def plan(config: Config, *, directory: Path | None = None, without: Sequence[Path] = ()) -> Plan:
    """What a backup of this home would hold now; `without`: files of passwords, wherever they lie."""
    sources = tuple(_sources(config, {path.resolve() for path in without}))
    paths = [source.path for source in sources] + [config.var / DATABASE]
    size = sum(path.stat().st_size for path in paths if path.exists())
    return Plan(sources=sources, size=size, directory=directory or config.backups)


def password_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Files that the environment names as holding passwords."""
    return tuple(Path(environ[name]) for name in _PASSWORDS if environ.get(name))


def _sources(config: Config, without: set[Path]) -> Iterator[Source]:
    roots = [(tree, config.home / tree) for tree in TREES]
    roots += [(f"var/{tree}", config.var / tree) for tree in VAR_TREES]
    singles = [("config.toml", config.home / "config.toml"), (f"var/{IDENTITY}", config.var / IDENTITY)]
    for name, path in singles:
        if path.is_file():
            yield Source(name=name, path=path)
    for name, root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != files.PARTIAL and path.resolve() not in without:
                yield Source(name=f"{name}/{path.relative_to(root).as_posix()}", path=path)


# ---- taking one --------------------------------------------------------------------------------------------


def back_up(
    desk: Desk,
    *,
    by: str,
    directory: Path | None = None,
    without: Sequence[Path] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Taken:
    """Write one archive, verify it, and remove the oldest beyond [backup] keep; on record.

    `progress` is told of bytes done and in all, and may end it by an exception.  StateError 'backup_no_room',
    'backup_no_directory', and those of archive.write(); LockHeld 'backup_running'.
    """
    wanted = plan(desk.config, directory=directory, without=without)
    _find_room(desk.config, wanted)
    now = desk.clock.now()
    target = wanted.directory / f"{_prefix(desk)}{now:%Y%m%d-%H%M%S}.zip"
    with BackupLock(desk.config.var):
        _clear(wanted.directory, _prefix(desk))
        manifest = _write(desk, wanted, target, now, progress)
        removed = _prune(wanted.directory, _prefix(desk), desk.config.backup.keep)
    taken = Taken(path=target, manifest=manifest, size=target.stat().st_size, removed=removed)
    with desk.store.transaction():
        for name, value in ((OK_AT, now.isoformat()), (OK_FILE, str(target)), (OK_SIZE, str(taken.size))):
            desk.store.set_note(name, value)
        desk.store.set_note(ERROR, "")
        details = {"file": target.name, "files": str(len(manifest.members)), "bytes": str(taken.size)}
        desk.log("backed_up", f"backup:{target.name}", details, who=by)
    return taken


def _write(
    desk: Desk, wanted: Plan, target: Path, now: datetime, progress: Callable[[int, int], None]
) -> Manifest:
    snapshot = desk.config.var / f".snapshot-{os.getpid()}.sqlite"
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        progress(done, max(wanted.size, done))

    about = Manifest(
        mailbot=__version__,
        schema=desk.store.schema_version(),
        office=desk.config.office.name,
        instance=desk.identity.instance,
        taken_at=now,
    )
    try:
        desk.store.backup_to(snapshot)
        database = Source(name=f"var/{DATABASE}", path=snapshot)
        return archive.write(target, (database, *_afresh(desk.config, wanted)), about, tick)
    finally:
        for leftover in snapshot.parent.glob(f"{snapshot.name}*"):
            leftover.unlink(missing_ok=True)


def _afresh(config: Config, wanted: Plan) -> Iterator[Source]:
    """What the plan named, and what has come into the spool until the database was copied."""
    yield from wanted.sources
    known = {source.name for source in wanted.sources}
    for tree in VAR_TREES:
        root = config.var / tree
        for path in sorted(root.rglob("*")):
            name = f"var/{tree}/{path.relative_to(root).as_posix()}"
            if name not in known and path.is_file() and path.suffix != files.PARTIAL:
                yield Source(name=name, path=path)


def _find_room(config: Config, wanted: Plan) -> None:
    """The directory is there, and has room for all of it unpacked: the archive is never larger."""
    if wanted.directory == config.var / "backups":
        files.make_directory(wanted.directory)
    if not wanted.directory.is_dir():
        raise StateError("backup_no_directory", path=wanted.directory)
    free = shutil.disk_usage(wanted.directory).free
    if free < wanted.size + RESERVE:
        needed = f"{(wanted.size + RESERVE) / 1024**2:.0f}"
        raise StateError("backup_no_room", path=wanted.directory, free=f"{free / 1024**2:.0f}", needed=needed)


def _prefix(desk: Desk) -> str:
    """Two offices may share a directory: each knows its own archives by this."""
    return f"mailbot-{desk.identity.instance[:8]}-"


def _clear(directory: Path, prefix: str) -> None:
    """What an earlier one left half-written; inside the lock."""
    for leftover in directory.glob(f"{prefix}*.zip{files.PARTIAL}"):
        leftover.unlink(missing_ok=True)


def own_archives(directory: Path, prefix: str) -> list[Path]:
    """This office's archives, oldest first: by their names, which hold the time."""
    pattern = f"{prefix}{'[0-9]' * 8}-{'[0-9]' * 6}.zip"
    return sorted(path for path in directory.glob(pattern) if path.is_file())


def _prune(directory: Path, prefix: str, keep: int) -> tuple[str, ...]:
    """Remove the oldest beyond `keep`.  One that cannot be removed is no reason to call the new one bad."""
    removed = []
    for path in own_archives(directory, prefix)[:-keep]:
        with suppress(OSError):
            path.unlink()
            removed.append(path.name)
    return tuple(removed)


# ---- once a day --------------------------------------------------------------------------------------------


def keep_daily(
    desk: Desk, *, without: Sequence[Path] = (), stop: Callable[[], bool] = lambda: False
) -> Taken | None:
    """The day's backup where it is due, or where somebody asked for one; once, whatever was switched off.

    A failure is noted for health and banner, raised, and tried again after an hour.  `stop` ends it early.
    """
    due = _due(desk)
    wanted = bool(desk.store.note(WANTED))
    if not wanted and (due is None or not _may_try(desk)):
        return None

    def progress(done: int, total: int) -> None:
        if stop():
            raise StateError("backup_stopped")

    _note(desk, TRIED_AT, desk.clock.now().isoformat())
    try:
        taken = back_up(desk, by=desk.store.note(WANTED) or WORKER, without=without, progress=progress)
    except LockHeld:
        return None
    except Exception as error:
        if not (isinstance(error, MailbotError) and error.code == "backup_stopped"):
            told = str(error) if isinstance(error, MailbotError) else f"{type(error).__name__}: {error}"
            _note(desk, ERROR, told)
            _note(desk, WANTED, "")
        raise
    with desk.store.transaction():
        desk.store.set_note(WANTED, "")
        if due is not None:
            desk.store.mark_job("backup", due, desk.clock.now())
    return taken


def _due(desk: Desk) -> datetime | None:
    if not desk.config.backup.daily:
        return None
    due = desk.config.backup.last_due(desk.clock.now())
    return None if due < first_start(desk) or desk.store.job_done("backup", due) else due


def _may_try(desk: Desk) -> bool:
    tried = desk.store.note(TRIED_AT)
    if not tried or not desk.store.note(ERROR):
        return True
    return not timedelta() <= desk.clock.now() - datetime.fromisoformat(tried) < RETRY


def _note(desk: Desk, name: str, value: str) -> None:
    with desk.store.transaction():
        desk.store.set_note(name, value)


def now_or_soon(desk: Desk, *, by: str, without: Sequence[Path] = ()) -> Taken | None:
    """Asked for at the console: a small office is backed up at once, a large one by the worker (None)."""
    if plan(desk.config).size <= AT_ONCE:
        return back_up(desk, by=by, without=without)
    _note(desk, WANTED, by)
    return None


# ---- how it stands -----------------------------------------------------------------------------------------


def health(store: Store, config: Config, now: datetime) -> Check:
    """Whether there is a good backup that is young enough."""
    ok_at, error = store.note(OK_AT), store.note(ERROR)
    last = datetime.fromisoformat(ok_at) if ok_at else None
    shown = f"{last:%Y-%m-%d %H:%M}" if last else ""
    if error:
        code = "health_backup_failed" if last else "health_backup_failed_first"
        return failed("backup", StateError(code, at=shown, error=error))
    started = store.note(FIRST_START)
    since = last or (datetime.fromisoformat(started) if started else now)
    days = (now - since).days
    if days >= config.backup.late_days:
        code = "health_backup_old" if last else "health_backup_never"
        return failed("backup", StateError(code, at=shown, days=days))
    if last is None:
        return unchecked("backup", "health_no_backup_yet")
    return Check(name="backup", details={"at": shown, "file": store.note(OK_FILE) or ""})


def trouble(store: Store, config: Config, now: datetime) -> Check | None:
    """What the banner and the digest tell of: an office that never had a backup has a worker that never ran,
    and that is told already."""
    check = health(store, config, now)
    if check.state is not CheckState.FAILED or check.problem is None:
        return None
    return None if check.problem.code == "health_backup_never" else check


def doctor(config: Config) -> Check:
    """Whether the directory can be written, and has room for the next one."""
    directory = config.backups
    own = directory == config.var / "backups"
    place = next((folder for folder in (directory, *directory.parents) if folder.is_dir()), directory)
    if not own and place != directory:
        return failed("backup_to", StateError("backup_no_directory", path=directory))
    if not os.access(place, os.W_OK | os.X_OK):
        return failed("backup_to", StateError("store_unwritable", path=directory, detail=""))
    free, needed = shutil.disk_usage(place).free, plan(config).size + RESERVE
    if free < needed:
        sizes = {"free": f"{free / 1024**2:.0f}", "needed": f"{needed / 1024**2:.0f}"}
        return failed("backup_to", StateError("backup_no_room", path=directory, **sizes))
    if own:
        return noted("backup_to", "doctor_backup_same_disk", path=directory)
    return Check(name="backup_to", details={"path": str(directory)})
