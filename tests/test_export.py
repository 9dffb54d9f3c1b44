"""Exported tables: typed, in sight, the same every time, nothing run as a formula, contacts masked."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from circulated import ADDRESS, MOBILE, SECRET, Month4, month
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.errors import ConfigError, StateError
from mailbot.render import masking, sheets
from mailbot.render.sheets import Sheet
from mailbot.workflow.bulletins.export import Span, Table, export

MADE = datetime(2019, 4, 16, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month4]:
    made = month(tmp_path_factory.mktemp("office") / "var")
    yield made
    made.at.desk.store.close()


def opened(content: bytes) -> list[list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[list(row) for row in page.iter_rows(values_only=True)] for page in book]


def by_head(office: Month4, table: Table, **more: bool) -> list[dict[object, object]]:
    done = export(office.at.desk, table, Span(), by="李科员", **more)
    heads, *rows = opened(done.content)[0]
    return [dict(zip(heads, row, strict=True)) for row in rows]


# ---- the form ----------------------------------------------------------------------------------------------

SHEET = Sheet(
    name="报送/信息",
    heads=("单位", "得分", "日期", "时间"),
    rows=(("县民政局", Decimal("3.20"), date(2019, 3, 4), MADE), ("", None, None, None)),
    fixed=1,
)


def test_cells_have_types_and_the_head_stays_in_sight() -> None:
    """Numbers add up, dates sort, a filter covers all rows."""
    book = openpyxl.load_workbook(io.BytesIO(sheets.to_xlsx([SHEET], title="表", author="办", created=MADE)))
    page = book.active
    unit, points, day, moment = page[2]
    assert (unit.value, points.value, points.data_type) == ("县民政局", 3.2, "n")
    assert (str(day.value), day.is_date, moment.value) == (
        "2019-03-04 00:00:00",
        True,
        MADE.replace(tzinfo=None),
    )
    assert (page.freeze_panes, page.auto_filter.ref, page.title) == ("B2", "A1:D3", "报送 信息")
    assert page.column_dimensions["A"].width >= 10


def test_what_is_longer_than_its_column_is_set_in_several_lines() -> None:
    """A title of 200 characters must not run under the next column, nor make the table unprintable."""
    sheet = Sheet(
        name="表", heads=("标题", "2019-001 关于夏粮收购情况的约稿"), rows=(("救" * 200, 1), ("短", 2))
    )
    content = sheets.to_xlsx((sheet,), title="表", author="科", created=datetime(2019, 4, 1, tzinfo=UTC))
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert page.column_dimensions["A"].width == 42
    assert page.column_dimensions["B"].width == 20
    assert page["A2"].alignment.wrap_text and not page["A3"].alignment.wrap_text
    assert page.row_dimensions[2].height == 10 * 15
    assert page.row_dimensions[1].height == 2 * 15
    assert page.row_dimensions[3].height is None


def test_the_same_rows_are_the_same_bytes() -> None:
    """A file can be compared with the one of last week."""
    one, other = (sheets.to_xlsx([SHEET], title="表", author="办", created=MADE) for _ in range(2))
    assert one == other


RISKY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "＝1",
    "＋1",
    "－1",
    "＠a",
    "\t=1",
    "\r=1",
    "\u200b=1",
    " =1",
    "\ufeff＝1",
)


@pytest.mark.parametrize("text", RISKY)
def test_no_text_becomes_a_formula(text: str) -> None:
    """In .xlsx it is text and stays so when edited; in .csv a quotation mark stands before it."""
    sheet = Sheet(name="a", heads=("a",), rows=((text,),))
    book = openpyxl.load_workbook(io.BytesIO(sheets.to_xlsx([sheet], title="", author="", created=MADE)))
    cell = book.active["A2"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert sheets.to_csv(sheet).decode("utf-8-sig").splitlines()[1].strip('"').startswith("'")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_can_be_exported(text: str) -> None:
    """Whatever stood in a mail: the file opens, a .csv keeps one line for one row."""
    sheet = Sheet(name=text, heads=(text or "a",), rows=((text,), (text,)))
    book = openpyxl.load_workbook(io.BytesIO(sheets.to_xlsx([sheet], title=text, author=text, created=MADE)))
    assert all(cell.data_type in ("s", "n") for row in book.active.iter_rows(min_row=2) for cell in row)
    assert len(sheets.to_csv(sheet).decode("utf-8-sig").split("\r\n")) == 4


def test_a_csv_opens_in_excel_and_negative_numbers_stay_numbers() -> None:
    """With its BOM; what is a number by type needs no quotation mark."""
    sheet = Sheet(name="a", heads=("得分",), rows=((Decimal("-2.0"),), (-1,)))
    assert sheets.to_csv(sheet) == b"\xef\xbb\xbf" + "得分\r\n-2\r\n-1\r\n".encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13905391234", "139****1234"),
        ("139 0539 1234", "139 **** 1234"),
        ("１３９０５３９１２３４", "１３９****１２３４"),
        ("+86-13905391234", "+86-139****1234"),
        ("mzj@oa.tancheng.example", "m***@oa.tancheng.example"),
        (
            "郯政办字〔2019〕10号，20190412-7F3A9K，37138.5万元",
            "郯政办字〔2019〕10号，20190412-7F3A9K，37138.5万元",
        ),
    ],
)
def test_contacts_are_masked_and_nothing_else(text: str, shown: str) -> None:
    """Whatever the width of its digits; numbers of documents and items stay."""
    assert masking.masked(f"（{text}）") == f"（{shown}）"


def test_a_short_number_in_a_column_of_contacts_is_masked() -> None:
    """A landline without its area code is a contact there."""
    assert masking.masked_contact("6220001") == "6****01"
    assert "6220001" not in masking.masked_contact("0539-6220001")


# ---- the tables --------------------------------------------------------------------------------------------


def test_submissions_show_what_was_read_and_what_became_of_it(office: Month4) -> None:
    """One row for each item, with labels and points as of now."""
    rows = {row["编号"]: row for row in by_head(office, Table.SUBMISSIONS)}
    mine = rows[office.adopted]
    assert (mine["报送单位"], mine["状态"], mine["标注"]) == ("县民政局", "已登记", "报送、普刊、☆")
    assert mine["得分"] == pytest.approx(13.2)
    assert rows[office.faulty]["约稿编号"] == office.code
    assert isinstance(mine["收到时间"], datetime)


@pytest.mark.parametrize("table", list(Table))
@pytest.mark.parametrize("as_csv", [False, True])
def test_no_export_holds_a_contact_or_what_is_secret(office: Month4, table: Table, as_csv: bool) -> None:
    """Promise of docs: masked by default, in whatever column it stands."""
    content = export(office.at.desk, table, Span(), by="李科员", as_csv=as_csv).content
    text = content.decode() if as_csv else "\n".join(map(str, opened(content)))
    assert MOBILE not in text
    assert ADDRESS not in text
    assert SECRET not in text
    assert not re.search(r"1[3-9]\d{9}", text)
    assert len(text) > 20


def test_in_full_only_under_a_name_and_on_record(office: Month4) -> None:
    """Personal data leaves by a person's word; what has a secrecy mark never does."""
    with pytest.raises(StateError) as caught:
        export(office.at.desk, Table.SUBMISSIONS, Span(), by=" ", phones=True)
    assert caught.value.code == "export_needs_name"
    rows = by_head(office, Table.LETTERS, phones=True)
    assert ADDRESS in {row["收件地址"] for row in rows}
    text = str(by_head(office, Table.SUBMISSIONS, phones=True))
    assert MOBILE in text
    assert SECRET not in text
    events = office.at.desk.store.events(verb="exported")
    assert {(e.who, e.details["contacts"]) for e in events if e.details["contacts"] == "full"} == {
        ("李科员", "full")
    }


