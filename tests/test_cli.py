"""The command line: Chinese throughout, exit codes that programs can rely on, and a light start."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import stat
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import openpyxl
import pytest

from mailbot import cli
from mailbot.cli import main, words
from mailbot.cli.shape import Group, table, width
from mailbot.errors import ConfigError, LockHeld, NotFound, StateError, TransportError
from mailbot.policy import Resources, load_struct
from mailbot.roster import Roster, RosterFile
from mailbot.workflow.office import register

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mailbot"
COLUMNS = {"邮箱": "address", "单位": "unit", "姓名": "name", "电话": "phone"}


def commands() -> Iterator[tuple[click.Command, click.Context]]:
    """Every command with the context it would run in."""
    todo: list[tuple[click.Command, click.Context]] = [
        (cli.root, click.Context(cli.root, info_name="mailbot"))
    ]
    while todo:
        command, ctx = todo.pop()
        yield command, ctx
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                assert inner is not None
                todo.append((inner, click.Context(inner, info_name=name, parent=ctx)))


# ---- what people read --------------------------------------------------------------------------------------


def test_every_command_and_option_has_its_help() -> None:
    """help.toml names each command, argument and option; a missing one raises here and not at the user's."""
    seen = set()
    for command, ctx in commands():
        page = command.get_help(ctx)
        assert not re.search(r"\b(Usage|Options|Commands|Show this message)\b", page)
        seen.add(" ".join(page.splitlines()[0].split("：")[1].split(" [")[0].split()))
    assert len(seen) > 10


def test_help_tells_of_nothing_that_does_not_exist() -> None:
    """An entry of help.toml that no command uses any more would be a promise."""
    known = {" ".join(ctx.command_path.split()[1:]) or "mailbot" for _, ctx in commands()}
    assert set(words.help_words()["commands"]) == known
    for command, ctx in commands():
        entry = words.help_words()["commands"][" ".join(ctx.command_path.split()[1:]) or "mailbot"]
        assert set(entry.get("parameters", {})) <= {param.name for param in command.params}, ctx.command_path


ERRORS = {"MailbotError", "ConfigError", "TransportError", "StateError", "NotFound", "LockHeld", "Uncertain"}


