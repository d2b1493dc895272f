"""Many leads that stand where one was brought by the verbs: copies of its rows, written by PostgreSQL itself."""

from typing import Any

from django.db import connection, models

from handoff.models import Handoff, Rejection
from leads.models import Lead, Opportunity, Transition
from sla.models import Alarm, Clock, PendingAlarm

# Table by table; each points only at those before it.
MODELS: tuple[type[models.Model], ...] = (Lead, Transition, Handoff, Rejection, Clock, PendingAlarm, Alarm, Opportunity)
APART = 10**10  # so far apart that the id of a row tells its table


def set_tables_apart() -> None:
    """Let the ids of each table begin at a number of its own. Call it while they are empty."""
    with connection.cursor() as cursor:
        for rank, model in enumerate(MODELS, 1):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table_of(model)}', 'id'), {rank * APART})")


class Mould:
    """The rows of one lead."""

    def __init__(self, lead: Lead) -> None:
        self.keys = {model: keys for model, keys in keys_of(lead.pk).items() if keys}
        self.firsts: dict[type[models.Model], int] = {}

    def cast(self, count: int) -> range:
        """Write so many copies, and return the ids of their leads."""
        with connection.cursor() as cursor:
            for model in self.keys:
                cursor.execute(f"SELECT max(id) + 1 FROM {table_of(model)}")
                self.firsts[model] = cursor.fetchone()[0]
            for model, keys in self.keys.items():
                self._insert(cursor, model, keys, count)
        return range(self.firsts[Lead], self.firsts[Lead] + count)

    def key(self, model: type[models.Model], rank: int, first: object, number: str) -> str:
        """The id, in SQL, of a row of a copy, where `first` is the id of the first row of the first copy."""
        return f"({first} + {number} * {len(self.keys[model])} + {rank})"

    def _insert(self, cursor: Any, model: type[models.Model], keys: list[int], count: int) -> None:
        table, fields = table_of(model), model._meta.concrete_fields
        columns = ", ".join(f'"{field.column}"' for field in fields)
        values = ", ".join(self._value(model, field) for field in fields)
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} "
            f"FROM generate_series(0, %s) AS n, {table} source WHERE source.id = ANY(%s)",
            [count - 1, keys],
        )
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")

    def _value(self, model: type[models.Model], field: Any) -> str:
        """What a column of copy number n holds: a key moved along with the number, or what the original has."""
        target = model if field.primary_key else field.related_model
        if field.name == "email":
            return f"'buyer-' || {self.firsts[Lead]} + n || '@buyer.example'"
        column = f'source."{field.column}"'
        if field.name == "facts" and Opportunity in self.keys:  # they name the deal by its number
            deal = self._moved(Opportunity, f"({column} ->> 'deal')::bigint")
            return f"CASE WHEN {column} ? 'deal' THEN {column} || jsonb_build_object('deal', {deal}) ELSE {column} END"
        return self._moved(target, column) if target in self.keys else column

    def _moved(self, model: type[models.Model], column: str) -> str:
        first, keys = self.firsts[model], enumerate(self.keys[model])
        ranks = " ".join(f"WHEN {key} THEN {self.key(model, rank, first, 'n')}" for rank, key in keys)
        return f"CASE {column} {ranks} END"


def keys_of(lead_id: int) -> dict[type[models.Model], list[int]]:
    """The ids of all rows of a lead."""
    return {model: list(_rows(model, lead_id).order_by("pk").values_list("pk", flat=True)) for model in MODELS}


def _rows(model: type[models.Model], lead_id: int) -> models.QuerySet[Any]:
    path = {Lead: "pk", PendingAlarm: "clock__lead", Alarm: "clock__lead"}.get(model, "lead")
    rows: models.QuerySet[Any] = model.objects.filter(**{path: lead_id})  # type: ignore[attr-defined]
    return rows


def table_of(model: type[models.Model]) -> str:
    return model._meta.db_table
