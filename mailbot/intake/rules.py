"""RULES, the ordered table; judge(case, policy) -> Verdict: gather all findings, the gravest decides.

PURE.  The order is that of docs/intake.md: a secrecy mark first, then what is never answered, then
the same again, then what a person must see, then what is wrong with file and fields, then remarks.  A rule
that stops ends the questions: nothing asked after it could matter.  What a reason comes to, intake.toml says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mailbot.intake._rules import attached, fields, machines, matters, phrases, standing
from mailbot.intake._rules.view import Case, Settings, View, good_documents, usable, view
from mailbot.model import (
    GRAVITY,
    Fields,
    Finding,
    LetterKind,
    Outcome,
    Reason,
    Relation,
    Verdict,
)
from mailbot.policy import Intake, Policy, Secrecy

__all__ = ["RULES", "Case", "Rule", "Settings", "good_documents", "has_secrecy_mark", "judge"]

Check = Callable[[View], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One question asked of every mail."""

    reasons: tuple[Reason, ...]
    """What it may find."""
    check: Check
    stops: bool = False
    """Whether a hit ends the questions."""


R = Reason
RULES: tuple[Rule, ...] = (
    Rule(reasons=(R.SECRECY_MARK,), check=matters.secrecy_mark, stops=True),
    # Never answered: docs/intake.md, rules 1 to 7 and 11.
    Rule(reasons=(R.OWN_MAIL,), check=machines.own_mail, stops=True),
    Rule(reasons=(R.MAIL_LOOP,), check=machines.mail_loop, stops=True),
    Rule(reasons=(R.DELIVERY_REPORT,), check=machines.delivery_report, stops=True),
    Rule(reasons=(R.READ_RECEIPT,), check=machines.read_receipt, stops=True),
    Rule(reasons=(R.AUTO_SUBMITTED,), check=machines.auto_submitted, stops=True),
    Rule(reasons=(R.NULL_SENDER,), check=machines.null_sender, stops=True),
    Rule(reasons=(R.MACHINE_SENDER,), check=machines.machine_sender, stops=True),
    Rule(reasons=(R.MAILING_LIST,), check=machines.mailing_list, stops=True),
    Rule(
        reasons=(R.AUTO_REPLY_SUBJECT, R.AUTO_REPLY_WITH_FILE), check=machines.auto_reply_subject, stops=True
    ),
    Rule(reasons=(R.RECALL_NOTICE,), check=machines.recall_notice, stops=True),
    Rule(reasons=(R.MAIL_TOO_LARGE,), check=attached.mail_too_large),
    Rule(reasons=(R.SEVERAL_SENDERS,), check=machines.several_senders, stops=True),
    Rule(reasons=(R.NO_USABLE_SENDER,), check=machines.no_usable_sender, stops=True),
    Rule(reasons=(R.SUSPECT_SENDER,), check=machines.suspect_sender, stops=True),
    # The same again, and what is no submission.
    Rule(reasons=(R.SAME_BYTES,), check=standing.same_bytes, stops=True),
    Rule(reasons=(R.SEALED_MAIL,), check=attached.sealed_mail, stops=True),
    Rule(reasons=(R.THANKS_ONLY,), check=standing.thanks_only, stops=True),
    Rule(
        reasons=(
            R.NOT_OUR_DUTY,
            R.OFFICER_CHANGE,
            R.MEETING_NOTICE,
            R.CORRECTION,
            R.OTHER_MATTER,
            R.SPAM,
            R.QUESTION,
        ),
        check=matters.matter,
        stops=True,
    ),
    Rule(reasons=(R.FEEDBACK_REPLY,), check=standing.feedback_reply, stops=True),
    Rule(reasons=(R.REPLY_WITHOUT_MATERIAL,), check=standing.reply_without_material, stops=True),
    Rule(reasons=(R.SAME_DOCUMENT,), check=standing.same_document, stops=True),
    Rule(reasons=(R.UNKNOWN_SENDER,), check=standing.unknown_sender, stops=True),
    # For a person, with all that is wrong besides.
    Rule(reasons=(R.UNIT_NOT_ON_ROSTER,), check=fields.unit_not_on_roster),
    Rule(reasons=(R.SEVERAL_DOCUMENTS,), check=attached.several_documents),
    Rule(reasons=(R.SAME_TEXT_OTHER_UNIT,), check=standing.same_text_other_unit),
    Rule(reasons=(R.CORPUS_LIKENESS,), check=standing.corpus_likeness),
    # Returned.
    Rule(
        reasons=(R.MISSING_TITLE, R.MISSING_UNIT, R.MISSING_SUBMITTERS, R.MISSING_CONTACTS),
        check=fields.missing,
    ),
    Rule(
        reasons=(
            R.NO_ATTACHMENT,
            R.CLOUD_ATTACHMENT,
            R.OTHER_TYPE,
            R.FAKE_WORD,
            R.MACROS,
            R.PASSWORD,
            R.CORRUPT,
            R.EMPTY_DOCUMENT,
            R.TOO_LARGE,
            R.HOSTILE_DOCUMENT,
        ),
        check=attached.no_document,
    ),
    # Remarks.
    Rule(reasons=(R.COMPLETES_RETURNED, R.NEW_VERSION), check=standing.continues),
    Rule(reasons=(R.FOUND_ELSEWHERE,), check=fields.found_elsewhere),
    Rule(reasons=(R.BAD_CONTACT,), check=fields.bad_contact),
    Rule(reasons=(R.SENDER_OF_OTHER_UNIT,), check=fields.sender_of_other_unit),
    Rule(reasons=(R.OTHERS_NOT_TAKEN,), check=attached.others_not_taken),
    Rule(reasons=(R.OVER_SHORT_LIMIT, R.OVER_LONG_LIMIT), check=attached.length),
    # For the section alone.
    Rule(reasons=(R.SENDER_NOT_REGISTERED,), check=fields.sender_not_registered),
    Rule(reasons=(R.JOINT_SUBMISSION,), check=fields.joint_submission),
    Rule(reasons=(R.SAME_DAY_REPORT, R.LATE_REPORT), check=fields.timeliness),
    Rule(reasons=(R.DOUBTFUL_READING,), check=fields.doubtful_reading),
    Rule(reasons=(R.SEVERAL_TITLES,), check=fields.several_titles),
    Rule(reasons=(R.WRONG_EXTENSION,), check=attached.wrong_extension),
    Rule(reasons=(R.WEAK_LIKENESS,), check=standing.weak_likeness),
    Rule(reasons=(R.BEFORE_ANSWER_SINCE,), check=machines.before_answer_since),
    Rule(reasons=(R.ASKS_NO_ANSWER,), check=machines.asks_no_answer),
)
"""The whole policy of intake, read from top to bottom."""


