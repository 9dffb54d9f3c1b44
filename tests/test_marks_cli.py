"""`mailbot marks --facts`: the stable form for programs, the table for a person, refusals naming the fact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scenes import (
    UNITS,
    A,
    B,
    C,
    D,
    Event,
    adopt,
    ask,
    failure,
    fault,
    instruct,
    reply,
    report,
    training,
    void,
)

from mailbot.cli import main, words
from mailbot.scoring import MarkState

ROOT = Path(__file__).parents[1]
KEYS = [
    "months",
    "cumulative",
    "total",
    "labels",
    "ranking",
    "disqualified",
    "selection_order",
    "typical_cases",
    "zero_report_units",
]


def file_of(folder: Path, events: Sequence[Any], /, **keys: Any) -> str:
    """A facts file; a key set to None is left out."""
    content = {"year": 2019, "as_of": "2019-12-31", "units": list(UNITS), "events": list(events)} | keys
    path = folder / "facts.json"
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}), "utf-8")
    return str(path)


def run(capfd: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["marks", *args])
    out, err = capfd.readouterr()
    return code, out, err


def answer(folder: Path, capfd: pytest.CaptureFixture[str], *events: Event, **keys: Any) -> dict[str, Any]:
    code, out, err = run(capfd, "--facts", file_of(folder, events, **keys), "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def refusal(folder: Path, capfd: pytest.CaptureFixture[str], *events: Any, **keys: Any) -> str:
    """What is said about a file that is refused; nothing is printed for programs."""
    code, out, err = run(capfd, "--facts", file_of(folder, events, **keys), "--json")
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    return err


YEAR = (
    report("03-05", "a", A),
    adopt("03-09", "县普刊", "a"),
    ask("04-01", "04-10", A, B),
    reply("04-09", "b", A),
    adopt("05-06", "市专报", "a"),
    instruct("05-07", "市政府", "a"),
    fault("similar", "04-12", "b"),
    training("06", "张三", "李四", unit=B),
    failure("07-01", unit=B),
    report("08-01", "c", C),
)
"""A: 0.2 + 3 = 3.2; -1; 7 + 15 = 22: 24.2.  B: -2 + 20 - 10 = 8.  C: 0.2.  D: nothing."""


# ---- for programs ------------------------------------------------------------------------------------------


def test_the_answer_has_every_key_and_no_other(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In this order, one object on one line."""
    assert list(answer(tmp_path, capfd, *YEAR)) == KEYS


