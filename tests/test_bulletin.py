"""The monthly 通报: its sentences, tables and attachments (notice 三(五), annex 1 四)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import check_docx
import check_pdf
import pytest

from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError
from mailbot.model import Month
from mailbot.policy import Resources, load_policy, load_wording
from mailbot.render.blocks import (
    Addressees,
    Attachment,
    AttachmentList,
    Block,
    Chart,
    GroupRow,
    Heading,
    Imprint,
    Paragraph,
    SignOff,
    Table,
    Title,
)
from mailbot.render.bulletin import Rank, annual, check, draft_facts, instant, monthly, ranks
from mailbot.render.figures import (
    Adopted,
    AnnualFigures,
    Case,
    Commended,
    InstantFigures,
    ItemFigures,
    MonthlyFigures,
    SolicitationFigures,
    Solicited,
    UnitFigures,
)
from mailbot.render.official import Properties, to_docx
from mailbot.render.typography import typography_of
from mailbot.roster import UnitKind
from mailbot.workflow.office import upkeep

WORDING = load_wording(Resources(None))
MARCH = Month(2019, 3)


def unit(name: str, submissions: int = 0, kind: UnitKind = UnitKind.TOWN, **figures: object) -> UnitFigures:
    return UnitFigures(unit=name, kind=kind, submissions=submissions, **figures)  # type: ignore[arg-type]


def department(name: str, submissions: int = 0, **figures: object) -> UnitFigures:
    return unit(name, submissions, UnitKind.DEPARTMENT, **figures)


def item(unit: str, title: str, day: int = 12, labels: tuple[str, ...] = ()) -> ItemFigures:
    number = f"201903{day:02d}-{abs(hash(title)) % 10**6:06d}"
    return ItemFigures(number=number, unit=unit, title=title, date=date(2019, 3, day), labels=labels)


def month(*units: UnitFigures, **figures: object) -> MonthlyFigures:
    given = {
        "month": MARCH,
        "office": "郯城县人民政府办公室",
        "date": date(2019, 4, 1),
        "units": units,
    } | figures
    return MonthlyFigures(**given)  # type: ignore[arg-type]


def body(figures: MonthlyFigures) -> str:
    """The text between 主送 and 附件说明, a line per paragraph."""
    return "\n".join(
        _text(block) for block in monthly(figures, WORDING) if isinstance(block, Heading | Paragraph)
    )


def _text(block: Block) -> str:
    return block.text + block.run_on if isinstance(block, Heading) else getattr(block, "text", "")


def attachments(figures: MonthlyFigures) -> list[Attachment]:
    return [block for block in monthly(figures, WORDING) if isinstance(block, Attachment)]


def table(attachment: Attachment) -> Table:
    return next(block for block in attachment.blocks if isinstance(block, Table))


def heads(attachment: Attachment) -> list[str]:
    return [cell.text for row in table(attachment).head for cell in row]


USUAL = month(
    unit("马头镇", 4),
    unit("李庄镇", 2),
    unit("归昌乡"),
    unit("郯城经济开发区", 2, UnitKind.ZONE),
    department("县民政局", 5),
    department("县教体局"),
    items=(item("马头镇", "甲"), item("县民政局", "乙", 3), item("马头镇", "丙", 2)),
)


def test_its_parts_stand_in_order() -> None:
    """标题, 主送, 正文, 附件说明, 署名和日期, 附件."""
    kinds = [type(block) for block in monthly(USUAL, WORDING)]
    order = [Title, Addressees, Paragraph, Heading, AttachmentList, SignOff, Attachment]
    places = [kinds.index(kind) for kind in order]
    assert places == sorted(places)
    assert kinds[-1] is Attachment


def test_title_addressees_and_basis_are_those_of_the_notice() -> None:
    """The basis is named by title and number, 〔 〕 as the standard has it; 主送 ends with its colon."""
    title, addressees, basis, *_ = monthly(USUAL, WORDING)
    assert isinstance(title, Title) and isinstance(addressees, Addressees) and isinstance(basis, Paragraph)
    assert title.lines == ("郯城县人民政府办公室", "关于2019年3月份政务信息工作情况的通报")
    assert addressees.text.startswith("各乡镇人民政府，郯城街道办事处，县直有关部门、单位")
    assert addressees.text.endswith("：")
    assert "郯政办字〔2019〕10号" in basis.text and "考评办法" in basis.text
    assert basis.text.endswith("通报如下：")


def test_totals_are_told_by_group() -> None:
    """Received in all, then by the two groups; what is nought is left unsaid."""
    text = body(USUAL)
    assert "共收到各单位自主报送的政务信息13条，" in text
    assert "其中乡镇（街道、开发区、景区）8条，县直部门、单位5条。" in text
    assert "采用" not in text and "批示" not in text and "约稿完成" not in text


def test_units_are_named_in_descending_count_and_equal_ones_together() -> None:
    """“…各2条”, in the official sequence among themselves."""
    assert "马头镇4条，李庄镇、郯城经济开发区各2条。" in body(USUAL)
    assert ranks([("甲", 1), ("乙", 3), ("丙", 0), ("丁", 1)]) == [Rank(3, ("乙",)), Rank(1, ("甲", "丁"))]


def test_units_that_sent_nothing_are_named() -> None:
    """零报送单位 stand under 存在问题; one that answered a 约稿 is none of them."""
    assert "本月未报送信息的单位有2个：归昌乡、县教体局。" in body(USUAL)
    answered = Solicited(due=1, on_time=1)
    text = body(month(unit("马头镇", 1), unit("归昌乡", solicited=answered), department("县教体局")))
    assert "本月未报送信息的单位有1个：县教体局。" in text


def test_headings_are_numbered_by_what_is_there() -> None:
    """Where no problem is found, 下步要求 is 二 and not 三."""
    with_problems = [b.text for b in monthly(USUAL, WORDING) if isinstance(b, Heading) and b.level == 1]
    without = month(unit("马头镇", 1), department("县民政局", 1))
    fewer = [b.text for b in monthly(without, WORDING) if isinstance(b, Heading) and b.level == 1]
    assert with_problems == ["一、基本情况", "二、存在问题", "三、下步要求"]
    assert fewer == ["一、基本情况", "二、下步要求"]


def test_several_problems_are_numbered_and_a_single_one_is_not() -> None:
    """一是, 二是; a lone 一是 would read as if something had been lost."""
    missed = Solicited(due=1, missed=1)
    text = body(month(unit("马头镇", 1), unit("归昌乡"), department("县民政局", 1, solicited=missed)))
    assert "\n一是个别单位零报送" in text and "\n二是约稿任务未完成" in text
    assert "一是" not in body(USUAL)


def test_one_group_alone_is_told_so() -> None:
    """“其中乡镇0条” is nothing to be read."""
    text = body(month(unit("马头镇", 2), department("县民政局")))
    assert "政务信息2条，均由乡镇（街道、开发区、景区）报送。" in text
    assert "县直部门、单位报送情况" not in text


def test_a_month_without_any_submission_is_told_plainly() -> None:
    """Nothing came: the document is still whole, with its one attachment, which has no number."""
    figures = month(unit("马头镇"), department("县民政局"))
    text = body(figures)
    assert "未收到各单位自主报送的政务信息。" in text
    assert "全县2个单位均未报送信息。" in text
    [only] = attachments(figures)
    assert only.start == 0
    assert "0条" not in text


def test_adoptions_and_instructions_are_told_by_level() -> None:
    """Only the levels that have any; the separator is right whichever are left out."""
    adopted = (Adopted(county=3, province=1), Adopted(state=2))
    figures = month(
        unit("马头镇", 4, adopted=adopted[0], instructions=1), department("县民政局", 5, adopted=adopted[1])
    )
    text = body(figures)
    assert "采用6条，其中县政府办公室3条、省政府办公厅1条、国务院办公厅2条；获领导批示1条。" in text
    assert "信息采用情况。马头镇4条，县民政局2条。" in text


def test_solicitations_are_told_with_who_failed() -> None:
    """约稿: asked, on time, late, missed, void; who was late and who did not deliver."""
    figures = month(
        unit("马头镇", 1, solicited=Solicited(due=2, on_time=1, late=1)),
        department("县民政局", 1, solicited=Solicited(due=2, missed=1, void=1)),
        solicitations=(
            SolicitationFigures(
                topic="春耕备耕",
                source="市政府办公室",
                deadline=date(2019, 3, 20),
                counts=Solicited(due=4, on_time=1),
            ),
        ),
    )
    text = body(figures)
    assert "到期约稿1期，应报4家次，按时报送1家次，迟报1家次，未报1家次，无效约稿1家次。" in text
    assert "未按要求报送约稿的单位有：县民政局。" in text
    assert "超过规定时限报送约稿的单位有：马头镇。" in text
    assert attachments(figures)[-1].title == "2019年3月份约稿完成情况"
    assert table(attachments(figures)[-1]).rows[0][:4] == ("1", "春耕备耕", "市政府办公室", "3月20日")


def test_the_summary_has_all_units_in_two_groups() -> None:
    """附件1: 乡镇、街道、开发区、景区, then 县直部门; noughts are kept; the last row sums up."""
    summary = attachments(USUAL)[0]
    rows = table(summary).rows
    assert [row.text for row in rows if isinstance(row, GroupRow)] == [
        "乡镇、街道、开发区、景区",
        "县直部门、单位",
    ]
    assert ("3", "归昌乡", "0") in rows
    assert ("2", "县教体局", "0") in rows
    assert rows[-1] == ("", "合计", "13")


def test_marks_that_were_not_reckoned_have_no_column() -> None:
    """The first drafts have none; a nought there would read as a judgement."""
    assert heads(attachments(USUAL)[0]) == ["序号", "单位", "自主报送"]
    assert not table(attachments(USUAL)[0]).landscape


def test_marks_that_were_reckoned_have_theirs() -> None:
    """Then the whole table is shown, sideways, by rank, with points as exact as they are."""
    marks = {"plus": Decimal("3.20"), "minus": Decimal("-0.5"), "cumulative_marks": Decimal("10")}
    figures = month(
        unit("马头镇", 1, month_marks=Decimal("2.7"), rank=2, **marks),
        unit("李庄镇", 1, month_marks=Decimal("12.4"), rank=1, **marks),
        department("县民政局", month_marks=Decimal("0"), rank=1, cumulative_marks=Decimal("0.0")),
    )
    summary = attachments(figures)[0]
    assert {"约稿", "采用", "批示", "加分", "扣分", "本月得分", "累计得分", "位次"} <= set(heads(summary))
    rows = [row for row in table(summary).rows if isinstance(row, tuple)]
    assert [row[1] for row in rows] == ["李庄镇", "马头镇", "县民政局", "合计"]
    assert rows[1][-5:] == ("3.2", "-0.5", "2.7", "10", "2")
    assert rows[2][-5:] == ("", "", "0", "0", "1")
    assert table(summary).landscape


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("cumulative", [None, 7])
def test_tables_keep_within_the_page(marked: bool, cumulative: int | None) -> None:
    """156 mm upright, 225 mm turned; each row has as many cells as there are columns."""
    marks = {"month_marks": Decimal(1), "solicited": Solicited(due=1)} if marked else {}
    figures = replace(
        month(unit("马头镇", 1, cumulative_submissions=cumulative, **marks)), items=(item("马头镇", "甲"),)
    )
    for attachment in attachments(figures):
        if isinstance(attachment.blocks[0], Chart):
            continue
        found = table(attachment)
        assert sum(found.widths) == pytest.approx(225 if found.landscape else 156)
        assert min(found.widths) >= 9
        assert {len(row) for row in found.rows if isinstance(row, tuple)} == {len(found.widths)}


def test_items_are_listed_by_unit_in_the_official_sequence() -> None:
    """附件2: under each unit its items by date, numbered anew; a unit off the roster comes last."""
    figures = replace(USUAL, items=(*USUAL.items, item("外县某局", "丁")))
    listing = table(attachments(figures)[1])
    assert listing.rows == (
        GroupRow(text="马头镇（2条）"),
        ("1", "丙", "3月2日"),
        ("2", "甲", "3月12日"),
        GroupRow(text="县民政局（1条）"),
        ("1", "乙", "3月3日"),
        GroupRow(text="外县某局（1条）"),
        ("1", "丁", "3月12日"),
    )


def test_labels_have_a_column_and_their_legend_where_there_are_any() -> None:
    """标注 as the notice prescribes them; ☆ needs telling."""
    labelled = replace(
        USUAL, items=(item("马头镇", "甲", labels=("报送", "☆")),), legend=(("☆", "县政府领导批示"),)
    )
    listing = attachments(labelled)[1]
    assert table(listing).rows[1] == ("1", "甲", "3月12日", "报送、☆")
    assert listing.blocks[-1] == Paragraph(text="注：“☆”为县政府领导批示。")
    assert heads(attachments(USUAL)[1]) == ["序号", "信息标题", "报送日期"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("春耕备耕有序推进 王某 13905390000", "春耕备耕有序推进 王某"),
        ("春耕备耕有序推进１３９０５３９００００", "春耕备耕有序推进"),
        ("春耕备耕0539-6220000有序推进", "春耕备耕 有序推进"),
        ("春耕备耕 wang@oa.example", "春耕备耕"),
        ("12345热线受理13905件，同比增长3.2%", "12345热线受理13905件，同比增长3.2%"),
    ],
)
def test_no_phone_and_no_address_appears_in_it(title: str, shown: str) -> None:
    """A sender may have written them into the title; figures of the matter stay."""
    figures = replace(USUAL, items=(item("马头镇", title),))
    assert table(attachments(figures)[1]).rows[1][1] == shown


def test_in_january_the_running_total_is_the_month() -> None:
    """累计 is of the same calendar year."""
    january = month(unit("马头镇", 3, cumulative_submissions=3), month=Month(2019, 1), date=date(2019, 2, 1))
    assert table(attachments(january)[0]).rows[-1] == ("", "合计", "3", "3")
    assert "2019年1月份" in monthly(january, WORDING)[2].text  # type: ignore[union-attr]


def test_open_tasks_stay_out_of_the_document() -> None:
    """They are for the section; the document is for signing."""
    figures = replace(USUAL, open_tasks=("2 件疑似雷同待核",))
    assert "疑似雷同" not in repr(monthly(figures, WORDING))


def test_the_letter_with_the_draft_gets_its_figures() -> None:
    """One paragraph: what came, from which group, how many sent nothing."""
    assert draft_facts(USUAL, WORDING) == (
        "收到信息 13 条（乡镇、街道、开发区、景区 8 条，县直部门 5 条）；零报送单位 2 个。"
    )
    assert draft_facts(month(unit("马头镇")), WORDING) == "没有收到信息；零报送单位 1 个。"


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("bulletin/monthly.j2", "{{ received }}", "{{ recieved }}"),
        ("bulletin/monthly.j2", "{{ received }}", "{{ received }"),
        ("bulletin/monthly.j2", "{{ received }}", "{{ received | summe }}"),
        ("bulletin/monthly.j2", "{{ listed(town_ranks, town_count) | trim }}", "{{ listed() | trim }}"),
        ("bulletin/monthly.j2", "{{ listed(town_ranks, town_count) | trim }}", "{{ liste(town_ranks) }}"),
        ("bulletin/monthly.j2", "{% elif zero_units %}", "{% elsif zero_units %}"),
        ("bulletin/monthly.j2", "{% endblock %}", "{% endblok %}"),
        ("bulletin/tables.j2", "{unit}（{count}条）", "{unti}（{count}条）"),
        ("bulletin/tables.j2", "{month}月{day}日", "{month}月{day日"),
        ("bulletin/tables.j2", '{% set total = "合计" %}', "{% set total = 3 %}"),
        ("bulletin/tables.j2", '{% set total = "合计" %}', '{% set total = "合计 %}'),
    ],
)
def test_a_mistake_in_the_wording_is_told_with_its_line(file: str, before: str, after: str) -> None:
    """The office edits these files; what goes wrong is told where it stands, not as a crash."""
    text = WORDING.templates[file]
    assert before in text
    wrong = replace(WORDING, templates={**WORDING.templates, file: text.replace(before, after, 1)})
    with pytest.raises(ConfigError) as caught:
        monthly(USUAL, wrong)
    assert caught.value.code == "template_error"
    assert caught.value.details["file"] == file
    line = text.count("\n", 0, text.index(before)) + 1
    assert int(caught.value.details["line"]) == pytest.approx(line, abs=1)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("bulletin/tables.j2", '{% set total = "合计" %}', ""),
        ("bulletin/numbering.j2", "{% set point", "{% set pint"),
        ("bulletin/monthly.j2", "{% block items_title %}", "{% block item_title %}"),
    ],
)
def test_what_the_wording_lacks_names_its_file(file: str, before: str, after: str) -> None:
    """What is not there stands on no line."""
    assert before in WORDING.templates[file]
    templates = {**WORDING.templates, file: WORDING.templates[file].replace(before, after, 1)}
    wrong = replace(WORDING, templates=templates)
    with pytest.raises(ConfigError) as caught:
        monthly(USUAL, wrong)
    assert caught.value.code == "template_error"
    assert caught.value.details["file"] == file


def test_the_first_of_each_group_are_named_with_their_marks() -> None:
    """得分居前: by rank, ties too; a unit without marks above nought is no leader."""
    figures = month(
        unit("马头镇", 1, month_marks=Decimal("3.20"), rank=2),
        unit("李庄镇", 1, month_marks=Decimal("12.4"), rank=1),
        unit("归昌乡", 1, month_marks=Decimal("3.2"), rank=2),
        unit("花园乡", 1, month_marks=Decimal("1"), rank=4),
        department("县民政局", 1, month_marks=Decimal("0"), rank=1),
    )
    leaders = (
        "本月得分居前的单位，乡镇（街道、开发区、景区）有李庄镇（12.4分）、马头镇（3.2分）、归昌乡（3.2分）。"
    )
    assert leaders in body(figures)


def test_charts_show_both_ends_of_each_group() -> None:
    """Five from the top and five from the bottom; a small group whole."""
    towns = [unit(f"第{n}镇", 1, month_marks=Decimal(n), rank=20 - n) for n in range(1, 14)]
    figures = month(*towns, department("县民政局", 1, month_marks=Decimal("0.2"), rank=1))
    [attachment] = [one for one in attachments(figures) if "得分情况" in one.title]
    first, second = attachment.blocks
    assert isinstance(first, Chart) and isinstance(second, Chart)
    assert first.values == tuple(map(Decimal, (13, 12, 11, 10, 9, 5, 4, 3, 2, 1)))
    assert second.names == ("县民政局",)


def year(*units: UnitFigures, **figures: object) -> AnnualFigures:
    given = {
        "year": 2019,
        "office": "郯城县人民政府办公室",
        "date": date(2020, 1, 8),
        "units": units,
    } | figures
    return AnnualFigures(**given)  # type: ignore[arg-type]


def test_the_year_names_leaders_zero_reports_and_who_is_out() -> None:
    """Annex 1, 四: totals, 先进, 零报送 criticised, 取消年度选优资格."""
    figures = year(
        unit("马头镇", 40, cumulative_marks=Decimal("96.5"), rank=1),
        department("县工信局", 2, cumulative_marks=Decimal("-9.6"), rank=2),
        department("县教体局", cumulative_marks=Decimal("0"), rank=1),
        disqualified=("县工信局",),
        commended_units=("马头镇",),
        commended_persons=(Commended(unit="马头镇", name="彭某"),),
    )
    blocks = annual(figures, WORDING)
    text = "\n".join(map(_text, blocks))
    assert "全年得分居前的单位有：马头镇（96.5分）。" in text
    assert "决定对1个先进单位和1名先进个人予以表彰（名单附后）。" in text
    assert "一是个别单位全年零报送。对全年未报送信息的县教体局予以通报批评。" in text
    assert "取消县工信局年度选优资格" in text
    titles = [block.title for block in blocks if isinstance(block, Attachment)]
    assert titles == [
        "2019年度政务信息工作情况综合表",
        "2019年度政务信息报送和得分情况",
        "2019年度政务信息工作先进单位和先进个人名单",
    ]


def test_without_a_choice_nobody_is_commended() -> None:
    """The office chooses; a ranking alone commends no one."""
    blocks = annual(year(unit("马头镇", 40, cumulative_marks=Decimal(9), rank=1)), WORDING)
    assert "先进个人" not in repr([block for block in blocks if not isinstance(block, Title)])


def test_a_typical_case_is_told_at_once() -> None:
    """Notice 三(五): 材料雷同, 网络抄袭, 敷衍了事, each with its units and its 标注."""
    cases = (
        Case(units=("马头镇", "李庄镇"), label="雷同", topic="春耕备耕", date=date(2019, 4, 8)),
        Case(
            units=("县工信局",),
            label="网络抄袭",
            topic="春耕备耕",
            date=date(2019, 4, 9),
            detail="与网上文章一致",
        ),
    )
    figures = InstantFigures(office="郯城县人民政府办公室", date=date(2019, 4, 10), cases=cases)
    blocks = instant(figures, WORDING)
    text = "\n".join(map(_text, blocks))
    assert "（一）马头镇、李庄镇供稿材料雷同。4月8日" in text
    assert "此类问题标注“雷同”，并扣减相应分值。" in text
    assert "存在网络抄袭，与网上文章一致。" in text
    assert not [block for block in blocks if isinstance(block, AttachmentList | Attachment)]


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("bulletin/annual.j2", "{{ year }}", "{{ yaer }}"),
        ("bulletin/instant.j2", "case.topic", "case.topik"),
        ("gazette/gazette.j2", "item.unit", "item.unti"),
    ],
)
def test_the_doctor_tells_of_it_before_the_month_ends(file: str, before: str, after: str) -> None:
    """`mailbot doctor` words a 通报 of each kind and an issue of 《普刊》."""
    policy = load_policy(Resources(None))
    assert upkeep.templates(policy).problem is None
    text = WORDING.templates[file].replace(before, after, 1)
    wording = replace(WORDING, templates={**WORDING.templates, file: text})
    found = upkeep.templates(replace(policy, wording=wording))
    assert found.problem is not None
    assert found.problem.details["file"] == file


USE = re.compile(r"(?:\{\{|\{%-? (?:set|if|elif|for \w+ in)) ([a-z]\w*)")


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(name for name in WORDING.templates if name.startswith("bulletin/")))
def test_the_check_finds_a_mistake_in_any_passage(file: str) -> None:
    """`mailbot doctor` tells of a mistake before the month's end, whichever line it is on."""
    check(WORDING)
    text = WORDING.templates[file]
    uses = [match.start(1) for match in USE.finditer(text)]
    assert uses
    for place in uses:
        broken = text[:place] + "misspelt_" + text[place:]
        with pytest.raises(ConfigError):
            check(replace(WORDING, templates={**WORDING.templates, file: broken}))


