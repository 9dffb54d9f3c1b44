"""`mailbot facts`, `marks` of an office, `explain` and `rescore`: what a person types and reads."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from store_samples import fields, item

from mailbot.cli import main
from mailbot.cli.words import packaged
from mailbot.clock import SHANGHAI
from mailbot.store import Store

TOWN, BUREAU = "20190305-AAAAAA", "20190307-CCCCCC"
Run = Callable[..., str]


def at(day: int) -> datetime:
    return datetime(2019, 3, day, 9, tzinfo=SHANGHAI)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An office with an item of 港上镇 and one of 县教体局, both of March 2019."""
    made = tmp_path / "office"
    made.mkdir()
    shutil.copy(packaged("config.toml"), made)
    with Opened(made) as store:
        item(store, TOWN, uid=1, given=fields("春耕备播", "港上镇"), at=at(5))
        item(store, BUREAU, uid=2, given=fields("均衡发展", "县教体局"), at=at(7))
    return made


class Opened:
    """The office's store, for as long as the block lasts."""

    def __init__(self, home: Path) -> None:
        self._store = Store.open(home / "data/var")

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *_: object) -> None:
        self._store.close()


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """One command to its end, its exit code held; what it said, errors too."""

    def call(*arguments: str, code: int = 0) -> str:
        returned = main(["--home", str(home), *arguments])
        said = capsys.readouterr()
        assert returned == code, (returned, said.out, said.err)
        return said.out + said.err

    yield call


def book(path: Path, *lines: Sequence[object]) -> Path:
    """An .xlsx with these lines."""
    made = openpyxl.Workbook()
    assert made.active is not None
    for line in lines:
        made.active.append(list(line))
    content = io.BytesIO()
    made.save(content)
    path.write_bytes(content.getvalue())
    return path


# ---- entering


def test_an_adoption_is_entered_and_its_marks_are_shown(run: Run) -> None:
    """With label, clause, item and the person: 市专报 10."""
    said = run(
        "facts",
        "add",
        "adoption",
        TOWN,
        "--publication",
        "市专报",
        "--date",
        "2019年3月20日",
        "--by",
        "周某某",
    )

    assert "已登记 1 条" in said
    assert "F1  2019-03-20  采用  市专报　20190305-AAAAAA 港上镇 春耕备播" in said
    line = next(line for line in said.splitlines() if line.startswith("2019-03 "))
    for word in ("港上镇", "10.0", "市专报采用", "三（二）2（2）", "计入", "F1 周某某"):
        assert word in line


def test_each_kind_of_fact_can_be_entered(run: Run) -> None:
    """And is listed under its Chinese name, with who entered it."""
    by = ("--by", "周某某")
    run("facts", "add", "instruction", TOWN, "--level", "县政府", "--date", "2019-03-21", "--leader", "县长",
        "--text", "请推广", "--answer-by", "2019-04-30", *by)  # fmt: skip
    run("facts", "add", "secondment", "教体局", "孙某某、李某", "--month", "2019-03", *by)
    run("facts", "add", "fault", "low_quality", BUREAU, "--kind", "内容空乏", "--date", "2019-03-25", *by)
    run("facts", "add", "failure", "水利局", "--kind", "迟报", "--date", "2019-03-26", "--note", "汛情", *by)
    run(
        "facts",
        "add",
        "adjustment",
        "港上镇",
        "--points",
        "-0.5",
        "--date",
        "2019-03-27",
        "--reason",
        "更正",
        *by,
    )

    said = run("facts", "list")
    for words in (
        "批示", "县政府县长", "2019-04-30 前反馈，还没有", "以干代训", "孙某某、李某",
        "扣分事项", "低质量信息内容空乏", "重大信息", "县水利局　迟报　汛情",
        "人工加减分", "-0.5　更正", "周某某",
    ):  # fmt: skip
        assert words in said
    assert [line[:2] for line in run("facts", "list", "--kind", "以干代训").splitlines()] == ["F2"]
    assert [line[:2] for line in run("facts", "list", "--item", BUREAU.lower()).splitlines()] == ["F3"]
    assert run("facts", "list", "--month", "2019-04") == "没有登记过。\n"


def test_an_instruction_waits_until_its_answer_is_noted(run: Run) -> None:
    """--unanswered lists it until then."""
    run(
        "facts",
        "add",
        "instruction",
        TOWN,
        "--level",
        "市政府",
        "--date",
        "2019-03-21",
        "--answer-by",
        "2019-04-30",
    )
    assert run("facts", "list", "--unanswered").startswith("F1 ")
    assert "来信 2 是 F1 的批示反馈" in run("facts", "answered", "F1", "2", "--by", "周某某")
    assert run("facts", "list", "--unanswered") == "没有登记过。\n"


