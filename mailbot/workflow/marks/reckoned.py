"""Marks kept for as long as they would come out the same, for a door that shows them on page after page.

Marks are derived from everything on record (promise P10), which takes the longer the more years there are.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

from mailbot.facts import Moment, Solicitation
from mailbot.store import Watch
from mailbot.store.watch import Stamp
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import standings
from mailbot.workflow.marks.standings import Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    reckoning: Reckoning
    stamp: Stamp
    since: int
    until: int
    """Seconds on the scale of Moment: from its own moment to before the next one that changes anything."""


class Reckoned:
    """The marks of an office as they stand now.  Any thread may ask; one reckons, the others wait for it.

    Not for verbs: inside a transaction it does not see what was just written.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    def now(self, desk: Desk) -> Reckoning:
        """As standings.reckon(), reckoned anew only where the record or the calendar has moved on."""
        with self._lock:
            # Before anything is read: what is committed meanwhile makes the next one reckon again.
            stamp = self._watch.stamp()
            now = Moment.of(desk.clock.now()).ends
            kept = self._kept
            if kept is None or kept.stamp != stamp or not kept.since <= now < kept.until:
                found = standings.reckon(desk)
                since = found.as_of.ends
                kept = _Kept(reckoning=found, stamp=stamp, since=since, until=_until(found))
                self._kept = kept
            return kept.reckoning

    def close(self) -> None:
        self._watch.close()


def _until(found: Reckoning) -> int:
    """The next deadline, the next fact that is dated ahead, at the latest the next day."""
    now, ahead = found.as_of.ends, [Moment(found.as_of.day + timedelta(days=1)).starts]
    for fact in found.facts:
        ahead.append(fact.at.starts)
        if isinstance(fact, Solicitation):
            ahead.append(fact.deadline.ends)
    return min(at for at in ahead if at > now)
