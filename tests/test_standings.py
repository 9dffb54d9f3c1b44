"""Marks of an office over its months: what the 通报 shows, what stays as issued, what is corrected later.

The arithmetic stands beside each figure, from annex 1, 三: 报送 0.2, 县普刊 3, 市普刊 4, 市专报 10, 县 ☆ 10,
低质量 -0.5, 重大信息 -10, 以干代训 10.
"""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import solicited
from desks import Office, office
from docx import Document
from store_samples import fields, item

from mailbot.clock import SHANGHAI
from mailbot.config import BulletinConfig
from mailbot.model import Bulletin, LetterKind, Month, SubmissionState
from mailbot.render.figures import Adopted, Solicited
from mailbot.scoring import MarkState, Period
from mailbot.workflow.bulletins import report
from mailbot.workflow.marks import credit, standings
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.marks.standings import UnitMonth
from mailbot.workflow.office import people

BY = Who(by="周某某", tell=False)
MARCH, APRIL, MAY = Month(2019, 3), Month(2019, 4), Month(2019, 5)
TOWN, TOWN_TOO, BUREAU = "20190305-AAAAAA", "20190306-BBBBBB", "20190307-CCCCCC"


def when(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2019, month, day, hour, tzinfo=SHANGHAI)


def report_of(made: Office, number: str, unit: str, title: str, uid: int) -> None:
    day = datetime.strptime(number[:8], "%Y%m%d").replace(hour=9, tzinfo=SHANGHAI)
    item(made.desk.store, number, uid=uid, given=fields(title, unit), at=day)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """1 April 2019: in March 港上镇 reported twice, 县教体局 once."""
    made = office(tmp_path / "var", now=when(4, 1, 8))
    report_of(made, TOWN, "港上镇", "春耕备播", 1)
    report_of(made, TOWN_TOO, "港上镇", "银杏产业", 2)
    report_of(made, BUREAU, "县教体局", "均衡发展", 3)
    yield made
    made.desk.store.close()


def figures(made: Office, month: Month, unit: str) -> UnitMonth:
    return standings.month_figures(made.desk, month, standings.reckon(made.desk))[unit]


def marks(made: Office, month: Month, unit: str) -> tuple[Decimal, Decimal]:
    found = figures(made, month, unit)
    return found.month_marks, found.cumulative_marks


def issue(made: Office, month: Month, *, by: str = "吴某某") -> Bulletin:
    """Drafted and approved as it is now."""
    drafted = report.draft_month(made.desk, month, by=by)
    report.approve(made.desk, drafted.id, sha256=drafted.sha256, by=by)
    return drafted


def points(text: str) -> Decimal:
    return Decimal(text)


# ---- a month


def test_reports_and_facts_make_the_month_s_marks(at: Office) -> None:
    """港上镇: 0.2 + 0.2 + 普刊 3 + 县 ☆ 10 = 13.4; 县教体局: -0.5 instead of 0.2, 以干代训 2 × 10 = 19.5."""
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    credit.instruct(at.desk, TOWN, "县政府", day=date(2019, 3, 21), who=BY)
    credit.demerit(at.desk, "low_quality", [BUREAU], day=date(2019, 3, 25), who=BY, kind="内容空乏")
    credit.second(at.desk, "县教体局", MARCH, ["孙某某", "李某"], who=BY)

    town, bureau = figures(at, MARCH, "港上镇"), figures(at, MARCH, "县教体局")
    assert (town.plus, town.minus, town.month_marks) == (points("13.4"), 0, points("13.4"))
    assert (bureau.plus, bureau.minus, bureau.month_marks) == (20, points("-0.5"), points("19.5"))
    assert (town.adopted, town.instructions) == (Adopted(county=1), 1)
    assert (town.rank, bureau.rank) == (1, 1), "each is the first of its group"
    assert (town.overall_rank, bureau.overall_rank) == (2, 1)
    assert marks(at, MARCH, "县民政局") == (0, 0)


