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


# ---- 约稿: deadlines, asking again, late ------------------------------------------------------------------


@pytest.mark.parametrize(
    "deadline,came,points",
    [
        ("04-10", "04-10", "1"),
        ("04-10", "04-10T23:59", "1"),
        ("04-10", "04-11T00:00", ""),
        ("04-10", "04-11", ""),
        ("04-10T17:00", "04-10T17:00", "1"),
        ("04-10 17:00", "04-10 17:01", ""),
        ("04-10T17:00", "04-10", "1"),  # no time stated: taken as of the day's beginning
        ("04-10T24:00", "04-10T23:59", "1"),
        ("04-10T24:00", "04-11", ""),
        ("04-10T24:00", "04-11T00:00", ""),
    ],
)
def test_a_deadline_is_kept_to_the_minute(deadline: str, came: str, points: str) -> None:
    """A deadline given as a day ends that day; a reply at the deadline is in time; a late one is worth 0."""
    expected = {A: points} if points else {}
    assert totals(ask("04-01", deadline), reply(came)) == expected


def test_asked_twice_and_missed_costs_two_once() -> None:
    """三(二): 同一约稿未上报,按分值最高扣减,不累减. -2, in the month of the later deadline."""
    events = ask("03-20", "03-28", source="市"), ask("04-02", "04-10", source="省")
    assert months(*events) == {"04": "-2"}
    assert labels(*events) == {"04": ["约稿未报"]}


def test_the_later_deadline_of_a_solicitation_asked_again_holds() -> None:
    """Due on March 28, asked again until April 10, delivered on April 8: in time, +1."""
    assert totals(ask("03-20", "03-28"), ask("04-02", "04-10"), reply("04-08")) == {A: "1"}


def test_asked_again_of_other_units_each_has_its_own_deadline() -> None:
    """A asked until April 10, B until April 20: on the 15th both deliver; A is late (0), B in time (+1)."""
    events = (
        ask("04-01", "04-10", A),
        ask("04-05", "04-20", B),
        reply("04-15", "a", A),
        reply("04-15", "b", B),
    )
    assert totals(*events) == {B: "1"}


def test_every_unit_that_missed_pays() -> None:
    """Three asked, one delivers: +1, -2, -2."""
    assert totals(ask("04-01", "04-10", A, B, C), reply("04-09")) == {A: "1", B: "-2", C: "-2"}


def test_two_solicitations_missed_are_two() -> None:
    """-2 and -2."""
    assert totals(Y, ask("04-01", "04-12", code="Y2")) == {A: "-4"}


def test_a_late_reply_is_worth_nothing_and_has_no_label() -> None:
    """Neither 及时上报 nor 未上报: 0."""
    assert totals(Y, reply("04-11")) == {}
    assert labels(Y, reply("04-11")) == {}


def test_a_late_reply_at_fault_costs_one() -> None:
    """The fault's tariff stands by itself: being late must not spare it. -1"""
    events = Y, reply("04-11"), fault("plagiarised", "04-15")
    assert totals(*events) == {A: "-1"}
    assert labels(*events) == {"04": ["网络抄袭"]}


def test_until_a_late_reply_comes_the_solicitation_is_missed() -> None:
    """Counted on April 10 at noon: not due yet. On the 10th: -2. On the 12th, with the late reply: 0."""
    events = Y, reply("04-12")
    assert totals(*events, as_of="2019-04-10T12:00") == {}
    assert totals(*events, as_of="2019-04-10") == {A: "-2"}
    assert totals(*events, as_of="2019-04-12") == {}


def test_a_reply_beside_a_late_one_is_in_time() -> None:
    """The first draft came in time, a better one late, under one name: +1 once."""
    assert totals(Y, reply("04-09"), reply("04-12")) == {A: "1"}


def test_each_piece_delivered_in_time_counts() -> None:
    """三(一)2①: 每条加记1分. Two pieces for one 约稿: 1 + 1 = 2."""
    assert totals(Y, reply("04-08", "a"), reply("04-09", "b")) == {A: "2"}


