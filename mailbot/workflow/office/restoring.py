"""Restoring an office from a backup: checked whole, unpacked beside, fenced, and only then put in its place.

Nothing that was there is deleted: it is moved into a folder named by the moment.  While things change places
a file in data/var says so, and no store opens; restoring once more puts that right.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailbot import _toml
from mailbot import config as configuration
from mailbot.errors import ConfigError, StateError
from mailbot.store import DATABASE, UNFINISHED, Store, archive, files, knows_schema
from mailbot.store.archive import Manifest
from mailbot.store.lock import HomeLock
from mailbot.workflow.office import restored
from mailbot.workflow.office.backup import IDENTITY, RESERVE, TREES, VAR_TREES

HOME_NAMES = ("config.toml", *TREES)
VAR_NAMES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", IDENTITY, *VAR_TREES)
"""What changes places in data/var; backups, log and locks stay."""
DEFAULT_VAR = Path("data/var")
STAGING = ".restoring-"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A restore that was carried out."""

    home: Path
    manifest: Manifest
    held: int
    """Letters of the backup that wait for a person."""
    aside: Path | None
    """Where the data lie that were there before."""
    var_moved: str
    """The place config.toml named for data/var, outside of this home; '' where it names one inside."""


def examine(path: Path, progress: Progress = lambda done, total: None) -> Manifest:
    """What an archive holds, after every byte of it was checked; nothing is written.

    StateError as archive.examine(); 'store_newer' where its database is one of a later mailbot.
    """
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        progress(done, 0)

    manifest = archive.examine(path, tick)
    names = {member.name for member in manifest.members}
    if not {"config.toml", f"var/{DATABASE}", f"var/{IDENTITY}"} <= names:
        raise StateError("archive_foreign", path=path)
    if not knows_schema(manifest.schema):
        raise StateError("store_newer", path=path, detail=manifest.schema)
    return manifest


def is_occupied(home: Path) -> bool:
    """Whether an office lies there, or half of one.  ConfigError 'restore_not_a_home': other files do."""
    if not home.exists():
        return False
    if not home.is_dir():
        raise ConfigError("restore_not_a_home", file=home)
    signs = ("config.toml", DEFAULT_VAR / DATABASE, DEFAULT_VAR / UNFINISHED)
    if any((home / name).exists() for name in signs):
        return True
    # An empty data/var and a leftover of unpacking are what a restore leaves that was cut off.
    if any(path.name != "data" and not path.name.startswith(STAGING) for path in home.iterdir()):
        raise ConfigError("restore_not_a_home", file=home)
    return False


def restore(
    path: Path,
    home: Path,
    *,
    now: datetime,
    by: str,
    replace: bool = False,
    progress: Progress = lambda done, total: None,
) -> Done:
    """Put the archive's office into `home`; `replace`: an office that lies there may be moved aside.

    LockHeld while a worker runs there; StateError 'restore_occupied', 'restore_no_room', those of examine()
    and of a disk that is full: nothing that was there has been touched then.
    """
    manifest = examine(path, progress)
    if is_occupied(home) and not replace:
        raise StateError("restore_occupied", path=home)
    _find_room(home, manifest)
    home_was_there = home.is_dir()
    files.make_directory(home)
    present = _present_var(home)
    with HomeLock(present):
        with _staged(home, path, manifest, now, progress) as staging:
            text, elsewhere, var = _settled(staging / "config.toml", home)
            held = _fence(staging / "var", manifest, now, by)
            files.write([files.DurableFile(path=staging / "config.toml", content=text.encode())])
            # What lies outside of this home stays where it is: config.toml does not name it any more.
            old = {folder for folder in (present, var) if _below(folder, home)}
            aside = _swap(staging, home, old, var, f"{now:%Y%m%d-%H%M%S}")
        if home_was_there:
            _hand_over(home, var)
    return Done(home=home, manifest=manifest, held=held, aside=aside, var_moved=elsewhere)


def _find_room(home: Path, manifest: Manifest) -> None:
    place = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    free, needed = shutil.disk_usage(place).free, manifest.size + RESERVE
    if free < needed:
        sizes = {"free": f"{free / 1024**2:.0f}", "needed": f"{needed / 1024**2:.0f}"}
        raise StateError("restore_no_room", path=home, **sizes)


