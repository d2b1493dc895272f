"""By what leads are sorted and searched, each with an index of the same expression."""

from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Coalesce, Collate, Lower

BY_SCORE = Coalesce("score", Value(-(2**31)))
"""The score as an order that has no blank: who has none comes before the lowest."""

NAME, COMPANY = (Collate(Lower(column), "C") for column in ("name", "company"))
"""In the order of bytes, in which an index knows how a text begins, whatever the locale of the database."""
LAST_WORD = Collate(
    Func(Lower("name"), Value(" "), Value(-1), function="split_part", output_field=models.TextField()), "C"
)
"""Of a name: that by which people are looked for."""
