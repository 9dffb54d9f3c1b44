"""A year of an office with all its units: items, adoptions, instructions, 约稿, faults; always the same."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

from desks import POLICY, Office, office
from store_samples import digest, document, fields, item

from mailbot.clock import SHANGHAI
from mailbot.model import Ask, MatchedBy, Month, SolicitationReply, Superior
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who

UNITS = [unit.name for unit in POLICY.roster.units]
SUBJECTS = ("春耕备播", "困难群众救助", "义务教育均衡发展", "银杏产业", "河道清淤", "夏粮收购", "招商引资")
FORMS = (
    "{unit}{subject}工作取得阶段性成效",
    "{subject}存在的问题及建议",
    "创新机制推动{subject}提质增效的做法",
    "{subject}",
)
TEXT = "各级各部门加强组织领导，明确任务分工，狠抓工作落实，取得了阶段性成效。"
PEOPLE = ("彭一鸣", "赟喆", "堃玥", "翀翀", "欧阳某某")
WHO = Who(by="周某某", tell=False)
ADOPTED = ("县普刊", "县简讯", "报市办", "市普刊", "市专报", "省普刊", "国办综合")
LEVELS = ("县政府", "市政府", "省政府")
REPLIES = 8
"""Units that answer the month's 约稿, of ten."""


def fill(made: Office, month: Month, count: int) -> list[str]:
    """`count` items of the month, with what became of some; their numbers."""
    at = random.Random(str(month))
    numbers = [_item(made, month, at) for _ in range(count)]
    last = date(month.year, month.month, 28)
    for number in at.sample(numbers, count // 6):
        day = made.desk.store.submission(number).arrived_at.date() + timedelta(days=1)
        credit.adopt(made.desk, number, at.choice(ADOPTED), day=min(day, last), who=WHO)
    for number in at.sample(numbers, count // 40):
        credit.instruct(made.desk, number, at.choice(LEVELS), day=last, who=WHO)
    for number in at.sample(numbers, count // 30):
        credit.demerit(made.desk, "low_quality", [number], day=last, who=WHO, kind="内容空乏")
    for unit in at.sample(UNITS, 2):
        credit.second(made.desk, unit, month, at.sample(PEOPLE, 1), who=WHO)
    _solicit(made, month, at, numbers)
    return numbers


def _item(made: Office, month: Month, at: random.Random) -> str:
    when = datetime(month.year, month.month, at.randint(1, 28), at.randint(8, 18), tzinfo=SHANGHAI)
    key = digest(f"{month}{at.random()}")
    number = f"{when:%Y%m%d}-{key[:6].upper()}"
    unit = at.choice(UNITS[:-6])
    title = at.choice(FORMS).format(unit=unit, subject=at.choice(SUBJECTS))
    title += at.choice(("", "情况", "第二期"))
    paper = document(f"{title}\n{TEXT * at.randint(1, 5)}\n{key[:8]}。{TEXT}")
    uid = int(key[:8], 16)
    item(made.desk.store, number, uid=uid, given=fields(title, unit), at=when, paper=paper)
    return number


def _solicit(made: Office, month: Month, at: random.Random, numbers: list[str]) -> None:
    """One 约稿 of ten units: most answer, some of them late."""
    store, asked = made.desk.store, datetime(month.year, month.month, 2, 9, tzinfo=SHANGHAI)
    code = store.next_solicitation_code(month.year)
    sent = {_unit(made, number): number for number in reversed(numbers)}
    units = tuple(sorted(sent))[:10]
    ask = Ask(
        round=1,
        source=at.choice(list(Superior)),
        text="供稿。",
        units=units,
        deadline=asked + timedelta(days=16),
        ladder=(),
        asked_at=asked,
        by="周某某",
    )
    with store.transaction():
        store.add_solicitation(code, title=f"关于{at.choice(SUBJECTS)}情况的约稿", topic="")
        store.add_ask(code, ask)
        for number in [sent[unit] for unit in units[:REPLIES]]:
            reply = SolicitationReply(number=number, code=code, by=MatchedBy.CODE)
            store.save_solicitation_reply(reply, asked)


def _unit(made: Office, number: str) -> str:
    unit = made.desk.store.submission(number).fields.unit
    assert unit is not None
    return unit.value


def year(var: Path, counts: dict[int, int]) -> Office:
    """2019, month by month as many items as asked for; the clock stands on 1 January 2020."""
    made = office(var, now=datetime(2019, 1, 1, 8, tzinfo=SHANGHAI))
    made.clock.set(datetime(2020, 1, 1, 8, tzinfo=SHANGHAI))
    for number, count in counts.items():
        if count:
            fill(made, Month(2019, number), count)
    return made
