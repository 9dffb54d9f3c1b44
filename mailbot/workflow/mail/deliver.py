"""Sending: the outbox to the mail host, one letter at a time (promise P4).

A claimed letter is `sending`; the phase mark is committed just before SMTP's final dot.  What a crash leaves
in `sending` was either not yet offered (send again) or in doubt (look in Sent, then once more after 15
minutes for letters that do no harm twice; a 通报 or 约稿 in doubt goes to a person).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.errors import TransportError, Uncertain
from mailbot.model import Letter, LetterKind, LetterText
from mailbot.render.letters import Alert
from mailbot.transport import Mailbox, Mailer, Outgoing
from mailbot.workflow.desk import Desk, letter_ref
from mailbot.workflow.letterbox import frozen
from mailbot.workflow.mail import notify

NEVER_RESENT = frozenset({LetterKind.BULLETIN, LetterKind.SOLICITATION})
REFUSED = frozenset({"smtp_refused", "bad_address"})
"""Permanent refusals of this letter; other permanent errors are about the host or the account."""
_OF_THE_LETTER = frozenset({"rcpt", "data", "text", "dot"})
"""Stages at which a host that says "not now" means this letter; before them it means everybody."""


@dataclass(slots=True)
class Sent:
    """What one round of sending came to: counts of letters."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0

    @property
    def tried(self) -> int:
        return self.sent + self.deferred + self.failed + self.uncertain


def _doubt(desk: Desk) -> timedelta:
    return timedelta(minutes=desk.config.sending.uncertain_minutes)


def recover(desk: Desk) -> None:
    """At the start, under the lock: what a crash left in `sending`."""
    now = desk.clock.now()
    for letter in desk.store.interrupted():
        with desk.store.transaction():
            if letter.at_dot:
                desk.store.mark_uncertain(letter.id, now + _doubt(desk), "interrupted")
            else:
                desk.store.mark_retry(letter.id, now, "interrupted")
            desk.log("interrupted", letter_ref(letter.id), {"at_dot": str(letter.at_dot)})


def resolve_doubts(desk: Desk, mailbox: Mailbox | None) -> None:
    """Letters cut after the final dot: found in Sent, or sent once more, or left to a person.

    TransportError where the mailbox cannot be asked: the letters wait for the next round.
    """
    for letter in desk.store.uncertain_due(desk.clock.now()):
        found = mailbox.sent(letter.message_id) if mailbox is not None else None
        with desk.store.transaction():
            _resolve(desk, letter, found=bool(found))


def _resolve(desk: Desk, letter: Letter, *, found: bool) -> None:
    now = desk.clock.now()
    if found:
        desk.store.mark_sent(letter.id, "found in Sent", now)
        desk.log("found_in_sent", letter_ref(letter.id))
    elif letter.kind not in NEVER_RESENT and desk.store.resend(letter.id, now):
        desk.log("resent_after_doubt", letter_ref(letter.id))
    else:
        desk.store.mark_uncertain(letter.id, None, letter.reply)
        desk.log("left_to_person", letter_ref(letter.id))
        notify.alert_letter(desk, letter, Alert.LETTER_UNCERTAIN, cause=letter.reply)


def release_due_holds(desk: Desk) -> int:
    """Letters whose time of waiting for a person has run out ([review] release_after)."""
    now = desk.clock.now()
    held = desk.store.due_holds(now)
    for letter in held:
        with desk.store.transaction():
            release(desk, letter, who="mailbot")
    return len(held)


def release(desk: Desk, letter: Letter, *, who: str) -> None:
    """Freeze a held letter's bytes and queue it; inside a transaction."""
    content = frozen(desk, letter, LetterText(subject=letter.subject, body=letter.body))
    desk.store.release_letter(letter.id, content, None, version=letter.version)
    desk.log("released", letter_ref(letter.id), who=who)


