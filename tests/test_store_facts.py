"""Facts in the store: dated, append-only, withdrawn with a reason; what they make of an item."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from store_samples import NOW, item, later

from mailbot.errors import NotFound, StateError
from mailbot.facts import (
    Adoption,
    Demerit,
    Fact,
    Failure,
    Instruction,
    ManualAdjustment,
    Moment,
    Secondment,
)
from mailbot.model import Month
from mailbot.store import Store

ITEM, OTHER = "20190412-AAAAAA", "20190412-BBBBBB"
DAY = Moment(date(2019, 4, 15))
BY = "周某某"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    item(opened, ITEM, uid=1)
    item(opened, OTHER, uid=2)
    yield opened
    opened.close()


def adoption(number: str = ITEM) -> Adoption:
    return Adoption(id="", at=DAY, by=BY, item=number, publication="county_journal", issue="第7期")


FACTS: tuple[Fact, ...] = (
    adoption(),
    Instruction(
        id="", at=Moment(date(2019, 4, 16), 600), by=BY, item=ITEM, level="county", leader="县长", rank="正职"
    ),
    Demerit(id="", at=DAY, by=BY, code="similar", items=(ITEM, OTHER), exempt=(ITEM,)),
    Failure(id="", at=DAY, by=BY, unit="县教体局", kind="迟报", solicitation="2019-003"),
    Secondment(id="", at=DAY, by=BY, month=Month(2019, 4), unit="县教体局", persons=("孙某某", "李某")),
    ManualAdjustment(id="", at=DAY, by=BY, unit="县教体局", points=Decimal("-0.5"), reason="更正"),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_each_kind_of_fact_comes_back_as_it_was_entered(store: Store, fact: Fact) -> None:
    """Fields, day and person are the same; the fact has an id to be named by."""
    entry = store.add_fact(fact, note="备注", now=NOW)

    assert entry.fact.id == "F1"
    assert store.fact("F1") == store.fact("1") == store.fact(" f1 ") == entry
    assert store.facts() == [entry]
    assert type(entry.fact)(**{**_fields(entry.fact), "id": ""}) == fact


def _fields(fact: Fact) -> dict[str, object]:
    return {
        name: getattr(fact, name) for kind in type(fact).__mro__ for name in getattr(kind, "__slots__", ())
    }


def test_facts_are_listed_by_day_and_chosen_by_kind_and_item(store: Store) -> None:
    """Oldest day first, whatever the order of entry; a fault of two items is one of either."""
    for fact in reversed(FACTS):
        store.add_fact(fact, now=NOW)

    assert [entry.kind for entry in store.facts()][-1] == "instruction"
    assert [entry.kind for entry in store.facts(item=OTHER)] == ["demerit"]
    assert {entry.kind for entry in store.facts(kinds=("adoption", "failure"))} == {"adoption", "failure"}


def test_a_fact_is_never_changed_or_deleted(store: Store) -> None:
    """No statement can: neither the fact nor its items, withdrawal and answers."""
    mail = item(store, "20190412-CCCCCC", uid=3)
    store.add_fact(adoption(), now=NOW)
    store.answer_fact("F1", mail, by=BY, now=NOW)
    store.withdraw_fact("F1", reason="登记错了", by=BY, now=NOW)

    for table in ("fact", "fact_item", "fact_withdrawal", "fact_answer"):
        column = "kind" if table == "fact" else "fact_id"
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                store._db.run(statement)


def test_a_withdrawn_fact_stays_on_record_with_its_reason(store: Store) -> None:
    """Who, when and why; it counts no more, and is withdrawn once."""
    store.add_fact(adoption(), now=NOW)
    store.withdraw_fact("F1", reason="刊物登记错了", by="吴某某", now=later(days=1))

    (entry,) = store.facts()
    assert entry.withdrawn is not None
    assert (entry.withdrawn.at, entry.withdrawn.by, entry.withdrawn.reason) == (
        later(days=1),
        "吴某某",
        "刊物登记错了",
    )
    assert store.facts(withdrawn=False) == []
    with pytest.raises(StateError) as caught:
        store.withdraw_fact("F1", reason="再来一次", by=BY, now=NOW)
    assert (caught.value.code, caught.value.details["by"]) == ("fact_withdrawn", "吴某某")


def test_an_item_is_adopted_as_long_as_an_adoption_stands(store: Store) -> None:
    """An instruction is none; withdrawing the last adoption takes the word back."""
    store.add_fact(FACTS[1], now=NOW)
    assert not store.submission(ITEM).adopted

    store.add_fact(adoption(), now=NOW)
    store.add_fact(adoption(), now=NOW)
    assert store.submission(ITEM).adopted
    assert not store.submission(OTHER).adopted

    store.withdraw_fact("F2", reason="重复", by=BY, now=NOW)
    assert store.submission(ITEM).adopted
    store.withdraw_fact("F3", reason="重复", by=BY, now=NOW)
    assert not store.submission(ITEM).adopted


def test_facts_name_items_that_exist_and_persons(store: Store) -> None:
    """The database itself holds them to it, and nothing is left behind of what it refused."""
    for fact in (adoption("20190412-ZZZZZZ"), Adoption(id="", at=DAY, by=" ", item=ITEM, publication="x")):
        with pytest.raises(sqlite3.IntegrityError):
            store.add_fact(fact, now=NOW)
    assert store.facts() == []


def test_the_mail_that_answers_an_instruction_is_noted_once(store: Store) -> None:
    """批示反馈: asked for by a day, answered by a mail."""
    mail = item(store, "20190412-CCCCCC", uid=3)
    store.add_fact(FACTS[1], answer_by=date(2019, 4, 30), now=NOW)

    assert store.fact("F1").answers == ()
    assert store.answer_fact("F1", mail, by=BY, now=NOW)
    assert not store.answer_fact("F1", mail, by=BY, now=NOW)
    entry = store.fact("F1")
    assert (entry.answer_by, entry.answers) == (date(2019, 4, 30), (mail,))


@pytest.mark.parametrize("written", ["F7", "x", "", "F", "-1", "9" * 30])
def test_a_fact_that_is_not_there_is_named(store: Store, written: str) -> None:
    """Whatever was typed is told back."""
    with pytest.raises(NotFound) as caught:
        store.fact(written)
    assert (caught.value.code, caught.value.details["fact"]) == ("no_fact", written)
