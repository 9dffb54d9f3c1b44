"""The documents say what is there: nothing is left out, and nothing is promised that does not exist."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import click
import msgspec
import pytest

from mailbot import cli, config, model
from mailbot.cli import facts_file, main, words
from mailbot.cli.home import Exit
from mailbot.clock import SHANGHAI
from mailbot.model import (
    BulletinKind,
    BulletinState,
    Document,
    DocumentKind,
    Finding,
    LetterKind,
    LetterState,
    Outcome,
    Passage,
    Reason,
    Source,
    SubmissionState,
    Verdict,
)
from mailbot.policy import Audience, Resources, load_policy
from mailbot.render._letter_points import points_of
from mailbot.render._letter_words import words_of
from mailbot.store import Store
from mailbot.workflow.office.health import measure
from mailbot.workflow.office.homes import make

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(ROOT / "data").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
)
COMMANDS = (DOCS / "commands.md").read_text("utf-8")
GLOSSARY = (DOCS / "glossary.md").read_text("utf-8")
HANDBOOK = (DOCS / "手册.md").read_text("utf-8")
STANDARDS = (DOCS / "standards.md").read_text("utf-8")
POLICY = load_policy(Resources(None))
R = Reason


def heading_slug(heading: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("\u3000", "").lower())
    return kept.strip().replace(" ", "-")


def tables(text: str) -> Iterator[list[str]]:
    """Every row of every table, as its cells."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


# ---- commands ----------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    """'review accept' -> the command; groups too."""
    todo: list[tuple[str, click.Command]] = [("", cli.root)]
    while todo:
        name, command = todo.pop()
        if name:
            yield name, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                assert found is not None
                todo.append((f"{name} {inner}".strip(), found))


ALL = dict(commands())


def section_of(name: str) -> str:
    """What commands.md says under the heading of a command."""
    parts = re.split(r"^#{2,4} `mailbot ([a-z -]+)`$", COMMANDS, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)).get(name, "")


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_and_option_is_documented(name: str) -> None:
    """Each has a heading of its own in commands.md, and each option stands under it."""
    text = section_of(name)
    assert text, f"docs/commands.md has no heading `mailbot {name}`"
    for param in ALL[name].params:
        for option in param.opts if isinstance(param, click.Option) else ():
            if option not in ("--home", "--help"):
                assert option in text, f"{option} of mailbot {name}"


def test_no_heading_is_left_over() -> None:
    """A command that is gone leaves no section behind."""
    assert set(re.findall(r"^#{2,4} `mailbot ([a-z -]+)`$", COMMANDS, re.MULTILINE)) == set(ALL)


def test_every_exit_code_is_documented() -> None:
    """The table of exit codes is complete."""
    table = COMMANDS.partition("| exit code |")[2].partition("\n\n")[0]
    assert {row[0] for row in tables(table)} >= {str(int(code)) for code in Exit}


READ_BY_PEOPLE = [
    *PAGES,
    *sorted((ROOT / "templates").rglob("*.toml")),
    *sorted((ROOT / "templates").rglob("*.txt")),
    *sorted((ROOT / "templates").rglob("*.html")),
    *sorted((ROOT / "data/policy").glob("*.toml")),
    ROOT / "config.toml",
]


def told_commands(path: Path) -> Iterator[str]:
    """What follows the program's name: anywhere in Chinese text, in code only where the prose is English."""
    text = path.read_text("utf-8")
    if path.suffix == ".md" and not re.search(r"[\u4e00-\u9fff]", path.stem) and "zh" not in path.name:
        code = re.findall(r"^```$(.*?)^```$|`([^`\n]+)`", text, re.DOTALL | re.MULTILINE)
        text = "\n".join("".join(found) for found in code)
    option, name = r"--home +\S+|--?[a-z][\w-]*", r"[a-z]+(?:-[a-z]+)*\b"
    for said in re.findall(rf"(?<![\w/.@<-])mailbot((?: +(?:{option}|{name}))+)", text):
        yield re.sub(r"--home +\S+", "", said).strip()


