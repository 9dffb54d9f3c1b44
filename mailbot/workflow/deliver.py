"""Sending: the outbox to the mail host, one letter at a time (promise P4, reliability section 1c).

A claimed letter is `sending`; the phase mark is committed just before SMTP's final dot.  What a crash leaves in
`sending` was either not yet offered (send again) or in doubt (look in Sent, then once more after 15 minutes for
letters that do no harm twice; a 通报 or 约稿 in doubt goes to a person).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbot.errors import TransportError, Uncertain
from mailbot.model import Letter, LetterKind, LetterText
from mailbot.render.letters import Alert
from mailbot.transport import Mailbox, Mailer, Outgoing
from mailbot.workflow import answer
from mailbot.workflow.desk import Desk, letter_ref

NEVER_RESENT = frozenset({LetterKind.BULLETIN, LetterKind.SOLICITATION})
REFUSED = frozenset({"smtp_refused", "bad_address"})
"""Permanent refusals of this letter; other permanent errors are about the host or the account."""


@dataclass(slots=True)
class Sent:
    """What one round of sending came to: counts of letters."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    uncertain: int = 0


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
    """Letters cut after the final dot: found in Sent, or sent once more, or left to a person."""
    now = desk.clock.now()
    for letter in desk.store.uncertain_due(now):
        found = mailbox.sent(letter.message_id) if mailbox is not None else None
        with desk.store.transaction():
            if found:
                desk.store.mark_sent(letter.id, "found in Sent", now)
                desk.log("found_in_sent", letter_ref(letter.id))
            elif letter.kind not in NEVER_RESENT and desk.store.resend(letter.id, now):
                desk.log("resent_after_doubt", letter_ref(letter.id))
            else:
                desk.store.mark_uncertain(letter.id, None, letter.reply)
                desk.log("left_to_person", letter_ref(letter.id))
                answer.alert_letter(desk, letter, Alert.LETTER_UNCERTAIN, cause=letter.reply)


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
    content = answer.frozen(desk, letter, LetterText(subject=letter.subject, body=letter.body))
    desk.store.release_letter(letter.id, content, None, version=letter.version)
    desk.log("released", letter_ref(letter.id), who=who)


def send_due(
    desk: Desk,
    mailer: Mailer,
    *,
    stop: Callable[[], bool] = lambda: False,
    sent: Callable[[Letter], None] = lambda letter: None,
) -> Sent:
    """Send every letter that is due, paced, until none is left or `stop`.  `sent` is told of each one that went.

    TransportError where the host or the account, not a single letter, is at fault: the letter stays queued.
    """
    result = Sent()
    release_due_holds(desk)
    while not stop() and (letter := desk.store.claim_letter(desk.clock.now())) is not None:
        if result.sent:
            desk.clock.sleep(desk.config.sending.pace_seconds)
        if _send_one(desk, mailer, letter, result):
            sent(letter)
    return result


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
    """4xx and lost connections back off; 5xx for this letter stops it; the account's own faults stop the round."""
    now = desk.clock.now()
    about_letter = error.code in REFUSED
    given_up = now - letter.created_at > timedelta(days=desk.config.sending.give_up_days)
    with desk.store.transaction():
        if (error.permanent and about_letter) or given_up:
            result.failed += 1
            desk.store.mark_failed(letter.id, str(error))
            desk.log("failed", letter_ref(letter.id), {"error": str(error)})
            answer.alert_letter(desk, letter, Alert.LETTER_FAILED, cause=str(error))
            return
        result.deferred += 1
        due = now if error.permanent else now + desk.config.sending.retry_after(letter.attempts + 1)
        desk.store.mark_retry(letter.id, due, str(error))
        desk.log("deferred", letter_ref(letter.id), {"error": str(error), "until": due.isoformat()})
    if not about_letter and error.code != "smtp_deferred":
        raise error


def next_due(desk: Desk) -> datetime | None:
    """When the next letter wants to go, for the worker's timetable."""
    return desk.store.next_due()