def busy() -> MonthlyFigures:
    """49 units and 500 items, some with very long titles and rare names."""
    names = [f"第{n}镇" if n < 16 else f"县第{n}农业机械发展促进中心" for n in range(49)]
    titles = ("我县建立困难群众救助“一门受理”机制", "喆堃玥翀赟扎实推进春季农业生产", "优化营商环境" * 30)
    items = tuple(item(names[n % 47], f"{titles[n % 3]}之{n}终", n % 28 + 1) for n in range(500))
    return month(
        *(
            unit(name, sum(i.unit == name for i in items), UnitKind.TOWN if n < 16 else UnitKind.DEPARTMENT)
            for n, name in enumerate(names)
        ),
        items=items,
    )


@pytest.mark.slow
def test_a_busy_month_can_be_printed(tmp_path: Path) -> None:
    """Every title is whole on one page, every page of a table has its head, no page is empty."""
    figures = busy()
    properties = Properties(title="通报", author="信息科", created=datetime(2019, 4, 1, tzinfo=SHANGHAI))
    document = to_docx(monthly(figures, WORDING), properties=properties, typography=typography_of(WORDING))
    assert len(document) < 100_000
    pages = check_pdf.pages_of(check_pdf.rendered(document, tmp_path))
    assert [check_pdf.page_number(page) for page in pages] == list(range(1, len(pages) + 1))
    first = next(n for n, page in enumerate(pages) if page.text.startswith("附件2"))
    assert all(page.lines[0].text == "序号信息标题报送日期" for page in pages[first + 1 :])
    columns = [page.column(40, 158) for page in pages[first:]]
    for entry in figures.items:
        assert sum(entry.title in column for column in columns) == 1, entry.title