def test_standings_add_up_and_name_each_mark(office: Month4) -> None:
    """First sheet by unit, second mark by mark: the second sums to the first."""
    totals, marks = opened(export(office.at.desk, Table.STANDINGS, Span(), by="李科员").content)
    unit, total = totals[0].index("单位"), totals[0].index("累计得分")
    mine = next(row for row in totals if row[unit] == "县民政局")
    head = marks[0]
    points = [row[head.index("得分")] for row in marks[1:] if row[head.index("单位")] == "县民政局"]
    assert mine[total] == pytest.approx(21.2)
    assert sum(points) == pytest.approx(21.2)  # type: ignore[arg-type]
    assert all(row[head.index("依据的事项或信息")] for row in marks[1:])


def test_the_matrix_says_how_each_unit_stands_to_each_solicitation(office: Month4) -> None:
    """Units down, 约稿 across; the second sheet counts."""
    matrix, each = opened(export(office.at.desk, Table.SOLICITATIONS, Span(), by="李科员").content)
    assert matrix[0][1].startswith(office.code)  # type: ignore[union-attr]
    states = {row[0]: row[1] for row in matrix[1:]}
    assert (states["县水利局"], states["马头镇"], states["县教体局"]) == ("按时", "未报", None)
    (row,) = (dict(zip(each[0], row, strict=True)) for row in each[1:])
    assert (row["应报"], row["按时"], row["未报"], row["来源"]) == (5, 1, 4, "市")


