"""`mailbot demo` as somebody tries it: what it says of files is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.cli import main


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