def test_a_year_is_told_in_months_and_running_totals(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By hand above; a month without marks is not listed, a running total stands for every unit."""
    found = answer(tmp_path, capfd, *YEAR)
    assert found["months"] == {
        "2019-03": {A: 3.2},
        "2019-04": {A: -1, B: -2},
        "2019-05": {A: 22},
        "2019-06": {B: 20},
        "2019-07": {B: -10},
        "2019-08": {C: 0.2},
    }
    assert found["cumulative"]["2019-05"] == {A: 24.2, B: -2, C: 0, D: 0}
    assert found["cumulative"]["2019-08"] == {A: 24.2, B: 8, C: 0.2, D: 0}
    assert found["total"] == {A: 24.2, B: 8, C: 0.2, D: 0}


def test_ranking_labels_and_lists_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The ranking has all units, the selection not the disqualified."""
    found = answer(tmp_path, capfd, *YEAR)
    assert found["ranking"] == [
        {"rank": 1, "unit": A, "marks": 24.2},
        {"rank": 2, "unit": B, "marks": 8},
        {"rank": 3, "unit": C, "marks": 0.2},
        {"rank": 4, "unit": D, "marks": 0},
    ]
    assert found["disqualified"] == [B]
    assert found["selection_order"] == [A, C, D]
    assert found["typical_cases"] == [["Y1", A, "雷同"]]
    assert found["zero_report_units"] == [B, D]
    assert {unit: {m: sorted(x) for m, x in by.items()} for unit, by in found["labels"].items()} == {
        A: {"2019-03": ["报送", "普刊"], "2019-04": ["雷同"], "2019-05": ["☆", "市专报采用"]},
        B: {"2019-04": ["约稿未报"], "2019-07": ["重大信息未报"]},
        C: {"2019-08": ["报送"]},
        D: {},
    }


def test_numbers_are_written_to_the_tenth(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """37 x 0.2 is 7.4 in the very text, and what is whole has its .0; no minus before nought."""
    events = [report("03-05", f"i{n}") for n in range(37)]
    events += [report("04-01", "x", B), *(report("04-01", f"y{n}", B) for n in range(4))]
    events += [fault("low_quality", "04-02", "x"), fault("low_quality", "04-02", "y0")]
    _, out, _ = run(capfd, "--facts", file_of(tmp_path, events), "--json")
    assert f'"total":{{"{A}":7.4,"{B}":-0.4,"{C}":0.0,"{D}":0.0}}' in out


def test_an_empty_year_is_all_nought(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """All share the first rank and all are without reports."""
    found = answer(tmp_path, capfd)
    assert found["months"] == {}
    assert {total for month in found["cumulative"].values() for total in month.values()} == {0}
    assert [row["rank"] for row in found["ranking"]] == [1, 1, 1, 1]
    assert found["zero_report_units"] == list(UNITS)


def test_keys_that_are_not_listed_are_ignored(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In the file and in a fact, whatever they hold."""
    noted = report("03-05") | {"note": {"anything": [1]}, "unit2": "x"}
    assert answer(tmp_path, capfd, noted, remark="x")["total"][A] == 0.2


def test_dates_may_go_to_the_minute(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With T or a blank, seconds and zone taken too: 17:00 in UTC+9 is 16:00 here."""
    asked = ask("04-01 08:00", "04-10T16:00", A, B, C, D)
    came = {A: "04-10T16:00", B: "04-10 16:01", C: "04-10T16:00:00", D: "04-10T17:00+09:00"}
    found = answer(tmp_path, capfd, asked, *(reply(day, unit, unit) for unit, day in came.items()))
    assert found["total"] == {A: 1, B: 0, C: 1, D: 1}


def test_the_moment_of_counting_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """At noon of the last day nothing is due yet; without a moment the whole year is over."""
    asked = ask("04-01", "04-10", A)
    assert answer(tmp_path, capfd, asked, as_of="2019-04-10T12:00")["total"][A] == 0
    assert answer(tmp_path, capfd, asked, as_of="2019-04-10")["total"][A] == -2
    assert answer(tmp_path, capfd, asked, as_of="2021-01-01")["total"][A] == -2
    assert answer(tmp_path, capfd, asked, as_of=None)["total"][A] == -2


def test_the_same_file_gives_the_same_answer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Byte for byte."""
    path = file_of(tmp_path, YEAR)
    assert run(capfd, "--facts", path, "--json") == run(capfd, "--facts", path, "--json")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As Windows editors save it."""
    path = Path(file_of(tmp_path, [report("03-05")]))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    code, out, _ = run(capfd, "--facts", str(path), "--json")
    assert (code, json.loads(out)["total"][A]) == (0, 0.2)


def test_units_need_not_be_on_the_roster(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The file is self-contained; a unit named twice is one."""
    found = answer(tmp_path, capfd, report("03-05", unit="甲局"), units=["甲局", "乙局", "甲局"])
    assert found["total"] == {"甲局": 0.2, "乙局": 0}


def test_items_may_be_numbered(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A bare 12 and "12" are one item."""
    events = report("03-05") | {"item": 12}, adopt("03-06", "县普刊", "12")
    assert answer(tmp_path, capfd, *events)["total"][A] == 3.2


def test_it_works_from_anywhere_without_an_office_home(tmp_path: Path) -> None:
    """As programs call it: a process of its own, UTF-8 whatever the locale says."""
    done = subprocess.run(
        [sys.executable, "-m", "mailbot", "marks", "--facts", file_of(tmp_path, YEAR), "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout.decode("utf-8"))["total"][A] == 24.2


# ---- facts that credit nobody ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event,word",
    [
        (adopt("03-06", "县普刊", "x9"), "x9"),
        (instruct("03-06", "县政府", "x9"), "x9"),
        (fault("low_quality", "03-06", "x9"), "x9"),
        (fault("similar", "03-06", "i1", "x9"), "x9"),
        (reply("03-06", "i2", code="Y9"), "Y9"),
        (void("03-06", code="Y9"), "Y9"),
    ],
)
def test_a_fact_about_nothing_on_record_is_told_and_counts_nothing(
    event: Event, word: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The work is done (exit 0), the answer stands, and the fact is named on the side."""
    code, out, err = run(capfd, "--facts", file_of(tmp_path, [report("03-05"), event]), "--json")
    assert code == 0
    assert json.loads(out)["total"][A] == 0.2
    assert "events[1]" in err
    assert "第 2 条" in err
    assert word in err


# ---- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event,said",
    [
        (report("03-05") | {"type": "self-report"}, ["self-report"]),
        ({"date": "2019-03-05", "unit": A, "item": "i1"}, ["种类"]),
        ("self_report", ["种类"]),
        (adopt("03-06", "县晚报", "x17"), ["adopt", "2019-03-06", "x17", "publication", "县晚报"]),
        (instruct("03-06", "镇政府"), ["instruction", "level", "镇政府"]),
        (report("03-05", unit="县公安局"), ["self_report", "unit", "县公安局"]),
        (ask("04-01", "04-10", A, "县公安局"), ["solicit", "unit", "县公安局"]),
        (training("03", "甲", unit="县公安局"), ["training", "县公安局"]),
        (failure("03-05", unit="县公安局"), ["major_failure", "县公安局"]),
        (failure("03-05", kind="乱报"), ["major_failure", "kind", "乱报"]),
        (fault("low_quality", "03-05") | {"kind": "太长"}, ["low_quality", "kind", "太长"]),
        (ask("04-01", "04-10", source="镇"), ["solicit", "source", "镇"]),
        (report("02-30"), ["date", "2019-02-30"]),
        (report("13-01"), ["date", "2019-13-01"]),
        (report("3-5"), ["date", "2019-3-5"]),
        (report("03-05T25:00"), ["date", "25:00"]),
        (report("03-05") | {"date": "三月五日"}, ["date", "三月五日"]),
        (report("03-05") | {"date": 20190305}, ["date", "20190305"]),
        (ask("04-01", "下周五"), ["deadline", "下周五"]),
        (training("00", "甲"), ["month", "2019-00"]),
        ({"type": "self_report", "unit": A, "item": "i1"}, ["self_report", "date"]),
        ({"type": "self_report", "date": "2019-03-05", "unit": A}, ["self_report", "item"]),
        ({"type": "training", "month": "2019-03", "unit": A}, ["training", "persons"]),
        (training("03") | {"persons": "甲"}, ["training", "persons"]),
        (void("03-05") | {"phoned_first": "是"}, ["invalidation_request", "phoned_first"]),
    ],
)
def test_a_bad_fact_is_refused_by_its_place_type_and_key(
    event: Any, said: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, the third fact named as the third, what is wrong with it, and nothing for programs."""
    told = refusal(tmp_path, capfd, report("03-01", "a"), report("03-02", "b"), event)
    assert "facts.json events[2]：第 3 条事实" in told
    for word in said:
        assert word in told


@pytest.mark.parametrize(
    "key,value",
    [
        ("year", None),
        ("year", "今年"),
        ("year", True),
        ("units", None),
        ("units", "县水利局"),
        ("units", [1]),
        ("events", None),
        ("events", {}),
        ("as_of", "年底"),
        ("as_of", 2019),
    ],
)
def test_a_bad_key_of_the_file_is_named(
    key: str, value: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 and the key."""
    assert f"facts.json {key}：" in refusal(tmp_path, capfd, **{key: value})


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe{", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Empty, cut off, in another encoding, or nested without end."""
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    code, out, err = run(capfd, "--facts", str(path), "--json")
    assert (code, out) == (2, "")
    assert "JSON" in err


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and the path."""
    code, _, err = run(capfd, "--facts", str(tmp_path / "none.json"), "--json")
    assert code == 2
    assert "none.json" in err


# ---- for a person ------------------------------------------------------------------------------------------


def test_a_person_reads_a_table(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Ranks, months, totals; then who is out, who sent nothing and what may be told at once."""
    code, out, _ = run(capfd, "--facts", file_of(tmp_path, YEAR))
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "2019 年政务信息工作得分（截至 2019-12-31）"
    assert lines[2].split() == ["名次", "组内", "单位", *(f"{m}月" for m in range(3, 9)), "累计"]
    assert lines[3].split() == ["1", "1", A, "3.2", "-1.0", "22.0", "24.2"]
    assert f"取消年度选优资格：{B}" in lines
    assert f"全年没有报送信息：{B}、{D}" in lines
    assert f"即时通报备选：{A}（约稿 Y1，雷同）" in lines


def test_a_unit_s_marks_are_explained_line_by_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Points, label, clause, item, how it counts and by which fact; what does not count too."""
    code, out, _ = run(capfd, "--facts", file_of(tmp_path, YEAR), "--unit", A)
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [
        "2019-05",
        A,
        "2019-05-06",
        "7.0",
        "市专报采用",
        "三（二）2（2）",
        "a",
        "补差",
        "events[4]",
    ] in lines
    replaced = next(line for line in lines if line[-1] == "events[3]")
    assert replaced[3:5] == ["0.0", "约稿"]
    assert "events[6]" in replaced[-2]


def test_a_month_s_marks_are_those_of_all_units(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """April: A's fault and B's missed 约稿."""
    _, out, _ = run(capfd, "--facts", file_of(tmp_path, YEAR), "--month", "2019-04")
    assert {line.split()[1] for line in out.splitlines()[1:]} == {A, B}
    _, out, _ = run(capfd, "--facts", file_of(tmp_path, YEAR), "--month", "2019-12")
    assert out == "没有得分。\n"


@pytest.mark.parametrize("option", [("--unit", "县公安局"), ("--month", "四月")])
def test_a_unit_or_month_that_is_not_there_is_refused(
    option: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit 2 and the word."""
    code, _, err = run(capfd, "--facts", file_of(tmp_path, YEAR), *option)
    assert code == 2
    assert option[1] in err


def test_every_state_of_a_mark_has_its_word() -> None:
    """A code would mean nothing to a clerk."""
    assert set(words.messages()["mark_states"]) == {str(state) for state in MarkState}
