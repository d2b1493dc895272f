"""Drafts that wait for signatures: to whom, what is new in them, and how one is discarded."""

from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.urls import reverse

from handoff.agreement.definitions import draft, edit, sign
from handoff.alerts.about_notice import about_notice
from handoff.models import Delivery, Notice, StandardKind, StandardMessage
from leads.models import Definition, Stage
from tests.world import World

pytestmark = pytest.mark.django_db
PAGE = "admin:signatures"
BAR = [{"field": "score", "op": "at_least", "value": 50}]


def written(text: str = "A lead worth a call.", criteria: Any = BAR) -> Definition:
    return draft(Stage.MQL, text, criteria)


def text(response: Any) -> str:
    return str(response.content.decode())


def badge(client: Any) -> int | None:
    items = client.get(reverse(PAGE)).context["sidebar_navigation"]
    badges = [item["badge"] for group in items for item in group["items"] if item["title"] == "Signatures"]
    return int(str(badges[0])) if badges else None


def notified() -> list[str]:
    return sorted(Delivery.objects.filter(notice__isnull=False).values_list("recipient__username", flat=True))


def test_a_draft_waits_for_both_sides_until_each_has_signed(world: World, as_) -> None:
    version = written()
    assert (badge(as_(world.nora)), badge(as_(world.max)), badge(as_(world.olga))) == (1, 1, 0)
    sign(version.pk, by=world.nora, seen=version.digest)
    assert (badge(as_(world.nora)), badge(as_(world.max))) == (0, 1)
    sign(version.pk, by=world.max, seen=version.digest)
    assert (badge(as_(world.nora)), badge(as_(world.max))) == (0, 0)


def test_whoever_signs_nothing_has_no_such_page_in_the_sidebar(world: World, as_) -> None:
    assert badge(as_(world.ada)) is None


def test_the_page_says_what_is_new_and_what_is_gone(world: World, as_) -> None:
    Definition.objects.filter(stage=Stage.MQL).update(criteria=[{"field": "country", "op": "is", "value": "DE"}])
    written("A lead that marketing holds to be worth an hour of a salesperson's time.")
    page = text(as_(world.nora).get(reverse(PAGE)))
    assert "<ins>an hour of " in page.replace("</ins><ins>", "")
    assert "<del>country is DE</del>" in page
    assert "<ins>score at least 50</ins>" in page


def test_the_question_compares_with_the_version_in_force(world: World, as_) -> None:
    version = written()
    asked = as_(world.nora).get(reverse("admin:leads_definition_sign", args=[version.pk]))
    assert [row.label for row in asked.context["compared"]] == ["Definition", "Criteria"]
    assert "In force: version 1" in text(asked)


def test_a_draft_that_changed_while_it_was_read_is_not_signed(world: World, as_) -> None:
    version = written()
    url, client = reverse("admin:leads_definition_sign", args=[version.pk]), as_(world.nora)
    opened = client.get(url).context["carried"]
    edit(version.pk, seen=version.digest, text="Any lead at all.", criteria=[])
    assert "was changed after you opened it" in text(client.post(url, opened, follow=True))
    version.refresh_from_db()
    assert version.marketing_signatory is None


def test_who_may_sign_is_notified_once_of_each_wording(world: World) -> None:
    version = written()
    assert notified() == ["max", "nora"]
    edit(version.pk, seen=version.digest, text="A lead worth a call.", criteria=BAR)
    assert notified() == ["max", "nora"]
    edit(version.pk, seen="", text="A lead worth two calls.", criteria=BAR)
    assert notified() == ["max", "max", "nora", "nora"]


def test_the_message_leads_to_the_page(world: World) -> None:
    written()
    said = about_notice(Delivery.objects.earliest("pk"), Notice.objects.get())
    assert said.links[0][1].endswith(reverse(PAGE))
    assert "MQL definition, version 2" in said.subject


def test_revops_switches_the_message_off(world: World) -> None:
    StandardMessage.objects.filter(kind=StandardKind.TO_SIGN).update(active=False)
    written()
    assert notified() == []


def test_revops_discards_a_draft_that_nobody_has_signed(world: World, as_) -> None:
    version = written()
    url = reverse("admin:leads_definition_discard", args=[version.pk])
    for somebody in (world.ada, world.max, world.nora, world.mia):
        assert as_(somebody).post(url).status_code == 403
    as_(world.olga).get(url)
    assert Definition.objects.filter(pk=version.pk).exists()
    assert "Discarded: MQL definition, version 2." in text(as_(world.olga).post(url, follow=True))
    assert not Definition.objects.filter(pk=version.pk).exists()
    assert LogEntry.objects.get(action_flag=DELETION).user == world.olga


def test_what_is_signed_or_in_force_is_not_discarded(world: World, as_) -> None:
    version = written()
    sign(version.pk, by=world.nora, seen=version.digest)
    client = as_(world.olga)
    in_force = Definition.active(Stage.SQL)
    assert in_force is not None
    url = reverse("admin:leads_definition_discard", args=[version.pk])
    assert "Nora has signed the MQL definition, version 2" in text(client.post(url, follow=True))
    url = reverse("admin:leads_definition_discard", args=[in_force.pk])
    assert "is in force" in text(client.post(url, follow=True))
    assert Definition.objects.count() == 3
