"""Which copies are kept, when the next is due: decided by numbers and dates, whatever a clock says."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from desktop_runtime import copies
from desktop_runtime.copies import ASKED, BEFORE_RESTORE, SCHEDULED, Copy

DAY = 24 * 60 * 60
NOW = 1_795_000_000.0


def at(number: int, moment: float, why: str = SCHEDULED) -> Copy:
    """A copy that was made at a moment."""
    made = time.strftime(copies.MOMENT, time.gmtime(moment))
    return Copy(Path(f"backup-{number:06}"), number, made, "", why)


def daily(count: int) -> list[Copy]:
    """One a day, newest first, the last of them now."""
    return [at(count - back, NOW - back * DAY) for back in range(count)]


def test_of_a_year_a_week_of_days_some_weeks_and_some_months_stay() -> None:
    made = daily(365)
    kept = [one for one in made if one not in copies.to_drop(made)]
    assert kept[:7] == made[:7]
    assert 7 < len(kept) <= 7 + 4 + 3
    assert (NOW - time.mktime(time.strptime(kept[-1].made, copies.MOMENT))) / DAY > 40


def test_what_somebody_asked_for_stays() -> None:
    made = [at(number, NOW - number * 100 * DAY, ASKED) for number in range(50)]
    assert copies.to_drop(made) == []


def test_some_states_from_before_a_restore_stay() -> None:
    made = [at(number, NOW, BEFORE_RESTORE) for number in range(9, 0, -1)]
    assert [one.number for one in copies.to_drop(made)] == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("days_off", [-400, 400])
def test_a_clock_that_is_wrong_for_a_while_loses_nothing(days_off: int) -> None:
    """Copy for copy, with a drop after each: the newest always stays, and so does what was made before."""
    made: list[Copy] = []
    for number in range(1, 40):
        off = days_off if 15 <= number < 18 else 0
        made.insert(0, at(number, NOW + (number + off) * DAY))
        dropped = copies.to_drop(made)
        assert made[0] not in dropped
        made = [one for one in made if one not in dropped]
    numbers = [one.number for one in made]
    assert numbers[:7] == [39, 38, 37, 36, 35, 34, 33]
    assert len(numbers) <= 14


def test_any_clock_at_all_keeps_the_newest() -> None:
    numbers = random.Random(20261126)
    for _ in range(200):
        made = [at(n, NOW + numbers.uniform(-400, 400) * DAY) for n in range(numbers.randrange(1, 30), 0, -1)]
        dropped = copies.to_drop(made)
        assert made[0] not in dropped
        assert len(made) - len(dropped) >= min(len(made), 1)


def test_when_the_next_copy_is_due() -> None:
    last = at(1, NOW)
    assert copies.is_due([], DAY, NOW)
    assert copies.is_due([at(2, NOW, ASKED)], DAY, NOW)
    assert not copies.is_due([last], DAY, NOW + DAY - 1)
    assert copies.is_due([last], DAY, NOW + DAY)
    # A copy from the future was made by a wrong clock; it must not keep copies from being made for a year.
    assert copies.is_due([last], DAY, NOW - 400 * DAY)
    assert copies.is_due([last], DAY, NOW + 400 * DAY)
    assert not copies.is_due([at(2, NOW), at(1, NOW + 400 * DAY)], DAY, NOW + 1)


@pytest.mark.parametrize(
    ("name", "version", "why"),
    [
        ("backup-000001-20261126T131502Z-asked.zip", "", "asked"),
        ("backup-000012-20261126T131502Z-1.2.0-before-restore.zip", "1.2.0", "before-restore"),
        ("backup-1000012-20261126T131502Z-2-beta-scheduled.zip", "2-beta", "scheduled"),
    ],
)
def test_names_say_what_there_is(name: str, version: str, why: str) -> None:
    match = copies.NAME.fullmatch(name)
    assert match is not None
    assert (match["version"] or "", match["why"]) == (version, why)
