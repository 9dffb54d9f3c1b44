"""The pages of 得分: the 综合表 in its two groups, the year's end, and whence each mark comes."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import pytest
from console_kit import Office, Visitor, console_of, empty_office, plain, played_office, text_of
from flask import Flask

from mailbot.model import Month, Submission, SubmissionState
from mailbot.scoring import Period
from mailbot.workflow.bulletins import report
from mailbot.workflow.marks import credit, standings
from mailbot.workflow.marks.credit import Who

WHO = Who(by="周某某", tell=False)
MARCH = Month(2019, 3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """March with two adoptions of one item, an instruction, a fault, a failure and 以干代训."""
    made = played_office(tmp_path)
    first, second, third = _items(made)[:3]
    day = date(2019, 3, 29)
    credit.adopt(made.desk, first.number, "县普刊", day=day, who=WHO)
    credit.adopt(made.desk, first.number, "市专报", day=date(2019, 3, 30), who=WHO)
    credit.instruct(made.desk, second.number, "县政府", day=day, who=WHO)
    credit.demerit(made.desk, "low_quality", [third.number], day=day, who=WHO, kind="内容空乏")
    credit.major_failure(made.desk, "县水利局", "迟报", day=day, who=WHO)
    credit.second(made.desk, "李庄镇", MARCH, ["张某"], who=WHO)
    return made


@pytest.fixture
def visitor(console: Flask) -> Visitor:
    return Visitor(console, "view")


def _items(office: Office) -> list[Submission]:
    """Accepted ones of March, each of another unit."""
    found = office.desk.store.submissions(month=MARCH, state=SubmissionState.ACCEPTED)
    return list({one.fields.unit.value: one for one in found if one.fields.unit}.values())


def unit(item: Submission) -> str:
    assert item.fields.unit is not None
    return item.fields.unit.value


def rows(page: str) -> dict[str, list[str]]:
    """The cells of each table row by the name of its unit."""
    found = {}
    for row in re.findall(r"<tr>(.*?)</tr>", page, re.S):
        cells = [plain(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
        if len(cells) > 2:
            found[cells[1].split(" ")[0]] = cells
    return found


def shown(value: Decimal) -> str:
    return f"{value:.1f}"


# ---- all units


def test_the_month_shows_what_the_circular_will_say(office: Office, visitor: Visitor) -> None:
    """Every unit of the roster with the figures of its 综合表 and its place in the group."""
    reckoning = standings.reckon(office.desk)
    figures = report.unit_figures(office.desk, MARCH, reckoning)
    table = rows(visitor.page("/marks?month=2019-03"))
    assert set(table) == {one.unit for one in figures}
    for one in figures:
        cells = table[one.unit]
        assert one.month_marks is not None and one.cumulative_marks is not None
        assert cells[0] == str(one.rank)
        assert cells[2] == (str(one.submissions) if one.submissions else "")
        assert cells[7] == (str(one.adopted.total) if one.adopted.total else "")
        assert cells[8] == (str(one.instructions) if one.instructions else "")
        assert cells[-2:] == [shown(one.month_marks), shown(one.cumulative_marks)]


def test_each_group_is_ranked_by_itself_the_first_first(office: Office, visitor: Visitor) -> None:
    """Towns and departments, as the 考评办法 groups them."""
    page = visitor.page("/marks?month=2019-03")
    towns, departments = page.index("乡镇（街道、开发区、景区）"), page.index("县直部门、单位")
    assert towns < page.index(">李庄镇</a>") < departments < page.index(">县水利局</a>")
    places = [int(cells[0]) for cells in rows(page[towns:departments]).values()]
    assert places == sorted(places) and places[0] == 1
    assert f'href="/marks/{quote("李庄镇")}?month=2019-03"' in page


def test_the_year_shows_what_its_end_needs(office: Office, visitor: Visitor) -> None:
    """Totals, who is out of the selection, who sent nothing, and the sequence without those who are out."""
    found = standings.standings(office.desk, Period(year=2019, last=4), standings.reckon(office.desk))
    page = visitor.page("/marks?month=2019")
    table = rows(page)
    for row in found.rows:
        assert table[row.unit][-1] == shown(row.total)
    assert "取消选优" in table["县水利局"][1]
    told = plain(page)
    assert "取消选优资格 县水利局" in told
    assert "、".join(found.selection_order) in told
    assert "县水利局" not in told.partition("按得分的评选次序")[2]
    silent = told.partition("没有报送信息")[2].partition("即时通报备选")[0].strip().split("、")
    sent = {unit(item) for item in _items(office)}
    assert silent and not sent & set(silent)


def test_an_issued_month_is_told_from_one_that_may_still_change(office: Office, visitor: Visitor) -> None:
    """On the month's page, on the year's and on the unit's."""
    assert "通报未批准，得分随登记变动" in visitor.page("/marks?month=2019-03")
    assert "还没有批准过带得分的月通报" in visitor.page("/marks?month=2019")
    bulletin = report.draft_month(office.desk, MARCH, by="孙审")
    report.approve(office.desk, bulletin.id, sha256=bulletin.sha256, by="孙审")
    assert "通报已批准，得分已定" in visitor.page("/marks?month=2019-03")
    assert "得分已定的月份：3月" in plain(visitor.page("/marks?month=2019"))
    assert "通报未批准" in visitor.page("/marks?month=2019-04")
    assert "通报已批准，得分已定" in visitor.page("/marks/李庄镇?month=2019-03")


