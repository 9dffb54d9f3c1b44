"""Correspondents of the units, users of the console and their logins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from store_samples import NOW, SENDER, later

from mailbot.errors import NotFound
from mailbot.model import Correspondent
from mailbot.store import Store

TODAY = NOW.date()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


def officer(**others: Any) -> Correspondent:
    plain = {"address": SENDER, "unit": "港上镇", "name": "孙某某", "phone": "13900000001"}
    return Correspondent(**{**plain, **others})


def test_a_correspondent_is_known_by_address(store: Store) -> None:
    """In any case of letters; a stranger is nobody."""
    assert store.save_correspondent(officer())

    assert store.correspondent(SENDER.upper(), TODAY) == officer()
    assert store.correspondent("stranger@tancheng.example", TODAY) is None


def test_a_correspondent_is_saved_once(store: Store) -> None:
    """Address, unit and name make the person."""
    assert store.save_correspondent(officer())
    assert not store.save_correspondent(officer(phone="13900000002"))
    assert store.save_correspondent(officer(name="杨某某"))


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "known"),
    [
        (None, TODAY, True),
        (TODAY, None, True),
        (None, date(2019, 4, 11), False),
        (date(2019, 4, 13), None, False),
    ],
)
def test_a_correspondent_is_known_while_valid(
    store: Store, valid_from: date | None, valid_until: date | None, known: bool
) -> None:
    """First and last day count in."""
    store.save_correspondent(officer(valid_from=valid_from, valid_until=valid_until))

    assert (store.correspondent(SENDER, TODAY) is not None) is known


def test_only_confirmed_correspondents_supply_fields(store: Store) -> None:
    """A proposal counts once a person has confirmed it."""
    store.save_correspondent(officer(confirmed=False))
    assert store.correspondent(SENDER, TODAY) is None
    assert [c.confirmed for c in store.correspondents(confirmed=False)] == [False]

    store.confirm_correspondent(SENDER, "港上镇")

    assert store.correspondent(SENDER, TODAY) == officer()
    assert store.correspondents(confirmed=False) == []
    with pytest.raises(NotFound):
        store.confirm_correspondent(SENDER, "县水利局")


def test_nothing_is_guessed_from_a_shared_address(store: Store) -> None:
    """Shared within a unit: the unit alone; shared by units: nobody."""
    store.save_correspondent(officer())
    store.save_correspondent(officer(name="杨某某"))
    assert store.correspondent(SENDER, TODAY) == Correspondent(address=SENDER, unit="港上镇")

    store.save_correspondent(officer(unit="县水利局"))
    assert store.correspondent(SENDER, TODAY) is None


def test_a_successor_takes_over_on_the_day(store: Store) -> None:
    """One address, two people one after the other: each in his time."""
    store.save_correspondent(officer(valid_until=TODAY))
    store.save_correspondent(officer(name="杨某某", valid_from=later(days=1).date()))

    names = [c.name for day in (TODAY, later(days=1).date()) if (c := store.correspondent(SENDER, day))]
    assert names == ["孙某某", "杨某某"]


def test_correspondents_are_listed_by_unit(store: Store) -> None:
    """As the register shows them."""
    store.save_correspondent(officer())
    store.save_correspondent(officer(address="slj@tancheng.example", unit="县水利局", name="", phone=""))

    assert [c.address for c in store.correspondents(unit="县水利局")] == ["slj@tancheng.example"]
    assert len(store.correspondents()) == 2


def test_a_user_is_known_until_disabled(store: Store) -> None:
    """Disabled ones cannot log in; saved again they can."""
    store.save_user("周某某", "review", "secret-1", NOW)
    assert store.user("周某某") == ("review", "secret-1")
    store.save_user("周某某", "admin", "secret-2", NOW)
    assert store.user("周某某") == ("admin", "secret-2")
    assert store.users() == [("周某某", "admin")]

    store.disable_user("周某某")

    assert store.user("周某某") is None
    assert store.users() == []
    store.save_user("周某某", "view", "secret-3", NOW)
    assert store.user("周某某") == ("view", "secret-3")
    with pytest.raises(NotFound):
        store.disable_user("吴某某")


def test_failed_logins_are_counted_since_the_last_success(store: Store) -> None:
    """Five failures lock for fifteen minutes; a success wipes them out, others' failures do not count."""
    store.note_login("周某某", False, later(minutes=-20))
    store.note_login("周某某", False, later(minutes=-2))
    store.note_login("吴某某", False, NOW)
    assert store.failed_logins("周某某", later(minutes=-15)) == 1
    assert store.failed_logins("周某某", later(minutes=-30)) == 2

    store.note_login("周某某", True, NOW)
    assert store.failed_logins("周某某", later(minutes=-30)) == 0
    store.note_login("周某某", False, NOW)
    assert store.failed_logins("周某某", later(minutes=-30)) == 1
