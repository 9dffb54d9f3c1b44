"""`mailbot demo` as somebody tries it: what it says of files is so."""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mailbot.app import App
from mailbot.cli import main
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.scoring import AnswerState
from mailbot.workflow import answered


def test_a_demo_that_keeps_nothing_names_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is gone when it ends: it says so, and how to keep one."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["demo", "--exit"]) == 0
    said = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert "--dir" in said
    assert not re.search(r"通报草稿已生成：", said)


def test_a_demo_with_a_folder_leaves_the_draft_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With everything else of the office."""
    assert main(["demo", "--exit", "--dir", str(tmp_path / "演示")]) == 0
    named = re.search(r"通报草稿已生成：(.+\.docx)", capsys.readouterr().out)
    assert named is not None
    assert Path(named[1]).read_bytes().startswith(b"PK")
    assert list((tmp_path / "演示/outbox").glob("*.eml"))


def test_the_section_is_at_work_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A 约稿 with its replies and reminders, 采用 and 批示: the draft has marks to show."""
    home = tmp_path / "演示"
    assert main(["demo", "--exit", "--dir", str(home)]) == 0
    said = capsys.readouterr().out
    assert [said.count(what) for what in ("发出约稿：", "系统自动催报", "录入采用：", "录入领导批示：")] == [
        1,
        3,
        4,
        1,
    ]
    app = App.open(home, {}, clock=FixedClock(datetime(2019, 4, 1, 8, 0, tzinfo=SHANGHAI)))
    cells = {cell.unit: cell.state for cell in answered.matrix(app.desk(), "2019-001").cells}
    app.close_thread()
    assert cells == {
        "李庄镇": AnswerState.ON_TIME,
        "县农业农村局": AnswerState.ON_TIME,
        "县市场监管局": AnswerState.MISSED,
        "县供销社": AnswerState.LATE,
    }
    sent = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (home / "outbox").glob("*.eml")
    ]
    reminded = [str(one["To"]) for one in sent if str(one["Subject"]).startswith("催报")]
    assert sorted(set(reminded)) == [
        "gxs@oa.tancheng.example",
        "lizhuang@oa.tancheng.example",
        "scj@oa.tancheng.example",
    ]
