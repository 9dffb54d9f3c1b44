"""What every letter goes through on its way into the outbox: short wordings, frozen bytes, one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailbot.model import Address, Letter, LetterFile, LetterKind, LetterState, LetterText
from mailbot.render import letters
from mailbot.store import NewLetter
from mailbot.workflow.desk import Desk
from mailbot.workflow.office import restored

NAMED_UNITS = 8


def phrase(desk: Desk, key: str, **values: object) -> str:
    """A short wording of templates/letters/words.toml."""
    return desk.policy.wording.words[key].format(**values)


def few(desk: Desk, units: Sequence[str]) -> str:
    """Units named in a letter: all of a handful; of more the first ones, and how many they are."""
    comma = desk.policy.wording.words["comma"]
    if len(units) <= NAMED_UNITS:
        return comma.join(units)
    return phrase(desk, "few", names=comma.join(units[:NAMED_UNITS]), count=len(units))


def one_line(text: str) -> str:
    return " ".join(text.split())


def frozen(desk: Desk, letter: Letter, text: LetterText) -> bytes:
    """The bytes of a held letter as it now stands."""
    thread = desk.store.thread(letter.id)
    files = desk.store.letter_files(letter.id)
    return freeze(
        desk,
        letter.kind,
        text,
        recipient=letter.recipient,
        message_id=letter.message_id,
        thread=thread,
        files=files,
    )


def freeze(
    desk: Desk,
    kind: LetterKind,
    text: LetterText,
    *,
    recipient: str,
    message_id: str,
    thread: tuple[str, tuple[str, ...]],
    files: Sequence[LetterFile],
) -> bytes:
    """The bytes on the wire; `thread` is In-Reply-To and References."""
    return letters.freeze(
        text,
        kind=kind,
        sender=Address(address=desk.config.smtp.from_address, name=desk.config.from_name),
        recipient=Address(address=recipient),
        message_id=message_id,
        date=desk.clock.now(),
        loop_id=desk.identity.instance,
        in_reply_to=thread[0],
        references=thread[1],
        files=files,
    )


def post(
    desk: Desk,
    kind: LetterKind,
    recipient: str,
    text: LetterText,
    *,
    about: str,
    files: Sequence[LetterFile] = (),
    number: str | None = None,
    thread: tuple[str, tuple[str, ...]] = ("", ()),
    hold: bool = False,
    occasion: datetime | None = None,
) -> int | None:
    """A letter that answers no mail, once for what it is about: ready at once, or held for a person.

    Its id, or None where it is there already.  `number` is the item it speaks of; `occasion`: when it fell
    due (restored.holds()).
    """
    letter = NewLetter(
        kind=kind,
        state=LetterState.HELD,
        recipient=recipient,
        subject=text.subject,
        body=text.body,
        message_id=own_id(desk, kind, recipient, about),
        in_reply_to=thread[0],
        references=thread[1],
        number=number,
        about=about,
        files=tuple(files),
    )
    return enqueue(desk, letter, hold=hold, occasion=occasion)


def enqueue(desk: Desk, letter: NewLetter, *, hold: bool, occasion: datetime | None = None) -> int | None:
    """Into the outbox: ready at once with its frozen bytes, or held where `hold` or a restore says so.

    Its id, or None where it is there already.  `occasion`: as restored.holds() has it.
    """
    fenced = restored.holds(desk, occasion)
    if fenced:
        letter = replace(letter, due_at=None)
    if not (hold or fenced):
        letter = replace(letter, state=LetterState.READY, content=_content(desk, letter))
    letter_id = desk.store.add_letter(letter, desk.clock.now())
    if fenced and not hold and letter_id is not None:
        restored.mark(desk, letter_id, occasion)
    return letter_id


def _content(desk: Desk, letter: NewLetter) -> bytes:
    return freeze(
        desk,
        letter.kind,
        LetterText(subject=letter.subject, body=letter.body),
        recipient=letter.recipient,
        message_id=letter.message_id,
        thread=(letter.in_reply_to, letter.references),
        files=letter.files,
    )


def own_id(desk: Desk, kind: LetterKind, recipient: str, about: str) -> str:
    """The Message-ID of a letter that answers no mail: always the same for what it is about."""
    identity = desk.identity
    return letters.message_id(kind, f"{kind}:{about}:{recipient}", identity.secret, identity.domain)
