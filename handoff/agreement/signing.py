"""Signing for both sides: what they agree on comes into force by this one rule."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.contrib.admin.models import DELETION, LogEntry
from django.core.exceptions import ValidationError
from django.db.models import Max, QuerySet
from django.utils import timezone

from handoff.alerts import announce_signature
from handoff.refusals import FactsRefused, NotAllowed, WrongState
from leads.models import Role, User
from leads.models.signed import Signed

Version = TypeVar("Version", bound=Signed)

SIGNATORIES = {Role.MARKETING_LEAD: "marketing_signatory", Role.SALES_MANAGER: "sales_signatory"}
"""Whose signature stands for which side."""


def side_to_sign(user: User, version: Signed) -> str:
    """The signature that this person may still give; empty when there is none. Nobody signs for both sides."""
    if version.active_from or user.pk in (version.marketing_signatory_id, version.sales_signatory_id):
        return ""
    sides = (field for role, field in SIGNATORIES.items() if user.has_role(role))
    return next((field for field in sides if getattr(version, field) is None), "")


def roles_to_sign(version: Signed) -> list[str]:
    """The roles of which a signature is missing; none once it is in force."""
    if version.active_from:
        return []
    return [role for role, field in SIGNATORIES.items() if getattr(version, f"{field}_id") is None]


def lock(versions: QuerySet[Version], pk: int) -> Version:
    """Lock a version: of two who sign at once the second must find the first signature, and an edit neither."""
    return versions.select_for_update(no_key=True).get(pk=pk)


def next_number(versions: QuerySet[Version]) -> int:
    """The number of the next version. They are locked, so that two drafts at once do not take the same one."""
    list(versions.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return int(versions.aggregate(latest=Max("version"))["latest"] or 0) + 1


def edit_draft(
    version: Version, change: Callable[[Version], None], columns: Iterable[str], *, seen: str, announced: bool = True
) -> bool:
    """Change a locked draft, and say whether that voided signatures. `columns` are those that the change may write.
    Where several changes make one wording, `announced` is left to the last.

    `seen` is the digest of what the editor opened; empty when that is not known. Raise WrongState when the draft has
    come into force since, and FactsRefused when it was changed since.
    """
    refuse_in_force(version)
    before = version.digest
    if seen:
        refuse_unseen(version, seen)
    change(version)
    if version.digest == before:
        return False
    voided = void_signatures(version)
    version.save(update_fields=[*columns, *SIGNATORIES.values()])
    if announced:
        announce_signature(version, roles_to_sign(version))
    return voided


def refuse_invalid(version: Signed) -> None:
    """Raise FactsRefused for terms that make no sense."""
    try:
        version.full_clean(exclude=["version", *SIGNATORIES.values()], validate_unique=False)
    except ValidationError as error:
        raise FactsRefused(" ".join(error.messages), error.message_dict) from error


def give_signature(version: Signed, *, by: User, seen: str) -> None:
    """Sign a locked draft for one side, of which `seen` is the digest of what the signer read.

    The second signature puts it in force.
    """
    if not by.has_role(*SIGNATORIES):
        raise NotAllowed("Only a marketing lead or a sales manager can sign this.")
    side = side_to_sign(by, version)
    if by.pk in (version.marketing_signatory_id, version.sales_signatory_id) and not version.active_from:
        raise FactsRefused("You have signed for the other side: a second person must sign for this one.")
    if not side:
        raise FactsRefused(f"The {version} does not need your signature.")
    refuse_unseen(version, seen)
    setattr(version, side, by)
    is_signed = version.marketing_signatory_id and version.sales_signatory_id
    version.save(update_fields=[side, *(version.come_into_force(timezone.now()) if is_signed else [])])


def void_signatures(version: Signed) -> bool:
    """Take the signatures off a draft whose words have changed, unsaved; say whether there were any."""
    voided = bool(version.marketing_signatory_id or version.sales_signatory_id)
    version.marketing_signatory = version.sales_signatory = None
    return voided


def refuse_unseen(version: Signed, seen: str) -> None:
    """A signature or an edit covers the words that its author read, and no others."""
    if seen != version.digest:
        raise FactsRefused(f"The {version} was changed after you opened it: read it again first.")


def refuse_in_force(version: Signed) -> None:
    """What is in force was signed as it is."""
    if version.active_from:
        raise WrongState(f"The {version} is in force: write the next version instead.")


def remove_draft(version: Signed, *, by: User) -> str:
    """Remove a locked draft that nobody has signed, and return what it was called; the log keeps who did it.

    Raise NotAllowed for anybody but RevOps, and WrongState for a version that is signed or in force.
    """
    if not by.has_role(Role.REVOPS):
        raise NotAllowed("You may not discard a draft: RevOps may.")
    if version.active_from:
        raise WrongState(f"The {version} is in force: it is replaced by the next version, and never removed.")
    signed_by = version.marketing_signatory or version.sales_signatory
    if signed_by:
        raise WrongState(f"{signed_by} has signed the {version}: change its words first, which voids the signature.")
    name = str(version)
    LogEntry.objects.log_actions(by.pk, [version], DELETION, f"Discarded: {version.summary}", single_object=True)
    version.delete()
    return name
