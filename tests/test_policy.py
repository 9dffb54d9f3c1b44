"""data/policy and templates/ as they are shipped, and as an office may spoil them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mailbot.errors import ConfigError
from mailbot.intake.rules import RULES
from mailbot.model import Outcome, Reason
from mailbot.policy import Audience, Intake, Resources, load_intake, load_policy, load_struct, load_wording
from mailbot.render import letters

ROOT = Path(__file__).parents[1]
INTAKE = "data/policy/intake.toml"
REASONS = "templates/letters/reasons.toml"
POLICY = load_policy(Resources(None))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An office home with policy and letters of its own."""
    for name in (INTAKE, REASONS, "templates/letters/receipt.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def spoil(home: Path, name: str, old: str, new: str) -> Resources:
    """The home with one passage of one file changed."""
    text = (home / name).read_text("utf-8")
    assert old in text
    (home / name).write_text(text.replace(old, new, 1), "utf-8")
    return Resources(home)


def fault(load: Callable[[Resources], object], resources: Resources) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        load(resources)
    assert error.value.details["file"].startswith(str(resources.roots[0]))
    return error.value


# ---- as shipped --------------------------------------------------------------------------------------------


def test_the_shipped_policy_is_sound() -> None:
    """It loads, its templates compile, and it holds the limits of the notice."""
    letters.check(POLICY.wording)
    assert (POLICY.intake.length.short, POLICY.intake.length.long) == (400, 2000)
    assert len(POLICY.intake.outcomes) == len(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_rule_outcome_and_words(reason: Reason) -> None:
    """A new reason needs all of them: its check, its outcome in intake.toml, its sentence in reasons.toml."""
    assert any(reason in rule.reasons for rule in RULES)
    assert POLICY.intake.outcomes[reason] in set(Outcome) - {Outcome.PARKED}
    assert POLICY.wording.reasons[reason].sentence


@pytest.mark.parametrize("reason", list(Reason))
def test_what_is_returned_comes_with_a_remedy(reason: Reason) -> None:
    """A missing field is its own remedy; every file fault says what to do."""
    words = POLICY.wording.reasons[reason]
    if POLICY.intake.outcomes[reason] is Outcome.RETURNED and not reason.startswith("missing_"):
        assert words.remedy
    if POLICY.intake.outcomes[reason] in (Outcome.RETURNED, Outcome.ACCEPTED_WITH_REMARKS):
        assert words.audience is not Audience.SECTION


def test_what_may_be_told_of_a_held_mail_is_meant_for_the_unit() -> None:
    """A held notice has something to say for each of its reasons."""
    for reason in POLICY.intake.held_notice:
        assert POLICY.wording.reasons[reason].audience is not Audience.SECTION


def test_every_type_of_file_has_one_name() -> None:
    """No code stands in two tables; each name can follow an article."""
    types = load_wording(Resources(None)).types
    assert types["pdf"].name == "PDF 文件"
    codes = re.findall(
        r'"(\w+)"',
        "".join(re.findall(r"codes = (.*)", (ROOT / "templates/letters/types.toml").read_text("utf-8"))),
    )
    assert sorted(codes) == sorted(set(codes)) == sorted(types)


def test_the_file_and_the_struct_name_the_same_keys() -> None:
    """Every setting of Intake stands in intake.toml, where a clerk can find it."""
    text = (ROOT / INTAKE).read_text("utf-8")
    for struct, keys in _tables(Intake):
        for key in keys:
            assert re.search(rf"^{key} = |^\[(\w+\.)?{key}\]", text, re.M), f"{struct}.{key}"


def _tables(struct: type, seen: tuple[str, ...] = ()) -> list[tuple[str, tuple[str, ...]]]:
    found = [(struct.__name__, struct.__struct_fields__)]
    for one in msgspec.structs.fields(struct):
        if (
            isinstance(one.type, type)
            and issubclass(one.type, msgspec.Struct)
            and one.type.__name__ != "Matter"
        ):
            found += _tables(one.type)
    return found


# ---- an office's own ---------------------------------------------------------------------------------------


def test_a_file_of_the_home_goes_before_the_shipped_one(home: Path) -> None:
    """File by file: what the home lacks comes from the package or the checkout."""
    resources = spoil(home, INTAKE, "short = 400", "short = 500")
    assert load_intake(resources).length.short == 500
    assert resources.path("templates/letters/returned.txt") == ROOT / "templates/letters/returned.txt"
    assert resources.path(REASONS) == home / REASONS


def test_names_are_gathered_from_all_roots(home: Path) -> None:
    """A template that only the office has is found beside the shipped ones."""
    (home / "templates/letters/extra.txt").write_text("主题\n\n正文", "utf-8")
    wording = load_wording(Resources(home))
    assert {"letters/extra.txt", "letters/returned.txt", "letters/alerts/parked.txt"} <= set(
        wording.templates
    )


def test_a_byte_order_mark_is_taken(home: Path) -> None:
    """Windows editors leave one."""
    text = (home / INTAKE).read_text("utf-8")
    (home / INTAKE).write_text(text, "utf-8-sig")
    assert load_intake(Resources(home)).min_confidence == 0.6


@pytest.mark.parametrize(
    ("old", "new", "code", "details"),
    [
        ("min_confidence = 0.6", "min_confidence 0.6", "config_syntax", {"line": "14"}),
        (
            "min_confidence",
            "min_confidense",
            "config_unknown_key",
            {"key": "min_confidense", "hint": "min_confidence"},
        ),
        ("short = 400", "shrt = 400", "config_unknown_key", {"key": "length.shrt", "hint": "short"}),
        ("short = 400", 'short = "四百"', "config_wrong_type", {"key": "length.short", "expected": "int"}),
        (
            "several_documents =",
            "several_docs =",
            "config_unknown_key",
            {"key": "outcomes.several_docs", "hint": "several_documents"},
        ),
        ('several_documents = "held"', "", "config_missing_key", {"key": "outcomes.several_documents"}),
        (
            'several_documents = "held"',
            'several_documents = "hold"',
            "config_not_a_choice",
            {"key": "outcomes.several_documents"},
        ),
        ('macros = "returned"', 'macros = "parked"', "config_not_a_choice", {"key": "outcomes.macros"}),
        (
            'auto_submitted = "ignored"',
            'auto_submitted = "accepted"',
            "config_not_a_choice",
            {"choices": "ignored held"},
        ),
        (
            'secrecy_mark = "held"',
            'secrecy_mark = "accepted"',
            "config_not_a_choice",
            {"choices": "ignored held"},
        ),
        (
            '"sealed_mail",',
            '"sealed_male",',
            "config_unknown_key",
            {"key": "held_notice", "hint": "sealed_mail"},
        ),
        ('"sealed_mail",', '"secrecy_mark",', "config_bad_value", {"key": "held_notice"}),
    ],
)
def test_a_slip_in_intake_is_named(
    home: Path, old: str, new: str, code: str, details: dict[str, str]
) -> None:
    """File, key, line, and the nearest right word; what would answer a machine or a secret is refused."""
    error = fault(load_intake, spoil(home, INTAKE, old, new))
    assert error.code == code
    assert details.items() <= error.details.items()


@pytest.mark.parametrize(
    ("old", "new", "code", "details"),
    [
        ("[macros]", "[makros]", "config_unknown_key", {"key": "makros", "hint": "macros"}),
        (
            '[thanks_only]\naudience = "section"\nsentence = "致谢或表示收到。"',
            "",
            "config_missing_key",
            {"key": "thanks_only"},
        ),
        ('[thanks_only]\naudience = "section"', '[thanks_only]\naudience = "all"', "config_bad_value", {}),
        (
            '[thanks_only]\naudience = "section"',
            "[thanks_only]",
            "config_missing_key",
            {"key": "thanks_only.audience"},
        ),
        ("[thanks_only]\naudience", "[thanks_only]\nadience", "config_unknown_key", {"hint": "audience"}),
    ],
)
def test_a_slip_in_the_reasons_is_named(
    home: Path, old: str, new: str, code: str, details: dict[str, str]
) -> None:
    """Unknown and missing reasons and keys alike."""
    error = fault(load_wording, spoil(home, REASONS, old, new))
    assert error.code == code
    assert details.items() <= error.details.items()


def test_a_spoiled_template_is_found_by_the_check(home: Path) -> None:
    """Loading takes any text; letters.check() compiles it and names file and line."""
    resources = spoil(home, "templates/letters/receipt.txt", "{{ greeting }}", "{{ greeting }")
    with pytest.raises(ConfigError) as error:
        letters.check(load_wording(resources))
    assert error.value.code == "template_error"
    assert error.value.details["file"] == "letters/receipt.txt"
    assert error.value.details["line"] == "4"


def test_a_file_that_is_nowhere_is_named_at_the_first_place(tmp_path: Path) -> None:
    """So that the office knows where to put it."""
    with pytest.raises(ConfigError) as error:
        load_struct(Resources(tmp_path), "data/policy/none.toml", Intake)
    assert error.value.code == "config_missing"
    assert error.value.details["file"] == str(tmp_path / "data/policy/none.toml")


def test_a_file_in_another_encoding_is_refused(home: Path) -> None:
    """Notepad's ANSI is GBK: the line is named instead of guessing."""
    (home / INTAKE).write_bytes((home / INTAKE).read_text("utf-8").encode("gb18030"))
    assert fault(load_intake, Resources(home)).code == "config_not_utf8"
