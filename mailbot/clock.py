"""The one place that reads the time.  Everything else is handed `now`.

Promise P11: the day and month of everything is that of Asia/Shanghai, whatever zone the machine is set to.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """The system's time, in Asia/Shanghai.  Tests hand in a subclass that stands still."""

    def now(self) -> datetime:
        return datetime.now(SHANGHAI)

    def monotonic(self) -> float:
        """Seconds for measuring intervals: not disturbed when somebody sets the clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class FixedClock(Clock):
    """A clock that moves only when told to; for `inspect`, the demo and tests."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(SHANGHAI)
        self._ticks = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._ticks

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._ticks += seconds

    def set(self, now: datetime) -> None:
        self._now = now.astimezone(SHANGHAI)
