"""The ponies that live in a brand-new stable, and the rule for when they move in."""

from typing import NamedTuple

from django.db import transaction

from .models import DemoContentState, Item


class DemoPony(NamedTuple):
    """What a pony starts out with."""

    title: str
    notes: str
    status: Item.Status


# In the order in which the list shows them.
FIRST_RUN_PONIES = (
    DemoPony(
        title="Nimbus",
        notes="Takes off before the count of three. Lands politely, mostly on clover.",
        status=Item.Status.ACTIVE,
    ),
    DemoPony(
        title="Marzipan",
        notes="Believes that every closed gate is a riddle with an apple behind it.",
        status=Item.Status.BACKLOG,
    ),
    DemoPony(
        title="Captain Thistle",
        notes="Brushed, braided and very aware of it. Bows to photographers only.",
        status=Item.Status.DONE,
    ),
)


def seed_first_run_ponies() -> bool:
    """Give out the first ponies if this stable never had any; say whether it happened.

    The note is written even when somebody else's ponies are found, so that a stable which is emptied later
    stays empty. Its unique key and the transaction around both steps make a second caller, also one in
    another process, either wait and find the note, or be the one who writes it.
    """
    with transaction.atomic():
        _, first_time = DemoContentState.objects.get_or_create(key=DemoContentState.Key.FIRST_RUN_PONY_SEED)
        if not first_time or Item.objects.exists():
            return False
        # The list shows the newest first, so the last one to move in comes out on top.
        for pony in reversed(FIRST_RUN_PONIES):
            Item.objects.create(**pony._asdict())
        return True