def test_one_piece_for_two_solicitations_has_one_report_mark() -> None:
    """Both are answered, the piece counts once: +1, and no -2."""
    events = Y, ask("04-01", "04-12", code="Y2"), reply("04-08"), reply("04-08", code="Y2")
    assert totals(*events) == {A: "1"}


def test_a_unit_that_was_not_asked_may_deliver() -> None:
    """B was not asked and delivers in time: +1 like anybody; A pays its -2."""
    assert totals(Y, reply("04-09", unit=B)) == {A: "-2", B: "1"}


def test_a_reply_to_nothing_on_record_counts_nothing() -> None:
    """No deadline to hold it to."""
    assert totals(reply("04-09", code="Y7")) == {}


def test_a_piece_is_either_reported_or_delivered() -> None:
    """Reported by itself, then delivered for a 约稿: 1, not 1.2."""
    assert totals(report("04-02"), Y, reply("04-09")) == {A: "1"}


def test_the_same_item_entered_twice_counts_once() -> None:
    """One report mark per item: 0.2, in the month of the first entry."""
    assert months(report("03-05"), report("04-05")) == {"03": "0.2"}


def test_an_item_belongs_to_the_unit_that_reported_it_first() -> None:
    """A on the 5th, B on the 7th under the same item: A 0.2 + 3; B nothing."""
    assert totals(report("03-05"), report("03-07", unit=B), adopt("03-09", "县普刊")) == {A: "3.2"}


# ---- 无效约稿 ----------------------------------------------------------------------------------------------


def test_a_void_solicitation_counts_nothing() -> None:
    """三(一), last paragraph: neither -2 nor +1 nor a fault."""
    assert totals(Y, void("04-03")) == {}
    events = Y, void("04-03"), reply("04-05"), fault("poor", "04-09")
    assert totals(*events) == {}
    assert labels(*events) == {}


@pytest.mark.parametrize("phoned,paper", [(True, False), (False, True), (False, False)])
def test_without_telephone_or_paper_the_normal_rules_hold(phoned: bool, paper: bool) -> None:
    """否则,按正常约稿加减分: -2 without a reply, +1 with one."""
    request = void("04-03", phoned=phoned, paper=paper)
    assert totals(Y, request) == {A: "-2"}
    assert totals(Y, request, reply("04-09")) == {A: "1"}


def test_a_solicitation_is_void_for_the_unit_that_asked_for_it_alone() -> None:
    """A is free of it, B pays: -2."""
    assert totals(ask("04-01", "04-10", A, B), void("04-03")) == {B: "-2"}


def test_a_complete_request_after_an_incomplete_one_counts() -> None:
    """The paper came later: void."""
    assert totals(Y, void("04-03", paper=False), void("04-08")) == {}


def test_what_was_delivered_for_a_void_solicitation_may_be_adopted() -> None:
    """No +1, and 3 for the adoption."""
    assert totals(Y, void("04-03"), reply("04-05"), adopt("04-20", "县普刊")) == {A: "3"}


# ---- faults of the wrong kind ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["poor", "plagiarised"])
def test_a_fault_of_a_report_costs_what_the_report_s_tariff_says(kind: str) -> None:
    """三(一)1 calls plagiarism of a report 低质量信息: -0.5, whatever it was entered as."""
    events = report("03-05"), fault(kind, "03-08")
    assert totals(*events) == {A: "-0.5"}
    assert labels(*events) == {"03": ["低质量信息"]}


def test_similarity_is_no_fault_of_a_report() -> None:
    """三(一)2④ speaks of 约稿: B's piece pays 1, A's report keeps its 0.2."""
    events = (
        report("03-05", "a"),
        ask("04-01", "04-10", B),
        reply("04-09", "b", B),
        fault("similar", "04-12", "a", "b"),
    )
    assert totals(*events) == {A: "0.2", B: "-1"}


def test_low_quality_of_a_delivered_piece_costs_what_the_solicitation_s_tariff_says() -> None:
    """-1, as 网络抄袭 or 低质量信息 by its kind."""
    copied = fault("low_quality", "04-12") | {"kind": "网络抄袭"}
    empty = fault("low_quality", "04-12") | {"kind": "内容空乏"}
    assert labels(Y, reply("04-09"), copied) == {"04": ["网络抄袭"]}
    assert labels(Y, reply("04-09"), empty) == {"04": ["低质量信息"]}
    assert totals(Y, reply("04-09"), empty) == {A: "-1"}


