"""One worker per office home (promise P8): an advisory lock on data/var/worker.lock.

The kernel lets go of it when the process ends, however it ends, so that nothing stale is left behind.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from mailbot.errors import LockHeld

_LOCKED_BYTE = 1 << 30
"""On Windows a byte is locked, far behind the text, so that another process can read who holds it."""


class HomeLock:
    """Held from entering to leaving.  LockHeld names who has it."""

    name = "worker.lock"

    def __init__(self, var: Path) -> None:
        self._path = var / self.name
        self._file: int | None = None

    def __enter__(self) -> HomeLock:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file)
        except OSError:
            holder = self._holder(file)
            os.close(file)
            raise self._refusal(holder) from None
        os.ftruncate(file, 0)
        os.write(file, json.dumps({"pid": os.getpid(), "host": platform.node()}).encode())
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def _refusal(self, holder: dict[str, str]) -> LockHeld:
        return LockHeld("lock_held", path=self._path, **holder)

    @staticmethod
    def _holder(file: int) -> dict[str, str]:
        """Who wrote himself into the file: pid and host, as far as they can be read."""
        with suppress(OSError, ValueError):
            os.lseek(file, 0, os.SEEK_SET)
            written = json.loads(os.read(file, 4096))
            return {"pid": str(written["pid"]), "host": str(written["host"])}
        return {"pid": "?", "host": "?"}


class BackupLock(HomeLock):
    """One backup at a time, beside a running worker."""

    name = "backup.lock"

    def _refusal(self, holder: dict[str, str]) -> LockHeld:
        return LockHeld("backup_running", path=self._path, **holder)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  (Windows alone has it)

        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
    else:
        import fcntl  # noqa: PLC0415  (Windows has none)

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
