"""`mailbot inspect`: mail files judged in order, in a register that is thrown away (docs/commands.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import build
import pytest
from desks import OWN, TEXT, UNIT, submission

DEMO = Path(__file__).parents[1] / "data/demo"
KEYS = [
    "file",
    "outcome",
    "title",
    "unit",
    "co_units",
    "submitters",
    "contacts",
    "document",
    "not_taken",
    "reasons",
    "number",
    "receipt",
    "receipt_message_id",
]


def mailbot(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailbot", "inspect", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def judged(
    tmp_path: Path, *mails: bytes, register: dict[str, object] | None = None
) -> list[dict[str, object]]:
    """Each mail's line, in order."""
    files = []
    for number, raw in enumerate(mails):
        files.append(tmp_path / f"{number:02}.eml")
        files[-1].write_bytes(raw)
    more: list[object] = []
    if register is not None:
        (tmp_path / "register.json").write_text(json.dumps(register), encoding="utf-8")
        more = ["--register", tmp_path / "register.json"]
    done = mailbot("--json", *more, *files)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_key_is_there_whatever_became_of_the_mail(tmp_path: Path) -> None:
    """For accepted, returned, held and ignored mail alike, in the order of the handbook."""
    lines = judged(
        tmp_path,
        submission(),
        submission("缺附件", word=False),
        submission("护学岗", unit="县公安局", sender="gaj@x.example", lines=("设立护学岗。" * 30,)),
        build.mail(subject="自动回复：您好", headers={"Auto-Submitted": "auto-replied"}),
    )
    assert [list(line) for line in lines] == [KEYS] * 4
    assert [line["outcome"] for line in lines] == ["accepted", "returned", "held", "ignored"]
    assert [line["document"] for line in lines][1:2] == [None]
    assert lines[0]["submitters"] == ["彭一鸣"]
    assert lines[3]["receipt"] is None
    assert lines[3]["receipt_message_id"] is None
    subject, blank, body = str(lines[0]["receipt"]).split("\n", 2)
    assert subject.startswith("回执：")
    assert blank == ""
    assert str(lines[0]["number"]) in body


def test_the_same_files_give_the_same_answer(tmp_path: Path) -> None:
    """Byte for byte: numbers and Message-IDs too."""
    files = sorted(DEMO.glob("*.eml"))
    first, second = mailbot("--json", *files), mailbot("--json", *files)
    assert first.stdout == second.stdout
    assert len(first.stdout.splitlines()) == len(files)


def test_what_came_before_bears_on_what_comes_after(tmp_path: Path) -> None:
    """Duplicate, new version, completion by resend, 雷同: by the order of the files."""
    again = submission(text="再发一次。\n")
    version = submission(lines=(*TEXT, "补充一段新的情况。"))
    lacking = submission("城市书房建设", person="", lines=("城市书房6处建成开放。" * 20,))
    complete = submission("城市书房建设", lines=("城市书房6处建成开放。" * 20,))
    alike = submission(unit="县水利局", sender="slj@oa.tancheng.example", lines=(*TEXT, "略有不同。"))
    lines = judged(tmp_path, submission(), again, version, lacking, complete, alike)
    numbers = [line["number"] for line in lines]
    assert [line["outcome"] for line in lines] == [
        "accepted",
        "duplicate",
        "accepted",
        "returned",
        "accepted",
        "held",
    ]
    assert numbers[0] == numbers[1] == numbers[2]
    assert numbers[3] == numbers[4]
    assert len(set(numbers)) == 3
    assert "new_version" in lines[2]["reasons"]  # type: ignore[operator]
    assert "completes_returned" in lines[4]["reasons"]  # type: ignore[operator]
    assert "same_text_other_unit" in lines[5]["reasons"]  # type: ignore[operator]


