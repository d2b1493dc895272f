"""How many drafts wait for a person's signature: the badge, the home page and the list count the same ones."""

from handoff.agreement import definitions, handoff_rules, scoring, sla_table
from leads.models import User


def number_to_sign(user: User) -> int:
    return sum(len(kind.waiting_for(user)) for kind in (definitions, scoring, handoff_rules, sla_table))
