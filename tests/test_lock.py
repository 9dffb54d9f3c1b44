"""One worker per office home (promise P8): whoever comes second is told who is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from office import wait_until

from mailbot.errors import LockHeld
from mailbot.store.lock import HomeLock

HOLD = """
import sys, time
from pathlib import Path
from mailbot.errors import LockHeld
from mailbot.store.lock import HomeLock
try:
    with HomeLock(Path(sys.argv[1])):
        Path(sys.argv[2]).write_text("held")
        time.sleep(float(sys.argv[3]))
except LockHeld as held:
    print(held.details["pid"])
    sys.exit(held.exit_code)
"""


def hold(var: Path, mark: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(var), str(mark), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def test_of_five_started_at_once_one_works(tmp_path: Path) -> None:
    """The four others end with 3 and name it."""
    started = [hold(tmp_path, tmp_path / f"mark{n}", 3) for n in range(5)]
    codes = sorted(process.wait(30) for process in started)
    assert codes == [0, 3, 3, 3, 3]
    (winner,) = [process.pid for process in started if process.returncode == 0]
    named = [
        process.stdout.read().strip() for process in started if process.returncode == 3 and process.stdout
    ]
    assert set(named) <= {str(winner), "?"}


def test_a_killed_worker_leaves_nothing_stale(tmp_path: Path) -> None:
    """The kernel lets go: the next one gets it at once, and names itself."""
    first = hold(tmp_path, tmp_path / "mark", 60)
    wait_until((tmp_path / "mark").exists)
    with pytest.raises(LockHeld) as held, HomeLock(tmp_path):
        pass
    assert held.value.details["pid"] == str(first.pid)
    first.kill()
    first.wait()
    with HomeLock(tmp_path):
        written = (tmp_path / "worker.lock").read_text()
    assert str(os.getpid()) in written


def test_it_can_be_taken_again_after_it_was_left(tmp_path: Path) -> None:
    """In the same process too; inside itself it is held."""
    lock = HomeLock(tmp_path)
    for _ in range(2):
        with lock, pytest.raises(LockHeld), HomeLock(tmp_path):
            pass
    assert (tmp_path / "worker.lock").read_text() == ""


def test_a_process_it_starts_does_not_hold_on_to_it(tmp_path: Path) -> None:
    """The reading child outlives a killed worker by a moment: the office must be free all the same."""
    with HomeLock(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"], close_fds=False)
    try:
        wait_until(lambda: _is_free(tmp_path), 15)
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()


def _is_free(var: Path) -> bool:
    """At the very moment a child begins its program it still has all that its parent had open."""
    try:
        with HomeLock(var):
            return True
    except LockHeld:
        return False
