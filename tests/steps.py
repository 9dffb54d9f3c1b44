"""Work counted in calls, not seconds, and a stop for what might hang.  Speed is measured in bench/."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, Python's and C's, that `work` makes in this thread: the same on every machine."""
    count = 0

    def seen(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@contextmanager
def stopped_after(seconds: float = 60) -> Iterator[None]:
    """Fails what is still running after so long: a stop, far above what the work takes, and no measure."""
    if not hasattr(signal, "setitimer"):  # Windows has no such signal; there the test itself would hang
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"still running after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
