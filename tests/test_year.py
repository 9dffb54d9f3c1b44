"""A year of generated facts, every document of it, as LibreOffice shows them; and 36 months with outages."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import busy
import check_docx
import docx
import pytest
from check_pdf import LEFT, RIGHT, Page, excused, page_number, pages_of, rendered, wide_lines
from desks import POLICY, Office, office
from steps import stopped_after

from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError
from mailbot.model import Bulletin, BulletinKind, LetterKind, Month, Passage
from mailbot.workflow.bulletins import amend, annual, final, gazette, instant, report
from mailbot.workflow.marks import credit

COUNTS = {month: 0 if month == 2 else 500 if month == 4 else 24 + month for month in range(1, 13)}
BUSY = Month(2019, 4)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, bytes]]]:
    """Twelve months, one 即时, one 年终, one 普刊, one 更正, as they are drafted."""
    made = busy.year(tmp_path_factory.mktemp("year") / "var", COUNTS)
    desk = made.desk
    drafted = {str(month): report.draft_month(desk, month, by="李科员") for month in _months()}
    asked = desk.store.solicitations()[0]
    two = asked.units[:2]
    drafted["instant"] = instant.draft(desk, asked.code, two, "雷同", by="李科员", detail="文字基本相同")
    for passage, text in ((Passage.COMMENDED_UNITS, "港上镇"), (Passage.COMMENDED_PERSONS, "港上镇 赟喆")):
        final.note(desk, BulletinKind.ANNUAL, "2019", passage, text, by="李科员")
    drafted["annual"] = annual.draft(desk, 2019, by="李科员")
    chosen = [one.number for one in desk.store.submissions(month=BUSY)[:8]]
    drafted["gazette"] = gazette.draft(desk, 12, chosen, by="李科员")
    drafted["correction"] = _corrected(made, drafted["2019-11"])
    yield made, {name: desk.store.bulletin_file(one.sha256) for name, one in drafted.items()}
    desk.store.close()


def _corrected(made: Office, november: Bulletin) -> Bulletin:
    """The draft of what eight items more adopted change in a month already approved."""
    report.approve(made.desk, november.id, sha256=november.sha256, by="王主任")
    for item in made.desk.store.submissions(month=Month(2019, 11))[:8]:
        credit.adopt(made.desk, item.number, "市专报", day=date(2019, 11, 29), who=busy.WHO)
    return amend.draft(made.desk, Month(2019, 11), by="李科员")


def _months() -> list[Month]:
    return [Month(2019, number) for number in COUNTS]


def text_pages(pages: list[Page]) -> list[Page]:
    """Those before the first attachment."""
    return list(takewhile(lambda page: not _begins_attachment(page), pages))


def _begins_attachment(page: Page) -> bool:
    return page.landscape or re.fullmatch(r"附件\d*", page.lines[0].text) is not None


def upright(pages: list[Page]) -> list[Page]:
    return [page for page in pages if not page.landscape]


NAMES = [*(f"2019-{number:02d}" for number in COUNTS), "instant", "annual", "gazette", "correction"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_as_the_standard_has_it(
    year: tuple[Office, dict[str, bytes]], name: str, tmp_path: Path
) -> None:
    """22 lines at most, 28 characters to a full line, numbers outside, nothing past the margins."""
    pages = pages_of(rendered(year[1][name], tmp_path))
    assert [page_number(page) for page in upright(pages)] == [page.number for page in upright(pages)]
    for page in upright(pages):
        assert all(line.x0 > LEFT - 3 for line in page.lines), f"{name} {page.number}"
        assert all(line.x1 < page.width - RIGHT + 6 for line in page.lines), f"{name} {page.number}"
        assert page.lines, f"{name} {page.number} is blank"
        foot = page.foot
        assert foot is not None
        if page.number % 2:
            assert foot.x1 == pytest.approx(page.width - RIGHT - 14, abs=4)
        else:
            assert foot.x0 == pytest.approx(LEFT + 14, abs=4)
    wide = [pair for page in text_pages(pages) for pair in wide_lines(page)]
    assert wide, "nothing to measure"
    assert [line.text for line, after in wide if len(line.text) != 28 and not excused(line, after)] == []
    for page in text_pages(pages):
        assert len(page.lines) <= 22, f"{name} {page.number}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["2019-01", "2019-02", "2019-04", "2019-11", "annual"])
def test_no_page_has_the_total_or_the_signature_alone(
    year: tuple[Office, dict[str, bytes]], name: str, tmp_path: Path
) -> None:
    """合计 stands below two units at least, 署名 on a page that has text of the body."""
    pages = pages_of(rendered(year[1][name], tmp_path))
    last = next(page for page in pages if "合计" in page.text)
    units = [unit.name for unit in POLICY.roster.units if unit.name in last.text]
    assert len(units) >= 2
    signed = text_pages(pages)[-1]
    assert signed.text.rstrip().endswith("日")
    before, _, _ = signed.text.partition("附件：")
    assert "。" in before


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_word_would_open_each_of_them_without_repair(
    year: tuple[Office, dict[str, bytes]], name: str
) -> None:
    """Every part by the schema, every relationship and content type in its place."""
    assert check_docx.faults(year[1][name]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES[:12], "annual"])
def test_the_text_says_what_the_table_says(year: tuple[Office, dict[str, bytes]], name: str) -> None:
    """Read again from the document: totals, each unit's count, 约稿, 采用 and who sent nothing."""
    text, groups = told_by(year[1][name])
    units = groups[0] | groups[1]

    def total(*heads: str) -> int:
        return sum(row.get(head, 0) for row in units.values() for head in heads)

    assert figure(text, r"自主报送的政务信息(\d+)条") == total("自主报送")
    if all(parts := [sum(row["自主报送"] for row in group.values()) for group in groups]):
        assert figure(text, r"景区）(\d+)条，县直部门、单位") == parts[0]
        assert figure(text, r"条，县直部门、单位(\d+)条") == parts[1]
    assert figure(text, r"；(?:\S{5,7})?采用(\d+)条") == total(*LEVELS)
    assert figure(text, r"领导批示(\d+)条") == total("批示")
    assert figure(text, r"应报(\d+)家次") == total("应报")
    assert figure(text, r"按时报送(\d+)家次") == total("按时")
    assert figure(text, r"，迟报(\d+)家次") == total("迟报")
    assert figure(text, r"，未报(\d+)家次") == total("未报")
    for heading, group in (("景区）报送情况。", groups[0]), ("县直部门、单位报送情况。", groups[1])):
        if heading in text:
            assert counts_in(text, heading) == {
                unit: row["自主报送"] for unit, row in group.items() if row["自主报送"]
            }
    if "信息采用情况。" in text:
        taken = {unit: sum(row.get(level, 0) for level in LEVELS) for unit, row in units.items()}
        assert counts_in(text, "信息采用情况。") == {unit: count for unit, count in taken.items() if count}
    assert re.search(r"(?<![\d.])0(?:条|家次|个)", text) is None