@pytest.mark.parametrize("path", READ_BY_PEOPLE, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_and_options_that_are_named_exist(path: Path) -> None:
    """Nobody is sent to a command, or told an option, that is not there."""
    for said in told_commands(path):
        words_said = said.split()
        command, name = cli.root, ""
        while words_said and isinstance(command, click.Group) and not words_said[0].startswith("-"):
            name = f"{name} {words_said.pop(0)}".strip()
            assert name in ALL, f"mailbot {said}"
            command = ALL[name]
        known = {option for param in command.params for option in param.opts} | {"--help"}
        assert {word for word in words_said if word.startswith("-")} <= known, f"mailbot {said}"


def test_what_the_readme_tells_to_make_exists() -> None:
    """make's targets in the documents are the Makefile's."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for path in PAGES:
        told = set(re.findall(r"(?:^|`)make ([a-z]+)\b", path.read_text("utf-8"), re.MULTILINE))
        assert told <= targets, path.name
    readme = (ROOT / "README.md").read_text("utf-8")
    assert {"demo", "test"} <= set(re.findall(r"^make ([a-z]+)", readme, re.MULTILINE))


# ---- what programs read ------------------------------------------------------------------------------------


def test_every_key_that_inspect_prints_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else is promised."""
    assert main(["inspect", "--json", str(next((ROOT / "data/demo").glob("*.eml")))]) == 0
    keys = list(json.loads(capsys.readouterr().out))
    documented = [name for row in tables(section_of("inspect")) for name in re.findall(r"`(\w+)`", row[0])]
    assert [name for name in documented if not name.startswith("--")] == keys


def test_every_key_that_marks_prints_is_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And every type of event that a facts file may hold."""
    file = tmp_path / "facts.json"
    file.write_text(json.dumps({"year": 2019, "units": ["县民政局"], "events": []}), encoding="utf-8")
    assert main(["marks", "--facts", str(file), "--json"]) == 0
    documented = {row[0].strip("`") for row in tables(section_of("marks")) if not row[0].startswith("`--")}
    assert set(json.loads(capsys.readouterr().out)) == documented - {"key", "option"}
    told = COMMANDS.partition("## Facts files")[2].partition("## Reasons")[0]
    types = {row[0].strip("`") for row in list(tables(told.partition("| `type`")[2]))}
    assert set(facts_file._TYPES) <= types


def test_every_check_of_health_is_documented(tmp_path: Path) -> None:
    """A monitor's owner finds each name in the table."""
    make(tmp_path, words.packaged)
    settings = config.load(tmp_path / "config.toml", {}, complete=False)
    with closing(Store.open(tmp_path / "var")) as store:
        checks = list(measure(store, settings, datetime(2019, 4, 1, 8, tzinfo=SHANGHAI)))
    documented = {name for row in tables(section_of("health")) for name in re.findall(r"`(\w+)`", row[0])}
    assert {check.name for check in checks} <= documented


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_documented_with_its_outcome(reason: Reason) -> None:
    """The codes of `reasons` and what intake.toml makes of them."""
    rows = {row[0]: row[1] for row in tables(COMMANDS.partition("## Reasons")[2].partition("## ")[0])}
    assert rows.get(f"`{reason}`") == POLICY.intake.outcomes[reason], f"{reason} in docs/commands.md"


def settings() -> Iterator[tuple[str, object]]:
    for section in msgspec.structs.fields(config.Sections):
        for field in msgspec.structs.fields(section.type):
            yield f"{section.name}.{field.name}", field.default


@pytest.mark.parametrize(("key", "default"), list(settings()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_setting_is_documented_with_its_default(key: str, default: object) -> None:
    """As config.py has it."""
    rows = {row[0]: row[1].strip("`") for row in tables(COMMANDS.partition("## Settings")[2])}
    written = rows.get(f"`{key}`")
    assert written is not None, f"{key} in docs/commands.md"
    if default is None:
        assert written == "unset"
    elif isinstance(default, bool | int | float):
        assert written == json.dumps(default).removesuffix(".0"), key
    elif isinstance(default, tuple):
        assert written == json.dumps(list(default)), key
    else:
        assert written == f'"{default.as_posix() if isinstance(default, Path) else default}"', key


def test_every_choice_of_a_setting_is_documented() -> None:
    """Where only certain words may stand, the row names them; `tls` of the way out is the mailbox's."""
    rows = {
        row[0].strip("`"): row[2] for row in tables(COMMANDS.partition("## Settings")[2]) if len(row) == 3
    }
    for section in msgspec.structs.fields(config.Sections):
        for field in msgspec.structs.fields(section.type):
            key = f"{section.name}.{field.name}"
            choices = [c for part in (field.type, *get_args(field.type)) for c in get_args(part)]
            told = rows[key if key != "smtp.tls" else "mailbox.tls"]
            assert [c for c in choices if isinstance(c, str) and f"`{c}`" not in told] == [], key


def test_no_setting_is_left_over() -> None:
    """A row of a setting that is gone would send somebody looking for it."""
    rows = {row[0] for row in tables(COMMANDS.partition("## Settings")[2]) if "." in row[0]}
    assert rows == {f"`{key}`" for key, _ in settings()}


# ---- words -------------------------------------------------------------------------------------------------


def nouns() -> Iterator[str]:
    """The public classes and functions of model/."""
    modules = sorted(Path(model.__file__).parent.glob("*.py"))
    tree = ast.parse("\n".join(module.read_text("utf-8") for module in modules))
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name


@pytest.mark.parametrize("noun", list(nouns()))
def test_every_noun_stands_in_the_glossary(noun: str) -> None:
    """Named as in the code, with its Chinese."""
    rows = {row[0].strip("`"): row[1] for row in tables(GLOSSARY)}
    assert re.search(r"[\u4e00-\u9fff]", rows.get(noun, "")), f"{noun} in docs/glossary.md"


def glossary_of(kind: type[StrEnum]) -> dict[str, str]:
    table = GLOSSARY.partition(f"| `{kind.__name__}` |")[2].partition("\n\n")[0]
    return {row[0].strip("`"): row[1] for row in tables(table) if row[0].startswith("`")}


def tomls() -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]], dict[str, str]]:
    console = words.packaged("templates/console/words.toml").read_text("utf-8")
    return msgspec.toml.decode(console), dict(words.messages()), dict(POLICY.wording.words)


