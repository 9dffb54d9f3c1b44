"""One case as the rules look at it: which Word file is taken, what it stands to, what the subject claims."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from mailbot.intake._rules.phrases import prefixes, squeeze
from mailbot.model import (
    Attachment,
    Correspondent,
    Document,
    Dossier,
    Fields,
    Found,
    IncomingMail,
    PartOrigin,
    Relation,
    Source,
    Submission,
    SubmissionState,
    title_key,
)
from mailbot.policy import Intake, Policy

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the rules must know of this installation."""

    own_addresses: frozenset[str]
    """Lower case."""
    loop_id: str
    """Value of X-Mailbot-Loop that our own letters carry."""
    answer_since: datetime | None = None
    """Mail that arrived earlier is judged and not answered; None: no such bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One mail with all that bears on it.

    `documents` holds one for each attachment that is no decoration, in their order.
    """

    mail: IncomingMail
    documents: tuple[Document, ...]
    fields: Fields
    dossier: Dossier
    settings: Settings
    own_message_id: bool = False
    """The mail's own Message-ID carries our signature: our letter has come back."""
    refers_to_own: bool = False
    """A Message-ID it refers to carries our signature, whether or not the store still knows the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A case with what every rule asks of it, worked out once."""

    case: Case
    policy: Policy
    good: tuple[Document, ...]
    """Word files that can be taken, each text once, those of the mail itself before forwarded ones."""
    taken: Document | None
    relation: Relation
    related: Submission | None
    fields: Fields
    """As read, or merged with the returned item that the mail completes."""
    replies: bool
    """It answers one of our own letters: by reference, or by the subject where a client sets none."""
    bare_subject: str
    """The squeezed subject without reply, forward and our own marks."""

    @property
    def mail(self) -> IncomingMail:
        return self.case.mail

    @property
    def dossier(self) -> Dossier:
        return self.case.dossier

    @property
    def intake(self) -> Intake:
        return self.policy.intake

    @property
    def known(self) -> Correspondent | None:
        return self.case.dossier.correspondent

    @property
    def has_document(self) -> bool:
        """A Word file is at hand: in this mail, or in the returned one that it completes."""
        return self.taken is not None or bool(
            self.relation is Relation.COMPLETION and self.related and self.related.document_sha256
        )

    @property
    def stated_unit(self) -> bool:
        """The writer himself named a roster unit, wherever."""
        return self.fields.unit is not None and self.fields.unit.source is not Source.REGISTER

    @property
    def too_large(self) -> bool:
        """Over the bound of one mail: nothing but its header is known for certain."""
        return self.mail.size > self.intake.mail.mail_bytes or "not_fetched" in self.mail.defects

    @property
    def carries(self) -> bool:
        """Something is attached, were it only a link.  What makes a mail so large is no text."""
        return bool(self.case.documents or self.mail.cloud_links) or self.too_large

    @property
    def brings_document(self) -> bool:
        """A Word file that is not on record yet."""
        return self.taken is not None and self.relation is not Relation.DUPLICATE

    @property
    def full_subject(self) -> bool:
        """The subject states title, unit, submitter and contact, as the notice 三(四) asks."""
        found = (self.fields.title, self.fields.unit, self.fields.submitters, self.fields.contacts)
        return all(one is not None and one.source is Source.SUBJECT for one in found)

    @property
    def looks_submitted(self) -> bool:
        """A submission on its face, even where it lacks something."""
        found = (self.fields.unit, self.fields.submitters, self.fields.contacts)
        stated = sum(one is not None and one.source is Source.SUBJECT for one in found)
        return self.carries or (stated >= 2 and self.case.fields.title is not None)

    def attachments(self) -> Iterator[tuple[Attachment, Document]]:
        """Each attachment that is no decoration with what was found in it."""
        return zip(_real(self.mail), self.case.documents, strict=False)