def test_adoptions_count_as_items_by_level(at: Office) -> None:
    """普刊 and 报市办 of one item: one at the county; 市专报 of it: one at the city.  0.2 × 2 + 10 = 10.4."""
    for publication in ("县普刊", "报市办", "市专报"):
        credit.adopt(at.desk, TOWN, publication, day=date(2019, 3, 20), who=BY)

    found = figures(at, MARCH, "港上镇")
    assert found.adopted == Adopted(county=1, city=1)
    assert found.month_marks == points("10.4")


def test_a_merged_piece_credits_each_unit_once(at: Office) -> None:
    """Two items of 港上镇 and one of 县教体局 in one 市专报: 0.4 + 10 and 0.2 + 10."""
    credit.merge(at.desk, [TOWN, TOWN_TOO, BUREAU], "市专报", day=date(2019, 3, 20), who=BY)

    assert marks(at, MARCH, "港上镇")[0] == points("10.4")
    assert marks(at, MARCH, "县教体局")[0] == points("10.2")


def test_a_higher_adoption_in_a_later_month_adds_the_difference(at: Office) -> None:
    """March: 0.4 + 3 = 3.4; April: 市专报 10 - 3 = 7, together 10.4."""
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    at.clock.set(when(5, 1))
    credit.adopt(at.desk, TOWN, "市专报", day=date(2019, 4, 20), who=BY)

    assert marks(at, MARCH, "港上镇") == (points("3.4"), points("3.4"))
    assert marks(at, APRIL, "港上镇") == (7, points("10.4"))
    assert marks(at, MAY, "港上镇") == (0, points("10.4"))


def test_a_withdrawn_fact_restores_the_marks(at: Office) -> None:
    """0.4 before; 重大信息 -10 makes -9.6; withdrawn, 0.4 again."""
    credit.major_failure(at.desk, "港上镇", "漏报", day=date(2019, 3, 22), who=BY)
    assert marks(at, MARCH, "港上镇")[0] == points("-9.6")
    year = standings.standings(at.desk, Period(year=2019, last=3), standings.reckon(at.desk))
    assert year.disqualified == ("港上镇",)

    credit.withdraw(at.desk, "F1", "不是漏报", by="周某某")
    assert marks(at, MARCH, "港上镇")[0] == points("0.4")


def test_only_accepted_items_are_reports(at: Office) -> None:
    """Held, returned and declined items count nothing."""
    for uid, state in enumerate(("held", "returned", "declined"), 10):
        item(
            at.desk.store,
            f"20190308-DDDD{uid}",
            uid=uid,
            state=SubmissionState(state),
            given=fields(state, "港上镇"),
            at=when(3, 8),
        )
    assert marks(at, MARCH, "港上镇")[0] == points("0.4")


def test_a_month_before_the_first_scheme_or_with_nothing_in_it_shows_no_marks(at: Office) -> None:
    """The notice takes effect on 4 March 2019; an empty year has nothing to rank."""
    reckoning = standings.reckon(at.desk)
    assert standings.month_figures(at.desk, Month(2019, 2), reckoning) == {}
    assert standings.month_figures(at.desk, Month(2020, 1), reckoning) == {}
    assert len(standings.month_figures(at.desk, MARCH, reckoning)) == len(at.desk.policy.roster.units)


# ---- issued months


def test_an_issued_month_stays_and_a_later_fact_is_booked_at_its_own_date(at: Office) -> None:
    """March issued with 0.4.  A fault found in April costs -0.5 - 0.2 = -0.7, in April."""
    issue(at, MARCH)
    at.clock.set(when(4, 20))
    credit.demerit(at.desk, "low_quality", [TOWN], day=date(2019, 4, 18), who=BY, kind="网络抄袭")

    assert marks(at, MARCH, "港上镇") == (points("0.4"), points("0.4"))
    assert marks(at, APRIL, "港上镇") == (points("-0.7"), points("-0.3"))
    booked = standings.reckon(at.desk).of_month(APRIL)
    assert {(m.state, m.corrects, m.item) for m in booked} == {(MarkState.CORRECTION, MARCH, TOWN)}
    assert sorted(m.points for m in booked) == [points("-0.5"), points("-0.2")]
    assert standings.differences(at.desk) == ()


