"""Letting people in at the console: five wrong passwords lock a name for a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto

from mailbot.workflow import users
from mailbot.workflow.desk import Desk

FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
_NOBODY = users.record("a password nobody has, so that an unknown name takes as long as a known one")


class Login(Enum):
    """What an attempt came to."""

    OK = auto()
    WRONG = auto()
    LOCKED = auto()


def log_in(desk: Desk, name: str, password: str) -> Login:
    """Check and record an attempt.  A name that is not there is refused like a wrong password."""
    now = desk.clock.now()
    name = name[:40]
    if desk.store.failed_logins(name, now - LOCKED_FOR) >= FAILURES:
        return Login.LOCKED
    account = desk.store.user(name)
    right = users.matches(password, account[1] if account else _NOBODY) and account is not None
    with desk.store.transaction():
        desk.store.note_login(name, right, now)
        desk.log("logged_in" if right else "login_failed", f"user:{name}", who=name)
    return Login.OK if right else Login.WRONG