def usable(address: str) -> bool:
    """Whether an answer can be sent there: plain ASCII, one @, nothing that could leave its header."""
    return len(address) <= 254 and _ADDRESS.fullmatch(address) is not None


def view(case: Case, policy: Policy) -> View:
    """Work out what the rules ask."""
    good = good_documents(case.mail, case.documents)
    taken = good[0] if good else None
    relation, related = _relation(case, policy.intake, good)
    subject = squeeze(case.mail.subject)
    marks = prefixes(policy.intake.reply_prefixes, policy.intake.own_prefixes).match(subject)
    ours = marks is not None and marks["own"] is not None
    return View(
        case=case,
        policy=policy,
        good=good,
        taken=taken,
        relation=relation,
        related=related,
        fields=_fields(case.fields, relation, related, taken),
        replies=ours or case.dossier.replied_to is not None or case.refers_to_own,
        bare_subject=subject[marks.end() if marks else 0 :],
    )


def _real(mail: IncomingMail) -> Iterator[Attachment]:
    return (attachment for attachment in mail.attachments if not attachment.decoration)


def good_documents(mail: IncomingMail, documents: tuple[Document, ...]) -> tuple[Document, ...]:
    """Good Word files, the same bytes or the same text once; the first is taken.  Those inside a forwarded
    mail count only where the mail itself has none: whoever forwards with a file of his own means that one."""
    origins = [attachment.origin for attachment in _real(mail)]
    whole = [(d, o) for d, o in zip(documents, origins, strict=False) if d.fault is None]
    own = [document for document, origin in whole if origin is not PartOrigin.FORWARDED]
    return tuple(_each_once(own or [document for document, _ in whole]))


def _each_once(documents: list[Document]) -> Iterator[Document]:
    seen: set[str] = set()
    for document in documents:
        marks = {document.sha256, document.text_digest or document.sha256}
        if not marks & seen:
            yield document
        seen |= marks


# ---- how it stands to what is held -------------------------------------------------------------------------


def _relation(case: Case, intake: Intake, good: tuple[Document, ...]) -> tuple[Relation, Submission | None]:
    """In the order of docs/intake.md: completion, duplicate, version, new.  Several Word files are nobody's
    duplicate: a person looks."""
    if len(good) > 1:
        return Relation.NEW, None
    taken = good[0] if good else None
    window = timedelta(days=intake.same_again.completion_days)
    for item in _returned(case.dossier):
        if case.mail.arrived_at - item.arrived_at <= window and _completes(case, taken, item):
            return Relation.COMPLETION, item
    if taken is None:
        return Relation.NEW, None
    for item in case.dossier.same_document:
        if _counts(item) and same_party(case, item):
            return Relation.DUPLICATE, item
    window = timedelta(days=intake.same_again.version_days)
    for item in case.dossier.same_title:
        if _counts(item) and not item.adopted and case.mail.arrived_at - item.arrived_at <= window:
            return Relation.VERSION, item
    return Relation.NEW, None


def _counts(item: Submission) -> bool:
    return item.state in (SubmissionState.ACCEPTED, SubmissionState.HELD)


def _returned(dossier: Dossier) -> list[Submission]:
    """Returned items, the one that the mail answers first."""
    items = [item for item in dossier.returned if item.state is SubmissionState.RETURNED]
    number = dossier.replied_to.number if dossier.replied_to else None
    return sorted(items, key=lambda item: item.number != number)


def same_party(case: Case, item: Submission) -> bool:
    """Whether an item on record comes from the unit that this mail comes from (co-signing units included)."""
    ours, theirs = case.fields.unit, item.fields.unit
    if ours is not None and theirs is not None:
        return ours.value == theirs.value or ours.value in item.fields.co_units
    written = case.fields.unit_as_written
    if ours is None and theirs is None and written and item.fields.unit_as_written:
        return written == item.fields.unit_as_written
    return case.mail.sender is not None and case.mail.sender.address == item.sender