def test_before_it_is_issued_a_later_fact_corrects_the_month_in_place(at: Office) -> None:
    """A draft freezes nothing: -0.5 + 0.2 = -0.3 in March."""
    report.draft_month(at.desk, MARCH, by="mailbot")
    at.clock.set(when(4, 20))
    credit.demerit(at.desk, "low_quality", [TOWN], day=date(2019, 4, 18), who=BY, kind="网络抄袭")

    assert marks(at, MARCH, "港上镇") == (points("-0.3"), points("-0.3"))
    assert marks(at, APRIL, "港上镇") == (0, points("-0.3"))


def test_a_fact_entered_too_late_for_the_issue_is_made_up_for(at: Office) -> None:
    """普刊 of 20 March, entered after March was issued: its 3 in April; withdrawn again, nought in April."""
    issue(at, MARCH)
    at.clock.set(when(4, 20))
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    assert marks(at, MARCH, "港上镇") == (points("0.4"), points("0.4"))
    assert marks(at, APRIL, "港上镇") == (3, points("3.4"))
    assert figures(at, APRIL, "港上镇").adopted == Adopted(county=1), "told once, when it is first shown"

    credit.withdraw(at.desk, "F1", "不是这一条", by="周某某")
    assert marks(at, APRIL, "港上镇") == (0, points("0.4"))


def test_what_was_issued_wrongly_is_taken_back_in_the_next_month(at: Office) -> None:
    """March issued with 0.4 + 3; withdrawn in April: -3 there.  April issued, that stays; May is nought."""
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    issue(at, MARCH)
    at.clock.set(when(4, 20))
    credit.withdraw(at.desk, "F1", "不是这一条", by="周某某")
    assert marks(at, MARCH, "港上镇") == (points("3.4"), points("3.4"))
    assert marks(at, APRIL, "港上镇") == (-3, points("0.4"))

    at.clock.set(when(5, 2))
    issue(at, APRIL)
    assert marks(at, APRIL, "港上镇") == (-3, points("0.4"))
    assert marks(at, MAY, "港上镇") == (0, points("0.4"))
    assert standings.differences(at.desk) == ()


def test_what_was_entered_after_the_draft_is_not_in_what_was_issued(at: Office) -> None:
    """The approved file shows 0.4, so that is what was issued, whatever was entered before the approval."""
    drafted = report.draft_month(at.desk, MARCH, by="mailbot")
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    report.approve(at.desk, drafted.id, sha256=drafted.sha256, by="吴某某")

    assert marks(at, MARCH, "港上镇") == (points("0.4"), points("0.4"))
    assert marks(at, APRIL, "港上镇") == (3, points("3.4"))


def test_a_report_that_arrives_for_an_issued_month_is_made_up_for(at: Office) -> None:
    """A held item of March accepted in April keeps its arrival: its 0.2 is booked in April."""
    issue(at, MARCH)
    report_of(at, "20190330-EEEEEE", "港上镇", "安全生产", 9)
    assert marks(at, MARCH, "港上镇") == (points("0.4"), points("0.4"))
    assert marks(at, APRIL, "港上镇") == (points("0.2"), points("0.6"))


# ---- in the 通报


def tables_of(made: Office, month: Month) -> list[list[list[str]]]:
    composed = report.compose_month(made.desk, month)
    tables = Document(io.BytesIO(composed.content)).tables
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in tables]


def test_the_bulletin_shows_marks_and_labels(at: Office) -> None:
    """综合表: 港上镇 3.4 this month and in all; 目录: the item with 报送 and 普刊."""
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    credit.instruct(at.desk, BUREAU, "县政府", day=date(2019, 3, 21), who=BY)
    summary, items, *_ = tables_of(at, MARCH)

    row = next(row for row in summary if row[1] == "港上镇")
    assert row[2:4] == ["2", "2"]
    assert row[-5:] == ["3.4", "0", "3.4", "3.4", "1"]
    assert ["1", "春耕备播", "3月5日", "报送、普刊"] in items
    assert ["1", "均衡发展", "3月7日", "报送、☆"] in items