def strings(node: ast.expr | None, scope: ast.AST) -> Iterator[str]:
    """The texts an expression can come to: constants, both sides of a condition, names set to such."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from strings(one, scope)
            yield from strings(other, scope)
        case ast.Name(id=name):
            for inner in ast.walk(scope):
                if isinstance(inner, ast.Assign) and any(ast.unparse(t) == name for t in inner.targets):
                    yield from strings(inner.value, ast.Module(body=[], type_ignores=[]))


def codes_in_the_code() -> set[str]:
    """First arguments of our errors, of the helpers that take a `code` and make one, and tables of codes."""
    trees = [ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    takes: dict[str, int] = dict.fromkeys(ERRORS, 0)
    for function in functions:
        names = [arg.arg for arg in (*function.args.args, *function.args.kwonlyargs) if arg.arg != "self"]
        if "code" in names and any(f"{error}(code" in ast.unparse(function) for error in ERRORS):
            takes[function.name] = names.index("code")
    found: set[str] = set()
    for function in functions:
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Call)
                and (place := takes.get(ast.unparse(node.func).rpartition(".")[2])) is not None
            ):
                named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                for value in (*node.args[place : place + 1], *named):
                    found |= set(strings(value, function))
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                found |= {
                    text for text in strings(node.value.elts[0], function) if text.startswith("config_")
                }
    tables = [node for tree in trees for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    for node in tables:
        if re.match(r"_(FAULTS|CODES)\b", ast.unparse(node)):
            found |= {
                text for c in ast.walk(node) if isinstance(c, ast.Constant) for text in strings(c, node)
            }
    return found


def test_every_error_code_has_its_sentence_and_remedy() -> None:
    """What is raised anywhere can be said in Chinese, with what to do about it."""
    codes = codes_in_the_code()
    assert {
        "config_syntax",
        "dns_failed",
        "lock_held",
        "cli_missing",
        "login_refused",
        "doctor_disk_low",
    } <= codes
    assert codes - set(words.messages()["errors"]) == set()
    for code, entry in words.messages()["errors"].items():
        assert set(entry) == {"what", "do"}, code
        assert entry["what"].endswith(("。", "，")), code


def test_no_sentence_is_left_over() -> None:
    """A sentence whose error is gone is dead."""
    assert set(words.messages()["errors"]) - codes_in_the_code() == set()


def calls(name: str) -> Iterator[tuple[ast.Call, ast.AST, str]]:
    for path in (PACKAGE / "cli").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                yield node, tree, path.name


def test_everything_said_has_its_words() -> None:
    """say() and label() with a name that messages.toml lacks would fail while somebody waits."""
    said = words.messages()["say"]
    for node, tree, file in calls("say"):
        for name in strings(node.args[0], tree):
            assert name in said, f"{file}:{node.lineno} {name}"
            wanted = {field for _, field, _, _ in string.Formatter().parse(said[name]) if field}
            given = {keyword.arg for keyword in node.keywords}
            assert wanted <= given, f"{file}:{node.lineno} {name} lacks {wanted - given}"
    for node, tree, file in calls("label"):
        for name in strings(node.args[0], tree):
            assert name in words.messages(), f"{file}:{node.lineno} {name}"


def test_every_word_for_a_code_is_there() -> None:
    """Outcomes, kinds and states have their Chinese."""
    from mailbot.model import BulletinState, LetterKind, LetterState, Outcome
    from mailbot.workflow.office.upkeep import CheckState
    from mailbot.workflow.office.users import ROLES

    for name, codes in {
        "outcomes": Outcome,
        "letter_kinds": LetterKind,
        "letter_states": LetterState,
        "bulletin_states": BulletinState,
        "check_states": CheckState,
        "roles": ROLES,
    }.items():
        assert set(words.messages()[name]) == {str(code) for code in codes}, name


def test_a_sentence_names_place_fault_and_remedy() -> None:
    """File, line and key first; the likely key; then what to do."""
    error = ConfigError("config_unknown_key", file="config.toml", line=3, key="mailbox.hots", hint="host")
    said = words.sentence(error)
    assert said.startswith("config.toml 第 3 行 mailbox.hots：没有这一项设置。")
    assert "“host”" in said
    assert "{" not in said


def test_a_code_nobody_worded_is_still_told() -> None:
    """Its code and details, so that it can be looked up."""
    said = words.sentence(StateError("never_heard_of", number="20190412-7F3A9K"))
    assert "never_heard_of" in said
    assert "20190412-7F3A9K" in said


def test_braces_in_a_detail_are_no_format(capsys: pytest.CaptureFixture[str]) -> None:
    """What comes from outside is a value and nothing else."""
    said = words.sentence(ConfigError("roster_unit_twice", unit="{unit.__class__} {0}"))
    assert "{unit.__class__} {0}" in said


def test_tables_line_up_where_chinese_is_two_cells_wide() -> None:
    """In a terminal every second column begins at the same cell."""
    lines = table([("回执", "a"), ("x", "b"), ("退回补正", "c")], indent=2)
    assert {width(line[:-1]) for line in lines} == {2 + 8 + 2}


# ---- wrong use ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["nosuch"], "nosuch"),
        (["docter"], "doctor"),
        (["--nosuch"], "--nosuch"),
        (["init"], "文件夹"),
        (["init", "a", "b"], "“b”"),
        (["user", "add", "王某", "--role", "root"], "view review admin"),
        (["user", "add", "王某", "--role"], "mailbot user add --help"),
        (["user", "nosuch"], "mailbot user --help"),
        (["subject"], "--jsonl"),
        (["subject", "a", "--jsonl"], "--jsonl"),
        (["subject", "a", "--unknown"], "--unknown"),
        (["bulletin", "approve"], "--by"),
        (["review", "show", "abc"], "信件编号"),
    ],
)
def test_wrong_use_is_told_in_chinese_with_exit_code_2(
    argv: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """click's English never shows."""
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert named in err
    assert "--help" in err
    assert not re.search(r"\b(Error|Usage|Try|No such|Missing|Invalid|Got unexpected)\b", err)


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, as wrong use."""
    assert main([]) == 2
    assert "用法：mailbot" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line: name and number."""
    assert main(["--version"]) == 0
    assert re.fullmatch(r"mailbot \d+\.\d+\.\d+\n", capsys.readouterr().out)