def rendered(blocks: Sequence[Block], directory: Path) -> tuple[bytes, list[check_pdf.Page]]:
    properties = Properties(title="通报", author="信息科", created=datetime(2019, 4, 1, tzinfo=SHANGHAI))
    document = to_docx(blocks, properties=properties, typography=typography_of(WORDING))
    return document, check_pdf.pages_of(check_pdf.rendered(document, directory))


def test_where_all_sent_the_same_it_is_said_once() -> None:
    """“16个单位均为2条”, no leaders among equals, nobody praised for being like all others, no chart."""
    marks = {"month_marks": Decimal("0.4"), "rank": 1, "minus": Decimal(0)}
    towns = [unit(f"第{n}镇", 2, **marks) for n in range(16)]
    offices = [department(f"县第{n}局", 2, **marks) for n in range(33)]
    figures = month(*towns, *offices)
    assert "16个单位均为2条。" in body(figures) and "33个单位均为2条。" in body(figures)
    assert "居前" not in body(figures) and "表扬" not in body(figures)
    assert [one.title for one in attachments(figures)] == ["2019年3月份政务信息工作情况综合表"]


def test_nobody_is_praised_and_blamed_at_once() -> None:
    """A leader that was late, missed a 约稿 or lost marks is named with its marks, not praised."""
    lost = {"rank": 1, "month_marks": Decimal(9), "minus": Decimal(-1)}
    late = {"rank": 2, "month_marks": Decimal(8), "solicited": Solicited(due=1, late=1)}
    good = {"rank": 3, "month_marks": Decimal(7), "solicited": Solicited(due=1, on_time=1)}
    text = body(month(unit("马头镇", 1, **lost), unit("李庄镇", 1, **late), unit("花园乡", 1, **good)))
    assert "马头镇（9分）、李庄镇（8分）、花园乡（7分）" in text
    assert "其中，花园乡没有扣分和约稿迟报、未报情形，予以表扬。" in text
    assert "全部按时报送的单位有：花园乡。" in text


