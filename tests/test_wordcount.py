"""字数 (notice 二（二）): every case was counted by hand after the rules of mailbot.intake._count."""

from __future__ import annotations

import build_word as bw
import pytest
from build_word import p, r
from steps import stopped_after

from mailbot.intake.word import inspect
from mailbot.model import Attachment, Document, WordCount
from mailbot.policy import DocumentLimits


def look(body: str, **parts: object) -> Document:
    content = bw.package(body, **parts)  # type: ignore[arg-type]
    return inspect(Attachment(name="稿.docx", content_type="", content=content), DocumentLimits())


def whole(*lines: str) -> int:
    return look("".join(p(line) for line in lines)).words.whole


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("春灌", 2),
        ("春灌。", 3),
        ("抓早，抓实；抓好！", 9),
        ("（一）《通知》【急】", 10),
        ("2019年3月4日", 6),
        ("GDP增长8.5%", 4),
        ("日本語spam日本語eggs", 8),
        ("0539-6106766", 1),
        ("https://www.tancheng.example/a?b=1", 1),
        ("Word 97", 2),
        ("a b  c", 3),
        ("don’t", 1),
        ("“三夏”", 4),
        ("推进“3+1”工程", 7),
        ("等等……", 4),
        ("——以点带面", 6),
        ("阿里木·买买提", 7),
        ("①抓早②抓实", 6),
        ("★重点", 3),
        ("气温5℃左右", 6),
        ("2018—2019", 1),
        ("3×5", 1),
        ("约３００亩", 5),
        ("８月", 2),
        ("甲　乙 丙", 3),
        ("𠮷田镇", 3),
        ("〇一九", 3),
        ("㎡和㈠", 3),
        ("ABC。DEF", 3),
        ("甲\u200b乙\ufeff丙", 3),
        ("12345 67890", 2),
    ],
)
def test_it_counts_as_the_status_bar_does(text: str, count: int) -> None:
    """Each Far-East character 1, each other run between them 1, white space 0."""
    assert whole(text) == count


def test_a_long_run_of_shared_characters_costs_no_square() -> None:
    """A line of dashes, as some writers draw rules with, is counted at once."""
    with stopped_after():
        assert whole("—" * 300_000) == 1
        assert whole("线" + "—" * 300_000) == 300_001


def test_lines_and_cells_end_words() -> None:
    """A word does not run on over a paragraph mark, a manual break or the wall of a cell."""
    assert whole("abc", "def") == 2
    assert look(bw.table(["12", "34"])).words.whole == 2
    assert look(p("<w:r><w:t>ab</w:t><w:br/><w:t>cd</w:t></w:r>")).words.whole == 2


def test_runs_do_not_end_words() -> None:
    """Word splits text into runs at every change of format or spelling; a word stays one word."""
    assert look(p("8", ".5", "%")).words.whole == 1


def test_a_hint_makes_shared_characters_chinese() -> None:
    """A Chinese input method hints its dashes and quotation marks; Word then counts each of them."""
    hinted = '<w:rFonts w:hint="eastAsia"/>'
    assert look(p(r("2018—2019", hinted))).words.whole == 3
    assert look(p(r("“GDP”", hinted))).words.whole == 3
    assert look(p(r("“GDP”"))).words.whole == 1
    assert look(p(r("2018—2019", hinted))).paragraphs == ("2018—2019",)


def test_notes_boxes_and_tables_count_but_deletions_do_not() -> None:
    """As Word counts with its default tick: text boxes, footnotes and endnotes included."""
    body = p("正文", bw.note("footnotes", 0), bw.box(p("框内"))) + bw.table(["表", "格"])
    body += p("<w:del><w:r><w:delText>删去的</w:delText></w:r></w:del>", r("隐藏的", "<w:vanish/>"))
    assert look(body, notes={"footnotes": ["脚注"]}).words.whole == 8


def test_three_figures_are_told() -> None:
    """The whole document, the text without title and closing lines, and Chinese characters alone."""
    lines = [
        "县水利局三举措抓好春灌",
        "投入8.5亿元，修渠3条。",
        "县水利局",
        "2019年3月4日",
        "联系人：秦某 6220000",
    ]
    # 11 + (4+1+2... ) counted: 投入|8.5|亿元|，|修渠|3|条|。 = 2+1+2+1+2+1+1+1 = 11; 4; 6; 3+1+2+1 = 7.
    document = look("".join(p(line) for line in lines))
    assert document.words == WordCount(whole=11 + 11 + 4 + 6 + 7, body=11, han=11 + 7 + 4 + 3 + 5)


def test_a_closing_bracket_is_no_text() -> None:
    """落款 in brackets behind the last sentence is left out of 正文字数."""
    document = look(p("县民政局建立受理机制") + p("为民办事，成效明显。（县民政局 彭某）"))
    assert document.words.body == 10
    assert document.sign_off == "（县民政局 彭某）"


def test_an_empty_text_has_no_digest_and_a_short_one_neither() -> None:
    """Under 20 letters and digits a text means nothing: 'ok' sent twice is no duplicate."""
    assert look(p("同意上报。")).text_digest == ""
    assert look(p("字" * 19)).text_digest == ""
    assert len(look(p("字" * 20)).text_digest) == 64


def test_spacing_and_punctuation_do_not_change_the_digest() -> None:
    """The same text laid out anew is the same text; other text is not."""
    one = look(p("县水利局：三举措抓好春灌，修渠３条，投入8.5亿元。"))
    two = look(p("县水利局三举措") + p("抓好春灌，修渠3条；投入 8.5 亿元！"))
    three = look(p("县水利局：三举措抓好春灌，修渠４条，投入8.5亿元。"))
    assert one.text_digest == two.text_digest != three.text_digest