def _present_var(home: Path) -> Path:
    """Where the office that lies there keeps its data; the usual place where its config.toml is gone."""
    try:
        return configuration.load(home / "config.toml", {}, complete=False).var
    except ConfigError:
        return home / DEFAULT_VAR


# ---- beside ------------------------------------------------------------------------------------------------


@contextmanager
def _staged(home: Path, path: Path, manifest: Manifest, now: datetime, progress: Progress) -> Iterator[Path]:
    """The archive unpacked in a folder of its own within the home, which goes away however this ends."""
    staging = home / f"{STAGING}{now:%Y%m%d-%H%M%S}-{os.getpid()}"
    done = 0

    def tick(size: int) -> None:
        nonlocal done
        done += size
        progress(done, manifest.size)

    for leftover in home.glob(f"{STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        with files.written_to(staging):
            staging.mkdir(mode=files.DIRECTORY_MODE)
        archive.extract(path, staging, manifest, tick)
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _settled(path: Path, home: Path) -> tuple[str, str, Path]:
    """config.toml as this home needs it, the place it named for data/var outside of it, and data/var.

    A place outside belongs to the machine of the backup: it may not be there, or be another office's.
    """
    config = configuration.load(path, {}, complete=False)
    text = path.read_text("utf-8-sig")
    if _below(config.var, config.home):
        return text, "", home / config.var.resolve().relative_to(config.home)
    lines = text.splitlines(keepends=True)
    place = _toml.line_of(text, "paths.var") - 1
    lines[place : place + 1] = [f"# {lines[place].strip()}\n", f'var = "{DEFAULT_VAR.as_posix()}"\n']
    return "".join(lines), str(config.var), home / DEFAULT_VAR


def _below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _fence(var: Path, manifest: Manifest, now: datetime, by: str) -> int:
    """Open the copy (brought up to date, checked) and see to it that it mails nothing by itself."""
    with closing(Store.open(var)) as store:
        return restored.put_up(store, now=now, taken_at=manifest.taken_at, by=by)


# ---- changing places ---------------------------------------------------------------------------------------


def _swap(staging: Path, home: Path, old: set[Path], var: Path, stamp: str) -> Path | None:
    """Move what is there aside and the copy in; the folder with what was there, None where nothing was."""
    aside = _fresh(home / f"before-restore-{stamp}")
    flags = [folder / UNFINISHED for folder in sorted(old)]
    files.write([files.DurableFile(path=flag, content=aside.name.encode()) for flag in flags])
    with files.written_to(home):
        for name in HOME_NAMES:
            _move(home / name, aside / name)
        for place, folder in enumerate(sorted(old)):
            for name in VAR_NAMES:
                _move(folder / name, aside / (f"var-{place}" if place else "var") / name)
        for name in HOME_NAMES:
            _move(staging / name, home / name)
        for name in VAR_NAMES:
            _move(staging / "var" / name, var / name)
        for folder in {home, home / "data", var, *old}:
            if folder.is_dir():
                files.sync_directory(folder)
        for flag in flags:
            flag.unlink(missing_ok=True)
    return aside if aside.exists() else None


def _fresh(wanted: Path) -> Path:
    """A name that is not taken: a second restore within a second must not mix with the first."""
    number, path = 1, wanted
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}-{number}")
    return path


def _move(path: Path, to: Path) -> None:
    """Also from one disk to another; nothing where nothing is."""
    if path.exists() or path.is_symlink():
        to.parent.mkdir(mode=files.DIRECTORY_MODE, parents=True, exist_ok=True)
        shutil.move(path, to)


def _hand_over(home: Path, var: Path) -> None:
    """Restored by root, the files go to the account that the home belongs to: its worker must open them."""
    if os.name != "posix" or os.geteuid() != 0:
        return
    owner = home.stat()
    for root in (*(home / name for name in HOME_NAMES), home / "data", var):
        for path in (root, *root.rglob("*")):
            with suppress(FileNotFoundError):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