def test_items_of_earlier_months_that_are_adopted_now_have_a_list_of_their_own(at: Office) -> None:
    """Reported in March, adopted in April: not among April's reports."""
    at.clock.set(when(5, 1))
    report_of(at, "20190402-FFFFFF", "县教体局", "阳光招生", 8)
    credit.adopt(at.desk, TOWN, "市普刊", day=date(2019, 4, 20), who=BY)
    summary, items, earlier = tables_of(at, APRIL)[:3]

    assert next(row for row in summary if row[1] == "港上镇")[2] == "0"
    assert [row[1] for row in items if row[0].isdigit()] == ["阳光招生"]
    assert ["1", "春耕备播", "3月5日", "市普刊采用"] in earlier


def test_the_section_is_told_what_to_settle_first(at: Office) -> None:
    """An adoption without its issue (what is forwarded has none), instructions whose answer is overdue."""
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    credit.adopt(at.desk, TOWN, "报市办", day=date(2019, 3, 21), who=BY)
    credit.adopt(at.desk, BUREAU, "县普刊", day=date(2019, 3, 20), who=BY, issue="7")
    for level, due in (("县政府", date(2019, 3, 31)), ("市政府", date(2019, 4, 1))):
        credit.instruct(at.desk, TOWN, level, day=date(2019, 3, 21), who=BY, answer_by=due)

    tasks = report.compose_month(at.desk, MARCH).figures.open_tasks
    assert "1 件采用没有填期号：F1。" in tasks
    assert "1 件批示的反馈已到期，还没有收到：F4。" in tasks


def test_each_unit_reads_its_own_account_as_issued(at: Office) -> None:
    """0.4 + 3 = 3.4; a fact entered after the draft is not in it."""
    people.add(at.desk, address="gs@tancheng.example", unit="港上镇", name="孙某某", phone="", by="周某某")
    credit.adopt(at.desk, TOWN, "县普刊", day=date(2019, 3, 20), who=BY)
    drafted = report.draft_month(at.desk, MARCH, by="mailbot")
    credit.adopt(at.desk, TOWN, "市专报", day=date(2019, 3, 20), who=BY)
    report.approve(at.desk, drafted.id, sha256=drafted.sha256, by="吴某某")

    (letter,) = at.letters(LetterKind.BULLETIN)
    assert letter.body == (
        "港上镇：\n\n"
        "现将《2019年3月份政务信息工作情况的通报》发给你们，见附件，请认真阅处。\n\n"
        "你单位情况：\n"
        "　报送 2 条，今年累计 2 条\n"
        "　采用 1 条，获领导批示 0 条\n"
        "　本月得分 3.4，累计得分 3.4，位次 1\n"
        "　1. 3月5日 春耕备播 报送、普刊\n"
        "　2. 3月6日 银杏产业 报送\n\n"
        "如对登记的条数和得分有异议，请与信息科联系核对。\n"
        "信息科　联系电话：6106766\n"
    )


def test_a_unit_s_own_account_may_be_left_out(tmp_path: Path) -> None:
    """[bulletin] own_account = false."""
    made = office(tmp_path / "var", now=when(4, 1, 8), bulletin=BulletinConfig(own_account=False))
    report_of(made, TOWN, "港上镇", "春耕备播", 1)
    people.add(made.desk, address="gs@tancheng.example", unit="港上镇", name="孙某某", phone="", by="周某某")
    issue(made, MARCH)
    (letter,) = made.letters(LetterKind.BULLETIN)
    assert "你单位情况" not in letter.body
    assert "如对登记的条数有异议" in letter.body


def test_the_leaders_named_are_those_of_the_month(at: Office) -> None:
    """县教体局 leads the year with 20.2; in April 县民政局 has 0.2 and 县教体局 nothing."""
    credit.second(at.desk, "县教体局", MARCH, ["孙某某", "李某"], who=BY)
    at.clock.set(when(5, 1))
    report_of(at, "20190402-FFFFFF", "县民政局", "临时救助", 8)
    composed = report.compose_month(at.desk, APRIL)
    text = "\n".join(p.text for p in Document(io.BytesIO(composed.content)).paragraphs)

    assert "县民政局（0.2分）" in text
    assert "县教体局（" not in text


# ---- with 约稿


