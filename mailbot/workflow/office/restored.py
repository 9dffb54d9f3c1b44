"""After a restore nothing is mailed by itself (promise P9).

What was sent between the backup and the restore is not on record any more: mails are collected again, their
answers made again, under the same number and Message-ID.  So until a person has said that the office may go
on, every letter that would be ready starts held; and for good, the answer to whatever arrived before the
restore.  What a person releases goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.errors import StateError
from mailbot.model import Event, Letter, LetterState
from mailbot.store import Store
from mailbot.workflow.desk import Desk, letter_ref
from mailbot.workflow.office import backup
from mailbot.workflow.office.upkeep import Check, failed

RESTORED_AT, TAKEN_AT, OPEN = "restored_at", "restored_from", "restored_open"
HELD = "held_after_restore"
_ALL = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A restore that nobody has looked through yet, and the letters it holds."""

    at: datetime
    taken_at: datetime
    letters: tuple[Letter, ...]


def put_up(store: Store, *, now: datetime, taken_at: datetime, by: str) -> int:
    """Hold what is not sent, and note the moment: in the restored database, before it is put in its place.

    How many letters are held by it.
    """
    with store.transaction():
        held = store.hold_unsent()
        for name, value in ((RESTORED_AT, now), (TAKEN_AT, taken_at), (OPEN, now)):
            store.set_note(name, value.isoformat())
        # The copy cannot know of the backup that it became.
        store.set_note(backup.OK_AT, taken_at.isoformat())
        store.set_note(backup.ERROR, "")
        store.add_event(
            Event(at=now, who=by, verb="restored", subject=f"backup:{taken_at:%Y-%m-%d %H:%M}", details={})
        )
        for letter_id in held:
            store.add_event(Event(at=now, who=by, verb=HELD, subject=letter_ref(letter_id), details={}))
    return len(held)


def holds(desk: Desk, occasion: datetime | None = None) -> bool:
    """Whether a letter must wait for a person.

    `occasion`: what it is about happened then (a mail arrived, a reminder fell due); None: just now, by
    somebody's decision.
    """
    noted = desk.store.note(RESTORED_AT)
    if noted is None:
        return False
    return _open(desk.store) or (occasion is not None and occasion < datetime.fromisoformat(noted))


def mark(desk: Desk, letter_id: int, occasion: datetime | None) -> None:
    """Why this new letter is held; inside its transaction."""
    at = datetime.fromisoformat(desk.store.note(RESTORED_AT) or "")
    later = occasion is not None and occasion >= at
    desk.log(HELD, letter_ref(letter_id), {"later": "yes" if later else "no"})


def _open(store: Store) -> bool:
    return bool(store.note(OPEN))


def standing(desk: Desk) -> Restored | None:
    """What waits because of the restore; None once it was settled and none of its letters is left."""
    at, taken_at = desk.store.note(RESTORED_AT), desk.store.note(TAKEN_AT)
    if not at or not taken_at:
        return None
    letters = tuple(letters_of(desk))
    if not letters and not _open(desk.store):
        return None
    return Restored(at=datetime.fromisoformat(at), taken_at=datetime.fromisoformat(taken_at), letters=letters)


def is_open(desk: Desk) -> bool:
    """Whether nobody has said yet that the office may go on."""
    return _open(desk.store)


def letters_of(desk: Desk, *, later: bool = False) -> list[Letter]:
    """Held letters with the mark, oldest first; `later`: only those about what came after the restore."""
    events = desk.store.events(verb=HELD, limit=_ALL)
    marked = {e.subject for e in events if not later or e.details.get("later") == "yes"}
    held = desk.store.letters(state=LetterState.HELD, limit=_ALL)
    return sorted((x for x in held if letter_ref(x.id) in marked), key=lambda x: x.id)


def health(store: Store) -> Check | None:
    """Nothing is mailed by itself until somebody has looked: that is told everywhere."""
    if not _open(store):
        return None
    at, taken_at = (datetime.fromisoformat(store.note(name) or "") for name in (RESTORED_AT, TAKEN_AT))
    shown = {"at": f"{at:%Y-%m-%d %H:%M}", "taken_at": f"{taken_at:%Y-%m-%d %H:%M}"}
    return failed("restored", StateError("health_restored", **shown))