def test_facts_show_who_entered_what(office: Month4) -> None:
    """In the words of the scheme."""
    rows = {row["种类"]: row for row in by_head(office, Table.FACTS)}
    assert (rows["采用"]["刊物、级别或事由"], rows["采用"]["期号、领导或人员"]) == ("县普刊", "第3期")
    assert rows["人工加减分"]["分值"] == -0.5
    assert rows["扣分事项"]["单位"] == "县水利局"


def test_selection_lists_units_and_persons(office: Month4) -> None:
    """Material for the office's choice; the choice is no column of it."""
    units, people = opened(export(office.at.desk, Table.SELECTION, Span(), by="李科员").content)
    assert len(units) - 1 == len(office.at.desk.policy.roster.units)
    named = {row[1] for row in people[1:]}
    assert "彭一鸣" in named


def test_a_span_that_ends_before_it_begins_is_refused(office: Month4) -> None:
    """A slip of the pen gives no empty table."""
    with pytest.raises(ConfigError) as caught:
        export(office.at.desk, Table.FACTS, Span(first=date(2019, 4, 2), last=date(2019, 4, 1)), by="a")
    assert caught.value.code == "export_span"


@pytest.mark.parametrize(
    ("span", "name"),
    [
        (Span(), "报送信息（全部）.xlsx"),
        (Span.of_year(2019), "报送信息（2019年）.xlsx"),
        (Span(first=date(2019, 3, 1), last=date(2019, 3, 31)), "报送信息（2019年3月）.xlsx"),
        (Span(first=date(2019, 3, 4)), "报送信息（2019-03-04以来）.xlsx"),
    ],
)
def test_the_file_is_named_for_what_it_holds(office: Month4, span: Span, name: str) -> None:
    """A month of a month that is over holds nothing of another."""
    assert export(office.at.desk, Table.SUBMISSIONS, span, by="a").file_name == name


def test_the_command_writes_a_file(
    tmp_path: Path, office: Month4, capsys: pytest.CaptureFixture[str]
) -> None:
    """`mailbot export`: --phones without --by is refused, a .csv is known by its name."""
    from mailbot.cli import main
    from mailbot.cli.words import packaged
    from mailbot.workflow.office.homes import make

    home = tmp_path / "home"
    make(home, packaged)
    target = tmp_path / "a.csv"
    assert main(["--home", str(home), "export", "submissions", "--to", str(target)]) == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert main(["--home", str(home), "export", "letters", "--phones", "--to", str(target)]) == 1
    assert main(["--home", str(home), "export", "facts", "--year", "2019", "--month", "2019-03"]) == 2
    assert "--until" in capsys.readouterr().err