def test_replies_and_missed_solicitations_stand_beside_the_reports(tmp_path: Path) -> None:
    """县民政局 and 县水利局 sent the same: 雷同, -1 each, one let off keeps +1; the three silent ones -2."""
    made = solicited.office(tmp_path / "var")
    code = solicited.opened(made)
    taken = made.take(
        *(
            solicited.answer(unit, subject=f"{solicited.TITLE}-{unit}-张一鸣-6220001（约稿{code}）")
            for unit in ("县民政局", "县水利局")
        )
    )
    numbers = [row.number for row in taken if row.number]
    assert marks(made, APRIL, "县民政局") == (1, 1)

    made.clock.set(solicited.DEADLINE + timedelta(hours=1))
    credit.demerit(made.desk, "similar", numbers, day=made.clock.now().date(), who=BY, exempt=(numbers[1],))
    reckoning = standings.reckon(made.desk)
    found = standings.month_figures(made.desk, APRIL, reckoning)
    assert [found[unit].month_marks for unit in solicited.UNITS] == [-2, -1, 1, -2, -2]
    assert found["县水利局"].solicited == Solicited(due=1, on_time=1)
    assert found["马头镇"].solicited == Solicited(due=1, missed=1)
    assert standings.reported(reckoning, APRIL, APRIL) == {}, "a reply is no report of its own accord"
    assert standings.item_labels(reckoning, APRIL) == {numbers[0]: ("雷同",), numbers[1]: ("约稿",)}


# ---- a year


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """All units of the roster through 2019, by a fixed seed: an item a month, and what became of some."""
    made, chance = office(tmp_path_factory.mktemp("year") / "var", now=when(12, 31, 18)), random.Random(2019)
    with made.desk.store.transaction():
        for uid, (unit, month) in enumerate(itertools.product(made.desk.policy.roster.units, range(1, 13))):
            day = chance.randint(1, 20)
            number = f"2019{month:02}{day:02}-{uid:06}"
            item(made.desk.store, number, uid=uid, given=fields(f"题{uid}", unit.name), at=when(month, day))
            _becomes(made, number, date(2019, month, day + 8), chance)
    yield made
    made.desk.store.close()


def _becomes(made: Office, number: str, day: date, chance: random.Random) -> None:
    later = min(day + timedelta(days=chance.choice((0, 30, 90))), date(2019, 12, 31))
    if chance.random() < 0.3:
        credit.adopt(made.desk, number, "县普刊", day=day, who=BY)
    if chance.random() < 0.2:
        credit.adopt(made.desk, number, chance.choice(("市专报", "省普刊")), day=later, who=BY)
    if chance.random() < 0.1:
        credit.instruct(made.desk, number, "县政府", day=later, who=BY)
    if chance.random() < 0.1:
        credit.demerit(made.desk, "plagiarised", [number], day=later, who=BY)


def totals(made: Office, last: int) -> dict[str, Decimal]:
    found = standings.standings(made.desk, Period(year=2019, last=last), standings.reckon(made.desk))
    return {row.unit: row.total for row in found.rows}


def test_a_year_of_all_units_is_ranked(year: Office) -> None:
    """Every unit of the roster, once."""
    found = totals(year, 12)
    assert len(found) == len(year.desk.policy.roster.units)
    assert sum(found.values()) > 500


def test_the_months_add_up_to_the_year(year: Office) -> None:
    """Each unit's months, and the running total of the last."""
    reckoning = standings.reckon(year.desk)
    months = [standings.month_figures(year.desk, Month(2019, m), reckoning) for m in range(3, 13)]
    before = totals(year, 2)
    for unit, total in totals(year, 12).items():
        assert before[unit] + sum(month[unit].month_marks for month in months) == total
        assert months[-1][unit].cumulative_marks == total


def test_withdrawing_facts_restores_the_marks_in_any_order(year: Office) -> None:
    """Entered and withdrawn again, crosswise: the same marks as before, and the same reckoned afresh."""
    before = totals(year, 12)
    numbers = [one.item for one in year.desk.store.reports()][:6]
    day = date(2019, 12, 30)
    entered = [credit.adopt(year.desk, one, "国办参考", day=day, who=BY).fact.id for one in numbers]
    assert totals(year, 12) != before
    for fact in (*entered[::2], *entered[1::2]):
        credit.withdraw(year.desk, fact, "试登记", by="周某某")
    assert totals(year, 12) == before
    assert standings.differences(year.desk) == ()