def test_one_level_that_adopted_is_named_alone() -> None:
    """“采用4条，其中县4条” says the same twice."""
    text = body(month(unit("马头镇", 4, adopted=Adopted(county=4))))
    assert "；县政府办公室采用4条。" in text


@pytest.mark.slow
def test_whatever_a_title_holds_the_document_is_a_good_one(tmp_path: Path) -> None:
    """Controls, U+FFFE, turned text, rare names, 200 characters, markup: whole, within the page, openable."""
    titles = (
        "困难\x00群众\ufffe救助\u202e喆堃玥翀赟\x1b推进",
        "我县扎实推进困难群众救助一门受理协同办理机制建设" * 8,
        "A" * 200,
        "赟" * 30,
        "<b>&amp;“引号”",
    )
    marks = {"month_marks": Decimal("0.4"), "cumulative_marks": Decimal(1), "rank": 1}
    figures = month(
        unit("马头镇", 5, **marks),
        items=tuple(item("马头镇", title, n) for n, title in enumerate(titles, 1)),
        legend=(("☆", "县\x07领导批示"),),
    )
    document, pages = rendered(monthly(figures, WORDING), tmp_path)
    assert check_docx.faults(document) == []
    shown = "".join(page.column(40, 158) for page in pages)
    assert "困难群众救助喆堃玥翀赟推进" in shown
    assert titles[1] in shown and titles[3] in shown and "A" * 200 in shown
    for page in pages:
        if not page.landscape:
            assert all(line.x1 < page.width - check_pdf.RIGHT + 6 for line in page.lines)


@pytest.mark.slow
def test_the_imprint_stands_at_the_foot_of_the_last_page(tmp_path: Path) -> None:
    """7.4: its last rule lies on the lower edge of the 版心, however little text the page has."""
    blocks = (
        Title(lines=("政务信息",)),
        Paragraph(text="正文。"),
        Imprint(printer="郯城县人民政府办公室", date=date(2019, 4, 3), copies="县委办公室，" * 8 + "县政协"),
    )
    document, pages = rendered(blocks, tmp_path)
    assert len(pages) == 1
    lines = pages[0].lines
    assert lines[-1].text.startswith("郯城县人民政府办公室") and lines[-1].text.endswith("2019年4月3日印发")
    bottom = pages[0].height - check_pdf.BOTTOM
    assert bottom - 30 < lines[-1].middle < bottom
    copies = [line for line in lines if "县委办公室" in line.text]
    assert len(copies) > 1 and copies[0].text.startswith("抄送：")
    assert copies[1].x0 > copies[0].x0 + 30
    assert check_docx.faults(document) == []
