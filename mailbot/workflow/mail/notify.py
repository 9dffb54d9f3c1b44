"""Word to the section: alerts at once, the daily digest, the draft 通报."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from mailbot.model import (
    IncomingMail,
    LedgerMail,
    Letter,
    LetterFile,
    LetterKind,
    LetterState,
    Outcome,
    Reason,
    Verdict,
)
from mailbot.policy import Audience
from mailbot.render import letters
from mailbot.render.letters import Alert, AlertFacts, BulletinDraftFacts, DigestFacts, DigestRow
from mailbot.workflow.desk import Desk, letter_ref
from mailbot.workflow.letterbox import phrase, post
from mailbot.workflow.office import backup
from mailbot.workflow.solicitations import answered

DIGEST_ROWS = 20


def alert_secrecy(desk: Desk, row: LedgerMail, mail: IncomingMail, verdict: Verdict, number: str) -> None:
    finding = next(f for f in verdict.findings if f.reason is Reason.SECRECY_MARK)
    sender = mail.sender.address if mail.sender else ""
    details = {**finding.details, "number": number, "sender": sender}
    _alert(desk, Alert.SECRECY_MARK, about=f"mail:{row.id}", at=row.arrived_at, details=details)


def alert_parked(desk: Desk, row: LedgerMail, error: str) -> None:
    """A mail our own code cannot handle."""
    details = {"number": desk.store.number_for(row), "sender": row.sender or "-", "cause": error}
    _alert(desk, Alert.PARKED, about=f"mail:{row.id}", at=row.arrived_at, details=details)


def alert_letter(desk: Desk, letter: Letter, alert: Alert, *, cause: str) -> None:
    """A letter that was refused, bounced or is in doubt; one to the section itself would circle."""
    if letter.recipient == desk.config.section_address:
        return
    details = {"recipient": letter.recipient, "subject": letter.subject, "cause": cause}
    _alert(desk, alert, about=letter_ref(letter.id), at=desk.clock.now(), details=details)


def trouble(desk: Desk, alert: Alert, *, about: str, at: datetime, what: str, cause: str) -> None:
    """Something of the installation does not work, or works again."""
    _alert(desk, alert, about=about, at=at, details={"what": what, "cause": cause})


def alert_brake(desk: Desk, address: str, letter_id: int) -> None:
    """Once a day for each address."""
    now = desk.clock.now()
    desk.log("braked", letter_ref(letter_id), {"recipient": address})
    _alert(desk, Alert.BRAKE, about=f"{address}:{now:%Y-%m-%d}", at=now, details={"recipient": address})


def _alert(desk: Desk, alert: Alert, *, about: str, at: datetime, details: Mapping[str, str]) -> None:
    facts = AlertFacts(alert=alert, at=at, details=details)
    text = letters.compose(LetterKind.ALERT, facts, desk.policy.wording)
    to = desk.config.section_address
    post(desk, LetterKind.ALERT, to, text, about=f"{alert}:{about}", occasion=at)


def draft_to_section(
    desk: Desk,
    *,
    about: str,
    title: str,
    period: str,
    summary: str,
    tasks: tuple[str, ...],
    files: Sequence[LetterFile],
) -> None:
    """The draft 通报, as an attachment."""
    facts = BulletinDraftFacts(title=title, period=period, summary=summary, todo=tasks)
    text = letters.compose(LetterKind.BULLETIN_DRAFT, facts, desk.policy.wording)
    post(desk, LetterKind.BULLETIN_DRAFT, desk.config.section_address, text, about=about, files=files)


def digest(desk: Desk, *, since: datetime, until: datetime) -> None:
    """The day in figures, and what waits for a person."""
    store = desk.store
    counts = store.outcome_counts(since, until)
    held = store.mails(outcome=Outcome.HELD, since=since, until=until, limit=500)
    states = store.letter_counts()
    solicited = tuple(_solicited_rows(desk))
    facts = DigestFacts(
        day=until,
        counts=counts,
        sent=sum(1 for e in store.events(verb="sent", limit=2000) if since <= e.at < until),
        unsent=states.get(LetterState.READY, 0),
        letters_waiting=states.get(LetterState.HELD, 0),
        waiting=(*_digest_rows(desk, held[:DIGEST_ROWS]), *solicited[:DIGEST_ROWS]),
        waiting_total=len(held) + len(solicited),
        remarks=tuple(_remark_rows(desk, since, until)),
        troubles=tuple(_trouble_lines(desk)),
        console=f"http://{desk.config.console.host}:{desk.config.console.port}/",
    )
    text = letters.compose(LetterKind.DIGEST, facts, desk.policy.wording)
    about = f"digest:{until:%Y-%m-%d}"
    post(desk, LetterKind.DIGEST, desk.config.section_address, text, about=about, occasion=until)
    desk.log("digest", f"digest:{until:%Y-%m-%d}")


def _trouble_lines(desk: Desk) -> Iterable[str]:
    """Of the installation: what the section should tell whoever looks after it."""
    check = backup.trouble(desk.store, desk.config, desk.clock.now())
    if check is not None and check.problem is not None:
        at = check.problem.details["at"]
        yield phrase(desk, "trouble.backup", at=at) if at else phrase(desk, "trouble.no_backup")


def _digest_rows(desk: Desk, mails: Iterable[LedgerMail]) -> Iterable[DigestRow]:
    """Never the subject of a mail with a secrecy mark."""
    for mail in mails:
        verdict = desk.store.verdict(mail.id)
        secret = verdict is not None and Reason.SECRECY_MARK in verdict.reasons
        yield DigestRow(
            number=mail.number or "",
            label="" if secret else mail.subject or (phrase(desk, "unfetched") if not mail.spooled else ""),
            why="".join(_why(desk, verdict)[:1]),
        )


def _solicited_rows(desk: Desk) -> Iterable[DigestRow]:
    """Replies to 约稿 on which only a person can say a word."""
    for one in desk.store.doubtful_replies():
        title = one.item.fields.title
        why = phrase(desk, "solicited.which")
        yield DigestRow(number=one.item.number, label=title.value if title else "", why=why)
    for asked, cell in answered.late_undecided(desk):
        number = cell.items[0].number if cell.items else ""
        why = phrase(desk, "task.solicited_late", code=asked.code, unit=cell.unit)
        yield DigestRow(number=number, label=asked.title, why=why)


def _remark_rows(desk: Desk, since: datetime, until: datetime) -> Iterable[DigestRow]:
    """Accepted items with something that only the section reads."""
    for outcome in (Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS):
        for mail in desk.store.mails(outcome=outcome, since=since, until=until, limit=DIGEST_ROWS):
            why = _why(desk, desk.store.verdict(mail.id))
            if why:
                yield DigestRow(number=mail.number or "", label=mail.subject, why=why[0])


def _why(desk: Desk, verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None:
        return ()
    return letters.sentences(verdict, desk.policy.wording, audience=Audience.SECTION)