def test_without_a_choice_it_is_this_month(tmp_path: Path) -> None:
    """A new office says that there is nothing yet, and lists its units; nonsense is no month either."""
    office = empty_office(tmp_path)
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "view")
        for path in ("/marks", "/marks?month=neunzehn"):
            told = plain(visitor.page(path))
            assert "2019年3月得分" in told
            assert "2019年3月还没有得分" in told
            assert "李庄镇" in told


# ---- one unit


def test_each_mark_of_a_unit_says_whence_it_comes(office: Office, visitor: Visitor) -> None:
    """Points, label, clause, item, how it counts, and the fact with who entered it; they add up."""
    item = _items(office)[0]
    page = visitor.page(f"/marks/{unit(item)}?month=2019-03")
    told = plain(page)
    marks = [m for m in standings.reckon(office.desk).marks if m.unit == unit(item) and m.month == MARCH]
    assert f"逐笔来历（{len(marks)}）" in told
    assert f"合计 {shown(sum((m.points for m in marks), Decimal(0)))} 分" in told
    for mark in marks:
        assert mark.clause in told and mark.label in told
    assert re.search(r"2019-03-30 \+7 市专报采用 三（二）2（2） .* 补差 事项 F2 周某某登记", told), told
    assert re.search(r"2019-03-29 \+3 普刊 三（二）1（1） .* 计入 事项 F1 周某某登记", told), told
    for target in (f"/items/{item.number}", "/facts/F1", "/facts/F2", f"/mails/{item.mail_id}"):
        assert f'href="{target}"' in page


def test_a_mark_that_does_not_count_names_what_stands_instead(office: Office, visitor: Visitor) -> None:
    """The report's own +0.2 gives way to the fault of the item."""
    item = _items(office)[2]
    told = plain(visitor.page(f"/marks/{unit(item)}?month=2019-03"))
    assert re.search(r"0 报送 三（一）1 .* 不重复计入 见 事项 F4", told), told
    assert re.search(r"-0.5 低质量信息 三（一）1", told)


def test_marks_of_a_person_and_of_a_failure_stand_with_their_unit(office: Office, visitor: Visitor) -> None:
    """以干代训 with the person; a failure with its consequence."""
    assert re.search(r"\+10 以干代训 三（三） 张某", plain(visitor.page("/marks/李庄镇?month=2019-03")))
    told = plain(visitor.page("/marks/县水利局?month=2019"))
    assert "-10 重大信息未报 三（一）3" in told
    assert "取消年度选优资格" in told


def test_a_units_year_shows_its_months(office: Office, visitor: Visitor) -> None:
    """Each with its points and the sum so far, and the place among its group."""
    told = plain(visitor.page("/marks/李庄镇?month=2019"))
    row = next(
        row
        for row in standings.standings(
            office.desk, Period(year=2019, last=4), standings.reckon(office.desk)
        ).rows
        if row.unit == "李庄镇"
    )
    march = row.months[0]
    assert f"2019年3月 {shown(march.points)} {shown(march.cumulative)}" in told
    assert f"同组位次 {row.group_rank} / 16" in told


def test_a_correction_names_the_month_it_corrects(office: Office, visitor: Visitor) -> None:
    """What is withdrawn after the month was issued falls into this one."""
    bulletin = report.draft_month(office.desk, MARCH, by="孙审")
    report.approve(office.desk, bulletin.id, sha256=bulletin.sha256, by="孙审")
    credit.withdraw(office.desk, "F6", "没有参加", by="孙审")
    told = plain(visitor.page("/marks/李庄镇?month=2019-04"))
    assert re.search(r"-10 .* 更正以前月份（2019年3月）", told), told
    assert "已撤销" in told


def test_a_unit_that_is_not_assessed_is_not_found(visitor: Visitor) -> None:
    """404 in Chinese, with the page to look on."""
    response = visitor.get("/marks/县公安局")
    assert response.status_code == 404
    assert "考核名单上没有“县公安局”" in text_of(response)
    assert "请从“得分”中打开" in text_of(response)


def test_a_month_without_marks_says_so(visitor: Visitor) -> None:
    """No table of nothing."""
    assert "2019年4月没有得分，也没有扣分" in plain(visitor.page("/marks/县水利局?month=2019-04"))
