"""What the finder has to say, as programs read it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from handoff.improving.finder import Finding
from handoff.improving.intervals import difference
from handoff.improving.masks import Effect
from leads.models import Reason


def as_dict(finding: Finding) -> dict[str, Any]:
    pairs = zip(finding.proposals, finding.lost, strict=True)
    codes = dict(Reason.objects.values_list("pk", "code"))
    return {
        "definition": finding.definition and finding.definition.version,
        "decided": finding.decided,
        "rejected": finding.rejected,
        "since": finding.since and finding.since.isoformat(),
        "later_from": finding.split and finding.split.isoformat(),
        "tries": finding.tries,
        "unconfirmed": finding.unconfirmed,
        "is_too_small": finding.is_too_small,
        "let_through": [asdict(each) | {"reasons": _coded(each.reasons, codes)} for each in finding.let_through],
        "unasked": [asdict(each) | {"reasons": _coded(each.reasons, codes)} for each in finding.unasked],
        "unmapped": finding.unmapped,
        "proposals": [
            {
                "conditions": list(proposal.conditions),
                "all": _effect(proposal.whole),
                "later": _effect(proposal.later),
                "lost_amount": {currency: f"{amount:.2f}" for currency, amount in lost.items()},
            }
            for proposal, lost in pairs
        ],
    }


def _coded(reasons: Mapping[int, int], codes: Mapping[int, str]) -> dict[str, int]:
    return {codes[pk]: rejected for pk, rejected in reasons.items()}


def _effect(effect: Effect) -> dict[str, Any]:
    gap = difference(effect.kept, effect.gone)
    return asdict(effect) | {
        "acceptance": effect.acceptance.as_dict(),
        "acceptance_kept": effect.kept.as_dict(),
        "acceptance_withheld": effect.gone.as_dict(),
        "difference": {"low": gap.low, "high": gap.high},
    }