def test_a_withdrawn_fact_is_shown_with_its_reason(run: Run) -> None:
    """By whom and why; --standing leaves it out."""
    run("facts", "add", "adoption", TOWN, "--publication", "县普刊", "--date", "2019-03-20", "--by", "周某某")
    assert "F1 已撤销" in run("facts", "withdraw", "f1", "--reason", "刊物错了", "--by", "吴某某")
    assert "吴某某" in run("facts", "list")
    assert "刊物错了" in run("facts", "list")
    assert run("facts", "list", "--standing") == "没有登记过。\n"
    assert "已由 吴某某 撤销" in run("facts", "withdraw", "F1", "--reason", "再来", code=1)


def test_what_is_wrong_is_told_with_a_hint(run: Run) -> None:
    """Number, publication, date, unit; nothing is entered."""
    adopt = ("facts", "add", "adoption")
    said = run(*adopt, "20190305-AAAAAB", "--publication", "县普刊", "--date", "2019-03-20", code=1)
    assert "是不是要写“20190305-AAAAAA”" in said
    said = run(*adopt, TOWN, "--publication", "县普利", "--date", "2019-03-20", code=2)
    assert "是不是要写“县普刊”" in said
    assert "市领导参阅" in said
    assert "不是日期" in run(*adopt, TOWN, "--publication", "县普刊", "--date", "2019-02-30", code=2)
    assert "还没有到" in run(*adopt, TOWN, "--publication", "县普刊", "--date", "2999-01-01", code=2)
    assert "单位名单上没有" in run(
        "facts", "add", "secondment", "某某局", "李某", "--month", "2019-03", code=2
    )
    assert run("facts", "list") == "没有登记过。\n"


# ---- import

HEAD = (
    "类型",
    "日期",
    "编号",
    "单位",
    "标题",
    "刊物",
    "期号",
    "级别",
    "月份",
    "人员",
    "种类",
    "分值",
    "备注",
    "经办",
)


def row(kind: str, day: object = "", **cells: object) -> list[object]:
    return [kind, day, *(cells.get(head, "") for head in HEAD[2:])]


GOOD = (
    row("采用", date(2019, 3, 20), 编号=TOWN, 刊物="县普刊", 期号=7, 经办="不读的一列"),
    row("采用", "2019/3/22", 编号=f"{TOWN}、{BUREAU}", 刊物="市专报"),
    row("批示", "2019.3.25", 单位="教体局", 标题="均衡 发展", 级别="县政府"),
    [],
    row("以干代训", 单位="县教体局", 月份="2019年3月", 人员="孙某某 李某"),
    row("低质量", "2019-03-28", 编号=BUREAU, 种类="内容空乏"),
    row("重大信息", "2019-03-29", 单位="水利局", 种类="漏报", 备注="汛情"),
    row("人工加减分", "2019-03-30", 单位="港上镇", 分值=-0.5, 备注="更正"),
)


def test_a_table_of_facts_is_entered_whole(run: Run, home: Path, tmp_path: Path) -> None:
    """First looked at, then entered: the same rows; nobody is written to.

    港上镇: 0.2 + 3 + 7 - 0.5 = 9.7; 县教体局: -0.5 + 10 + 10 + 2 × 10 = 39.5; 县水利局: -10.
    """
    file = str(book(tmp_path / "登记.xlsx", HEAD, *GOOD))
    said = run("facts", "import", file, "--dry-run")
    assert "可以登记 8 条（只查看，未登记）" in said
    assert "县普刊第7期" in said
    assert run("facts", "list") == "没有登记过。\n"

    assert "已登记 8 条" in run("facts", "import", file, "--by", "周某某")
    totals = json.loads(run("marks", "--month", "2019-03", "--json"))["months"]["2019-03"]
    assert totals == {"港上镇": 9.7, "县教体局": 39.5, "县水利局": -10.0}
    with Opened(home) as store:
        assert store.letters() == []
        assert {entry.fact.by for entry in store.facts()} == {"周某某"}
    assert "第 2 行：已经登记过（F1" in run("facts", "import", file, code=2)


def test_every_wrong_row_is_told_and_nothing_is_entered(run: Run, tmp_path: Path) -> None:
    """By its row in the table, whose head is row 1."""
    file = book(
        tmp_path / "登记.xlsx",
        HEAD,
        GOOD[0],
        row("采用", "2019-03-20", 编号="20190305-AAAAAB", 刊物="县普刊"),
        row("采用", "三月", 编号=TOWN, 刊物="县简讯"),
        row("采购", "2019-03-20", 编号=TOWN),
        row("批示", "2019-03-20", 编号=TOWN),
        row("采用", "2019-03-20", 编号=TOWN, 刊物="县普刊", 期号="7"),
        row("采用", "2019-03-20", 单位="港上镇", 标题="没有这一条", 刊物="县普刊"),
        row("以干代训", 单位="县教体局", 月份="2999-01", 人员="李某"),
    )
    said = run("facts", "import", str(file), code=2)

    assert "有 7 行不对，没有登记任何内容" in said
    for words in (
        "第 3 行：没有编号为 20190305-AAAAAB 的报送信息",
        "第 4 行：“三月”不是日期",
        "第 5 行：不认识的类型“采购”。是不是要写“采用”？",
        "第 6 行：“级别”没有填",
        "第 7 行：已经登记过",
        "第 8 行：港上镇报送的、题为“没有这一条”的信息有 0 条",
        "第 9 行：2999-01-01 还没有到",
    ):
        assert words in said
    assert run("facts", "list") == "没有登记过。\n"