LEVELS = ("县", "市", "省", "国办")


def told_by(document: bytes) -> tuple[str, list[dict[str, dict[str, int]]]]:
    """The body as one text; and of the 综合表 each unit's counts by the lower head, in two groups."""
    found = docx.Document(io.BytesIO(document))
    text = "\n".join(paragraph.text for paragraph in found.paragraphs)
    rows = [[cell.text for cell in row.cells] for row in found.tables[0].rows]
    first = next(place for place, row in enumerate(rows) if len(set(row)) == 1)
    heads = rows[first - 1]
    groups: list[dict[str, dict[str, int]]] = []
    for row in rows[first:]:
        if len(set(row)) == 1:
            groups.append({})
        elif row[1] != "合计":
            told = zip(heads[2:], row[2:], strict=True)
            groups[-1][row[1]] = {head: int(value) for head, value in told if value.isdigit()}
    assert sum(map(len, groups)) == len(POLICY.roster.units)
    return text, groups


def figure(text: str, pattern: str) -> int:
    """The number that the text gives; what it leaves unsaid is nought."""
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def counts_in(text: str, heading: str) -> dict[str, int]:
    """Units with their counts out of “甲、乙各2条，丙1条。”"""
    sentence = text.partition(heading)[2].partition("。")[0]
    counts = {}
    for part in sentence.split("，"):
        told = re.fullmatch(r"(.+?)(各?)(\d+)条", part)
        assert told, part
        names = told[1].split("、")
        assert (len(names) > 1) == bool(told[2]), part
        counts |= dict.fromkeys(names, int(told[3]))
    return counts


