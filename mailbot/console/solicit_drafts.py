"""约稿 that wait for a person's word: what was typed and the file with it, in memory, one a person.

A restart, the end of a working day or too many others let go of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from mailbot.console.sessions import LONGEST
from mailbot.model import LetterFile

HELD = 8
"""Drafts kept at the most: more than there are people in a section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as a person filled it in."""

    fields: Mapping[str, str]
    units: frozenset[str] = frozenset()
    """Ticked one by one."""
    groups: frozenset[str] = frozenset()
    file: LetterFile | None = None
    since: float = 0.0
    """Seconds of a clock that is never set."""


@dataclass(slots=True)
class Drafts:
    """The drafts that wait for a person's word, by the person's name."""

    _typed: OrderedDict[str, Typed] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, name: str, typed: Typed) -> None:
        with self._lock:
            self._typed.pop(name, None)
            self._typed[name] = typed
            while len(self._typed) > HELD:
                self._typed.popitem(last=False)

    def of(self, name: str, now: float) -> Typed | None:
        """None where there is none, or none of this working day."""
        with self._lock:
            typed = self._typed.get(name)
            if typed is not None and now - typed.since > LONGEST.total_seconds():
                del self._typed[name]
                return None
            return typed

    def let_go(self, name: str) -> None:
        with self._lock:
            self._typed.pop(name, None)
