"""What a person decides after a restore: the office may go on, held letters go or not."""

from __future__ import annotations

from datetime import datetime

from mailbot.errors import StateError
from mailbot.model import Letter
from mailbot.workflow.desk import Desk, letter_ref
from mailbot.workflow.mail import deliver
from mailbot.workflow.office import restored


def settle(desk: Desk, *, by: str) -> int:
    """A person's word that the office may go on: new mail is answered again.

    Answers to mail that arrived after the restore go at once, for nobody can have answered it before; their
    number.  The others wait on.  StateError 'not_restored' where nothing is to be settled.
    """
    with desk.store.transaction():
        if not restored.is_open(desk):
            raise StateError("not_restored")
        later = restored.letters_of(desk, later=True)
        desk.store.set_note(restored.OPEN, "")
        for letter in later:
            deliver.release(desk, letter, who=by)
        taken_at = datetime.fromisoformat(desk.store.note(restored.TAKEN_AT) or "")
        desk.log("restore_settled", f"backup:{taken_at:%Y-%m-%d %H:%M}", who=by)
    return len(later)


def release_all(desk: Desk, *, by: str, seen: int | None = None) -> int:
    """All letters held by the restore may go; their number.  `seen` is the newest that the person had before
    him: what was held since waits on."""
    with desk.store.transaction():
        letters = _seen(desk, seen)
        for letter in letters:
            deliver.release(desk, letter, who=by)
    return len(letters)


def withdraw_all(desk: Desk, *, by: str, seen: int | None = None) -> int:
    """None of them is sent: they had gone before.  Their number; `seen` as in release_all()."""
    with desk.store.transaction():
        letters = _seen(desk, seen)
        for letter in letters:
            desk.store.withdraw_letter(letter.id, version=letter.version)
            desk.log("withdrawn", letter_ref(letter.id), who=by)
    return len(letters)


def _seen(desk: Desk, seen: int | None) -> list[Letter]:
    return [letter for letter in restored.letters_of(desk) if seen is None or letter.id <= seen]
