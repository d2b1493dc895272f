"""A signature covers the words and criteria that its signer read, also when they change at the same moment."""

import pytest
from django.db import transaction

from handoff.agreement.definitions import draft, edit, sign
from handoff.refusals import FactsRefused, WrongState
from leads.models import Definition, Stage
from tests.waiting import Waiting
from tests.world import World

BAR = [{"field": "score", "op": "at_least", "value": 50}]


@pytest.mark.django_db
def test_a_changed_criterion_is_not_covered_though_the_words_are_the_same(world: World) -> None:
    written = draft(Stage.MQL, "Worth a call.", BAR)
    seen = written.digest
    edit(written.pk, seen=seen, text="Worth a call.", criteria=[])

    with pytest.raises(FactsRefused, match="was changed after you opened it"):
        sign(written.pk, by=world.nora, seen=seen)

    written.refresh_from_db()
    assert written.marketing_signatory is None


@pytest.mark.django_db
def test_saving_the_same_words_voids_no_signature(world: World) -> None:
    written = draft(Stage.MQL, "Worth a call.", BAR)
    sign(written.pk, by=world.nora, seen=written.digest)

    _, voided = edit(written.pk, seen=written.digest, text="Worth a call.", criteria=BAR)

    written.refresh_from_db()
    assert (voided, written.marketing_signatory) == (False, world.nora)


@pytest.mark.django_db
def test_a_definition_in_force_cannot_be_edited(world: World) -> None:
    written = draft(Stage.SQL, "Will buy.", [])
    sign(written.pk, by=world.nora, seen=written.digest)
    sign(written.pk, by=world.max, seen=written.digest)

    with pytest.raises(WrongState, match="write the next version"):
        edit(written.pk, seen=written.digest, text="Might buy.", criteria=[])


@pytest.mark.django_db(transaction=True)
def test_a_signature_that_waited_for_an_edit_is_refused(world: World) -> None:
    written = draft(Stage.MQL, "A score of at least 50.", BAR)
    with transaction.atomic():
        edit(written.pk, seen=written.digest, text="Any lead at all.", criteria=[])
        signature = Waiting(lambda: sign(written.pk, by=world.nora, seen=written.digest))

    assert isinstance(signature.end(), FactsRefused)
    assert Definition.objects.get(pk=written.pk).marketing_signatory is None


@pytest.mark.django_db(transaction=True)
def test_an_edit_that_waited_for_the_last_signature_is_refused(world: World) -> None:
    written = draft(Stage.MQL, "A score of at least 50.", BAR)
    sign(written.pk, by=world.nora, seen=written.digest)
    with transaction.atomic():
        sign(written.pk, by=world.max, seen=written.digest)
        change = Waiting(lambda: edit(written.pk, seen=written.digest, text="Any lead at all.", criteria=[]))

    assert isinstance(change.end(), WrongState)
    assert Definition.active(Stage.MQL) == written
    assert Definition.objects.get(pk=written.pk).text == "A score of at least 50."


@pytest.mark.django_db(transaction=True)
def test_two_drafts_at_once_take_two_versions(world: World) -> None:
    with transaction.atomic():
        first = draft(Stage.MQL, "One.", [])
        second = Waiting(lambda: draft(Stage.MQL, "Two.", []))

    assert second.end() is None
    assert list(Definition.objects.filter(stage=Stage.MQL, version__gt=1).values_list("version", "text")) == [
        (first.version + 1, "Two."),
        (first.version, "One."),
    ]