def has_secrecy_mark(text: str, secrecy: Secrecy) -> bool:
    """绝密★ 机密★ 秘密★ anywhere in a text."""
    return phrases.secrecy(secrecy.levels, secrecy.stars, secrecy.labels).search(text) is not None


def judge(case: Case, policy: Policy) -> Verdict:
    """The decision on one mail.  Never raises on what a mail holds."""
    seen = view(case, policy)
    findings = tuple(_gather(seen))
    outcome = _gravest(findings, policy.intake)
    reasons = {finding.reason for finding in findings}
    relation = _relation(reasons, outcome)
    return Verdict(
        outcome=outcome,
        findings=findings,
        fields=_kept_fields(seen, reasons),
        document=None if Reason.SECRECY_MARK in reasons else seen.taken,
        not_taken=() if outcome is Outcome.IGNORED or Reason.SECRECY_MARK in reasons else _not_taken(seen),
        relation=relation,
        related=None if relation is Relation.NEW else _related(seen),
        answer=_answer(seen, outcome, relation, reasons),
    )


def _gather(seen: View) -> Iterator[Finding]:
    for rule in RULES:
        found = tuple(rule.check(seen))
        yield from found
        if found and rule.stops:
            return


def _gravest(findings: tuple[Finding, ...], intake: Intake) -> Outcome:
    outcomes = {intake.outcomes[finding.reason] for finding in findings}
    return next((outcome for outcome in GRAVITY if outcome in outcomes), Outcome.ACCEPTED)


def _kept_fields(seen: View, reasons: set[Reason]) -> Fields:
    """Of a mail with a secrecy mark only who sent it is kept, so that he can be telephoned."""
    if Reason.SECRECY_MARK not in reasons:
        return seen.fields
    fields = seen.case.fields
    return Fields(unit=fields.unit, submitters=fields.submitters, contacts=fields.contacts)


def _not_taken(seen: View) -> tuple[str, ...]:
    taken = seen.taken.sha256 if seen.taken else ""
    return tuple(document.name for document in seen.case.documents if document.sha256 != taken)


def _relation(reasons: set[Reason], outcome: Outcome) -> Relation:
    """What the rules let stand of it: a correction of something on record is not its duplicate, and a version
    that is returned leaves what is on record as it is."""
    if Reason.SAME_BYTES in reasons or Reason.SAME_DOCUMENT in reasons:
        return Relation.DUPLICATE
    if Reason.COMPLETES_RETURNED in reasons:
        return Relation.COMPLETION
    if Reason.NEW_VERSION in reasons and outcome is not Outcome.RETURNED:
        return Relation.VERSION
    return Relation.NEW


def _related(seen: View) -> str | None:
    """Number of the earlier item; the same bytes go before anything that the document says."""
    return seen.dossier.same_bytes or (seen.related.number if seen.related is not None else None)


# ---- the one answer ----------------------------------------------------------------------------------------


def _answer(seen: View, outcome: Outcome, relation: Relation, reasons: set[Reason]) -> LetterKind | None:
    """The letter this mail calls for; None is silence (promise P5)."""
    sender = seen.mail.sender
    if sender is None or not usable(sender.address) or _asks_silence(seen):
        return None
    if outcome is Outcome.HELD:
        return _held_answer(seen.intake, reasons)
    if outcome is Outcome.RETURNED:
        return _returned_answer(seen, reasons)
    if outcome is Outcome.DUPLICATE:
        return None if Reason.SAME_BYTES in reasons else LetterKind.DUPLICATE
    if outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS):
        return _RECEIPTS[relation]
    return None


_RECEIPTS = {
    Relation.NEW: LetterKind.RECEIPT,
    Relation.DUPLICATE: LetterKind.DUPLICATE,
    Relation.VERSION: LetterKind.NEW_VERSION,
    Relation.COMPLETION: LetterKind.COMPLETED,
}


def _asks_silence(seen: View) -> bool:
    """Whatever rule stopped before those that note it."""
    return any(machines.asks_no_answer(seen)) or any(machines.before_answer_since(seen))


def _held_answer(intake: Intake, reasons: set[Reason]) -> LetterKind | None:
    """Told to the sender only where every reason to hold it may be told."""
    held = {reason for reason in reasons if intake.outcomes[reason] is Outcome.HELD}
    return LetterKind.HELD_NOTICE if held <= set(intake.held_notice) else None


def _returned_answer(seen: View, reasons: set[Reason]) -> LetterKind | None:
    """Hostile content is returned to nobody but a known correspondent (RFC 5321 section 6.2)."""
    if Reason.HOSTILE_DOCUMENT in reasons and seen.known is None:
        return None
    return LetterKind.RETURNED