@pytest.mark.parametrize(
    ("kind", "in_console", "in_cli", "in_letters"),
    [
        (Outcome, "outcome", "outcomes", "outcome"),
        (LetterKind, "letter_kind", "letter_kinds", None),
        (LetterState, "letter_state", "letter_states", None),
        (SubmissionState, "item_state", None, None),
        (BulletinState, "bulletin_state", "bulletin_states", None),
        (BulletinKind, None, "bulletin_kinds", None),
        (Passage, None, "passages", None),
        (Source, "source", None, None),
    ],
)
def test_one_thing_is_called_by_one_word(
    kind: type[StrEnum], in_console: str | None, in_cli: str | None, in_letters: str | None
) -> None:
    """Console, command line, letters and glossary agree: a clerk never looks for two things that are one."""
    console, line, letters = tomls()
    expected = glossary_of(kind)
    assert set(expected) == {str(code) for code in kind}
    if in_console:
        assert console[in_console] == expected
    if in_cli:
        assert line[in_cli] == expected
    if in_letters:
        assert {code: letters[f"{in_letters}.{code}"] for code in expected} == expected


# ---- the handbook ------------------------------------------------------------------------------------------

TOLD: tuple[tuple[Reason, dict[str, str]], ...] = (
    (R.NO_ATTACHMENT, {"pasted": ""}),
    (R.NO_ATTACHMENT, {"pasted": "1"}),
    (R.CLOUD_ATTACHMENT, {"name": "稿件.docx", "host": "", "expires": "", "size": ""}),
    (R.OTHER_TYPE, {"name": "稿件.pdf", "type": "pdf"}),
    (R.FAKE_WORD, {"name": "稿件.doc", "type": "rtf"}),
    (R.MACROS, {"name": "稿件.docm", "type": "docm"}),
    (R.PASSWORD, {"name": "稿件.docx", "type": "docx"}),
    (R.PASSWORD, {"name": "稿件.docx", "type": "dlp"}),
    (R.PASSWORD, {"name": "稿件.docx", "type": "rights"}),
    (R.CORRUPT, {"name": "稿件.docx", "type": "truncated"}),
    (R.EMPTY_DOCUMENT, {"name": "稿件.docx", "type": "no_text"}),
    (R.EMPTY_DOCUMENT, {"name": "稿件.docx", "type": "pictures"}),
    (R.TOO_LARGE, {"name": "稿件.docx", "type": "file", "size": "31.4", "limit": "20"}),
    (R.HOSTILE_DOCUMENT, {"name": "稿件.docx"}),
    (R.MISSING_TITLE, {}),
    (R.MISSING_UNIT, {}),
    (R.MISSING_SUBMITTERS, {}),
    (R.MISSING_CONTACTS, {}),
    (R.FOUND_ELSEWHERE, {"field": "contacts", "source": "body", "value": "6220000"}),
    (R.BAD_CONTACT, {"value": "1380013800"}),
    (R.OTHERS_NOT_TAKEN, {"name": "照片.jpg"}),
    (R.OVER_SHORT_LIMIT, {"count": "436", "short": "400", "long": "2000"}),
    (R.OVER_LONG_LIMIT, {"count": "2436", "short": "400", "long": "2000"}),
    (R.SENDER_OF_OTHER_UNIT, {"unit": "县民政局", "registered": "县水利局"}),
    (R.UNIT_NOT_ON_ROSTER, {"unit": "县公安局"}),
    (R.SEVERAL_DOCUMENTS, {"count": "2", "names": "“甲.docx”、“乙.docx”"}),
    (R.SAME_TEXT_OTHER_UNIT, {"number": "20190401-AAAAAA", "unit": "县水利局", "share": "83%"}),
    (R.SEALED_MAIL, {}),
    (R.MAIL_TOO_LARGE, {"size": "57.2", "limit": "50"}),
)
"""Every reason that a unit reads about, with details for its sentence."""


