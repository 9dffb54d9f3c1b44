"""An office that asks for 约稿: units with correspondents, a draft, and their answers."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import build
import desks
from desks import NOW, Office

from mailbot.config import Solicit
from mailbot.model import LedgerMail, Letter, LetterKind, Superior
from mailbot.workflow.desk import note_collected
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered, asking, remind, solicit

TITLE = "关于夏粮收购中存在的困难和建议"
DEADLINE = NOW + timedelta(days=3)
UNITS = {
    "马头镇": "matou@oa.tancheng.example",
    "县民政局": "mzj@oa.tancheng.example",
    "县水利局": "slj@oa.tancheng.example",
    "县商务局": "swj@oa.tancheng.example",
    "县统计局": "tjj@oa.tancheng.example",
}
LINES = {
    unit: (f"{unit}夏粮收购情况第{n}句，收购点{n * 7}处，农户{n * 311}户。" * 12,)
    for n, unit in enumerate(UNITS, 3)
}
DRAFT = asking.Draft(
    source=Superior.CITY,
    deadline=DEADLINE,
    title=TITLE,
    text="一、收购进度和价格；\n二、存在的困难；\n三、意见建议。",
    units=tuple(UNITS),
)


def office(var: Path, *, ladder: tuple[int, ...] = (48, 24, 2), now: datetime = NOW) -> Office:
    """One correspondent for each unit of UNITS."""
    made = desks.office(var, now=now, solicit=Solicit(reminders=ladder))
    for unit, address in UNITS.items():
        people.add(made.desk, address=address, unit=unit, name="张一鸣", phone="6220001", by="李科员")
    return made


def opened(made: Office, **changes: object) -> str:
    """The code of a 约稿 that went out."""
    draft = replace(DRAFT, **changes)  # type: ignore[arg-type]
    return solicit.open_(made.desk, draft, by="李科员").code


def asked(made: Office, code: str, unit: str) -> Letter:
    """The 约稿 as it went to a unit."""
    return next(
        letter
        for to, letter in made.desk.store.solicitation_letters(code)
        if to == unit and letter.kind is LetterKind.SOLICITATION
    )


def answer(
    unit: str,
    *,
    subject: str,
    thread: str = "",
    title: str = TITLE,
    lines: tuple[str, ...] | None = None,
    text: str = "供稿见附件。\n",
    word: bool = True,
) -> bytes:
    """A mail from a unit's correspondent."""
    headers = {"In-Reply-To": thread, "References": thread} if thread else {}
    files = [("供稿.docx", build.docx(*(lines or LINES[unit]), title=title))] if word else []
    return build.mail(
        sender=f"{unit} <{UNITS[unit]}>", subject=subject, text=text, files=files, headers=headers
    )


def pass_to(made: Office, when: datetime) -> None:
    """The clock moves on, a round of intake finds nothing new, and the timetable does what is due."""
    made.clock.set(when)
    note_collected(made.desk, when)
    remind.keep(made.desk)


def cell(made: Office, code: str, unit: str) -> answered.Cell:
    return next(one for one in answered.matrix(made.desk, code).cells if one.unit == unit)


def number(row: LedgerMail) -> str:
    assert row.number is not None
    return row.number


def parsed(content: bytes | None) -> EmailMessage:
    assert content is not None
    return email.message_from_bytes(content, policy=email.policy.default)
