"""Marks by the notice's annex 1, 三: each scenario told in facts, with the arithmetic by hand beside it."""

from __future__ import annotations

import pytest
from scenes import (
    A,
    B,
    C,
    adopt,
    ask,
    failure,
    fault,
    instruct,
    labels,
    months,
    reply,
    report,
    totals,
    training,
    void,
)

Y = ask("04-01", "04-10")
"""A 约稿 of the province to 县水利局, due on the 10th of April."""


# ---- 三(一)1: 自主报送 -------------------------------------------------------------------------------------


def test_a_report_of_its_own_is_worth_two_tenths() -> None:
    """三(一)1: 每条加记0.2分. 0.2"""
    assert totals(report("03-05")) == {A: "0.2"}
    assert labels(report("03-05")) == {"03": ["报送"]}


def test_tenths_add_up_exactly() -> None:
    """Three reports: 3 x 0.2 = 0.6, not 0.6000000000000001."""
    assert totals(report("03-05", "a"), report("03-06", "b"), report("03-07", "c")) == {A: "0.6"}


def test_a_poor_report_costs_half_a_point_instead() -> None:
    """三(一)1: 扣减0.5分 in the place of +0.2; -0.5, not -0.3."""
    events = report("03-05"), fault("low_quality", "03-08")
    assert totals(*events) == {A: "-0.5"}
    assert labels(*events) == {"03": ["低质量信息"]}


def test_a_poor_report_is_booked_in_the_month_of_the_report() -> None:
    """Reported in March, found poor in May: March -0.5, May nothing."""
    assert months(report("03-05"), fault("low_quality", "05-08")) == {"03": "-0.5"}


@pytest.mark.parametrize("kind", ["与工作无关", "内容空乏", "网络抄袭", "恶意投稿"])
def test_each_kind_of_low_quality_costs_the_same(kind: str) -> None:
    """三(一)1 names four kinds under one tariff and one label. -0.5"""
    events = report("03-05"), fault("low_quality", "03-08") | {"kind": kind}
    assert totals(*events) == {A: "-0.5"}
    assert labels(*events) == {"03": ["低质量信息"]}


# ---- 三(一)2: 约稿 -----------------------------------------------------------------------------------------


def test_a_reply_in_time_is_worth_one() -> None:
    """三(一)2①: +1, and no 0.2 beside it."""
    assert totals(Y, reply("04-09")) == {A: "1"}
    assert labels(Y, reply("04-09")) == {"04": ["约稿"]}


def test_no_reply_costs_two_in_the_month_of_the_deadline() -> None:
    """三(一)2②: -2."""
    events = ask("03-20", "04-10")
    assert months(events) == {"04": "-2"}
    assert labels(events) == {"04": ["约稿未报"]}


@pytest.mark.parametrize("kind,label", [("poor", "低质量信息"), ("plagiarised", "网络抄袭")])
def test_a_faulty_reply_costs_one_instead_of_giving_one(kind: str, label: str) -> None:
    """三(一)2③⑤: -1 in the place of +1; not 0."""
    events = Y, reply("04-09"), fault(kind, "04-20")
    assert totals(*events) == {A: "-1"}
    assert labels(*events) == {"04": [label]}


def test_similar_replies_cost_each_unit_one() -> None:
    """三(一)2④: 涉及的部门、单位各扣减1分. -1 and -1; the third unit keeps its +1."""
    events = (
        ask("04-01", "04-10", A, B, C),
        reply("04-08", "a", A),
        reply("04-09", "b", B),
        reply("04-09", "c", C),
        fault("similar", "04-12", "a", "b"),
    )
    assert totals(*events) == {A: "-1", B: "-1", C: "1"}
    assert labels(*events, unit=B) == {"04": ["雷同"]}


def test_two_faults_of_one_reply_cost_one() -> None:
    """Similar and copied from the net: the largest deduction once, -1, not -2."""
    events = Y, reply("04-09"), fault("similar", "04-11", "i1"), fault("plagiarised", "04-12")
    assert totals(*events) == {A: "-1"}


# ---- 三(二): 采用 ------------------------------------------------------------------------------------------

ADOPTIONS = [
    ("县普刊", "3", "普刊"),
    ("县简讯", "1", "简讯"),
    ("报市办", "3", "报市办"),
    ("市普刊", "4", "市普刊采用"),
    ("市专报", "10", "市专报采用"),
    ("市领导参阅", "10", "市领导参阅"),
    ("市报省办", "4", "市报省办"),
    ("省普刊", "6", "省普刊采用"),
    ("省专报", "15", "省专报采用"),
    ("省要情", "15", "省要情采用"),
    ("省特刊", "15", "省特刊采用"),
    ("省领导参阅", "15", "省领导参阅"),
    ("省报国办", "10", "省报国办"),
    ("国办综合", "20", "国办综合采用"),
    ("国办要情", "20", "国办要情采用"),
    ("国办专报", "20", "国办专报采用"),
    ("国办指标", "20", "国办指标采用"),
    ("国办送阅", "20", "国办送阅采用"),
    ("国办情况交流", "30", "国办情况交流采用"),
    ("国办参考", "30", "国办参考采用"),
]


