"""A 约稿 from opening to the 通报 on real servers: Dovecot holds the box, aiosmtpd takes the letters."""

from __future__ import annotations

import email
import email.policy
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import solicited
from office import OfficeHome
from servers import Dovecot, SmtpHost
from solicited import DEADLINE, DRAFT, TITLE, UNITS, answer

from mailbot.app import App
from mailbot.clock import FixedClock
from mailbot.facts import Ruling
from mailbot.model import MatchedBy, Month, SolicitationState
from mailbot.render.figures import Solicited
from mailbot.scoring import AnswerState
from mailbot.worker import Worker
from mailbot.workflow.bulletins import report
from mailbot.workflow.marks import standings
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered, asking, replies, solicit

pytestmark = [pytest.mark.wire, pytest.mark.xdist_group("dovecot")]

NOW = solicited.NOW
OTHERS = {"县财政局": "czj@oa.tancheng.example"}
"""On the register and not asked."""
MUTE = "县税务局"
"""Asked, and without a correspondent."""


@dataclass
class Story:
    """The office at work on a clock of our own, the county's mail host around it."""

    app: App
    worker: Worker
    clock: FixedClock
    dovecot: Dovecot
    box: str
    smtp: SmtpHost

    def at(self, when: datetime) -> None:
        """Then: a round of intake, what the timetable asks, a round of sending."""
        self.clock.set(when)
        self.worker.poll()
        self.worker.keep_timetable()
        self.worker.send()

    def arrives(self, raw: bytes, when: datetime) -> None:
        self.dovecot.deliver([raw], user=self.box, at=when)

    def letters(self, begins: str) -> dict[str, EmailMessage]:
        """By recipient, what the host took with such a subject."""
        taken = [email.message_from_bytes(x.content, policy=email.policy.default) for x in self.smtp.letters]
        chosen = [m for m in taken if str(m["Subject"]).startswith(begins)]
        found = {m["To"].addresses[0].addr_spec: m for m in chosen}
        assert len(found) == len(chosen), "somebody got it twice"
        return found

    def count(self, begins: str) -> Counter[str]:
        taken = [email.message_from_bytes(x.content, policy=email.policy.default) for x in self.smtp.letters]
        chosen = [m for m in taken if str(m["Subject"]).startswith(begins)]
        return Counter(m["To"].addresses[0].addr_spec for m in chosen)


@contextmanager
def story(dovecot: Dovecot, box: str, smtp: SmtpHost, home: Path) -> Iterator[Story]:
    office = OfficeHome.over(home, dovecot, box, smtp, more="\n[solicit]\nreminders = [48, 24, 2]\n")
    clock = FixedClock(NOW)
    app = App.open(office.home, {**os.environ, **office.environment}, clock=clock)
    worker = Worker(app, threading.Event())
    for unit, address in {**UNITS, **OTHERS}.items():
        people.add(app.desk(), address=address, unit=unit, name="张一鸣", phone="6220001", by="李科员")
    try:
        yield Story(app, worker, clock, dovecot, box, smtp)
    finally:
        worker.close()
        app.close_thread()


