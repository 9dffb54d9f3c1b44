"""The whole road of a mail in this process: spool, ledger, reading, verdict, item, letter; nothing is sent.

Road is a context: `with Road() as road: seen = road.take(raw)`.  Every letter that a mail brings about is
parsed back as its receiver would and held to what no letter may break.
"""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType

from steps import stopped_after

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.config import Config, IntakeConfig, Office, Review, SmtpConfig
from mailbot.intake import message
from mailbot.model import Correspondent, Document, Fields, IncomingMail, Letter, Outcome, Reason, Verdict
from mailbot.policy import Policy, Resources, load_policy
from mailbot.store import Store
from mailbot.workflow.desk import Desk, Identity
from mailbot.workflow.mail.decide import decide
from mailbot.workflow.mail.reading import DirectReader, Reading, Task

POLICY = load_policy(Resources(None))
OWN = "xxk@oa.tancheng.example"
INSTANCE = "road"
HEADERS = {
    "From",
    "To",
    "Date",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "X-Mailbot-Loop",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_LINE = 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What became of one mail."""

    mail: IncomingMail
    verdict: Verdict
    number: str | None
    letter: Letter | None

    @property
    def outcome(self) -> Outcome:
        return self.verdict.outcome

    @property
    def reasons(self) -> set[Reason]:
        return set(self.verdict.reasons)

    @property
    def fields(self) -> Fields:
        return self.verdict.fields

    @property
    def document(self) -> Document | None:
        return self.verdict.document

    @property
    def told(self) -> tuple[str | None, str | None, tuple[str, ...], tuple[str, ...]]:
        """Title, unit, submitters and contacts as recorded."""
        f = self.fields
        return (
            f.title.value if f.title else None,
            f.unit.value if f.unit else None,
            f.submitters.value if f.submitters else (),
            f.contacts.value if f.contacts else (),
        )


class Road:
    """An office of its own, gone when the block ends."""

    def __init__(self, *known: Correspondent, policy: Policy = POLICY) -> None:
        self._known = known
        self._policy = policy
        self._reader = DirectReader(policy.intake.mail, policy.intake.document)
        self._clock = FixedClock(datetime(2019, 4, 1, tzinfo=SHANGHAI))
        self._taken = 0

    def __enter__(self) -> Road:
        memory = Path("/dev/shm")  # durability is tested elsewhere; here it would be most of the time
        self._var = Path(tempfile.mkdtemp(prefix="mailbot-", dir=memory if memory.is_dir() else None))
        self.store = Store.open(self._var)
        with self.store.transaction():
            for one in self._known:
                self.store.save_correspondent(one)
        config = Config(
            home=self._var,
            office=Office(name="郯城县政府办公室信息科", phones=("6106766", "6109100"), own_addresses=(OWN,)),
            smtp=SmtpConfig(from_address=OWN),
            intake=IntakeConfig(answer_since=date.min),
            review=Review(receipts="none"),
        )
        self._desk = Desk(
            store=self.store,
            policy=self._policy,
            config=config,
            clock=self._clock,
            identity=Identity(
                instance=INSTANCE,
                secret=b"key",
                domain="oa.tancheng.example",
                own_addresses=frozenset({OWN}),
            ),
            live=False,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.store.close()
        shutil.rmtree(self._var)

    def take(self, raw: bytes) -> Seen:
        """One mail to its end.  Raises whatever the road raises: that is what a test wants to see."""
        arrived = message.arrival_of(raw, None)
        self._clock.set(arrived)
        self._taken += 1
        sha256 = self.store.spool(raw, arrived)
        with self.store.transaction():
            _, mail_id = self.store.admit(
                key=f"road/{self._taken}",
                sha256=sha256,
                size=len(raw),
                arrived_at=arrived,
                spooled=True,
                now=arrived,
            )
        (reading,) = self._reader.read_all([Task(raw=raw, arrived_at=arrived, sha256=sha256)])
        assert isinstance(reading, Reading)
        outcome = decide(self._desk, self.store.mail(mail_id), reading)
        verdict, row = self.store.verdict(mail_id), self.store.mail(mail_id)
        assert verdict is not None
        assert row.outcome is outcome is verdict.outcome, "one recorded outcome"
        letter = self.store.letter_for_mail(mail_id)
        if letter is not None:
            assert reading.mail.sender is not None
            whole(letter, to=reading.mail.sender.address)
        return Seen(mail=reading.mail, verdict=verdict, number=row.number, letter=letter)


def swift(road: Road, raw: bytes) -> Seen:
    """The same, stopped where it hangs."""
    with stopped_after():
        return road.take(raw)


def parsed(content: bytes) -> EmailMessage:
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def whole(letter: Letter, *, to: str) -> None:
    """The letter's bytes read as one well-formed mail to one address, with our headers and no others."""
    content = letter.content
    assert content is not None
    assert content.isascii()
    assert all(len(line) <= _LINE for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"") and b"\r" not in content.replace(b"\r\n", b"")
    read = parsed(content)
    names = read.keys()
    assert len(names) == len(set(names)) and set(names) <= HEADERS, names
    assert not read.defects
    assert [str(a.addr_spec) for a in read["To"].addresses] == [to] == [letter.recipient]
    assert [str(a.addr_spec) for a in read["From"].addresses] == [OWN]
    assert read["Auto-Submitted"] == "auto-replied"
    assert read["X-Mailbot-Loop"] == INSTANCE
    assert read["Message-ID"] == letter.message_id
    assert read.get_content_type() == "text/plain"
    body = read.get_content().replace("\r\n", "\n")
    assert not read.is_multipart() and len(content) < 16_384
    assert str(read["Subject"]) == letter.subject
    assert body.rstrip("\n") == letter.body.rstrip("\n")
    for text in (letter.subject, letter.body.replace("\n", "")):
        assert not _UNSEEN.search(text), ascii(text)
