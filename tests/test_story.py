"""The whole road on real servers: mails by SMTP into Dovecot, `mailbot run`, receipts read by another reader."""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from office import OWN, OfficeHome, wait_until
from servers import Dovecot, SmtpHost, free_port

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("dovecot")]

DEMO = Path(__file__).parents[1] / "data/demo"
OUTCOMES = {
    "accepted": "accepted",
    "remark": "accepted_with_remarks",
    "returned": "returned",
    "duplicate": "duplicate",
    "held": "held",
    "ignored": "ignored",
}
SILENT = ("ignored", "held-meeting", "held-spam", "held-secret")


def outcome_of(name: str) -> str:
    """What a sample's name says should become of it: '06-returned-pdf' -> returned."""
    return OUTCOMES.get(name.split("-")[1], "accepted")


class _Delivery:
    """The county's mail host: takes a mail by SMTP and lays it into the office's box."""

    def __init__(self, dovecot: Dovecot, box: str) -> None:
        self._dovecot, self._box = dovecot, box

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        arrived = None
        for header in email.message_from_bytes(envelope.content).get_all("Received", []):
            arrived = email.utils.parsedate_to_datetime(header.rpartition(";")[2].strip())
        self._dovecot.deliver([envelope.content], user=self._box, at=arrived)
        return "250 OK"


@contextmanager
def county_host(dovecot: Dovecot, box: str) -> Iterator[int]:
    port = free_port()
    controller = Controller(_Delivery(dovecot, box), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def inject(port: int, mails: list[bytes]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        for raw in mails:
            client.sendmail("unit@oa.tancheng.example", [OWN], raw)


def samples() -> dict[str, bytes]:
    """The demo's mails; those that answer one of our letters stand without that here."""
    return {path.stem: path.read_bytes().replace(b"In-Reply-To: {", b"X-Answers: {") for path in sorted(DEMO.glob("*.eml"))}


def letters_of(smtp: SmtpHost) -> list[EmailMessage]:
    return [email.message_from_bytes(x.content, policy=email.policy.default) for x in smtp.letters]


def outcomes(office: OfficeHome) -> Counter[object]:
    return Counter(row[0] for row in office.rows("SELECT outcome FROM mail WHERE state = 'done'"))


def test_a_month_of_mails_is_taken_in_answered_and_reported(dovecot: Dovecot, box: str, tmp_path: Path) -> None:
    """Each mail has its one outcome and its one answer; nothing changes on the host; nothing is done twice."""
    mails = samples()
    expected = Counter(outcome_of(name) for name in mails)
    with SmtpHost(tls="ssl") as smtp, county_host(dovecot, box) as port:
        office = OfficeHome.over(tmp_path / "office", dovecot, box, smtp)
        inject(port, list(mails.values()))
        before = dovecot.state(user=box)
        with office.running():
            wait_until(lambda: sum(outcomes(office).values()) == len(mails))
            wait_until(lambda: not office.rows("SELECT 1 FROM letter WHERE state IN ('ready', 'sending')"))
        by_subject = {
            str(subject): str(outcome) for subject, outcome in office.rows("SELECT subject, outcome FROM mail")
        }
        wrong = _wrong(mails, by_subject)
        assert not wrong
        assert outcomes(office) == expected
        assert dovecot.state(user=box) == before, "mailbot changed something on the server"

        answers = [m for m in letters_of(smtp) if m["To"].addresses[0].addr_spec != "section@oa.tancheng.example"]
        answered = [name for name in mails if not any(name.partition("-")[2].startswith(s) for s in SILENT)]
        assert len(answers) == len(answered)
        for letter in answers:
            assert letter["Auto-Submitted"] == "auto-replied"
            assert letter["In-Reply-To"]
            assert letter.get_content().strip()
        assert len({m["Message-ID"] for m in letters_of(smtp)}) == len(smtp.letters)

        sent = len(smtp.letters)
        office.run("poll")
        office.run("send")
        assert len(smtp.letters) == sent, "a second poll wrote letters"
        dovecot.renumber(user=box)
        office.run("poll")
        office.run("send")
        assert len(smtp.letters) == sent, "a change of UIDVALIDITY wrote letters"
        assert office.rows("SELECT count(*) FROM mail") == [(len(mails),)]


def _wrong(mails: dict[str, bytes], by_subject: dict[str, str]) -> list[tuple[str, str | None]]:
    found = []
    for name, raw in mails.items():
        subject = email.message_from_bytes(raw, policy=email.policy.default)["Subject"]
        outcome = by_subject.get(str(subject))
        duplicates = sum(s == str(subject) for s in by_subject)
        if duplicates == 1 and outcome != outcome_of(name) and "dup" not in name and name != "01-accepted":
            found.append((name, outcome))
    return found


def test_the_draft_reaches_the_section_on_its_day(dovecot: Dovecot, box: str, tmp_path: Path) -> None:
    """On the first of the month the section has the draft of last month as a Word file."""
    with SmtpHost(tls="ssl") as smtp:
        office = OfficeHome.over(tmp_path / "office", dovecot, box, smtp)
        zone = ZoneInfo("Asia/Shanghai")
        for raw in samples().values():
            dovecot.deliver([raw], user=box, at=datetime(2019, 3, 15, 9, 0, tzinfo=zone))
        office.run("poll", code=None)
        office.run("bulletin", "draft", "--month", "2019-03")
        office.run("send")
        drafts = [m for m in letters_of(smtp) if list(m.iter_attachments())]
        assert len(drafts) == 1
        (attached,) = drafts[0].iter_attachments()
        assert attached.get_filename().endswith(".docx")
        assert attached.get_content()[:2] == b"PK"
