"""A month of an office in which contacts and a secrecy mark stand everywhere that they can stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import solicited
from desks import NOW, Office, submission

from mailbot.model import LedgerMail, Month
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.solicitations import solicit

MOBILE, LANDLINE, ADDRESS = "13905391234", "0539-6220001", "mzj@oa.tancheng.example"
SECRET = "粮食储备调运方案"
APRIL = Month(2019, 4)
WRITTEN = (
    "县民政局统一受理低保、特困、临时救助申请，办理时限由22天缩短至12天，主动发现并救助困难家庭37户。",
    f"联系人：彭一鸣，电话{MOBILE}，邮箱{ADDRESS}。",
)


@dataclass(frozen=True, kw_only=True)
class Month4:
    """The office, the number of an item that was adopted, and the code of a 约稿 with a fault."""

    at: Office
    adopted: str
    code: str
    faulty: str


def month(var: Path) -> Month4:
    """April 2019 up to the 16th: three items, one sealed, one 约稿 that is answered badly by one unit."""
    at = solicited.office(var)
    rows = at.take(
        submission(lines=WRITTEN),
        submission(f"=HYPERLINK(1)困难救助热线{MOBILE}开通", unit="县水利局", sender=_from("县水利局")),
        submission(
            SECRET, lines=("机密★1年", "调运方案如下。" * 8), unit="县商务局", sender=_from("县商务局")
        ),
        submission("", unit="马头镇", sender=_from("马头镇"), lines=("没有标题的稿件。" * 9,)),
    )
    code = solicited.opened(at)
    reply = at.one(
        solicited.answer("县水利局", subject=f"约稿{code}-{solicited.TITLE}-县水利局-王某-{MOBILE}")
    )
    at.clock.set(NOW + timedelta(days=4))
    who = Who(by="周某某", note=f"领导电话{MOBILE}")
    day = date(2019, 4, 15)
    credit.adopt(at.desk, _number(rows[0]), "县普刊", day=day, who=who, issue="第3期")
    credit.instruct(at.desk, _number(rows[0]), "县政府", day=day, who=who, leader="钱县长")
    credit.second(at.desk, "县民政局", APRIL, ["彭一鸣"], who=who)
    credit.adjust(at.desk, "县水利局", "-0.5", day=day, who=Who(by="周某某", note=f"=1+1 {ADDRESS}"))
    solicit.fault(at.desk, code, "plagiarised", [_number(reply)], by="周某某")
    return Month4(at=at, adopted=_number(rows[0]), code=code, faulty=_number(reply))


def _from(unit: str) -> str:
    return f"{unit} <{solicited.UNITS[unit]}>"


def _number(row: LedgerMail) -> str:
    assert row.number is not None
    return row.number