def failing(error: BaseException) -> click.Command:
    @click.command(cls=Group, invoke_without_command=True)
    def broken() -> None:
        raise error

    return broken


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StateError("letter_state", letter="3", state="sent"), 1),
        (NotFound("no_mail", mail="3"), 1),
        (TransportError("dns_failed", host="mail.example"), 1),
        (ConfigError("bad_month", month="2019-13"), 2),
        (LockHeld("lock_held", pid="77", host="box"), 3),
        (KeyboardInterrupt(), 1),
        (EOFError(), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 done, 1 something needs a person, 2 wrong use or configuration, 3 lock held."""
    monkeypatch.setattr(cli, "root", failing(error))
    assert main([]) == code
    assert capsys.readouterr().err.strip()


def test_a_file_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it happens; a traceback would not help."""
    monkeypatch.setattr(cli, "root", failing(PermissionError(13, "Permission denied", "/x/y.docx")))
    assert main([]) == 1
    err = capsys.readouterr().err
    assert "/x/y.docx" in err
    assert "Traceback" not in err


def test_a_fault_of_our_own_is_shown_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its traceback, and what it means for the mail."""
    monkeypatch.setattr(cli, "root", failing(ZeroDivisionError("a bug")))
    assert main([]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "ZeroDivisionError: a bug" in err.splitlines()[-1]


# ---- start and streams -------------------------------------------------------------------------------------


def run(*argv: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mailbot", *argv],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        timeout=60,
        check=False,
    )


HEAVY = "flask jinja2 docx imapclient apscheduler openpyxl sqlite_utils sqlite3 mailparser olefile smtplib"


@pytest.mark.parametrize(
    "argv", [["--help"], ["subject", "--jsonl"], ["subject", "某标题-县民政局-彭某-6220000"]]
)
def test_help_and_subject_load_nothing_heavy(argv: list[str]) -> None:
    """They are called often and by programs: no library is loaded that they do not need."""
    code = (
        "import sys; from mailbot.cli import main; main(sys.argv[1:]); "
        f"print([m for m in {HEAVY.split()} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], input=b"", capture_output=True, cwd=ROOT, check=True
    )
    assert done.stderr.decode().strip() == "[]"


@pytest.mark.parametrize("environ", [{"PYTHONIOENCODING": "gbk"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_pipe_gets_utf_8_whatever_the_locale(environ: dict[str, str]) -> None:
    """Another program reads it; a Chinese Windows would write GBK."""
    assert "用法：mailbot" in run("--help", **environ).stdout.decode("utf-8")
    assert "没有“x”这个命令" in run("x", **environ).stderr.decode("utf-8")


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    """`mailbot subject --jsonl < many | head -1`."""
    lines = json.dumps({"subject": "某标题-县民政局-彭某-6220000"}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-m", "mailbot", "subject", "--jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(lines)
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        try:
            process.stdin.write(lines * 50)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert b"Traceback" not in process.stderr.read()


# ---- subject -----------------------------------------------------------------------------------------------


def subjects(stdin: bytes, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any) -> tuple[int, list[Any], str]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "ascii"))
    code = main(["subject", "--jsonl"])
    out, err = capsysbinary.readouterr()
    return code, [json.loads(line) for line in out.decode().splitlines()], err.decode()


GOOD = {
    "id": "D1",
    "subject": "城市书房打通文化惠民“最后一公里”-县文旅局-白某-0539-6220000",
    "x": [1, {"y": None}],
}


def test_jsonl_sets_four_fields_and_passes_the_rest_through(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The subject alone counts; what else the line holds comes back as it was."""
    code, (got,), err = subjects(json.dumps(GOOD).encode(), monkeypatch, capsysbinary)
    assert (code, err) == (0, "")
    assert {key: got[key] for key in GOOD} == GOOD
    assert got["title"] == "城市书房打通文化惠民“最后一公里”"
    assert got["unit"] == "县文旅局"
    assert got["submitters"] == ["白某"]
    assert len(got["contacts"]) == 1


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (b"{not json}", "JSON"),
        (b"[1]", "subject"),
        (b'{"id": 1}', "subject"),
        (b'{"subject": null}', "subject"),
        (b'{"subject": 5}', "subject"),
        (b'{"subject": "a", "sender_name": 5}', "sender_name"),
        ('{"subject": "信息"}'.encode("gbk"), "UTF-8"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_a_broken_line_is_named_and_the_others_are_done(
    line: bytes, hint: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Exit code 2, the line's number on stderr, one answer for each good line."""
    good = json.dumps(GOOD).encode()
    code, answers, err = subjects(good + b"\n" + line + b"\n" + good + b"\n", monkeypatch, capsysbinary)
    assert code == 2
    assert len(answers) == 2
    assert "第 2 行" in err
    assert hint in err


def test_blank_lines_a_byte_order_mark_and_a_last_line_without_end_are_no_faults(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """As editors on Windows write them."""
    good = json.dumps(GOOD).encode()
    code, answers, err = subjects(b"\xef\xbb\xbf" + good + b"\r\n\r\n" + good, monkeypatch, capsysbinary)
    assert (code, len(answers), err) == (0, 2, "")


def test_a_lone_surrogate_comes_back_escaped(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """JSON can carry what UTF-8 cannot."""
    code, (got,), _ = subjects(b'{"subject": "a", "x": "\\ud800"}', monkeypatch, capsysbinary)
    assert (code, got["x"]) == (0, "\ud800")


def test_an_empty_input_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Nothing in, nothing out."""
    assert subjects(b"", monkeypatch, capsysbinary) == (0, [], "")


def test_a_person_sees_a_small_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Chinese labels, what was found, and what the subject lacks."""
    assert main(["subject", "城市书房打通文化惠民“最后一公里”-县文旅局"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^报送单位 +县文旅局", out, re.M)
    assert re.search(r"^联系方式 +（主题中没有）", out, re.M)


# ---- init --------------------------------------------------------------------------------------------------


def test_init_makes_a_home_that_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """config.toml, policy, templates, an empty data/var for its owner alone, and a word of explanation."""
    home = tmp_path / "办公室"
    assert main(["init", str(home)]) == 0
    out = capsys.readouterr().out
    assert "doctor" in out
    assert (home / "config.toml").read_bytes() == (ROOT / "config.toml").read_bytes()
    assert (home / "data/policy/roster.toml").is_file()
    assert (home / "templates/letters").is_dir()
    assert (home / "说明.txt").is_file()
    assert (home / "data/.gitignore").read_text() == "/var/\n"
    if os.name == "posix":
        assert stat.S_IMODE((home / "data/var").stat().st_mode) == 0o700


def test_init_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was edited stays, is named, and what was deleted comes back."""
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "config.toml").write_text("# mine")
    (tmp_path / "说明.txt").unlink()
    capsys.readouterr()
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "config.toml").read_text() == "# mine"
    assert (tmp_path / "说明.txt").is_file()
    assert "未改动：config.toml" in capsys.readouterr().out


def test_init_refuses_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Named, exit code 2."""
    (tmp_path / "x").write_text("")
    assert main(["init", str(tmp_path / "x")]) == 2
    assert str(tmp_path / "x") in capsys.readouterr().err


# ---- homes, users, correspondents --------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MAILBOT_HOME", raising=False)
    assert main(["init", str(tmp_path / "home")]) == 0
    capsys.readouterr()
    return tmp_path / "home"


def test_the_home_may_be_named_before_or_behind_the_command_or_by_environment_or_place(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--home, MAILBOT_HOME, or the current directory."""
    assert main(["--home", str(home), "user", "list"]) == 0
    assert main(["user", "list", "--home", str(home)]) == 0
    monkeypatch.chdir(home)
    assert main(["user", "list"]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["user", "list"]) == 2
    monkeypatch.setenv("MAILBOT_HOME", str(home))
    assert main(["user", "list"]) == 0


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_user_is_added_listed_changed_and_disabled(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the password is nowhere in the home."""
    monkeypatch.setenv("MAILBOT_HOME", str(home))
    typed(monkeypatch, "a long secret 1\n")
    assert main(["user", "add", "王某", "--role", "admin", "--password-stdin"]) == 0
    typed(monkeypatch, "a long secret 2\n")
    assert main(["user", "add", "王某", "--password-stdin"]) == 1
    assert main(["user", "password", "王某", "--password-stdin"]) == 2
    typed(monkeypatch, "a long secret 3\n")
    assert main(["user", "password", "王某", "--password-stdin"]) == 0
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out.split() == ["王某", "管理"]
    assert main(["user", "disable", "王某"]) == 1
    assert "王某 是唯一的管理员" in capsys.readouterr().err
    typed(monkeypatch, "a long secret 4\n")
    assert main(["user", "add", "李某", "--password-stdin"]) == 0
    assert main(["user", "role", "李某", "admin"]) == 0
    assert "李某 的权限改为管理" in capsys.readouterr().out
    assert main(["user", "disable", "王某"]) == 0
    assert main(["user", "disable", "王某"]) == 1
    for path in home.rglob("*"):
        assert not path.is_file() or b"a long secret" not in path.read_bytes()


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "王某123456789"])
def test_a_weak_password_is_refused(
    password: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too short, all the same, or the name in it; it is not repeated."""
    typed(monkeypatch, password + "\n")
    assert main(["--home", str(home), "user", "add", "王某", "--password-stdin"]) == 2
    assert not password or password not in capsys.readouterr().err


def test_a_register_is_imported_once(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second import finds all known."""
    file = tmp_path / "名单.csv"
    file.write_bytes("邮箱,单位,姓名,电话\r\nslj@lyoa.example,县水利局,秦某某,0539-6220000\r\n".encode("gbk"))
    assert main(["--home", str(home), "correspondents", "import", str(file)]) == 0
    assert "新增 1 人" in capsys.readouterr().out
    assert main(["--home", str(home), "correspondents", "import", str(file)]) == 0
    assert "新增 0 人，原已登记 1 人" in capsys.readouterr().out
    assert main(["--home", str(home), "correspondents", "list"]) == 0
    assert capsys.readouterr().out.split() == [
        "县水利局",
        "秦某某",
        "slj@lyoa.example",
        "0539-6220000",
        "已确认",
    ]


def test_a_register_with_one_fault_changes_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused whole, naming row and column."""
    file = tmp_path / "名单.csv"
    file.write_text("邮箱,单位\nslj@lyoa.example,县水利局\nmzj@lyoa.example,民政局\n", encoding="utf-8")
    assert main(["--home", str(home), "correspondents", "import", str(file)]) == 2
    err = capsys.readouterr().err
    assert "第 3 行“单位”" in err
    assert "县民政局" in err
    assert main(["--home", str(home), "correspondents", "list"]) == 0
    assert "slj@" not in capsys.readouterr().out


def test_an_address_does_not_change_its_unit_by_import(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every address belongs to one unit."""
    for unit, code in (("县水利局", 0), ("县民政局", 2)):
        file = tmp_path / "r.json"
        file.write_text(json.dumps({"senders": [{"address": "a@lyoa.example", "unit": unit}]}))
        assert main(["--home", str(home), "correspondents", "import", str(file)]) == code
    assert "县水利局" in capsys.readouterr().err


def test_a_proposed_correspondent_is_confirmed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Then the list of unconfirmed ones is empty, and a second time there is nothing to confirm."""
    from mailbot.model import Correspondent
    from mailbot.store import Store

    store = Store.open(home / "data/var")
    with store.transaction():
        store.save_correspondent(Correspondent(address="a@lyoa.example", unit="县水利局", confirmed=False))
    store.close()
    argv = ["--home", str(home), "correspondents"]
    assert main([*argv, "list", "--unconfirmed"]) == 0
    assert "a@lyoa.example" in capsys.readouterr().out
    assert main([*argv, "confirm", "A@lyoa.example"]) == 0
    assert main([*argv, "list", "--unconfirmed"]) == 0
    assert "a@lyoa.example  " not in capsys.readouterr().out
    assert main([*argv, "confirm", "a@lyoa.example"]) == 1


# ---- the register's three forms ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roster() -> Roster:
    return Roster(load_struct(Resources(None), "data/policy/roster.toml", RosterFile))


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_json_gives_own_addresses_name_and_senders(roster: Roster) -> None:
    """An own address may be a string or a list; name and phone may be missing."""
    whole = {
        "own_address": "XXK@tancheng.example",
        "own_name": "信息科",
        "senders": [{"address": "Tcslj@lyoa.example", "unit": "县水利局", "name": None}],
    }
    read = register.read(json.dumps(whole).encode(), "r.json", units=roster.resolve, columns=COLUMNS)
    assert (read.own_addresses, read.own_name, read.rows) == (("xxk@tancheng.example",), "信息科", (1,))
    (one,) = read.correspondents
    assert (one.address, one.unit, one.name, one.phone, one.confirmed) == (
        "tcslj@lyoa.example", "县水利局", "", "", True,
    )  # fmt: skip
    whole["own_address"] = ["a@x.example", "b@x.example"]
    read = register.read(json.dumps(whole).encode(), "r.json", units=roster.resolve, columns=COLUMNS)
    assert read.own_addresses == ("a@x.example", "b@x.example")


def test_xlsx_takes_numbers_as_phones_and_leaves_further_columns_alone(roster: Roster) -> None:
    """Blank rows and a serial number column are what such lists look like."""
    content = xlsx(
        ("序号", "单 位", "姓名", "电话", "邮箱"),
        (),
        (1, "县水利局", "秦某某", 13800000000, "slj@lyoa.example"),
        (2, "县水利局", "秦某某", 13800000000.0, "slj@lyoa.example"),
    )
    read = register.read(content, "名单.XLSX", units=roster.resolve, columns=COLUMNS)
    (one,) = read.correspondents
    assert (one.phone, read.rows) == ("13800000000", (3,))


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (("not an address", "县水利局", "", ""), "register_bad_address", "邮箱"),
        (("a@x.example b@x.example", "县水利局", "", ""), "register_bad_address", "邮箱"),
        (("", "县水利局", "", ""), "register_bad_address", "邮箱"),
        (("b@x.example", "", "", ""), "register_unknown_unit", "单位"),
        (("b@x.example", "县火星局", "", ""), "register_unknown_unit", "单位"),
        (("b@x.example", "水利局", "", ""), "register_unknown_unit", "单位"),
        (("a@x.example", "县民政局", "", ""), "register_two_units", "单位"),
        (("b@x.example", "县水利局", "王\x7f某", ""), "register_bad_name", "姓名"),
        (("b@x.example", "县水利局", "", "没有"), "register_bad_phone", "电话"),
    ],
)
def test_a_faulty_row_is_named_by_row_and_column(
    roster: Roster, row: tuple[str, ...], code: str, column: str
) -> None:
    """The head is row 1, as the program that shows the table counts."""
    content = xlsx(tuple(COLUMNS), ("a@x.example", "县水利局", "", ""), row)
    with pytest.raises(ConfigError) as caught:
        register.read(content, "r.xlsx", units=roster.resolve, columns=COLUMNS)
    details = caught.value.details
    assert (caught.value.code, details["row"], details["column"]) == (code, "3", column)
    assert "名单" not in words.sentence(caught.value) or column in words.sentence(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("r.xls", b"\xd0\xcf\x11\xe0", "register_format"),
        ("r.xlsx", b"no zip", "register_format"),
        ("r.csv", b"", "register_empty"),
        ("r.csv", b"a,b\n1,2\n", "register_no_column"),
        ("r.csv", "邮箱,邮箱,单位\n".encode(), "register_bad_row"),
        ("r.json", b"{", "register_json_syntax"),
        ("r.json", b"\xff\xfe", "register_json_syntax"),
        ("r.json", b"[" * 100_000, "register_json_syntax"),
        ("r.json", b"[]", "register_json_shape"),
        ("r.json", b'{"senders": {}}', "register_json_shape"),
        ("r.json", b'{"own_address": 5}', "register_json_shape"),
        ("r.json", b'{"own_name": 5}', "register_json_shape"),
        ("r.json", b'{"sender": []}', "register_unknown_key"),
        ("r.json", b'{"senders": [5]}', "register_bad_row"),
        ("r.json", b'{"senders": [{"address": 5}]}', "register_bad_row"),
        ("r.json", b'{"senders": [{"adress": "a@x.example"}]}', "register_bad_row"),
        ("r.json", b" " * (register.MAX_BYTES + 1), "register_too_large"),
    ],
)
def test_a_file_of_the_wrong_form_is_refused(roster: Roster, name: str, content: bytes, code: str) -> None:
    """With a code of its own for each way to be wrong."""
    with pytest.raises(ConfigError) as caught:
        register.read(content, name, units=roster.resolve, columns=COLUMNS)
    assert caught.value.code == code
