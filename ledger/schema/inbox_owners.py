"""The tables that the inbox's readers write beside the cases: no part of one, on no topic, and in no rebuild."""

from typing import Final

from ledger.schema.table_owner import FORGOTTEN, TableOwner

BESIDE_THE_CASES: Final = (
    TableOwner(
        table="saved_views",
        holds="what a reader has called a list of tasks; nobody else's, and of no case",
        written_by="inbox",
        module="ledger/store/saved_views.py",
    ),
    TableOwner(
        table="follow_ups",
        holds="a reader's own dates on tasks; nobody else's, and of no case",
        written_by="inbox",
        module="ledger/store/follow_ups.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="seen_tasks",
        holds="how a task stood when a reader looked at it last; nobody else's, and of no case",
        written_by="inbox",
        module="ledger/store/seen_tasks.py",
        others=FORGOTTEN,
    ),
    TableOwner(
        table="stand_ins",
        holds="who stands in for whom at a unit, and until when; of no case",
        written_by="inbox",
        module="ledger/store/stand_ins.py",
    ),
    TableOwner(
        table="colleagues",
        holds="who has logged in for a unit, and can be named as a stand-in",
        written_by="inbox",
        module="ledger/store/stand_ins.py",
    ),
)
