"""Backups at the console, and what is decided after a restore."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from mailbot.console import forms
from mailbot.console.context import admin, desk, person, reviewer, say, to
from mailbot.workflow.mail import settling
from mailbot.workflow.office import backup


def card() -> dict[str, object]:
    """The last good backup, for the page of how things stand."""
    note = desk().store.note
    at, size = note(backup.OK_AT), note(backup.OK_SIZE)
    return {
        "at": datetime.fromisoformat(at) if at else None,
        "file": note(backup.OK_FILE) or "",
        "size": round(int(size) / 1024**2, 1) if size else None,
        "wanted": bool(note(backup.WANTED)),
        "daily": desk().config.backup.daily,
        "time": desk().config.backup.time,
        "same_disk": desk().config.backup.directory is None,
    }


@admin
def back_up() -> Any:
    taken = backup.now_or_soon(desk(), by=person().name, without=backup.password_files(os.environ))
    if taken is None:
        say("backup_soon")
    else:
        say("backed_up", file=Path(taken.path).name)
    return to("state")


@reviewer
def settle_restore() -> Any:
    say("settled", sent=settling.settle(desk(), by=person().name))
    return to("home")


@reviewer
def release_restored() -> Any:
    say("restored_released", count=settling.release_all(desk(), by=person().name, seen=forms.number("seen")))
    return to("home")


@reviewer
def withdraw_restored() -> Any:
    say(
        "restored_withdrawn", count=settling.withdraw_all(desk(), by=person().name, seen=forms.number("seen"))
    )
    return to("home")


ROUTES = (
    ("/state/backup", "back_up", back_up, ("POST",)),
    ("/restored/settle", "settle_restore", settle_restore, ("POST",)),
    ("/restored/release", "release_restored", release_restored, ("POST",)),
    ("/restored/withdraw", "withdraw_restored", withdraw_restored, ("POST",)),
)
