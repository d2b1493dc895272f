"""Who a lead is: found again by email or external id and brought up to date, or made. The one rule for every door."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected, UniqueViolation

from leads.batch import Batch, Refusal, Upsert
from leads.incoming import ExternalKey, Incoming, Person, clean
from leads.models import ConsentStatement, Lead
from leads.normalise import normalise_country, normalise_email, normalise_source, normalise_system, normalise_text
from leads.repeats import Repeats
from leads.stored import IdentityConflict, Stored

ATTEMPTS = 5
NAMING = ("id", "email", "name", "company", "state", "merged_into_id")
"""The columns by which a lead is found and called; of its state no lead can be without."""

Then = Callable[[Sequence[Upsert]], None]


def upsert(
    fields: Mapping[str, Any],
    *,
    external_ids: Sequence[ExternalKey] = (),
    at: datetime | None = None,
    system: str = "",
    consents: Sequence[ConsentStatement] = (),
    then: Then | None = None,
    **more: Any,
) -> Upsert:
    """Find the lead by its external ids (system, value) and its email, and bring it up to date; or make it.

    One that has neither is known by its phone.

    Fields: the facts by name, of an attribute like `attributes.budget` (campaign is a Campaign, its id in `system`, or
    its name), created_at, updated_at, message. A blank one never erases; of two moments of capture the earlier one
    stays, and the first source and campaign keep the attribution. Of two values the later one stays, or that of the
    stronger source: see `precedence`. State and owner are the verbs' affair. A lead that was merged away is the one
    that it was merged into. What a known buyer asks for again is kept as a touchpoint: see `intent`. `more` is what
    else an Incoming has.

    Raises ValidationError (field -> messages) for what does not fit, IdentityConflict for what points at two leads.
    """
    [done] = upsert_many([Incoming(fields, external_ids, at, system, consents=tuple(consents), **more)], then=then)
    if isinstance(done, Exception):
        raise done
    return done


def upsert_many(
    rows: Iterable[Incoming], *, then: Then | None = None, repeats: Repeats | None = None
) -> list[Upsert | Refusal]:
    """Do the same for many in a few queries, as if one after the other; a row that is refused spoils no other.

    `then` is called with what was done, in the transaction that wrote it: both stay, or neither. It may be called
    again, after what it did was taken back. `repeats` is what earlier rows of the same file stated.
    """
    people = [_cleaned(row) for row in rows]
    present = [person for person in people if isinstance(person, Person)]
    done = iter(_write(present, then, Repeats() if repeats is None else repeats))
    return [next(done) if isinstance(person, Person) else person for person in people]


def find_many(rows: Iterable[Incoming], *, columns: Sequence[str] = ()) -> list[Lead | Refusal | None]:
    """The leads that rows mean, in a few queries and without a lock; None for a lead that is not known.

    With `columns`, of which `NAMING` are the fewest, nothing else is read of them: it takes half as long.
    """
    people = [_cleaned(row) for row in rows]
    stored = Stored(columns=columns)
    stored.load([person for person in people if isinstance(person, Person)])
    return [stored.meant(person) if isinstance(person, Person) else person for person in people]


def _cleaned(row: Incoming) -> Person | ValidationError:
    try:
        return clean(row)
    except ValidationError as error:
        return error


def _write(people: Sequence[Person], then: Then | None, repeats: Repeats) -> list[Upsert | Refusal]:
    """Write them all; again if somebody else was faster, and one by one if that keeps happening."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            batch = Batch(repeats=repeats)
            with transaction.atomic():
                done = batch.write(people)
                if then:
                    then([each for each in done if isinstance(each, Upsert)])
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, UniqueViolation | DeadlockDetected) or attempt == ATTEMPTS:
                raise
            if attempt > 1 and len(people) > 1:
                break
        else:
            batch.remember()
            return done
    return [done for person in people for done in _write([person], then, repeats)]


__all__ = [
    "IdentityConflict",
    "Incoming",
    "Refusal",
    "Upsert",
    "find_many",
    "normalise_country",
    "normalise_email",
    "normalise_source",
    "normalise_system",
    "normalise_text",
    "upsert",
    "upsert_many",
]
