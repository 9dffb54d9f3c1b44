"""How the office is doing, from the database alone: what a monitor asks, worker alive or not.

The worker notes when each of its lanes last went well (worker.py); what is stale here is late there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mailbot.config import Config
from mailbot.errors import StateError
from mailbot.model import BulletinKind, LetterState, MailState, Month
from mailbot.store import Store
from mailbot.workflow.desk import FIRST_START
from mailbot.workflow.office import backup, restored
from mailbot.workflow.office.upkeep import Check, disk, failed, noted, unchecked

LANE_LIMIT = timedelta(minutes=15)
QUEUE_LIMIT = timedelta(hours=1)
BULLETIN_LIMIT = timedelta(hours=1)
_COUNTED = 1000


def measure(store: Store, config: Config, now: datetime) -> Iterator[Check]:
    """One Check each for the three lanes, the outbox, parked mails, the 通报, the disk and the backup."""
    yield from _lanes(store, config, now)
    yield from _outbox(store, now)
    parked = len(store.mails(state=MailState.PARKED, limit=_COUNTED))
    yield _none("parked", StateError("health_parked", count=parked), parked)
    yield _bulletin(store, config, now)
    yield disk(config.var)
    yield backup.health(store, config, now)
    if (fence := restored.health(store)) is not None:
        yield fence


def troubles(store: Store, config: Config, now: datetime) -> Iterator[Check]:
    """Lanes that do not work: at once where the last round failed, and where none has gone well for too long;
    backups that fail or fail to come; a restore that nobody has looked through.

    A lane that never ran is no trouble here: the console is open before the worker's first round.
    """
    for check in _lanes(store, config, now):
        error = store.note(f"{check.name}_error")
        if error:
            yield failed(check.name, StateError("health_now_failing", error=error))
        elif check.problem is not None and check.problem.code != "health_never":
            yield check
    for more in (backup.trouble(store, config, now), restored.health(store)):
        if more is not None:
            yield more


def _lanes(store: Store, config: Config, now: datetime) -> Iterator[Check]:
    slow = max(LANE_LIMIT, 3 * timedelta(seconds=config.mailbox.poll_seconds))
    yield _lane(store, "intake", now, slow)
    yield _lane(store, "sending", now, LANE_LIMIT)
    yield _lane(store, "timetable", now, LANE_LIMIT)


def _lane(store: Store, lane: str, now: datetime, limit: timedelta) -> Check:
    at, error = store.note(f"{lane}_ok_at"), store.note(f"{lane}_error") or ""
    if at is None:
        return failed(lane, StateError("health_failing" if error else "health_never", error=error))
    age = now - datetime.fromisoformat(at)
    minutes = str(max(0, round(age.total_seconds() / 60)))
    if age > limit:
        code = "health_stale_error" if error else "health_stale"
        return failed(lane, StateError(code, minutes=minutes, error=error))
    return Check(name=lane, details={"minutes": minutes})


def _outbox(store: Store, now: datetime) -> Iterator[Check]:
    counts = store.letter_counts()
    due = store.next_due()
    if due is not None and now - due > QUEUE_LIMIT:
        hours = str(round((now - due).total_seconds() / 3600))
        yield failed("queue", StateError("health_queue_late", hours=hours))
    else:
        yield Check(name="queue", details={"count": str(counts.get(LetterState.READY, 0))})
    doubtful, refused, held = (
        counts.get(state, 0) for state in (LetterState.UNCERTAIN, LetterState.FAILED, LetterState.HELD)
    )
    yield _none("uncertain", StateError("health_uncertain", count=doubtful), doubtful)
    yield _none("undelivered", StateError("health_undelivered", count=refused), refused)
    yield noted("held", "health_held", count=held) if held else Check(name="held")


def _none(name: str, problem: StateError, count: int) -> Check:
    """There should be none of these."""
    return failed(name, problem) if count else Check(name=name)


def _bulletin(store: Store, config: Config, now: datetime) -> Check:
    """The last 通报 that is due by now; none is due for a month before the first start."""
    started = store.note(FIRST_START)
    month = Month.of(now)
    while config.timetable.bulletin_due(month) + BULLETIN_LIMIT > now:
        month = month.previous()
    if started is None or month < Month.of(datetime.fromisoformat(started)):
        return unchecked("bulletin", "health_no_bulletin_due")
    if store.bulletin(BulletinKind.MONTHLY, str(month)) is None:
        return failed("bulletin", StateError("health_bulletin_late", month=month))
    return Check(name="bulletin", details={"month": str(month)})
