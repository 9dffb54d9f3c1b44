"""`mailbot demo` as somebody tries it: what it says of files is so."""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import build
import pytest

from mailbot.app import App
from mailbot.cli import demo, main
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.model import LetterKind, LetterState
from mailbot.scoring import AnswerState
from mailbot.workflow.mail import review
from mailbot.workflow.office import health, upkeep
from mailbot.workflow.solicitations import answered


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
    assert [said.count(what) for what in ("下达约稿：", "系统自动催报", "登记采用：", "登记批示：")] == [
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


def test_what_is_released_goes_out_while_the_demo_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the standing date; what is put into the inbox comes in."""
    home = tmp_path / "演示"
    assert main(["demo", "--exit", "--dir", str(home)]) == 0
    app = App.open(home, {}, clock=FixedClock(datetime(2019, 4, 1, 8, 0, tzinfo=SHANGHAI)))
    store = app.desk().store
    held = store.letters(state=LetterState.HELD)
    assert {one.kind for one in held} == {LetterKind.FEEDBACK}
    mails = len(store.mails(limit=1000))
    raw = build.mail(subject="又来的一封信-县民政局-彭一鸣-0539-6220001")
    (home / "inbox/new.eml").write_bytes(raw)
    review.release(app.desk(), held[0].id, by="演示")
    monkeypatch.setattr(demo, "WORK_SECONDS", 0.01)
    stop = threading.Event()
    worker = threading.Thread(target=demo._work, args=(app, stop))
    worker.start()
    try:
        for _ in range(600):
            states = {one.name: one.state for one in health.measure(store, app.config, app.clock.now())}
            lanes = {states[lane] for lane in ("intake", "sending", "timetable")}
            sent = store.letter(held[0].id).state is LetterState.SENT
            if sent and len(store.mails(limit=1000)) == mails + 1 and lanes == {upkeep.CheckState.PASSED}:
                break
            time.sleep(0.05)
        taken_in = store.mails(limit=1000)
    finally:
        stop.set()
        worker.join()
    found = [path.read_bytes() for path in (home / "outbox").glob("*.eml")]
    app.close_thread()
    assert any(held[0].message_id.encode() in one for one in found)
    assert len(taken_in) == mails + 1
    assert sent
    assert lanes == {upkeep.CheckState.PASSED}