@pytest.mark.slow
def test_a_month_of_500_items_has_each_of_them_once(
    year: tuple[Office, dict[str, bytes]],
) -> None:
    """Listed by unit; the counts of the table add up to them."""
    found = docx.Document(io.BytesIO(year[1]["2019-04"]))
    rows = [[cell.text for cell in row.cells] for table in found.tables for row in table.rows]
    totals = next(row for row in rows if row[1] == "合计")
    listed = [row for row in rows if len(row) == 4 and row[0].isdigit()]
    assert len(listed) == 500
    assert totals[2] == str(500 - busy.REPLIES)


@pytest.mark.slow
def test_a_month_of_500_items_makes_a_small_file(year: tuple[Office, dict[str, bytes]]) -> None:
    """49 units; the file is small enough for any mailbox."""
    with stopped_after():
        composed = report.compose_month(year[0].desk, BUSY)
    assert len(composed.content) < 200_000


@pytest.mark.slow
def test_36_months_with_outages_have_one_draft_each(tmp_path: Path) -> None:
    """Switched off at random for hours or months, restarted in the middle: never none, never two (P6)."""
    at = random.Random(36)
    made = office(tmp_path / "var", now=datetime(2019, 3, 4, 8, tzinfo=SHANGHAI))
    end = datetime(2022, 3, 20, tzinfo=SHANGHAI)
    while made.clock.now() < end:
        off = timedelta(hours=at.choice((1, 9, 26, 170, 700, 2200)))
        made.clock.set(min(made.clock.now() + off, end))
        for _ in range(at.choice((1, 1, 3))):
            report.draft_due(made.desk)
            annual.draft_due(made.desk)
    found = Counter((one.kind, one.period) for one in made.desk.store.bulletins())
    months = [Month(2019 + (n + 2) // 12, (n + 2) % 12 + 1) for n in range(36)]
    years = [(BulletinKind.ANNUAL, str(number)) for number in (2019, 2020, 2021)]
    assert set(found) == {*((BulletinKind.MONTHLY, str(month)) for month in months), *years}
    assert set(found.values()) == {1}
    assert all(one.drafts == 1 for one in made.desk.store.bulletins())
    subjects = Counter(letter.subject for letter in made.letters(LetterKind.BULLETIN_DRAFT))
    assert len(subjects) == 39
    assert set(subjects.values()) == {1}


def test_a_mistake_in_the_wording_leaves_the_draft_as_it_was(tmp_path: Path) -> None:
    """What somebody reworded badly is told; the draft that the section has is still there to approve."""
    made = busy.year(tmp_path / "var", {1: 12})
    first = report.draft_month(made.desk, Month(2019, 1), by="李科员")
    wording = made.desk.policy.wording
    text = wording.templates["bulletin/monthly.j2"].replace("{{ received }}", "{{ recieved }}", 1)
    wrong = replace(wording, templates={**wording.templates, "bulletin/monthly.j2": text})
    desk = replace(made.desk, policy=replace(made.desk.policy, wording=wrong))
    with pytest.raises(ConfigError, match="recieved"):
        report.draft_month(desk, Month(2019, 1), by="李科员")
    kept = report.of_month(made.desk, Month(2019, 1))
    assert (kept.id, kept.sha256, kept.drafts) == (first.id, first.sha256, first.drafts)
    assert made.desk.store.bulletin_file(kept.sha256)
