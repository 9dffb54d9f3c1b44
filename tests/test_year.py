"""A year of generated facts, every document of it, as LibreOffice shows them; and 36 months with outages."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import busy
import docx
import pytest
from check_pdf import LEFT, Page, full_lines, page_number, pages_of, rendered
from desks import Office, office
from steps import stopped_after

from mailbot.clock import SHANGHAI
from mailbot.model import BulletinKind, LetterKind, Month, Passage
from mailbot.workflow import annual, final, gazette, instant, report

COUNTS = {month: 0 if month == 2 else 500 if month == 4 else 24 + month for month in range(1, 13)}
BUSY = Month(2019, 4)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, bytes]]]:
    """Twelve months, one 即时, one 年终, one 普刊, as they are drafted."""
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
    yield made, {name: desk.store.bulletin_file(one.sha256) for name, one in drafted.items()}
    desk.store.close()


def _months() -> list[Month]:
    return [Month(2019, number) for number in COUNTS]


def upright(pages: list[Page]) -> list[Page]:
    return [page for page in pages if not page.landscape]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["2019-01", "2019-02", "2019-04", "2019-11", "instant", "annual", "gazette"])
def test_every_page_is_as_the_standard_has_it(
    year: tuple[Office, dict[str, bytes]], name: str, tmp_path: Path
) -> None:
    """22 lines at most, 28 characters to a full line, numbers outside, nothing past the margins."""
    pages = pages_of(rendered(year[1][name], tmp_path))
    assert [page_number(page) for page in upright(pages)] == [page.number for page in upright(pages)]
    for page in upright(pages):
        assert all(line.x0 > LEFT - 3 for line in page.lines), f"{name} {page.number}"
        assert all(len(line.text) == 28 for line in full_lines(page)), f"{name} {page.number}"
        assert page.lines, f"{name} {page.number} is blank"
        if page.number == 1:
            assert len(page.lines) <= 22


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
