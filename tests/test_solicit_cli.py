"""`mailbot solicit` as a person types it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailbot.cli import main
from mailbot.clock import SHANGHAI
from mailbot.model import LetterKind, SolicitationState
from mailbot.store import Store

Run = Callable[..., tuple[int, str, str]]
SENDERS = [
    {"address": "mzj@oa.tancheng.example", "unit": "县民政局", "name": "张一鸣", "phone": "6220001"},
    {"address": "slj@oa.tancheng.example", "unit": "县水利局", "name": "王二喜", "phone": "6220002"},
]
DEADLINE = f"{datetime.now(SHANGHAI) + timedelta(days=3):%Y-%m-%d} 18:00"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command in a new office home: exit code, output, errors."""
    home = tmp_path / "office"

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*arguments, "--home", str(home)])
        out, err = capsys.readouterr()
        return code, out, err

    assert main(["init", str(home)]) == 0
    config = (home / "config.toml").read_text("utf-8")
    config = config.replace('from_address = ""', 'from_address = "xxk@oa.tancheng.example"')
    (home / "config.toml").write_text(config, encoding="utf-8")
    (tmp_path / "people.json").write_text(json.dumps({"senders": SENDERS}), encoding="utf-8")
    (tmp_path / "text.txt").write_text("一、进度；\n二、困难。\n", encoding="utf-8")
    assert command("correspondents", "import", str(tmp_path / "people.json"))[0] == 0
    return command


def asking(tmp_path: Path, *more: str) -> list[str]:
    return [
        *("solicit", "open", "--title", "关于夏粮收购", "--text", str(tmp_path / "text.txt")),
        *(
            "--source",
            "市",
            "--deadline",
            DEADLINE,
            "--unit",
            "民政局",
            "--unit",
            "县水利局",
            "--unit",
            "县税务局",
        ),
        *more,
    ]


def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "office/data/var")


def test_without_confirm_it_only_shows(run: Run, tmp_path: Path) -> None:
    """Recipients, units that cannot be reached, both texts, the ladder, the checksum; nothing is stored."""
    code, out, _ = run(*asking(tmp_path))
    assert code == 0
    year = datetime.now(SHANGHAI).year
    for said in ("mzj@oa.tancheng.example", "县税务局", f"约稿{year}-001", "48 小时", "催报：", "--confirm"):
        assert said in out, said
    assert re.search(r"--sha256 [0-9a-f]{64}", out)
    with closing(store(tmp_path)) as opened:
        assert not opened.has_solicitations() and opened.letters() == []


def test_with_confirm_and_a_name_it_goes(run: Run, tmp_path: Path) -> None:
    """What was shown, held to its checksum; without a name it is refused."""
    shown = run(*asking(tmp_path))[1]
    match = re.search(r"--sha256 ([0-9a-f]{64})", shown)
    assert match is not None
    assert run(*asking(tmp_path, "--confirm"))[0] == 2
    assert run(*asking(tmp_path, "--confirm", "--by", "李科员", "--sha256", "0" * 64))[0] == 1
    code, out, _ = run(*asking(tmp_path, "--confirm", "--by", "李科员", "--sha256", match[1]))
    assert code == 0 and "2 封" in out
    with closing(store(tmp_path)) as opened:
        assert len(opened.letters(kind=LetterKind.SOLICITATION)) == 2
        (event,) = opened.events(verb="solicitation_opened")
        assert event.who == "李科员" and event.details["sha256"] == match[1]


def test_list_and_show_name_each_unit(run: Run, tmp_path: Path) -> None:
    """Codes, states and counts; unit by unit who has not answered, and who got no letter."""
    assert run("solicit", "list")[1].strip() == "还没有约稿。"
    run(*asking(tmp_path, "--confirm", "--by", "李科员"))
    number = f"{datetime.now(SHANGHAI).year}-001"
    code, out, _ = run("solicit", "list")
    assert code == 0 and number in out and "应报 3" in out and "进行中" in out
    code, out, _ = run("solicit", "show", number)
    assert code == 0
    lines = {line.split()[0]: line for line in out.splitlines() if line.startswith("  ")}
    assert "未到期" in lines["县民政局"]
    assert "没有登记信息员" in lines["县税务局"]
    assert run("solicit", "show", "2019-404")[0] == 1


