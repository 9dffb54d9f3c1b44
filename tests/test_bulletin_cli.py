"""`mailbot bulletin` and `mailbot gazette` as the section types them: what they say, write and refuse."""

from __future__ import annotations

import io
import re
import sys
from datetime import datetime
from pathlib import Path

import build
import docx
import pytest
from conftest import need
from store_samples import document, fields, item

from mailbot.cli import main
from mailbot.cli.words import packaged
from mailbot.clock import SHANGHAI
from mailbot.model import Ask, Correspondent, MatchedBy, SolicitationReply, Superior
from mailbot.store import Store
from mailbot.workflow.office.homes import make

ONE, TWO = "20190305-7F3A9K", "20190306-8G4B0M"
MADE = datetime(2019, 3, 5, 9, tzinfo=SHANGHAI)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An office with two items of March 2019, one of them an answer to a 约稿, and one correspondent."""
    made = tmp_path / "home"
    make(made, packaged)
    config = (made / "config.toml").read_text("utf-8")
    written = config.replace('from_address = ""', 'from_address = "xxk@oa.tancheng.example"')
    (made / "config.toml").write_text(written, encoding="utf-8")
    store = Store.open(made / "data/var")
    item(
        store,
        ONE,
        uid=1,
        given=fields("春耕备播", "港上镇"),
        at=MADE,
        paper=document("春耕备播\n已播种过半。"),
    )
    item(
        store,
        TWO,
        uid=2,
        given=fields("河道清淤", "县水利局"),
        at=MADE,
        paper=document("河道清淤\n已清淤三处。"),
    )
    ask = Ask(
        round=1,
        source=Superior.CITY,
        text="供稿。",
        units=("县水利局",),
        deadline=MADE.replace(day=20),
        ladder=(),
        asked_at=MADE.replace(day=4),
        by="周某某",
    )
    with store.transaction():
        store.add_solicitation("2019-001", title="河道治理", topic="")
        store.add_ask("2019-001", ask)
        store.save_solicitation_reply(SolicitationReply(number=TWO, code="2019-001", by=MatchedBy.CODE), MADE)
        address = "gs@oa.tancheng.example"
        store.save_correspondent(Correspondent(address=address, unit="港上镇", name="孙某某", phone=""))
    store.close()
    monkeypatch.chdir(tmp_path)
    return made


def run(home: Path, *argv: str, given: str = "") -> int:
    before, sys.stdin = sys.stdin, io.StringIO(given)
    try:
        return main(["--home", str(home), *argv])
    finally:
        sys.stdin = before


def sha256_in(said: str) -> str:
    return re.findall(r"\b[0-9a-f]{64}\b", said)[-1]


def _edit(file: Path) -> None:
    """As a person does in Word."""
    opened = docx.Document(str(file))
    opened.add_paragraph("定稿时加的一句。")
    opened.save(str(file))


MARCH = ("--month", "2019-03")


def test_a_month_from_draft_to_approval(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Draft, note, redraft, bring back from Word, refuse to overwrite, approve that file, correct."""
    assert run(home, "bulletin", "draft", *MARCH) == 0
    note = ("bulletin", "note", *MARCH, "--section", "存在问题", "--by", "李科员")
    assert run(home, *note, given="个别单位信息员更换未报备。\n") == 0
    assert run(home, "bulletin", "note", *MARCH, "--section", "存在问题", "--show") == 0
    assert "个别单位信息员更换未报备。" in capsys.readouterr().out
    assert run(home, "bulletin", "draft", *MARCH) == 0
    assert run(home, "bulletin", "show", *MARCH, "--to", str(tmp_path / "a.docx")) == 0
    (reached,) = [line for line in capsys.readouterr().out.splitlines() if "收不到的单位" in line]
    assert re.search(r"等 \d+ 个单位", reached)
    assert len(reached) < 150
    _edit(tmp_path / "a.docx")
    assert run(home, "bulletin", "replace", str(tmp_path / "a.docx"), *MARCH, "--by", "李科员") == 0
    assert run(home, "bulletin", "draft", *MARCH) == 1
    assert "李科员" in capsys.readouterr().err
    assert run(home, "bulletin", "list") == 0
    listed = capsys.readouterr().out
    assert "月通报" in listed
    assert "已用 Word 改定" in listed
    approve = ("bulletin", "approve", "--period", "2019-03", "--by", "王主任")
    assert run(home, *approve, "--sha256", "0" * 64) == 1
    assert run(home, *approve, "--sha256", sha256_in(listed)) == 0
    assert run(home, "bulletin", "correct", *MARCH, "--by", "李科员", "--dry-run") == 0
    assert "没有出入" in capsys.readouterr().out
    assert run(home, "bulletin", "correct", *MARCH, "--by", "李科员") == 1
    reason = ("bulletin", "note", *MARCH, "--correction", "--section", "基本情况")
    assert run(home, *reason, given="“春耕”应为“春播”。") == 0
    assert run(home, "bulletin", "correct", *MARCH, "--by", "李科员") == 0
    assert run(home, "bulletin", "show", "--period", "2019-03-1") == 0
    assert "更正" in capsys.readouterr().out


