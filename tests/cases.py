"""Cases for judge(): mails, Word files and what is held, made of as little as each test needs to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from mailbot.clock import SHANGHAI
from mailbot.intake.rules import Case, Settings, judge
from mailbot.model import (
    Address,
    Attachment,
    Correspondent,
    Document,
    DocumentKind,
    Dossier,
    Fields,
    Found,
    IncomingMail,
    LetterKind,
    Outcome,
    PartOrigin,
    Reason,
    Source,
    Submission,
    SubmissionState,
    ThreadLink,
    WordCount,
)
from mailbot.policy import Policy, Resources, load_policy

POLICY = load_policy(Resources(None))
NOW = datetime(2019, 4, 12, 9, 41, tzinfo=SHANGHAI)
TITLE, UNIT = "我县建立困难群众救助“一门受理”机制", "县民政局"
SENDER = Address(address="mzj@lyoa.example", name="彭利")
KNOWN = Correspondent(address=SENDER.address, unit=UNIT, name="彭利", phone="6220000")
SUBJECT = f"{TITLE}-{UNIT}-彭利-6220000"
R = Reason


def found(source: Source = Source.SUBJECT, **without: None) -> Fields:
    """The four fields, all from one source; name one with None to leave it out."""
    full = Fields(
        title=Found(TITLE, source),
        unit=Found(UNIT, source),
        submitters=Found(("彭利",), source),
        contacts=Found(("6220000",), source),
    )
    return replace(full, **without)


FULL = found()
NOTHING = Fields()


def file(name: str = "稿件.docx", **over: object) -> Document:
    """A good Word file; `fault` and whatever else may be given."""
    extension = name.rpartition(".")[2]
    kind = {"docx": DocumentKind.DOCX, "doc": DocumentKind.DOC}.get(extension, DocumentKind.OTHER)
    whole = {
        "sha256": f"sha-{name}",
        "size": 20_000,
        "kind": kind,
        "paragraphs": (TITLE, "正文。"),
        "words": WordCount(whole=320),
        "text_digest": f"text-{name}",
    }
    return Document(name=name, **{**whole, **over})  # type: ignore[arg-type]


def bad(name: str, fault: Reason, detail: str = "") -> Document:
    return file(name, fault=fault, fault_detail=detail, paragraphs=(), words=WordCount(), text_digest="")


def mail(subject: str = SUBJECT, text: str = "", **over: object) -> IncomingMail:
    whole = {
        "sha256": "0" * 64,
        "size": 30_000,
        "arrived_at": NOW,
        "senders": (SENDER,),
        "return_path": SENDER.address,
    }
    return IncomingMail(subject=subject, text=text, **{**whole, **over})  # type: ignore[arg-type]


def case(
    letter: IncomingMail | None = None,
    *documents: Document,
    fields: Fields = FULL,
    known: Correspondent | None = KNOWN,
    origins: tuple[PartOrigin, ...] = (),
    answer_since: datetime | None = None,
    refers_to_own: bool = False,
    own_message_id: bool = False,
    **dossier: object,
) -> Case:
    """A case: `documents` become the mail's attachments, in order."""
    letter = mail() if letter is None else letter
    attachments = tuple(
        Attachment(
            name=d.name,
            content_type="application/octet-stream",
            content=d.sha256.encode(),
            origin=origins[i] if i < len(origins) else PartOrigin.MAIL,
        )
        for i, d in enumerate(documents)
    )
    return Case(
        mail=replace(letter, attachments=attachments + letter.attachments),
        documents=documents,
        fields=fields,
        dossier=Dossier(correspondent=known, **dossier),  # type: ignore[arg-type]
        settings=Settings(
            own_addresses=frozenset({"xxk@tancheng.example"}), loop_id="loop-1", answer_since=answer_since
        ),
        refers_to_own=refers_to_own,
        own_message_id=own_message_id,
    )


def item(state: SubmissionState = SubmissionState.ACCEPTED, *, days: int = 3, **over: object) -> Submission:
    """An item on record, of the same unit and title as FULL, that arrived `days` ago."""
    whole = {
        "number": "20190409-AAAAAA",
        "fields": FULL,
        "sender": SENDER.address,
        "arrived_at": NOW - timedelta(days=days),
        "mail_id": 1,
        "document_sha256": "sha-旧稿.docx",
        "text_digest": "text-旧稿.docx",
        "document_name": "旧稿.docx",
    }
    return Submission(state=state, **{**whole, **over})  # type: ignore[arg-type]


def returned(fields: Fields = FULL, *, document: str = "sha-旧稿.docx", **over: object) -> Submission:
    digest = document.replace("sha-", "text-")
    whole = {"fields": fields, "document_sha256": document, "text_digest": digest, **over}
    return item(SubmissionState.RETURNED, **whole)  # type: ignore[arg-type]


def reply(kind: LetterKind = LetterKind.RECEIPT, number: str = "20190409-AAAAAA") -> ThreadLink:
    return ThreadLink(kind=kind, message_id="<r.1.x@tancheng.example>", number=number)


OTHER_UNIT = replace(FULL, unit=Found("县水利局", Source.SUBJECT))
UNKNOWN = Address(address="someone@mail.example")
STRANGER = mail(senders=(UNKNOWN,), return_path=UNKNOWN.address)
DAEMON = mail("退信", senders=(Address(address="mailer-daemon@host.example"),))
BACK = mail(f"回复：退回补正：{TITLE}", "电话：6220000")
BACK_FIELDS = replace(NOTHING, title=Found(TITLE, Source.SUBJECT))
WITH_PHONE = replace(BACK_FIELDS, contacts=Found(("6220000",), Source.BODY))
NO_PHONE = found(contacts=None)
PDF = bad("稿件.pdf", R.OTHER_TYPE, "pdf")


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    case: Case
    outcome: Outcome
    answer: LetterKind | None
    reasons: tuple[Reason, ...]


OK, REMARKS, BACK_TO_UNIT = Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS, Outcome.RETURNED
HELD, IGNORED, DUPLICATE = Outcome.HELD, Outcome.IGNORED, Outcome.DUPLICATE
RECEIPT, NOTICE, RETURN = LetterKind.RECEIPT, LetterKind.HELD_NOTICE, LetterKind.RETURNED


def ignored(what: str, reason: Reason, subject: Case) -> Row:
    return Row(what, subject, IGNORED, None, (reason,))


def held(what: str, reason: Reason, subject: Case) -> Row:
    return Row(what, subject, HELD, None, (reason,))


def with_intake(policy: Policy, **changes: object) -> Policy:
    """The policy with other keys of intake.toml."""
    return replace(policy, intake=msgspec.structs.replace(policy.intake, **changes))


def check(row: Row) -> None:
    """The row's mail gets the outcome, the answer and exactly the reasons that the row states."""
    verdict = judge(row.case, POLICY)
    assert (verdict.outcome, verdict.answer, set(verdict.reasons)) == (
        row.outcome,
        row.answer,
        set(row.reasons),
    )
