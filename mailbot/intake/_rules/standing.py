"""How a mail stands to what is on record: the same again, completion, version, likeness, who it is from."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.intake._rules.matters import is_thanks
from mailbot.intake._rules.view import View, same_party
from mailbot.model import DocumentKind, Finding, LetterKind, Reason, Relation, Submission


def same_bytes(view: View) -> Iterator[Finding]:
    """The same bytes under one UIDVALIDITY: unanswered, under the first one's number."""
    if view.dossier.same_bytes is not None:
        yield Finding(reason=Reason.SAME_BYTES, details={"number": view.dossier.same_bytes})


def thanks_only(view: View) -> Iterator[Finding]:
    """Bare thanks: nothing to do for anybody."""
    if view.relation is Relation.NEW and is_thanks(view):
        yield Finding(reason=Reason.THANKS_ONLY)


def reply_without_material(view: View) -> Iterator[Finding]:
    """Rule 8 of docs/intake.md: refers to one of our letters, carries no Word file and supplies nothing.
    It ends every loop with a responder that no sign gives away."""
    if view.replies and view.relation is Relation.NEW and not view.carries:
        yield Finding(reason=Reason.REPLY_WITHOUT_MATERIAL)


def feedback_reply(view: View) -> Iterator[Finding]:
    """What people write back to word of an 采用 or 批示, however long: it may be the 批示反馈."""
    link = view.dossier.replied_to
    if link is not None and link.kind is LetterKind.FEEDBACK and not view.carries and view.mail.text.strip():
        yield Finding(reason=Reason.FEEDBACK_REPLY)


def same_document(view: View) -> Iterator[Finding]:
    """The same document from the same unit, against accepted or held items."""
    if view.relation is Relation.DUPLICATE and view.related is not None:
        yield Finding(reason=Reason.SAME_DOCUMENT, details={"number": view.related.number})


def unknown_sender(view: View) -> Iterator[Finding]:
    """Rule 10 there: neither a Word file nor a roster unit from an unknown address; no backscatter."""
    if view.known is None and not _word_file(view) and not view.stated_unit:
        yield Finding(reason=Reason.UNKNOWN_SENDER)


def _word_file(view: View) -> bool:
    """A file that is Word by its content, were it locked or empty."""
    kinds = (DocumentKind.DOCX, DocumentKind.DOC)
    return view.has_document or any(
        d.kind in kinds and d.fault is not Reason.HOSTILE_DOCUMENT for d in view.case.documents
    )


def continues(view: View) -> Iterator[Finding]:
    """It completes a returned item, or renews one that is on record."""
    if view.related is None:
        return
    details = {"number": view.related.number}
    if view.relation is Relation.COMPLETION:
        yield Finding(reason=Reason.COMPLETES_RETURNED, details=details)
    elif view.relation is Relation.VERSION:
        yield Finding(reason=Reason.NEW_VERSION, details=details)


def same_text_other_unit(view: View) -> Iterator[Finding]:
    """The same text from another unit.  A person decides whether it is 雷同; no letter says so."""
    for item, share in _alike(view):
        if share >= view.intake.same_again.strong_likeness:
            yield _likeness(Reason.SAME_TEXT_OTHER_UNIT, item, share)


def corpus_likeness(view: View) -> Iterator[Finding]:
    """Much of it stands in a reference text.  A person decides whether it is 网络抄袭; no letter says so."""
    if view.taken is None:
        return
    for hit in view.dossier.corpus:
        if hit.share >= view.intake.same_again.strong_likeness:
            details = {"name": hit.source, "share": f"{hit.share:.0%}"}
            yield Finding(reason=Reason.CORPUS_LIKENESS, details=details)


def weak_likeness(view: View) -> Iterator[Finding]:
    """A hint to the section: some text in common with another unit's item."""
    bounds = view.intake.same_again
    for item, share in _alike(view):
        if bounds.weak_likeness <= share < bounds.strong_likeness:
            yield _likeness(Reason.WEAK_LIKENESS, item, share)


def _alike(view: View) -> Iterator[tuple[Submission, float]]:
    """Items of other units with what they share, each once; the same document shares all."""
    if view.taken is None:
        return
    seen: set[str] = set()
    same = [(item, 1.0) for item in view.dossier.same_document]
    for item, share in [*same, *((one.submission, one.share) for one in view.dossier.likenesses)]:
        if item.number not in seen and not same_party(view.case, item):
            seen.add(item.number)
            yield item, share


def _likeness(reason: Reason, item: Submission, share: float) -> Finding:
    unit = item.fields.unit.value if item.fields.unit else item.fields.unit_as_written or ""
    details = {"number": item.number, "unit": unit, "share": f"{share:.0%}"}
    return Finding(reason=reason, details=details)