def test_steps_of_an_invalidation(run: Run, tmp_path: Path) -> None:
    """The call, then the paper; out of order it says what comes first."""
    run(*asking(tmp_path, "--confirm", "--by", "李科员"))
    number, today = f"{datetime.now(SHANGHAI).year}-001", f"{datetime.now(SHANGHAI):%Y-%m-%d}"
    base = ["solicit", "invalidate", number, "水利局", "--by", "李科员"]
    code, _, err = run(*base, "--paper", today, "--signer", "王某", "--sealed")
    assert code == 1 and "先" in err and "--phone" in err
    assert run(*base)[0] == 2
    assert run(*base, "--phone", "赵某")[0] == 0
    assert "仍按正常约稿计分" in run(*base, "--paper", today, "--signer", "王某")[1]
    assert "视为无效约稿" in run(*base, "--paper", today, "--signer", "王某", "--sealed")[1]
    assert "无效" in run("solicit", "show", number)[1]
    assert run(*base, "--withdraw", "--reason", "记错")[0] == 0


def test_closing_early_is_refused_and_cancelling_is_told(run: Run, tmp_path: Path) -> None:
    """Never early; what should not have been asked is taken back with a reason."""
    run(*asking(tmp_path, "--confirm", "--by", "李科员"))
    number = f"{datetime.now(SHANGHAI).year}-001"
    code, _, err = run("solicit", "close", number, "--by", "李科员")
    assert code == 1 and "不能提前截止" in err
    assert run("solicit", "close", number, "--by", "李科员", "--cancel")[0] == 1
    assert run("solicit", "close", number, "--by", "李科员", "--cancel", "--reason", "重复")[0] == 0
    with closing(store(tmp_path)) as opened:
        assert opened.solicitation(number).state is SolicitationState.CANCELLED


def test_reminding_by_hand(run: Run, tmp_path: Path) -> None:
    """--dry-run only looks; without mail read first it is refused."""
    run(*asking(tmp_path, "--confirm", "--by", "李科员"))
    code, out, _ = run("solicit", "remind", "--dry-run")
    assert code == 0 and "0 个单位" in out
    code, _, err = run("solicit", "remind")
    assert code == 2 and "mailbot poll" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--source", "县"],
        ["--deadline", "明天"],
        ["--unit", "县公安局"],
        ["--group", "学校"],
        ["--reminders", "两天"],
        ["--reminders", "0"],
        ["--text", "没有这个文件.txt"],
        ["--again", "2019-404"],
    ],
)
def test_what_is_wrong_is_told_in_one_paragraph(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    """Nothing is sent, and no code of ours is shown."""
    code, out, err = run(*asking(tmp_path, *arguments, "--confirm", "--by", "李科员"))
    assert code in (1, 2) and out == ""
    assert re.search(r"[\u4e00-\u9fff]", err) and "Traceback" not in err and "没有说明的错误" not in err


def test_matching_and_ruling_need_something_to_act_on(run: Run, tmp_path: Path) -> None:
    """Unknown items, units that were in time, and neither or both of --to and --none."""
    run(*asking(tmp_path, "--confirm", "--by", "李科员"))
    number = f"{datetime.now(SHANGHAI).year}-001"
    assert run("solicit", "match", "20190412-AAAAAA")[0] == 2
    assert run("solicit", "match", "20190412-AAAAAA", "--to", number)[0] == 1
    assert run("solicit", "late", number, "县民政局", "--as", "按时", "--by", "李科员")[0] == 1
    assert run("solicit", "late", number, "县民政局", "--as", "随便", "--by", "李科员")[0] == 2
    assert run("solicit", "fault", number, "雷同", "20190412-AAAAAA", "--by", "李科员")[0] == 1