def test_a_solicitation_from_opening_to_the_bulletin(dovecot: Dovecot, box: str, tmp_path: Path) -> None:
    """Three answer, by thread, by code and by title; one is late, one invalid; each reminder goes where it
    should and nowhere else; the 通报 has the figures."""
    hour = timedelta(hours=1)
    with SmtpHost(tls="ssl") as smtp, story(dovecot, box, smtp, tmp_path / "office") as told:
        desk = told.app.desk()

        # It is asked: exactly what was shown goes out, to those asked.
        draft = asking.Draft(
            source=DRAFT.source,
            deadline=DEADLINE,
            title=TITLE,
            text=DRAFT.text,
            units=(*UNITS, MUTE),
        )
        seen = asking.preview(desk, draft)
        assert seen.without == (MUTE,)
        code = solicit.open_(desk, draft, by="李科员", sha256=seen.sha256).code
        told.at(NOW)
        letters = told.letters("约稿：")
        assert set(letters) == set(UNITS.values())
        shown = {one.address: one.text for one in seen.letters}
        for address, letter in letters.items():
            assert letter["Subject"] == shown[address].subject
            assert letter.get_content().splitlines() == shown[address].body.splitlines()

        # By thread: the unit answers our very letter, under a subject of its own, before any reminder.
        asked = letters[UNITS["县民政局"]]
        by_thread = answer(
            "县民政局",
            subject="我县夏粮情况-县民政局-张一鸣-6220001",
            thread=str(asked["Message-ID"]),
            title="我县夏粮情况",
        )
        told.arrives(by_thread, DEADLINE - 50 * hour)
        told.at(DEADLINE - 48 * hour)
        silent = {UNITS[unit] for unit in UNITS if unit != "县民政局"}
        assert told.count("催报：") == Counter(silent)

        # By code, after the first reminder.
        told.arrives(
            answer("县水利局", subject=f"约稿{code}-夏粮-县水利局-张一鸣-6220001"), DEADLINE - 30 * hour
        )
        # One says that it is none of its duty, telephones, and brings the paper.
        told.arrives(
            answer(
                "县统计局",
                subject=f"回复：约稿：{TITLE}（约稿{code}）",
                text="该约稿不属于我单位职责，特此说明。\n",
                thread=str(letters[UNITS["县统计局"]]["Message-ID"]),
                word=False,
            ),
            DEADLINE - 29 * hour,
        )
        told.at(DEADLINE - 28 * hour)
        cells = {cell.unit: cell for cell in answered.matrix(desk, code).cells}
        assert len(cells["县统计局"].mails) == 1
        solicit.phone(desk, code, "县统计局", caller="赵某", at=told.clock.now(), by="李科员")
        solicit.paper(
            desk, code, "县统计局", on=told.clock.now().date(), signer="王某", sealed=True, by="李科员"
        )
        told.at(DEADLINE - 24 * hour)
        assert told.count("催报：") == Counter(silent) + Counter({UNITS["马头镇"]: 1, UNITS["县商务局"]: 1})

        # By title only: a mail of its own, without code or thread.  The office was switched off over the
        # last step: the answer lay in the box, and its unit is not reminded.
        told.arrives(answer("马头镇", subject=f"{TITLE}-马头镇-张一鸣-6220001"), DEADLINE - 3 * hour)
        told.at(DEADLINE - hour)
        assert told.count("催报：")[UNITS["马头镇"]] == 2
        assert told.count("催报：")[UNITS["县商务局"]] == 3

        # The deadline passes; one comes late, and is told so.
        told.at(DEADLINE + timedelta(seconds=30))
        assert desk.store.solicitation(code).state is SolicitationState.OPEN
        told.at(DEADLINE + timedelta(minutes=1))
        assert desk.store.solicitation(code).state is SolicitationState.CLOSED
        told.arrives(answer("县商务局", subject=f"约稿{code}：{TITLE}"), DEADLINE + 2 * hour)
        told.at(DEADLINE + 3 * hour)

        # Who stands where, and why.
        cells = {cell.unit: cell for cell in answered.matrix(desk, code).cells}
        assert {unit: cell.state for unit, cell in cells.items()} == {
            "县民政局": AnswerState.ON_TIME,
            "县水利局": AnswerState.ON_TIME,
            "马头镇": AnswerState.ON_TIME,
            "县商务局": AnswerState.LATE,
            "县统计局": AnswerState.VOID,
            MUTE: AnswerState.MISSED,
        }
        how = {
            one.item.fields.unit.value: one.reply.by
            for one in desk.store.answering(code)
            if one.item.fields.unit
        }
        assert how == {
            "县民政局": MatchedBy.THREAD,
            "县水利局": MatchedBy.CODE,
            "马头镇": MatchedBy.TITLE,
            "县商务局": MatchedBy.CODE,
        }
        assert replies.doubts(desk) == []
        receipts = told.letters("回执：")
        assert set(receipts) == {UNITS[unit] for unit in how}
        for unit in ("县民政局", "县水利局", "马头镇"):
            assert f"已作为约稿 {code}" in receipts[UNITS[unit]].get_content()
            assert "在规定时间内" in receipts[UNITS[unit]].get_content()
        assert "已过规定时间" in receipts[UNITS["县商务局"]].get_content()

        # Reminders: where they should have gone, each step once, and nowhere else.
        assert told.count("催报：") == Counter(
            {
                UNITS["马头镇"]: 2,
                UNITS["县商务局"]: 3,
                UNITS["县水利局"]: 1,
                UNITS["县统计局"]: 1,
            }
        )
        trail = {unit: [(r.step, len(r.recipients)) for r in cell.reminders] for unit, cell in cells.items()}
        assert trail == {
            "县民政局": [],
            "县水利局": [(48, 1)],
            "马头镇": [(48, 1), (24, 1)],
            "县商务局": [(48, 1), (24, 1), (2, 1)],
            "县统计局": [(48, 1)],
            MUTE: [(48, 0), (24, 0), (2, 0)],
        }
        assert OTHERS["县财政局"] not in told.count("")

        # A person gives a word on the late one; marks and 通报 follow.
        assert [cell.unit for _, cell in answered.late_undecided(desk)] == ["县商务局"]
        solicit.late(desk, code, "县商务局", Ruling.NOTHING, by="李科员")
        marks = {
            unit: sum(m.points for m in standings.reckon(desk).marks if m.unit == unit) for unit in cells
        }
        assert marks == {
            "县民政局": 1,
            "县水利局": 1,
            "马头镇": 1,
            "县商务局": 0,
            "县统计局": 0,
            MUTE: -2,
        }
        (figures,) = report.compose_month(desk, Month.of(DEADLINE)).figures.solicitations
        assert figures.counts == Solicited(due=6, on_time=3, late=1, missed=1, void=1)

        # And a second round of everything adds nothing.
        sent = len(smtp.letters)
        told.at(DEADLINE + 4 * hour)
        assert len(smtp.letters) == sent