def send_due(
    desk: Desk,
    mailer: Mailer,
    *,
    stop: Callable[[], bool] = lambda: False,
    sent: Callable[[Letter], None] = lambda letter: None,
) -> Sent:
    """Send every letter that is due, paced, until none is left or `stop`.  `sent` is told of each that went.

    TransportError where the host or the account, not a single letter, is at fault: the letter stays queued.
    """
    result = Sent()
    release_due_holds(desk)
    while not stop() and _is_due(desk):
        if result.tried:
            desk.clock.sleep(desk.config.sending.pace_seconds)
        # Claimed only now: a stop during the pause leaves it as it was.
        letter = None if stop() else desk.store.claim_letter(desk.clock.now())
        if letter is not None and _send_one(desk, mailer, letter, result):
            sent(letter)
    return result


def _is_due(desk: Desk) -> bool:
    due = desk.store.next_due()
    return due is not None and due <= desk.clock.now()


def _send_one(desk: Desk, mailer: Mailer, letter: Letter, result: Sent) -> bool:
    assert letter.content is not None
    outgoing = Outgoing(
        sender=desk.config.smtp.from_address,
        recipient=letter.recipient,
        message_id=letter.message_id,
        content=letter.content,
    )
    try:
        reply = mailer.send(outgoing, lambda: desk.store.mark_at_dot(letter.id, desk.clock.now()))
    except Uncertain as error:
        result.uncertain += 1
        _mark_uncertain(desk, letter, str(error))
        return False
    except TransportError as error:
        _refused(desk, letter, error, result)
        return False
    result.sent += 1
    with desk.store.transaction():
        desk.store.mark_sent(letter.id, f"{reply.code} {reply.text}", desk.clock.now())
        desk.log("sent", letter_ref(letter.id), {"reply": f"{reply.code} {reply.text}"[:200]})
    return True


def _mark_uncertain(desk: Desk, letter: Letter, error: str) -> None:
    with desk.store.transaction():
        desk.store.mark_uncertain(letter.id, desk.clock.now() + _doubt(desk), error)
        desk.log("in_doubt", letter_ref(letter.id), {"error": error})


def _refused(desk: Desk, letter: Letter, error: TransportError, result: Sent) -> None:
    """4xx and lost connections back off, 5xx for this letter stops it; what is wrong with the host or the
    account leaves the letter queued and stops the round."""
    with desk.store.transaction():
        if error.permanent and error.code in REFUSED:
            _give_up(desk, letter, str(error), result)
        elif error.permanent:
            _put_off(desk, letter, str(error), timedelta(), result)
        elif desk.clock.now() - _queued_at(desk, letter) > timedelta(days=desk.config.sending.give_up_days):
            _give_up(desk, letter, str(error), result)
        else:
            _put_off(desk, letter, str(error), desk.config.sending.retry_after(letter.attempts + 1), result)
    if not _of_this_letter(error):
        raise error


def _of_this_letter(error: TransportError) -> bool:
    if error.code == "smtp_deferred":
        return error.details.get("stage") in _OF_THE_LETTER and error.details.get("reply") != "421"
    return error.code in REFUSED


def _queued_at(desk: Desk, letter: Letter) -> datetime:
    """Since when it has been trying to go: a person may have released it, or sent it again, days after."""
    decided = [
        event.at
        for verb in ("released", "sent_again")
        for event in desk.store.events(subject=letter_ref(letter.id), verb=verb, limit=1)
    ]
    return max([letter.created_at, *decided])


def _give_up(desk: Desk, letter: Letter, error: str, result: Sent) -> None:
    result.failed += 1
    desk.store.mark_failed(letter.id, error)
    desk.log("failed", letter_ref(letter.id), {"error": error})
    notify.alert_letter(desk, letter, Alert.LETTER_FAILED, cause=error)


def _put_off(desk: Desk, letter: Letter, error: str, wait: timedelta, result: Sent) -> None:
    result.deferred += 1
    due = desk.clock.now() + wait
    desk.store.mark_retry(letter.id, due, error)
    desk.log("deferred", letter_ref(letter.id), {"error": error, "until": due.isoformat()})