def test_a_faulty_report_may_still_be_adopted() -> None:
    """-0.5 + 3 = 2.5"""
    assert totals(report("03-05"), fault("low_quality", "03-08"), adopt("04-01", "县普刊")) == {A: "2.5"}


# ---- the ladder --------------------------------------------------------------------------------------------


def test_three_steps_up_book_three_differences() -> None:
    """March 0.2 + 1, April 4 - 1 = 3, June 30 - 4 = 26; together 30.2."""
    events = report("03-05"), adopt("03-09", "县简讯"), adopt("04-09", "市普刊"), adopt("06-09", "国办参考")
    assert months(*events) == {"03": "1.2", "04": "3", "06": "26"}
    assert totals(*events) == {A: "30.2"}


def test_forwarding_is_a_step_of_the_ladder() -> None:
    """报市办 3, 市报省办 4, 省报国办 10: 3, then 1, then 6; together 10."""
    events = report("03-05"), adopt("03-09", "报市办"), adopt("04-09", "市报省办"), adopt("05-09", "省报国办")
    assert months(*events) == {"03": "3.2", "04": "1", "05": "6"}


def test_an_equal_adoption_adds_nothing() -> None:
    """省专报 15, then 省要情 15: 15 once, both labels."""
    events = report("03-05"), adopt("03-09", "省专报"), adopt("04-09", "省要情")
    assert months(*events) == {"03": "15.2"}
    assert labels(*events)["04"] == ["省要情采用"]


def test_adoptions_of_one_day_count_as_the_highest_in_any_order() -> None:
    """10 either way."""
    one, other = adopt("03-09", "县普刊"), adopt("03-09", "市专报")
    assert totals(report("03-05"), one, other) == totals(report("03-05"), other, one) == {A: "10.2"}


def test_each_item_has_its_own_ladder() -> None:
    """2 x (0.2 + 3) = 6.4"""
    events = (
        report("03-05", "a"),
        report("03-05", "b"),
        adopt("03-09", "县普刊", "a"),
        adopt("03-09", "县普刊", "b"),
    )
    assert totals(*events) == {A: "6.4"}


def test_instructions_of_all_levels_add_up_over_the_highest_adoption() -> None:
    """0.2 + max(3, 15) + 30 + 20 + 15 + 10 = 90.2"""
    events = (
        report("03-05"),
        adopt("03-06", "县普刊"),
        adopt("03-07", "省特刊"),
        *(instruct("03-08", level) for level in ("国务院", "省政府", "市政府", "县政府")),
    )
    assert totals(*events) == {A: "90.2"}


def test_an_adoption_of_what_nobody_reported_credits_nobody() -> None:
    """There is no unit to give it to."""
    assert totals(adopt("03-09", "县普刊", "x"), instruct("03-09", "县政府", "x")) == {}


# ---- 重大信息, 以干代训 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["迟报", "漏报", "失实", "瞒报", "误报"])
def test_each_failure_with_major_news_costs_ten(kind: str) -> None:
    """三(一)3: 每条扣减10分, label 重大信息未报. Two of them: -20."""
    assert totals(failure("04-11", kind)) == {A: "-10"}
    assert totals(failure("04-11", kind), failure("04-11", kind)) == {A: "-20"}
    assert labels(failure("04-11", kind)) == {"04": ["重大信息未报"]}


def test_a_person_counts_once_a_month() -> None:
    """三(三): 每人每月加记10分. Two persons in March, entered twice and once with a blank: 20."""
    events = training("03", "张三", "李四"), training("03", "张 三"), training("03", "李四", "李四")
    assert months(*events) == {"03": "20"}


def test_persons_of_one_name_in_two_units_are_two() -> None:
    """10 each."""
    assert totals(training("03", "张三"), training("03", "张三", unit=B)) == {A: "10", B: "10"}


def test_secondment_without_persons_is_worth_nothing() -> None:
    """0 x 10 = 0"""
    assert totals(training("03")) == {}
