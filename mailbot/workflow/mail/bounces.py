"""Delivery reports: each is tied to the letter that did not arrive (RFC 3464).

The letter is found by the envelope id or Message-ID that the report names, by one of our Message-IDs anywhere
in its text, or else by the recipient, where exactly one letter went there within three days.  A report is
never answered; one that belongs to no letter is a person's to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from mailbot.model import IncomingMail, LedgerMail, Letter, LetterState, Outcome, Reason, Verdict
from mailbot.render.letters import Alert
from mailbot.workflow.desk import Desk, item_ref, letter_ref, mail_ref
from mailbot.workflow.mail import notify

WINDOW = timedelta(days=3)
HARMLESS = frozenset({"delayed", "delivered", "relayed", "expanded"})
"""Actions that are no failure (RFC 3464 section 2.3.3)."""
CAUSE_CHARS = 300

_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,20}")


def tie(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict) -> Verdict:
    """Tie a delivery report to its letter and a recall notice to its item, inside the decision's transaction.

    The verdict as it then is: a report on none of our letters is held.
    """
    if Reason.RECALL_NOTICE in verdict.reasons:
        _recalled(desk, row, mail)
    if Reason.DELIVERY_REPORT not in verdict.reasons:
        return verdict
    letter = _letter(desk, mail)
    if letter is None:
        return replace(verdict, outcome=Outcome.HELD) if desk.live else verdict
    _note(desk, row, mail, letter)
    return verdict


def _note(desk: Desk, row: LedgerMail, mail: IncomingMail, letter: Letter) -> None:
    cause = _cause(mail)
    details = {"cause": cause, "mail": mail_ref(row)}
    if mail.report is not None and mail.report.action in HARMLESS:
        desk.log("delayed", letter_ref(letter.id), details)
        return
    desk.log("bounced", letter_ref(letter.id), details)
    if letter.state in (LetterState.SENT, LetterState.UNCERTAIN):
        desk.store.mark_failed(letter.id, cause)
    notify.alert_letter(desk, letter, Alert.LETTER_BOUNCED, cause=cause)


def _cause(mail: IncomingMail) -> str:
    """The host's own words where the report has them, else how its text begins."""
    said = mail.report.diagnostic if mail.report else ""
    return (said or " ".join(mail.text.split()) or mail.subject)[:CAUSE_CHARS]


def _letter(desk: Desk, mail: IncomingMail) -> Letter | None:
    named = [*mail.reported_message_ids, *_ID.findall(f"{mail.text}\n{mail.quoted}")]
    for letter in desk.store.letters_named([*named, mail.in_reply_to, *reversed(mail.references)]):
        return letter
    since = mail.arrived_at - WINDOW
    gone = {letter.id: letter for to in _recipients(mail) for letter in desk.store.letters_gone_to(to, since)}
    return next(iter(gone.values())) if len(gone) == 1 else None


def _recipients(mail: IncomingMail) -> Iterator[str]:
    if mail.report is not None and mail.report.recipients:
        yield from mail.report.recipients
    else:
        yield from {address.lower() for address in _ADDRESS.findall(mail.text)}


def _recalled(desk: Desk, row: LedgerMail, mail: IncomingMail) -> None:
    """Shown beside the submission it names: the newest of this sender whose title the notice quotes."""
    sender = mail.sender.address if mail.sender else ""
    since = mail.arrived_at - timedelta(days=desk.policy.intake.same_again.version_days)
    told = f"{mail.subject}\n{mail.text}"
    for item in desk.store.items_from(sender, since):
        if item.fields.title and item.fields.title.value in told:
            desk.log("recall_notice", item_ref(item.number), {"mail": mail_ref(row)})
            return
