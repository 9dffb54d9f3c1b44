"""Word to the section when mail has not been fetched for too long, and when it is again (promise P12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbot.render.letters import Alert
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import phrase
from mailbot.workflow.mail import notify

LIMIT = timedelta(minutes=15)
OPEN = "trouble_intake"
"""Note that holds since when; empty where nothing is wrong."""


def watch(desk: Desk, *, since: datetime) -> None:
    """One letter when it begins and one when it is over.

    `since`: when the worker was started; what was late before is not its trouble.
    """
    ok_at, open_since = desk.store.note("intake_ok_at"), desk.store.note(OPEN) or ""
    last = max(datetime.fromisoformat(ok_at), since) if ok_at else since
    limit = max(LIMIT, 3 * timedelta(seconds=desk.config.mailbox.poll_seconds))
    late = desk.clock.now() - last > limit
    if late and not open_since:
        _begin(desk, last)
    elif open_since and ok_at and datetime.fromisoformat(ok_at) > datetime.fromisoformat(open_since):
        _end(desk, open_since)


def _begin(desk: Desk, last: datetime) -> None:
    with desk.store.transaction():
        desk.store.set_note(OPEN, last.isoformat())
        notify.trouble(
            desk,
            Alert.TROUBLE,
            about=f"intake:{last.isoformat()}",
            at=last,
            what=phrase(desk, "trouble.intake"),
            cause=desk.store.note("intake_error") or "",
        )


def _end(desk: Desk, open_since: str) -> None:
    with desk.store.transaction():
        desk.store.set_note(OPEN, "")
        notify.trouble(
            desk,
            Alert.RECOVERED,
            about=f"intake:{open_since}",
            at=desk.clock.now(),
            what=phrase(desk, "recovered.intake"),
            cause="",
        )
