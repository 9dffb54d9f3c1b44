"""Mail that is never answered: machines, loops, our own (docs/intake.md, rules 1-7 and 11-13)."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.intake._rules.phrases import says, squeeze
from mailbot.intake._rules.view import View, usable
from mailbot.model import Finding, MachineSign, Reason

_TEXT = 2000
"""Characters of the text that are looked at: what a program has to say it says at once."""


def own_mail(view: View) -> Iterator[Finding]:
    """Rule 6: one of our own addresses, or a Message-ID with our signature."""
    ours = any(sender.address in view.case.settings.own_addresses for sender in view.mail.senders)
    if ours or view.case.own_message_id:
        yield Finding(reason=Reason.OWN_MAIL)


def mail_loop(view: View) -> Iterator[Finding]:
    """Rules 6 and 11: our own X-Mailbot-Loop, or more hops than any honest way has."""
    if view.case.settings.loop_id in view.mail.loop_ids or view.mail.hops > view.intake.machines.max_hops:
        yield Finding(reason=Reason.MAIL_LOOP)


def before_answer_since(view: View) -> Iterator[Finding]:
    """Rule 13: a box may hold years of mail when the office starts.  It counts, and is not answered."""
    since = view.case.settings.answer_since
    if since is not None and view.mail.arrived_at < since:
        yield Finding(reason=Reason.BEFORE_ANSWER_SINCE)


def delivery_report(view: View) -> Iterator[Finding]:
    """Rule 4: by structure (RFC 3464), or where a mail system writes in its own way."""
    if MachineSign.DELIVERY_REPORT in view.mail.signs or _writes_like_a_mail_system(view):
        yield Finding(reason=Reason.DELIVERY_REPORT)


def _writes_like_a_mail_system(view: View) -> bool:
    """Its subject, and its address or its words; whoever forwards a report has words of his own."""
    machines = view.intake.machines
    if not says(machines.delivery_subjects, squeeze(view.mail.subject)):
        return False
    if any(says(machines.delivery_local_parts, local) for local in _local_parts(view)):
        return True
    text = squeeze(view.mail.text[:_TEXT])
    return not view.carries and not view.looks_submitted and says(machines.delivery_texts, text)


def read_receipt(view: View) -> Iterator[Finding]:
    """Rule 4: by structure (RFC 8098), or a subject that says so over nothing attached."""
    written = not view.carries and says(view.intake.machines.read_receipts, squeeze(view.mail.subject))
    if MachineSign.READ_RECEIPT in view.mail.signs or written:
        yield Finding(reason=Reason.READ_RECEIPT)


def auto_submitted(view: View) -> Iterator[Finding]:
    """Rules 1 and 5: Auto-Submitted other than no (RFC 3834), or the headers older responders set."""
    if view.mail.signs & {MachineSign.AUTO_SUBMITTED, MachineSign.AUTO_HEADER}:
        yield Finding(reason=Reason.AUTO_SUBMITTED)


def null_sender(view: View) -> Iterator[Finding]:
    """Rule 2: the null return path (RFC 3834 section 2)."""
    if MachineSign.NULL_SENDER in view.mail.signs or view.mail.return_path == "":
        yield Finding(reason=Reason.NULL_SENDER)


def machine_sender(view: View) -> Iterator[Finding]:
    """Rule 3: mailer-daemon, no-reply, owner-… before the @."""
    if any(says(view.intake.machines.local_parts, local) for local in _local_parts(view)):
        yield Finding(reason=Reason.MACHINE_SENDER)


def _local_parts(view: View) -> list[str]:
    return [squeeze(sender.address.rpartition("@")[0]) for sender in view.mail.senders]


def mailing_list(view: View) -> Iterator[Finding]:
    """Rule 5: List-… (RFC 2369, RFC 2919) or Precedence."""
    if view.mail.signs & {MachineSign.MAILING_LIST, MachineSign.BULK}:
        yield Finding(reason=Reason.MAILING_LIST)


def auto_reply_subject(view: View) -> Iterator[Finding]:
    """Rule 7: 自动回复： and its like.  A vacation reply carries no Word file; one that does is not answered
    either, and a person sees it."""
    phrases = view.intake.machines.auto_reply_subjects
    subject = says(phrases, squeeze(view.mail.subject)) or says(phrases, view.bare_subject)
    if view.taken is not None:
        if subject:
            yield Finding(reason=Reason.AUTO_REPLY_WITH_FILE)
    elif subject or _answers_by_itself(view):
        yield Finding(reason=Reason.AUTO_REPLY_SUBJECT)


def _answers_by_itself(view: View) -> bool:
    """Its text is what responders say: by name, or as people word them, in a note that submits nothing."""
    if view.carries:
        return False
    machines, text = view.intake.machines, squeeze(view.mail.text[:_TEXT])
    if says(machines.auto_reply_texts, text):
        return True
    note = len(text) < view.intake.matters.pasted_chars and not view.looks_submitted
    return note and says(machines.absence_texts, text) and not _wants_something(view, text)


def _wants_something(view: View, text: str) -> bool:
    """A person who is away and asks, tells or corrects something."""
    matters = view.intake.matters
    kinds = (matters.question, matters.correction, matters.officer_change, matters.not_our_duty)
    return any(says((*kind.text, *kind.always), text) for kind in kinds)


def recall_notice(view: View) -> Iterator[Finding]:
    """发信方已撤回邮件: the mail host says it, nobody wrote it."""
    if not view.carries and says(view.intake.machines.recalls, squeeze(view.mail.subject)):
        yield Finding(reason=Reason.RECALL_NOTICE)


def several_senders(view: View) -> Iterator[Finding]:
    """Rule 2: more than one From address."""
    if len(view.mail.senders) > 1:
        yield Finding(reason=Reason.SEVERAL_SENDERS)


def no_usable_sender(view: View) -> Iterator[Finding]:
    """Rule 2: nobody an answer could go to.  Kept for a person, since the mail itself may be sound."""
    sender = view.mail.sender
    if sender is None or not usable(sender.address):
        yield Finding(reason=Reason.NO_USABLE_SENDER)


def suspect_sender(view: View) -> Iterator[Finding]:
    """Rule 12: our own host says that the From address is forged (RFC 7489)."""
    if MachineSign.DMARC_FAIL in view.mail.signs:
        yield Finding(reason=Reason.SUSPECT_SENDER)


def asks_no_answer(view: View) -> Iterator[Finding]:
    """Rule 5: X-Auto-Response-Suppress asks for silence and does not make the mail a machine's."""
    if MachineSign.ASKS_NO_ANSWER in view.mail.signs:
        yield Finding(reason=Reason.ASKS_NO_ANSWER)
