"""Who is logged in at this moment: kept in memory, so that a restart logs everybody out.

The browser holds only a random token (in Flask's signed cookie).  A session ends when it is left, after 30
minutes without a page, after 12 hours in any case, and once its person is disabled or has a new password.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta

from mailbot.clock import Clock

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)


@dataclass(slots=True)
class _Live:
    name: str
    secret: str
    """The password's record at login: another one by now means another password."""
    opened: float
    seen: float


class Sessions:
    """Live sessions by token.  Times are monotonic: setting the clock lets nobody in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live: dict[str, _Live] = {}
        self._lock = threading.Lock()

    def open(self, name: str, secret: str) -> str:
        """A new session; its token."""
        token, now = secrets.token_urlsafe(32), self._clock.monotonic()
        with self._lock:
            self._live = {key: one for key, one in self._live.items() if not _over(one, now)}
            self._live[token] = _Live(name, secret, now, now)
        return token

    def touch(self, token: str) -> tuple[str, str] | None:
        """Name and password record of a session that still lives, which this keeps alive."""
        now = self._clock.monotonic()
        with self._lock:
            one = self._live.get(token)
            if one is None or _over(one, now):
                self._live.pop(token, None)
                return None
            one.seen = now
            return one.name, one.secret

    def close(self, token: str) -> None:
        with self._lock:
            self._live.pop(token, None)


def _over(one: _Live, now: float) -> bool:
    return now - one.seen > IDLE.total_seconds() or now - one.opened > LONGEST.total_seconds()
