"""What waits for a person's word between two pages: in memory, one thing a person, for a working day.

A restart, another thing of the same person or too many of others let go of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

from mailbot.clock import Clock
from mailbot.console.sessions import LONGEST

MOST = 8
"""Kept at the most: more than there are people in a section, each with a file of no more than 20 MB."""
T = TypeVar("T")


class Held(Generic[T]):
    """By the name of the person.  Times are monotonic: setting the clock prolongs nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._things: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, thing: T) -> None:
        with self._lock:
            self._sweep()
            self._things.pop(name, None)
            self._things[name] = (self._clock.monotonic(), thing)
            while len(self._things) > MOST:
                self._things.popitem(last=False)

    def of(self, name: str) -> T | None:
        """None where there is none, or none of this working day."""
        with self._lock:
            self._sweep()
            found = self._things.get(name)
            return None if found is None else found[1]

    def let_go(self, name: str) -> None:
        with self._lock:
            self._things.pop(name, None)

    def _sweep(self) -> None:
        """What is past is not kept in memory either."""
        now = self._clock.monotonic()
        for name in [name for name, (at, _) in self._things.items() if now - at > LONGEST.total_seconds()]:
            del self._things[name]