@pytest.mark.parametrize("publication,points,label", ADOPTIONS)
def test_each_adoption_has_its_points_and_label(publication: str, points: str, label: str) -> None:
    """三(二)1-4, row by row; reported in March, adopted in April."""
    events = report("03-05"), adopt("04-06", publication)
    assert months(*events) == {"03": "0.2", "04": points}
    assert labels(*events) == {"03": ["报送"], "04": [label]}


def test_report_and_adoption_add_up() -> None:
    """0.2 + 3 = 3.2"""
    assert totals(report("03-05"), adopt("03-09", "县普刊")) == {A: "3.2"}


def test_several_publications_count_as_the_highest() -> None:
    """三(二): 按分值最高的刊物记分,不累加. 0.2 + max(1, 3, 3) = 3.2; all labels are listed."""
    events = report("03-05"), adopt("03-06", "县简讯"), adopt("03-09", "县普刊"), adopt("03-12", "报市办")
    assert totals(*events) == {A: "3.2"}
    assert labels(*events) == {"03": ["报市办", "报送", "普刊", "简讯"]}


def test_a_higher_adoption_later_books_the_difference_in_its_month() -> None:
    """March 0.2 + 3, May 10 - 3 = 7; together 10.2."""
    events = report("03-05"), adopt("03-09", "县普刊"), adopt("05-02", "市专报")
    assert months(*events) == {"03": "3.2", "05": "7"}


def test_a_lower_adoption_later_adds_nothing_and_is_listed() -> None:
    """March 0.2 + 10, May nothing."""
    events = report("03-05"), adopt("03-09", "市专报"), adopt("05-02", "县普刊")
    assert months(*events) == {"03": "10.2"}
    assert labels(*events)["05"] == ["普刊"]


# ---- 三(二)5: 批示 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "level,points,label",
    [("国务院", "30", "★★"), ("省政府", "20", "★"), ("市政府", "15", "☆"), ("县政府", "10", "☆")],
)
def test_each_level_of_instructions_has_its_points_and_label(level: str, points: str, label: str) -> None:
    """三(二)5, without any adoption."""
    events = report("03-05"), instruct("04-06", level)
    assert months(*events) == {"03": "0.2", "04": points}
    assert labels(*events)["04"] == [label]


def test_instructions_of_city_and_county_are_two_stars_of_one_shape() -> None:
    """15 + 10 + 0.2 = 25.2, ☆ twice."""
    events = report("03-05"), instruct("03-06", "市政府"), instruct("03-07", "县政府")
    assert totals(*events) == {A: "25.2"}
    assert labels(*events) == {"03": ["☆", "☆", "报送"]}


def test_a_level_counts_once_per_item() -> None:
    """Two leaders of the city: 15 once. 0.2 + 15 = 15.2"""
    assert totals(report("03-05"), instruct("03-06", "市政府"), instruct("04-07", "市政府")) == {A: "15.2"}


# ---- worked totals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "events,total",
    [
        pytest.param([report("03-05")], "0.2", id="self"),
        pytest.param([report("03-05"), adopt("03-06", "县普刊")], "3.2", id="self+journal"),
        pytest.param(
            [report("03-05"), adopt("03-06", "县简讯"), adopt("03-06", "县普刊"), adopt("03-08", "报市办")],
            "3.2",
            id="0.2+max(1,3,3)",
        ),
        pytest.param(
            [
                report("03-05"),
                adopt("03-06", "县普刊"),
                adopt("03-06", "市专报"),
                instruct("03-09", "市政府"),
            ],
            "25.2",
            id="0.2+max(3,10)+15",
        ),
        pytest.param([report("03-05"), instruct("03-09", "县政府")], "10.2", id="0.2+10"),
        pytest.param(
            [
                Y,
                reply("04-05"),
                adopt("04-20", "省专报"),
                adopt("05-03", "省报国办"),
                adopt("06-03", "国办参考"),
                instruct("07-01", "国务院"),
            ],
            "61",
            id="1+max(15,10,30)+30",
        ),
        pytest.param([Y, reply("04-05"), fault("poor", "04-20")], "-1", id="poor reply"),
        pytest.param(
            [Y, ask("04-02", "04-10", source="市")],
            "-2",
            id="province and city asked the same, missed once",
        ),
        pytest.param([Y, failure("04-11")], "-12", id="missed and a major failure: -2-10"),
        pytest.param(
            [training("03", "甲"), training("04", "甲"), training("05", "甲")],
            "30",
            id="3 x 10 person-months",
        ),
    ],
)
def test_worked_totals(events: list[dict[str, object]], total: str) -> None:
    """What the readings give for the usual cases, by hand in the id."""
    assert totals(*events) == {A: total}


def test_a_void_solicitation_counts_nothing() -> None:
    """三(一), last paragraph: neither -2 nor +1."""
    assert totals(Y, void("04-03")) == {}
    assert totals(Y, void("04-03"), reply("04-05")) == {}
