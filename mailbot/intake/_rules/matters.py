"""Mail that is no submission: secrecy marks, bare thanks, and the matters a person must see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeGuard, TypeVar

from mailbot.intake._rules import phrases
from mailbot.intake._rules.phrases import says, squeeze
from mailbot.intake._rules.view import View
from mailbot.model import (
    Finding,
    Found,
    LetterKind,
    MachineSign,
    Reason,
    Relation,
    Source,
    SubmissionState,
)
from mailbot.policy import Matter

T = TypeVar("T")
_ASKING = frozenset({LetterKind.HELD_NOTICE, LetterKind.DECLINED})
"""Letters whose reader is asked, or has reason, to write back in plain words."""
_CALLS = frozenset({LetterKind.SOLICITATION, LetterKind.REMINDER, LetterKind.BULLETIN})
"""Letters of ours that people answer in words."""
_NO_LETTERS = re.compile(r"[^\w]|[\d_]")


def secrecy_mark(view: View) -> Iterator[Finding]:
    """绝密★ 机密★ 秘密★ anywhere in the mail.  Names only the place, never the text."""
    marks = view.intake.secrecy
    pattern = phrases.secrecy(marks.levels, marks.stars, marks.labels)
    for place, text in _places(view):
        if pattern.search(text):
            yield Finding(reason=Reason.SECRECY_MARK, details={"place": place})
            return


def _places(view: View) -> Iterator[tuple[str, str]]:
    mail = view.mail
    yield "subject", mail.subject
    yield "text", mail.text
    yield "text", mail.quoted
    for attachment in mail.attachments:
        yield "name", attachment.name
    for link in mail.cloud_links:
        yield "name", link.name
    for document in view.case.documents:
        yield "name", document.name
        yield "file", document.title
        yield "file", document.text
        yield "file", document.sign_off


# ---- bare thanks -------------------------------------------------------------------------------------------


def is_thanks(view: View) -> bool:
    """Nothing is left of the text but names and figures once words of thanks and courtesy are taken out."""
    if view.carries:
        return False
    subject = view.bare_subject
    replied = view.replies or subject != squeeze(view.mail.subject)
    text = squeeze(view.mail.text)
    if text and not replied and subject and not _only_thanks(view, subject):
        return False
    return _only_thanks(view, text or subject)


def _only_thanks(view: View, text: str) -> bool:
    thanks = view.intake.thanks
    if not text or len(text) > thanks.max_chars:
        return False
    if not phrases.any_of(thanks.words).search(text):
        return False
    for name in _names(view):
        text = text.replace(squeeze(name), "")
    text = phrases.any_of((*thanks.words, *thanks.filler)).sub("", text)
    return not _NO_LETTERS.sub("", text)


def _names(view: View) -> tuple[str, ...]:
    """Names of units and people that a signature may hold, longest first."""
    fields, known = view.case.fields, view.known
    names = [fields.unit_as_written or "", *(fields.submitters.value if fields.submitters else ())]
    names += [fields.unit.value, fields.unit.value.removeprefix("县")] if fields.unit else []
    names += [known.unit, known.unit.removeprefix("县"), known.name] if known else []
    sender = view.mail.sender
    names += [sender.name] if sender else []
    return tuple(sorted((name for name in names if len(name) > 1), key=len, reverse=True))


# ---- matters for a person ----------------------------------------------------------------------------------


def matter(view: View) -> Iterator[Finding]:
    """The first kind that fits, in the order of intake.toml.  What completes a returned item, or renews one
    that was accepted, is none; a second 会议通知 is no version of the first."""
    if view.relation is Relation.COMPLETION or _renews_accepted(view):
        return
    if MachineSign.CALENDAR in view.mail.signs:
        yield Finding(reason=Reason.MEETING_NOTICE)
        return
    matters = view.intake.matters
    kinds: tuple[tuple[Reason, Matter], ...] = (
        (Reason.NOT_OUR_DUTY, matters.not_our_duty),
        (Reason.OFFICER_CHANGE, matters.officer_change),
        (Reason.MEETING_NOTICE, matters.meeting_notice),
        (Reason.CORRECTION, matters.correction),
        (Reason.OTHER_MATTER, matters.other_matter),
        (Reason.SPAM, matters.spam),
        (Reason.QUESTION, matters.question),
    )
    subject, text = view.bare_subject, _own_words(view)
    for reason, kind in kinds:
        if reason is Reason.SPAM and (view.known or view.stated_unit):
            continue
        if _fits(view, reason, kind, subject, text):
            yield Finding(reason=reason)
            return
    if _tells_something(view):
        yield Finding(reason=Reason.CORRECTION)
    elif _is_mere_note(view):
        yield Finding(reason=Reason.OTHER_MATTER)


def _renews_accepted(view: View) -> bool:
    related = view.related if view.relation is Relation.VERSION else None
    return related is not None and related.state is SubmissionState.ACCEPTED


def _tells_something(view: View) -> bool:
    """A reply that answers our question, or states a unit, person or number that we do not have: our letters
    ask to be told of mistakes in just this way."""
    if not view.replies or view.carries:
        return False
    link, fields, known = view.dossier.replied_to, view.case.fields, view.known
    if link is not None and link.kind in _ASKING and view.mail.text.strip():
        return True
    unit, people, numbers = fields.unit, fields.submitters, fields.contacts
    return (
        (_in_body(unit) and (known is None or unit.value != known.unit))
        or (_in_body(people) and (known is None or known.name not in people.value))
        or (_in_body(numbers) and (known is None or known.phone not in numbers.value))
    )


def _is_mere_note(view: View) -> bool:
    """A short text of a known sender who submits nothing and forgot nothing: to ask him for a Word file would
    puzzle him.  So would silence where he answers a 约稿, a reminder or a 通报."""
    text, fields, link = squeeze(view.mail.text), view.case.fields, view.dossier.replied_to
    if view.carries or not 0 < len(text) < view.intake.matters.pasted_chars:
        return False
    if view.replies:
        return link is not None and link.kind in _CALLS
    stated = any(
        found is not None and found.source is Source.SUBJECT
        for found in (fields.unit, fields.submitters, fields.contacts)
    )
    said = says(view.intake.matters.submits, f"{view.bare_subject}\n{text}")
    return view.known is not None and not stated and not said


def _in_body(found: Found[T] | None) -> TypeGuard[Found[T]]:
    return found is not None and found.source is Source.BODY


def _own_words(view: View) -> str:
    """The squeezed text, where it is a note; '' where it is long enough to be an article."""
    text = squeeze(view.mail.text)
    return text if len(text) <= view.intake.matters.max_chars else ""


def _fits(view: View, reason: Reason, kind: Matter, subject: str, text: str) -> bool:
    title = squeeze(view.taken.title) if view.taken else ""
    if any(says(kind.always, place) for place in (subject, title, text) if place):
        return True
    if not view.replies and says(kind.subject, subject) and not (view.full_subject and view.carries):
        return True
    if view.looks_submitted and not _corrects_duplicate(view, reason):
        return False
    return _is_note(view, text) and says(kind.text, text)


def _is_note(view: View, text: str) -> bool:
    """Too short to be an article that somebody pasted into the mail."""
    return view.replies or len(text) < view.intake.matters.pasted_chars


def _corrects_duplicate(view: View, reason: Reason) -> bool:
    """The document is on record already and the note says what was wrong: the mail is about the note."""
    return reason is Reason.CORRECTION and view.taken is not None and not view.brings_document