def test_a_reply_to_a_receipt_completes_what_it_answers(tmp_path: Path) -> None:
    """Its In-Reply-To is the receipt_message_id that an earlier run printed, since that does not change."""
    lacking = submission(phone="")
    (first,) = judged(tmp_path, lacking)
    reply = build.mail(
        subject=f"回复：{str(first['receipt']).splitlines()[0]}",
        sender=UNIT,
        text="联系电话：6220001\n",
        in_reply_to=str(first["receipt_message_id"]),
    )
    lines = judged(tmp_path, lacking, reply)
    assert lines[0] == first
    assert (lines[1]["outcome"], lines[1]["number"]) == ("accepted_with_remarks", first["number"])
    assert lines[1]["contacts"] == ["6220001"]


def test_the_register_supplies_what_the_mail_lacks(tmp_path: Path) -> None:
    """Known senders by --register; and its own address is never answered."""
    bare = build.mail(
        subject="建立困难群众救助机制", sender=UNIT, files=[("稿.docx", build.docx(*TEXT))], text="请查收。\n"
    )
    own = submission(sender=OWN)
    senders = [
        {"address": "mzj@oa.tancheng.example", "unit": "县民政局", "name": "彭一鸣", "phone": "6220001"}
    ]
    lines = judged(tmp_path, bare, own, register={"own_address": OWN, "senders": senders})
    assert (lines[0]["unit"], lines[0]["outcome"]) == ("县民政局", "accepted_with_remarks")
    assert (lines[1]["outcome"], lines[1]["receipt"]) == ("ignored", None)


def test_neither_age_nor_brakes_keep_an_answer_back(tmp_path: Path) -> None:
    """A mail of 1998 and the thirtieth return of the day are answered."""
    old = submission(date=datetime(1998, 5, 1, 9, 0, tzinfo=UTC))
    many = [submission(f"第{n}件事情的进展", word=False) for n in range(30)]
    assert all(line["receipt"] for line in judged(tmp_path, old, *many))


def test_without_any_date_it_is_the_first_of_2000(tmp_path: Path) -> None:
    """Received, then Date, then 2000-01-01: never the clock of the machine."""
    received = {"Received": "from a by b; Tue, 16 Apr 2019 23:30:00 +0000"}
    lines = judged(tmp_path, submission(date=None), submission("二", date=None, headers=received))
    assert [str(line["number"])[:8] for line in lines] == ["20000101", "20190417"]


@pytest.mark.parametrize("where", [0, 1])
def test_a_missing_file_is_wrong_use_and_named(tmp_path: Path, where: int) -> None:
    """Exit code 2, the name on standard error, and no half of an answer."""
    (tmp_path / "good.eml").write_bytes(submission())
    files = [tmp_path / "good.eml"]
    files.insert(where, tmp_path / "missing.eml")
    done = mailbot("--json", *files)
    assert (done.returncode, done.stdout) == (2, "")
    assert "missing.eml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("raw", [b"", b"\x00" * 1000, b"From: x", bytes(range(256)) * 50])
def test_rubbish_has_an_outcome(tmp_path: Path, raw: bytes) -> None:
    """Whatever the file holds, one line comes out."""
    (line,) = judged(tmp_path, raw)
    assert line["outcome"] in ("held", "ignored", "parked")


def test_a_person_reads_it_too(tmp_path: Path) -> None:
    """Without --json: fields by name, then the receipt."""
    (tmp_path / "a.eml").write_bytes(submission())
    done = mailbot(tmp_path / "a.eml")
    assert "县民政局" in done.stdout
    assert "回执：" in done.stdout


def test_of_several_word_files_none_is_taken(tmp_path: Path) -> None:
    """一事一报: a person chooses, so the line names both beside a null."""
    files = [("甲.docx", build.docx("甲镇的做法。" * 30)), ("乙.docx", build.docx("乙镇的经验。" * 30))]
    (line,) = judged(tmp_path, build.mail(files=files))
    assert (line["outcome"], line["document"]) == ("held", None)
    assert line["not_taken"] == ["甲.docx", "乙.docx"]
