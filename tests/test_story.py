"""The whole road on real servers: mails by SMTP into Dovecot, `mailbot run`, receipts read by others."""

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
SECTION = "section@oa.tancheng.example"


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
    return {
        path.stem: path.read_bytes().replace(b"In-Reply-To: {", b"X-Answers: {")
        for path in sorted(DEMO.glob("*.eml"))
    }


def letters_of(smtp: SmtpHost) -> list[EmailMessage]:
    return [email.message_from_bytes(x.content, policy=email.policy.default) for x in smtp.letters]


def outcomes(office: OfficeHome) -> Counter[object]:
    return Counter(row[0] for row in office.rows("SELECT outcome FROM mail WHERE state = 'done'"))


def test_a_month_of_mails_is_taken_in_answered_and_reported(
    dovecot: Dovecot, box: str, tmp_path: Path
) -> None:
    """Each mail has its one outcome and one answer; nothing changes on the host, nothing is done twice."""
    mails = samples()
    with SmtpHost(tls="ssl") as smtp, county_host(dovecot, box) as port:
        office = OfficeHome.over(tmp_path / "office", dovecot, box, smtp)
        inject(port, list(mails.values()))
        before = dovecot.state(user=box)
        with office.running():
            wait_until(lambda: sum(outcomes(office).values()) == len(mails))
            wait_until(lambda: not office.rows("SELECT 1 FROM letter WHERE state IN ('ready', 'sending')"))
        found = {
            str(id_): str(outcome) for id_, outcome in office.rows("SELECT message_id, outcome FROM mail")
        }
        assert found == {id_of(raw): outcome_of(name) for name, raw in mails.items()}
        assert dovecot.state(user=box) == before, "mailbot changed something on the server"

        answers = [m for m in letters_of(smtp) if addressee(m) != SECTION]
        answered = [name for name in mails if not name.partition("-")[2].startswith(SILENT)]
        assert sorted(m["In-Reply-To"] for m in answers) == sorted(id_of(mails[name]) for name in answered)
        senders = {id_of(raw): parsed(raw)["From"].addresses[0].addr_spec for raw in mails.values()}
        for letter in answers:
            assert addressee(letter) == senders[letter["In-Reply-To"]]
            assert letter["Auto-Submitted"] == "auto-replied"
            assert str(letter["Subject"]).startswith(("回执：", "退回补正："))
            assert letter.get_content().strip()
        assert len({m["Message-ID"] for m in letters_of(smtp)}) == len(smtp.letters)
        nothing_more_happens(office, dovecot, box, smtp)
        assert office.rows("SELECT count(*) FROM mail") == [(len(mails),)]
        assert dovecot.state(user=box).keys() == before.keys()


def nothing_more_happens(office: OfficeHome, dovecot: Dovecot, box: str, smtp: SmtpHost) -> None:
    """A second poll, a restart and a change of UIDVALIDITY: no row and no letter more."""
    sent, rows = len(smtp.letters), office.rows("SELECT id, number, outcome FROM mail ORDER BY id")
    office.run("poll")
    office.run("send")
    polled = office.rows("SELECT value FROM note WHERE name = 'intake_ok_at'")
    with office.running():
        wait_until(lambda: office.rows("SELECT value FROM note WHERE name = 'intake_ok_at'") != polled)
    assert len(smtp.letters) == sent
    dovecot.renumber(user=box)
    office.run("poll")
    office.run("send")
    assert len(smtp.letters) == sent
    assert office.rows("SELECT id, number, outcome FROM mail ORDER BY id") == rows


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def id_of(raw: bytes) -> str:
    return str(parsed(raw)["Message-ID"])


def addressee(message: EmailMessage) -> str:
    return str(message["To"].addresses[0].addr_spec)


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