def test_what_word_gave_back_is_looked_at(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In Chinese: why it is not taken, and what to do."""
    run(home, "bulletin", "draft", *MARCH)
    replace = ("bulletin", "replace", *MARCH, "--by", "李科员")
    for name, content, said in (
        ("a.pdf", b"%PDF-1.4", "不是 Word 文件"),
        ("b.docx", b"PK", "另存为"),
        ("c.docx", build.docx("电话13905391234。"), "139****1234"),
        ("d.docx", build.docx("机密★1年"), "密级标志"),
    ):
        (tmp_path / name).write_bytes(content)
        assert run(home, *replace, str(tmp_path / name)) in (1, 2)
        err = capsys.readouterr().err
        assert said in err
        assert "{" not in err
    assert run(home, *replace, str(tmp_path / "nosuch.docx")) == 2


def test_an_instant_one_is_proposed_and_drafted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without options it lists; with one missing it says which."""
    assert run(home, "bulletin", "instant") == 0
    assert "没有需要即时通报" in capsys.readouterr().out
    assert run(home, "solicit", "fault", "2019-001", "网络抄袭", TWO, "--by", "周某某") == 0
    assert run(home, "bulletin", "instant") == 0
    assert "网络抄袭  县水利局" in capsys.readouterr().out
    one = ("bulletin", "instant", "--solicitation", "2019-001", "--unit", "县水利局")
    assert run(home, *one, "--kind", "网络抄袭") == 2
    assert "--by" in capsys.readouterr().err
    assert run(home, *one, "--kind", "网络抄袭", "--by", "李科员") == 0
    assert "2019-001-plagiarised" in capsys.readouterr().out


def test_a_year_is_drafted_on_request(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With those whom the office commends."""
    note = ("bulletin", "note", "--year", "2019", "--section")
    assert run(home, *note, "先进单位", given="港上镇\n") == 0
    assert run(home, *note, "先进个人", given="港上镇孙某某\n") == 2
    assert run(home, *note, "先进集体", given="港上镇\n") == 2
    assert "先进单位" in capsys.readouterr().err
    assert run(home, "bulletin", "annual", "--year", "2019") == 0
    assert "2019" in capsys.readouterr().out


def test_an_issue_from_draft_to_adoption(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Items separated in any way; approved as one exact file."""
    issue = ("--number", "12", "--year", "2019")
    assert run(home, "gazette", "draft", *issue, "--items", f"{TWO}，{ONE}", "--by", "李科员") == 0
    assert run(home, "gazette", "show", *issue, "--to", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert said.index(TWO) < said.rindex(ONE)
    written = tmp_path / "2019年政务信息第12期.docx"
    assert run(home, "gazette", "replace", str(written), *issue, "--by", "李科员") == 0
    sha256 = sha256_in(capsys.readouterr().out)
    assert run(home, "gazette", "approve", *issue, "--by", "王主任", "--sha256", sha256) == 0
    assert "2" in capsys.readouterr().out
    store = Store.open(home / "data/var")
    assert {entry.fact.by for entry in store.facts(kinds=("adoption",))} == {"王主任"}
    store.close()
    assert run(home, "gazette", "show", "--number", "13") == 1


@pytest.mark.slow
def test_a_pdf_is_written(home: Path, tmp_path: Path) -> None:
    """Under the bulletin's own name."""
    need("soffice")
    run(home, "bulletin", "draft", *MARCH)
    assert run(home, "bulletin", "show", *MARCH, "--pdf", "--to", str(tmp_path)) == 0
    written = tmp_path / "2019年3月份政务信息工作情况的通报.pdf"
    assert written.read_bytes().startswith(b"%PDF-")


def test_an_export_of_the_office_is_written(home: Path, tmp_path: Path) -> None:
    """One file for each table, named for what it holds."""
    for table in ("submissions", "standings", "solicitations", "facts", "letters", "selection"):
        assert run(home, "export", table, "--year", "2019", "--to", str(tmp_path)) == 0
    assert (tmp_path / "报送信息（2019年）.xlsx").is_file()
    assert len(list(tmp_path.glob("*.xlsx"))) == 6
