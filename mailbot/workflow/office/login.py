"""Letting people in at the console: five wrong passwords lock a name for a quarter of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from functools import cache

from mailbot.workflow.desk import Desk
from mailbot.workflow.office import users

FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
_LOCKED = "login_locked"
_FRESH = frozenset({"user_added", "user_password_changed"})


class Login(Enum):
    """What an attempt came to."""

    OK = auto()
    WRONG = auto()
    LOCKED = auto()


def log_in(desk: Desk, name: str, password: str) -> Login:
    """Check and record an attempt.  A name that is not there is refused like a wrong password.

    The fifth failure within a quarter of an hour locks the name for a quarter of an hour from then on, which
    goes on record; a new password given to the person ends it.
    """
    now = desk.clock.now()
    name = name[: users.MAX_NAME]
    since = _counted_from(desk, name, now)
    if since is None:
        return Login.LOCKED
    account = desk.store.user(name)
    right = users.matches(password, account[1] if account else _nobody()) and account is not None
    with desk.store.transaction():
        desk.store.note_login(name, right, now)
        desk.log("logged_in" if right else "login_failed", f"user:{name}", who=name)
        if desk.store.failed_logins(name, since) >= FAILURES:
            desk.log(_LOCKED, f"user:{name}")
    return Login.OK if right else Login.WRONG


def _counted_from(desk: Desk, name: str, now: datetime) -> datetime | None:
    """Since when failures count; None while the name is locked."""
    since = now - LOCKED_FOR
    for event in desk.store.events(subject=f"user:{name}", limit=2 * FAILURES):
        if event.verb == _LOCKED and event.at > since:
            return None
        if event.verb in _FRESH and event.at > since:
            return event.at
    return since


@cache
def _nobody() -> str:
    """The record of a password nobody has, so that an unknown name takes as long as a known one."""
    return users.record("a password nobody has")
