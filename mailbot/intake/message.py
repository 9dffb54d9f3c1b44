"""Bytes of a mail -> IncomingMail.  Nothing in a mail makes this raise: what cannot be read becomes a defect.

mail-parser reads the trace of the envelope: Date and Received, with their many old forms.  Subjects, names,
file names, bodies and parts are decoded here from the bytes as they came, because every library at hand loses
Chinese in some of the forms that clients send: wrong labels, characters cut between words, raw 8-bit headers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import mailparser

from mailbot.clock import SHANGHAI
from mailbot.intake._mail import addresses, bodies, dates, headers, machine, mime, parts
from mailbot.intake._mail.headers import Head
from mailbot.model import Address, IncomingMail, MachineSign
from mailbot.policy import MailLimits

T = TypeVar("T")

_NO_SIGNS: frozenset[MachineSign] = frozenset()
_NOBODY: tuple[Address, ...] = ()

NO_DATE = datetime(2000, 1, 1, tzinfo=SHANGHAI)
"""When `inspect` takes a mail to have arrived that says nothing of it (promise P11)."""

_NOT_FETCHED = re.compile(rb"X-Mailbot-Not-Fetched: ([0-9]{1,15})\r\n", re.ASCII)
_MOST_LOOP_IDS = 20
_MOST_RECIPIENTS = 200
_TRACE_FIELDS = 20
_LONGEST_LOOP_ID = 200


def head_only(head: bytes, size: int) -> bytes:
    """What is kept of a mail too large to fetch: its header under a line of ours that says so.

    No mail comes with that line first, for each host on its way puts its own above it.
    """
    return b"X-Mailbot-Not-Fetched: %d\r\n" % size + head


def read(raw: bytes, *, arrived_at: datetime, limits: MailLimits, sha256: str | None = None) -> IncomingMail:
    """Read one mail.  `defects` names breaches of `limits` (too_many_parts, too_deep, forwarded_too_deep,
    header_too_long, text_too_long, subject_too_long), what the parsers found, and any step that failed (its
    name and _unreadable).  What was read up to there stands.  not_fetched: only the header is here.
    """
    reading = _Reading(_normal(raw), limits)
    unfetched = _NOT_FETCHED.match(raw)
    if unfetched:
        reading.found["not_fetched"] = None
    head = reading.head
    trace = reading.attempt("trace", lambda: _trace(head), _Trace())
    tree = reading.attempt("structure", reading.tree, mime.Tree())
    text = reading.attempt("text", lambda: bodies.read(tree.leaves, limits.text_chars), bodies.Bodies())
    signs = reading.attempt("signs", lambda: machine.signs(head, tree), _NO_SIGNS)
    senders, recipients = reading.addresses()
    return IncomingMail(
        sha256=sha256 or hashlib.sha256(raw).hexdigest(),
        size=int(unfetched[1]) if unfetched else len(raw),
        arrived_at=arrived_at,
        date=trace.date,
        message_id=headers.message_id(head.first("message-id")),
        in_reply_to=headers.message_id(head.first("in-reply-to")),
        references=headers.message_ids(b" ".join(head.all("references"))),
        senders=senders,
        return_path=addresses.return_path(head.first("return-path")),
        recipients=recipients,
        subject=reading.attempt("subject", reading.subject, ""),
        text=text.text,
        quoted=text.quoted,
        attachments=reading.attempt("attachments", lambda: parts.attachments(tree.leaves, text.shown), ()),
        cloud_links=text.links,
        signs=signs,
        loop_ids=_loop_ids(head),
        hops=len(head.all("received")),
        reported_message_ids=reading.reported(signs, tree, f"{text.text}\n{text.quoted}"),
        report=reading.attempt("report", lambda: machine.delivery_report(tree), None),
        sealed=tree.sealed or text.sealed,
        defects=reading.defects(trace, tree, cut=text.cut),
    )


def arrival_of(raw: bytes, now: datetime | None) -> datetime:
    """When a mail arrived at a source that does not say (promise P11), in Asia/Shanghai.

    With `now`: the topmost Received date if it is not in the future, else now.  Without, as `inspect` does:
    the topmost Received date, then Date, then 2000-01-01.
    """
    try:
        trace = _trace(headers.split(_normal(raw), MailLimits().header_bytes))
    except Exception:  # noqa: BLE001  (as in _Reading.attempt: no mail may stop the collection)
        trace = _Trace()
    if now is None:
        return trace.received or trace.date or NO_DATE
    here = now.astimezone(SHANGHAI)
    return trace.received if trace.received and trace.received <= here else here


@dataclass(frozen=True, slots=True)
class _Trace:
    """Date, and the date of the topmost Received, in Asia/Shanghai."""

    date: datetime | None = None
    received: datetime | None = None
    defects: tuple[str, ...] = ()


def _trace(head: Head) -> _Trace:
    stated = headers.decode_header(head.first("date") or b"")
    hops = head.all("received")
    block = Head((("date", head.first("date") or b""), *(("received", v) for v in hops[:_TRACE_FIELDS])))
    parsed = mailparser.parse_from_bytes(block.block(("date", "received")) + b"\r\n")
    # mail-parser counts hops from the first one: the topmost header comes last.
    topmost = parsed.received[-1] if parsed.received else {}
    return _Trace(
        date=_date(parsed.date, stated) if stated else None,
        received=_received(topmost.get("date_utc"), hops),
        defects=tuple(sorted(mime.code(name) for name in parsed.defects_categories))
        if stated or hops
        else (),
    )


def _date(parsed: object, stated: str) -> datetime | None:
    if isinstance(parsed, datetime) and not dates.chinese_zone(stated):
        return dates.in_shanghai(parsed)
    return dates.lenient(stated)


def _received(parsed: object, hops: list[bytes]) -> datetime | None:
    if not hops:
        return None
    stamp = headers.decode_header(hops[0]).rpartition(";")[2]
    if isinstance(parsed, str) and not dates.chinese_zone(stamp):
        try:
            return dates.in_shanghai(datetime.fromisoformat(parsed))
        except ValueError:
            return None
    return dates.lenient(stamp)


def _normal(raw: bytes) -> bytes:
    """Line ends doubled by a transfer in text mode (CR CR LF) made single: each would be a blank line."""
    first = raw.find(b"\n")
    if first > 1 and raw[first - 2 : first] == b"\r\r":
        return raw.replace(b"\r\r\n", b"\r\n")
    return raw


def _loop_ids(head: Head) -> tuple[str, ...]:
    values = (
        headers.decode_header(value[:_LONGEST_LOOP_ID])
        for value in head.all("x-mailbot-loop")[:_MOST_LOOP_IDS]
    )
    return tuple(dict.fromkeys(value for value in values if value))


@dataclass(slots=True)
class _Reading:
    """One mail while it is read, and what went wrong with it."""

    raw: bytes
    limits: MailLimits
    head: Head = field(init=False)
    found: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.head = self.attempt("header", lambda: headers.split(self.raw, self.limits.header_bytes), Head())

    def attempt(self, step: str, act: Callable[[], T], instead: T) -> T:
        """One step; where it fails the others stand (promise P3)."""
        try:
            return act()
        except Exception:  # noqa: BLE001  (a hostile mail can make the stdlib's parser raise anything at all)
            self.found[f"{step}_unreadable"] = None
            return instead

    def tree(self) -> mime.Tree:
        body = self.raw[self.head.body_at :]
        return mime.walk(self.head.structure() + b"\r\n" + body, self.limits)

    def subject(self) -> str:
        text = headers.decode_header(self.head.first("subject") or b"")
        if len(text) > self.limits.subject_chars:
            self.found["subject_too_long"] = None
        return text[: self.limits.subject_chars].rstrip()

    def addresses(self) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
        head = self.head
        senders = self.attempt("sender", lambda: addresses.parse_senders(head.all("from")), _NOBODY)
        listed = self.attempt(
            "recipients", lambda: addresses.parse([*head.all("to"), *head.all("cc")]), _NOBODY
        )
        if len(listed) > _MOST_RECIPIENTS:
            self.found["too_many_recipients"] = None
        return senders, listed[:_MOST_RECIPIENTS]

    def reported(self, signs: frozenset[MachineSign], tree: mime.Tree, text: str) -> tuple[str, ...]:
        if not signs & {MachineSign.DELIVERY_REPORT, MachineSign.READ_RECEIPT}:
            return ()
        return self.attempt("report", lambda: machine.reported_ids(tree, text), ())

    def defects(self, trace: _Trace, tree: mime.Tree, *, cut: bool) -> tuple[str, ...]:
        breaches = ["header_too_long"] if self.head.cut else []
        breaches += ["text_too_long"] if cut else []
        return tuple(dict.fromkeys([*breaches, *tree.defects, *trace.defects, *self.found]))