@pytest.mark.parametrize(("reason", "details"), TOLD, ids=lambda v: v if isinstance(v, Reason) else "")
def test_the_handbook_says_what_letters_say(reason: Reason, details: dict[str, str]) -> None:
    """Word for word: the section explains on the telephone what the unit has before it."""
    taken = Document(name="稿件.docx", sha256="0" * 64, size=1, kind=DocumentKind.DOCX)
    verdict = Verdict(outcome=Outcome.RETURNED, document=taken if reason.startswith("missing") else None)
    finding = Finding(reason=reason, details=details)
    (point,) = points_of([finding], words_of(POLICY.wording), verdict, audience=Audience.UNIT)
    assert point.sentence in HANDBOOK, f"docs/手册.md lacks: {point.sentence}"
    assert point.remedy in HANDBOOK, f"docs/手册.md lacks: {point.remedy}"


def test_the_handbook_knows_all_that_units_are_told() -> None:
    """A new reason that a unit reads about is explained to the section too."""
    quiet = {R.SAME_DOCUMENT}  # a letter of its own
    told = {r for r in Reason if POLICY.wording.reasons[r].audience is not Audience.SECTION}
    assert told - quiet == {reason for reason, _ in TOLD}


def test_the_handbook_has_a_remedy_for_every_type_of_file() -> None:
    """As templates/letters/types.toml names it."""
    for kind in POLICY.wording.types.values():
        assert kind.name in HANDBOOK, kind.name
        assert kind.remedy in HANDBOOK, f"docs/手册.md lacks: {kind.remedy}"


def test_the_sample_letters_are_real(capsys: pytest.CaptureFixture[str]) -> None:
    """Each sample of the handbook's annex is a letter that the demo's mails get."""
    files = [str(path) for path in sorted((ROOT / "data/demo").glob("*.eml"))]
    assert main(["inspect", "--json", *files]) == 0
    letters = [json.loads(line)["receipt"] for line in capsys.readouterr().out.splitlines()]
    real = {f"主题：{letter.rstrip()}" for letter in letters if letter}
    annex = HANDBOOK.partition("## 附录一")[2].partition("## 附录二")[0]
    samples = re.findall(r"```\n(.*?)\n```", annex, re.DOTALL)
    assert len(samples) == 7
    for sample in samples:
        assert sample in real, f"no mail of the demo gets this letter any more:\n{sample}"


def test_the_handbooks_contents_are_its_parts() -> None:
    """Each part is listed with a link that finds it, in turn; no part is referred to that is not there."""
    parts = re.findall(r"(?m)^## (.+)$", HANDBOOK)
    listed = re.findall(r"(?m)^- \[(.+?)\]\(#(.+?)\)$", HANDBOOK)
    assert listed == [(part, re.sub(r"[^\w-]", "", part)) for part in parts]
    numbers = {part.partition("、")[0] for part in parts if "、" in part[:3]}
    referred = re.findall(r"第([一二三四五六七八九十]+)部分", HANDBOOK)
    assert set(referred) <= numbers
    assert referred


def test_the_buttons_and_pages_that_the_handbook_names_exist() -> None:
    """【】 is what the clerk looks for on the screen."""
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "templates/console").rglob("*.html"))
    named = set(re.findall(r"【(.+?)】", HANDBOOK))
    assert len(named) > 10
    assert [name for name in sorted(named) if name not in pages] == []


# ---- links and standards -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_internal_links_resolve(path: Path) -> None:
    """To a file or folder that is there, and to a heading of it."""
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        found = (path.parent / file) if file else path
        assert found.exists(), f"{path.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
            assert anchor in {heading_slug(h) for h in headings}, f"{path.name}: {target}"


def test_documents_that_are_named_exist() -> None:
    """Messages and code send people to a page that is there."""
    for path in (*READ_BY_PEOPLE, *(ROOT / "mailbot").rglob("*.py")):
        for name in re.findall(r"\bdocs/[\w-]+\.md", path.read_text("utf-8")):
            assert (ROOT / name).is_file(), f"{path.name}: {name}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "mailbot").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_standard_named_in_the_code_is_listed(path: Path) -> None:
    """docs/standards.md says what is taken from it."""
    named = set(re.findall(r"\b(?:RFC \d+|GB/T \d+|ECMA-\d+|MS-[A-Z]{3,})\b", path.read_text("utf-8")))
    assert {name for name in named if name not in STANDARDS} == set()


def test_the_tests_that_architecture_names_exist() -> None:
    """The table of promises points at tests that are there."""
    table = (DOCS / "architecture.md").read_text("utf-8")
    for name in set(re.findall(r"\btest_[a-z_]+\b", table)):
        assert (ROOT / f"tests/{name}.py").exists() or any(
            f"def {name}(" in p.read_text("utf-8") for p in (ROOT / "tests").glob("test_*.py")
        ), name
