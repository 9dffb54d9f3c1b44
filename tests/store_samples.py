"""What the tests of the store put into it: invented mails, items and letters, each with its plain default."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from mailbot.clock import SHANGHAI
from mailbot.model import (
    Address,
    Document,
    DocumentKind,
    Fields,
    Finding,
    Found,
    IncomingMail,
    LetterKind,
    LetterState,
    Outcome,
    Reason,
    Source,
    SubmissionState,
    Verdict,
    WordCount,
)
from mailbot.store import Admission, NewLetter, Store

NOW = datetime(2019, 4, 12, 9, 30, tzinfo=SHANGHAI)
INBOX = "imap:xxk@mail.tancheng.example/INBOX;uidvalidity=1"
RENEWED = "imap:xxk@mail.tancheng.example/INBOX;uidvalidity=2"
SENDER = "gangshang@tancheng.example"


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def admit(
    store: Store, raw: bytes = b"mail", uid: int = 1, epoch: str = INBOX, at: datetime = NOW
) -> tuple[Admission, int]:
    """Spool a mail and give it its row."""
    sha256 = store.spool(raw, at)
    return store.admit(
        key=f"{epoch}/{uid}", sha256=sha256, size=len(raw), arrived_at=at, spooled=True, now=NOW
    )


def fields(title: str = "春耕备播进展情况", unit: str | None = "港上镇", **others: Any) -> Fields:
    return Fields(
        title=Found(title, Source.SUBJECT),
        unit=Found(unit, Source.SUBJECT) if unit else None,
        submitters=Found(("孙某某",), Source.SUBJECT),
        contacts=Found(("13900000001",), Source.BODY),
        **others,
    )


def document(text: str = "近日，港上镇组织春耕备播。", name: str = "信息.docx", file: str = "") -> Document:
    return Document(
        name=name,
        sha256=digest(file or text + name),
        size=1200,
        kind=DocumentKind.DOCX,
        paragraphs=(text,),
        words=WordCount(whole=len(text), body=len(text), han=len(text)),
        text_digest=digest(text) if text else "",
    )


def verdict(outcome: Outcome = Outcome.ACCEPTED, **others: Any) -> Verdict:
    return Verdict(outcome=outcome, **others)


def read(mail_sha256: str = "0" * 64, subject: str = "春耕备播进展情况 港上镇 孙某某") -> IncomingMail:
    return IncomingMail(
        sha256=mail_sha256,
        size=4,
        arrived_at=NOW,
        subject=subject,
        message_id="<m1@tancheng.example>",
        senders=(Address(address=SENDER, name="港上镇"),),
    )


def record(
    store: Store, mail_id: int, number: str, outcome: Outcome = Outcome.ACCEPTED, at: datetime = NOW
) -> None:
    store.record(mail_id, number=number, mail=read(), verdict=verdict(outcome), now=at)


def item(
    store: Store,
    number: str = "20190412-AAAAAA",
    *,
    uid: int = 1,
    state: SubmissionState = SubmissionState.ACCEPTED,
    given: Fields | None = None,
    paper: Document | None = None,
    hashes: Sequence[int] = (),
    sender: str = SENDER,
    at: datetime = NOW,
) -> int:
    """A whole submission, mail and all; the mail's id."""
    with store.transaction():
        _, mail_id = admit(store, raw=f"mail {number} {uid}".encode(), uid=uid, at=at)
        record(store, mail_id, number)
        if paper is not None:
            store.save_document(paper, hashes)
        store.save_submission(
            number=number,
            state=state,
            fields=given or fields(),
            sender=sender,
            arrived_at=at,
            mail_id=mail_id,
            document=paper,
            now=at,
        )
    return mail_id


def letter(message_id: str = "<r.1@tancheng.example>", **others: Any) -> NewLetter:
    """A receipt, ready to go; `state=LetterState.HELD` makes one that waits."""
    plain: dict[str, Any] = {
        "kind": LetterKind.RECEIPT,
        "state": LetterState.READY,
        "recipient": SENDER,
        "subject": "回执：春耕备播进展情况",
        "body": "已收到。",
        "content": b"Subject: receipt\r\n\r\n",
    }
    if others.get("state") is LetterState.HELD:
        plain["content"] = None
    return NewLetter(message_id=message_id, **{**plain, **others})


def finding(reason: Reason = Reason.FOUND_ELSEWHERE, **details: str) -> Finding:
    return Finding(reason=reason, details=details)