def _completes(case: Case, taken: Document | None, item: Submission) -> bool:
    """Whether this mail supplies something that the returned item lacked, and is about that item."""
    link = case.dossier.replied_to
    answers = link is not None and link.number == item.number
    if not answers and not (case.mail.sender is not None and case.mail.sender.address == item.sender):
        return False
    return _supplies(case.fields, taken, item) and _same_matter(case.fields, taken, item, answers=answers)


def _supplies(new: Fields, taken: Document | None, item: Submission) -> bool:
    old = item.fields
    pairs: tuple[tuple[Found[object] | None, Found[object] | None], ...] = (
        (old.title, new.title),
        (old.unit, new.unit),
        (old.submitters, new.submitters),
        (old.contacts, new.contacts),
    )
    fields = any(was is None and now is not None and now.source is not Source.REGISTER for was, now in pairs)
    return fields or (taken is not None and not item.document_sha256)


def _same_matter(new: Fields, taken: Document | None, item: Submission, *, answers: bool) -> bool:
    """An answer is about the item unless it brings a Word file under another title; a mail of its own must
    carry the same title, document or file name."""
    if taken is not None and taken.sha256 == item.document_sha256:
        return True
    if taken is not None and taken.text_digest and taken.text_digest == item.text_digest:
        return True
    old_unit, new_unit = item.fields.unit, new.unit
    if old_unit is not None and new_unit is not None and old_unit.value != new_unit.value:
        return False
    if item.fields.title is not None and new.title is not None:
        return same_title(new.title.value, item.fields.title.value) or (answers and taken is None)
    same_name = taken is not None and bool(item.document_name) and taken.name == item.document_name
    return answers or same_name


def same_title(new: str, old: str) -> bool:
    """Equal, or `new` is `old` as cut in the subject of our own letter."""
    a, b = title_key(new), title_key(old)
    cut = re.sub(r"(…|\.\.\.)$", "", a)
    return a == b or (cut != a and len(cut) >= 12 and b.startswith(cut))


# ---- merging -----------------------------------------------------------------------------------------------

T = TypeVar("T")
_RANK = {source: rank for rank, source in enumerate(Source)}


def _fields(new: Fields, relation: Relation, related: Submission | None, taken: Document | None) -> Fields:
    """A completion is read together with what it completes; a version need not repeat what is on record."""
    if related is None or relation is Relation.DUPLICATE:
        return new
    if relation is Relation.COMPLETION:
        return _merged(related.fields, new, taken)
    old = related.fields
    return replace(new, submitters=new.submitters or old.submitters, contacts=new.contacts or old.contacts)


def _merged(old: Fields, new: Fields, taken: Document | None) -> Fields:
    """What the returned mail said, with what this one supplies: the better source, or else the newer.  The
    title stays where this one has it cut, or brings no Word file: its subject may be any words."""
    title = _better(old.title, new.title)
    if old.title and title and title.value != old.title.value:
        title = old.title if taken is None or same_title(title.value, old.title.value) else title
    return replace(
        new,
        title=title,
        unit=_better(old.unit, new.unit),
        unit_as_written=new.unit_as_written or old.unit_as_written,
        co_units=new.co_units or old.co_units,
        submitters=_better(old.submitters, new.submitters),
        contacts=_better(old.contacts, new.contacts),
        reviewer=new.reviewer or old.reviewer,
        signer=new.signer or old.signer,
        topic=new.topic or old.topic,
        event_date=new.event_date or old.event_date,
        tags=new.tags or old.tags,
        solicitation=new.solicitation or old.solicitation,
        confidence=max(old.confidence, new.confidence) if new.title is None else new.confidence,
    )


def _better(old: Found[T] | None, new: Found[T] | None) -> Found[T] | None:
    if old is None or new is None:
        return new or old
    return new if _RANK[new.source] <= _RANK[old.source] else old
