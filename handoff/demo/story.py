"""The story as a plan: the same seed gives the same lives, whenever it is played."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random

from handoff.demo.agreement import HOT, MINUTE
from handoff.demo.buyers import Invention, invent_buyers
from handoff.demo.campaigns import EFFORTS
from handoff.demo.fates import FATES, Fate
from handoff.demo.life import Crew, Life
from handoff.demo.live import MINUTES_AGO
from handoff.demo.people import BERLIN, MARKETERS, Cast
from leads.models import User
from sla.business_time import BusinessHours

SEED = 7
HOT_SHARE = 0.12


@dataclass(frozen=True)
class Story:
    """Lives that have happened, and some that happen as one watches."""

    past: list[Life]
    live: list[Life]

    @property
    def lives(self) -> list[Life]:
        return [*self.past, *self.live]


def make_crews(cast: Cast, office: Mapping[str, BusinessHours]) -> list[Crew]:
    return [_crew_of(rep, cast, office) for rep in cast.reps]


def plan(crews: list[Crew], seed: int = SEED) -> Story:
    """Invent everybody and what becomes of them. Nothing here may depend on the present moment."""
    rng = Random(seed)  # noqa: S311 a story is not a secret
    names = invent_buyers(rng)
    past: list[Life] = []
    for fate in FATES:
        for _ in range(fate.count):
            past.append(_live_through(fate, rng, names, crews, past))
    turns = cycle(crews)
    live = [_begin(rng, names, next(turns), score=rng.randrange(HOT, 99)) for _ in MINUTES_AGO]
    return Story(past, live)


def _live_through(
    fate: Fate, rng: Random, names: Iterator[Invention], crews: list[Crew], others: Sequence[Life]
) -> Life:
    is_hot = fate.may_be_hot and rng.random() < HOT_SHARE
    score = rng.randrange(HOT, 99) if is_hot else rng.randrange(40, HOT)
    life = _begin(rng, names, rng.choice(crews), score, ago=rng.uniform(*fate.ago))
    if fate.is_twin:
        life.original = _original_for(life, others)
        life.buyer = life.original.buyer.twin()
    fate.write(life)
    return life


def _original_for(twin: Life, others: Sequence[Life]) -> Life:
    """A lead that the twin's rep could see when rejecting it: the oldest of their team that has no twin yet."""
    taken = {id(life.original) for life in others}
    of_team = [life for life in others if life.crew.team == twin.crew.team and id(life) not in taken]
    return max(of_team, key=lambda life: life.ago)


def _begin(rng: Random, names: Iterator[Invention], crew: Crew, score: int, ago: float = 0) -> Life:
    return Life(
        rng=rng,
        crew=crew,
        effort=rng.choices(EFFORTS, [effort.weight for effort in EFFORTS])[0],
        buyer=next(names).of(crew.team.name),
        score=score,
        ago=ago,
        captured_before=rng.choice((5, 20, 60, 300, 900)) * MINUTE * rng.uniform(0.5, 1.5),
    )


def _crew_of(rep: User, cast: Cast, office: Mapping[str, BusinessHours]) -> Crew:
    team = next(team for team in cast.teams.values() if team.pk == rep.team_id)
    manager = next(user for user in cast.users.values() if user.pk == team.manager_id)
    return Crew(
        rep=rep,
        mates=cast.mates_of(rep),
        manager=manager,
        marketer=cast[MARKETERS[team.name]],
        arbiter=cast["olga"],
        team=team,
        office=office[team.name],
        currency="EUR" if team.name == BERLIN else "USD",
    )