def test_a_table_may_be_a_csv_of_excel(run: Run, tmp_path: Path) -> None:
    """In GBK, as Excel on a Chinese Windows writes it."""
    file = tmp_path / "登记.csv"
    file.write_bytes(f"类型,日期,编号,刊物\r\n采用,2019/3/20,{TOWN},县简讯\r\n".encode("gbk"))
    assert "已登记 1 条" in run("facts", "import", str(file))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("登记.xls", b"\xd0\xcf\x11\xe0", "读不懂这个文件"),
        ("登记.xlsx", b"no zip", "读不懂这个文件"),
        ("登记.csv", "类型,日期\n".encode(), "没有内容"),
        ("登记.csv", "类型,日期\n".encode() + b"1,2\n" * 5001, "有 5001 行，一次最多导入 5000 行"),
        ("登记.csv", "日期,编号\n1,2\n".encode(), "没有“类型”"),
        ("登记.csv", "类型,日期,日期\n1,2,3\n".encode(), "“日期”出现了两次"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    run: Run, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Saying what it should be."""
    (tmp_path / name).write_bytes(content)
    assert said in run("facts", "import", str(tmp_path / name), code=2)


# ---- whence the marks come


def test_the_marks_of_an_office_are_listed_by_unit_and_month(run: Run) -> None:
    """Each with its mail or its person; what does not count is shown as such: 0.2 + 3, then 市专报 +7."""
    adopt = ("facts", "add", "adoption", TOWN, "--by", "周某某", "--publication")
    run(*adopt, "县普刊", "--date", "2019-03-20")
    run(*adopt, "市专报", "--date", "2019-04-20")
    run(*adopt, "县简讯", "--date", "2019-04-22")

    march = run("marks", "--unit", "港上", "--month", "2019-03")
    assert "来信 1" in march
    assert march.rstrip().endswith("合计 3.2")
    april = run("marks", "--unit", "港上镇", "--month", "2019-04")
    assert "补差" in april
    assert "不重复计入，见 F2" in april
    assert april.rstrip().endswith("合计 7.0")
    assert "不是月份" in run("marks", "--month", "四月", code=2)
    assert "单位名单上没有" in run("marks", "--unit", "某某局", code=2)


def test_an_item_is_explained_with_all_that_was_entered(run: Run) -> None:
    """Withdrawn facts too."""
    run("facts", "add", "adoption", TOWN, "--publication", "县普刊", "--date", "2019-03-20", "--by", "周某某")
    run("facts", "withdraw", "F1", "--reason", "刊物错了", "--by", "吴某某")
    run("facts", "add", "adoption", TOWN, "--publication", "市普刊", "--date", "2019-03-20", "--by", "周某某")
    said = run("explain", TOWN.lower())

    assert said.startswith(f"{TOWN} 港上镇 春耕备播\n2019-03-05 09:00 收到，来信 1")
    assert "撤销：刊物错了" in said
    assert said.rstrip().endswith("合计 4.2")
    assert "没有编号为" in run("explain", "20190305-ZZZZZZ", code=1)


def test_a_unit_s_year_is_explained(run: Run) -> None:
    """Rank, total and every mark: 0.2 - 10 = -9.8."""
    run("facts", "add", "failure", "港上镇", "--kind", "漏报", "--date", "2019-03-20", "--by", "周某某")
    said = run("explain", "港上镇", "--year", "2019")
    assert "港上镇 2019 年" in said
    assert "累计 -9.8 分" in said
    assert "取消年度选优资格" in said
    assert said.rstrip().endswith("合计 -9.8")


def test_all_marks_are_derived_again_and_compared(run: Run) -> None:
    """By month, with and without what was issued."""
    run("facts", "add", "adoption", TOWN, "--publication", "县普刊", "--date", "2019-03-20", "--by", "周某某")
    said = run("rescore", "--check")
    assert "2019-03  3.4" in said
    assert "一致（3 条事实，3 笔得分）" in said


# ---- 信息员


def test_correspondents_are_added_moved_and_ended(run: Run) -> None:
    """With their days; the units without one are listed."""
    person = ("gs@oa.tancheng.example", "--by", "周某某")
    assert "港上镇的信息员" in run("correspondents", "add", *person, "--unit", "港上", "--name", "孙某某")
    assert "港上镇" not in run("correspondents", "list", "--without")
    assert "县教体局" in run("correspondents", "move", *person, "--to", "教体局", "--from", "2019-05-01")
    listed = run("correspondents", "list")
    assert "至 2019-04-30" in listed
    assert "2019-05-01 至" in listed
    assert "不再是县教体局的信息员" in run("correspondents", "end", *person)
    assert "没有登记过信息员" in run("correspondents", "end", *person, code=1)
    assert "港上镇" in run("correspondents", "list", "--without")
