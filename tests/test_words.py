"""Nothing is worded that nobody says: sentences, words and templates are all in use."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = {path: path.read_text("utf-8") for path in (ROOT / "mailbot").rglob("*.py")}
TEMPLATES = {path: path.read_text("utf-8") for path in (ROOT / "templates").rglob("*") if path.is_file()}
CONSOLE = "\n".join(text for path, text in CODE.items() if path.is_relative_to(ROOT / "mailbot" / "console"))
WORDS = tomllib.loads((ROOT / "templates/console/words.toml").read_text("utf-8"))
MESSAGES = tomllib.loads((ROOT / "templates/cli/messages.toml").read_text("utf-8"))
FAMILIES = tuple(re.findall(r'say\(f"([a-z_]{3,})\{', "\n".join(CODE.values())))
"""Beginnings of keys whose end is a code: say(f"rescore_{...}")."""


def unsaid(keys: Iterator[str] | dict[str, str], where: str) -> set[str]:
    """Keys that do not stand in the text as a string of their own."""
    return {key for key in keys if f'"{key}"' not in where}


def test_every_sentence_of_the_command_line_is_said() -> None:
    """Of [say] by its key or by the beginning of it, of [errors] by its code."""
    code = "\n".join(CODE.values())
    assert {key for key in unsaid(MESSAGES["say"], code) if not key.startswith(FAMILIES)} == set()
    assert unsaid(MESSAGES["errors"], code) == set()


@pytest.mark.parametrize("table", ["remedy", "trouble", "verb"])
def test_every_word_of_the_console_is_said(table: str) -> None:
    """Remedies of errors that are raised, checks that are made, verbs that are recorded."""
    assert unsaid(WORDS[table], "\n".join(CODE.values())) == set()


def test_every_flash_of_the_console_is_shown() -> None:
    """By a view of its own."""
    assert unsaid(WORDS["flash"], CONSOLE) == set()


def test_every_page_is_rendered_and_every_macro_called() -> None:
    """By a view or another template."""
    pages = {path: text for path, text in TEMPLATES.items() if path.suffix == ".html"}
    for path, text in pages.items():
        others = CONSOLE + "\n".join(other for at, other in pages.items() if at != path)
        assert f'"{path.name}"' in others, path.name
        for macro in re.findall(r"{% macro (\w+)\(", text):
            calls = re.findall(rf"\b{macro}\(", text + others)
            defined = re.findall(rf"{{% macro {macro}\(", text + others)
            assert len(calls) > len(defined), (path.name, macro)


def test_every_class_of_the_style_sheet_is_worn() -> None:
    """A rule for what no page has says nothing; tags are named by codes of the model."""
    (sheet,) = (text for path, text in TEMPLATES.items() if path.name == "console.css")
    pages = "\n".join(text for path, text in TEMPLATES.items() if path.suffix == ".html")
    codes = "\n".join(CODE.values())
    for name in sorted(set(re.findall(r"\.([a-z][a-z_-]*)", re.sub(r"/\*.*?\*/", "", sheet, flags=re.S)))):
        last = name.rpartition("_")[2] if name.startswith(("solicitation_", "answer_")) else name
        worn = re.search(rf"[\"' ]{name}[\"' ]", pages) or f'"{last}"' in codes or name in ("svg", "css")
        assert worn, name
