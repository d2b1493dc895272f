"""Hours, special days and conditions are filled in as rows; JSON stays possible, and nothing gets lost between them."""

import json
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from handoff.console.frame.conditions import ConditionsField
from handoff.console.frame.rows import Written
from handoff.console.settings.hours import SpecialDaysField, WeekField
from handoff.console.settings.matching import in_words
from leads.conditions import all_hold
from leads.models import Attribute, Lead
from sla.models import Calendar, Policy
from tests.world import OFFICE, World, make_calendar, make_lead, make_policy

pytestmark = pytest.mark.django_db
ADD = "admin:sla_calendar_add"


def week(*rows: tuple[str, str, str], json_now: str = "", json_before: str = "") -> dict[str, Any]:
    days, opens, closes = zip(*rows, strict=True) if rows else ((), (), ())
    return {
        "weekly_rows": "1",
        "weekly_day": days,
        "weekly_opens": opens,
        "weekly_closes": closes,
        "weekly": json_now,
        "weekly_before": json_before,
    }


def special(*rows: tuple[str, str, str, str]) -> dict[str, Any]:
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    names = ("overrides_date", "overrides_opens", "overrides_closes", "overrides_called")
    return {"overrides_rows": "1", "overrides": "{}", "overrides_before": "{}"} | dict(zip(names, columns, strict=True))


def calendar(**changed: Any) -> dict[str, Any]:
    form = {"name": "Munich", "zone": "Europe/Berlin", "holiday_country": "DE", "holiday_subdivision": "BY"}
    return form | week(("mon", "09:00", "17:00")) | special() | changed


def test_a_week_is_filled_in_as_a_grid(world: World, as_) -> None:
    hours = week(("mon", "13:30", "18:00"), ("mon", "9:00", "12:30"), ("tue", "", ""), ("sat", "22", "00:00"))

    as_(world.olga).post(reverse(ADD), calendar(**hours))

    made = Calendar.objects.get()
    assert made.weekly == {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "sat": [["22:00", "24:00"]]}
    assert (made.key, made.zone, made.holiday_country, made.holiday_subdivision) == (
        "munich", "Europe/Berlin", "DE", "BY",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("mon", "09:00", "")], "Monday: give both times, or neither."),
        ([("tue", "9am", "17:00")], "Tuesday: “9am” is not a valid time: write one like 09:00."),
        ([("mon", "09:00", "24:30")], "Monday: “24:30” is not a valid time"),
        ([("mon", "", "")], "never opens"),
        ([("moonday", "09:00", "17:00")], "Choose a day of the week."),
    ],
)
def test_a_wrong_week_is_refused_and_what_was_typed_stays(rows, complaint, world: World, as_) -> None:
    page = as_(world.olga).post(reverse(ADD), calendar(**week(*rows))).content.decode()

    assert complaint in page
    assert all(f'value="{text}"' in page for row in rows for text in row if text and row[0] != "moonday")
    assert not Calendar.objects.exists()


def test_special_days_have_hours_and_names(world: World, as_) -> None:
    rows = special(
        ("2026-12-24", "09:00", "11:00", "Christmas Eve"),
        ("2026-12-24", "12:00", "13:00", ""),
        ("2026-12-28", "", "", "Between the years"),
        ("", "", "", ""),
    )
    client = as_(world.olga)

    client.post(reverse(ADD), calendar(**rows))

    made = Calendar.objects.get()
    assert made.overrides == {"2026-12-24": [["09:00", "11:00"], ["12:00", "13:00"]], "2026-12-28": []}
    assert made.special_names == {"2026-12-24": "Christmas Eve", "2026-12-28": "Between the years"}
    page = client.get(reverse("admin:sla_calendar_change", args=[made.pk])).content.decode()
    assert 'value="Between the years"' in page


def test_another_name_alone_is_a_version_and_opening_and_saving_is_none(world: World, as_) -> None:
    client = as_(world.olga)
    client.post(reverse(ADD), calendar(**special(("2026-12-24", "", "", "Eve"))))
    first = Calendar.objects.get()
    change = reverse("admin:sla_calendar_change", args=[first.pk])

    client.post(change, calendar(**special(("2026-12-24", "", "", "Eve"))))
    assert Calendar.objects.count() == 1
    client.post(change, calendar(**special(("2026-12-24", "", "", "Christmas Eve"))))

    assert Calendar.objects.get(retired_at=None).special_names == {"2026-12-24": "Christmas Eve"}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([("24.12.2026", "", "", "")], "“24.12.2026” is not a valid date: write one like 2026-12-24."),
        ([("", "09:00", "10:00", "")], "is not a valid date"),
        ([("2026-12-24", "", "", ""), ("2026-12-24", "09:00", "10:00", "")], "closed in one row and open in another"),
    ],
)
def test_a_wrong_special_day_is_refused(rows, complaint, world: World, as_) -> None:
    assert complaint in as_(world.olga).post(reverse(ADD), calendar(**special(*rows))).content.decode()


def test_json_wins_where_it_alone_was_changed_and_both_are_refused() -> None:
    field, before = WeekField(), '{\n  "mon": [["09:00", "17:00"]]\n}'
    rows = [("mon", "09:00", "17:00")]
    edited = '{"tue": [["10:00", "12:00"]]}'

    assert field.clean(Written(rows, before.replace("\n", "\r\n"), before)) == {"mon": [["09:00", "17:00"]]}
    assert field.clean(Written(rows, edited, before)) == {"tue": [["10:00", "12:00"]]}
    with pytest.raises(Exception, match="were both changed"):
        field.clean(Written([("mon", "08:00", "17:00")], edited, before))


@pytest.mark.parametrize(
    "weekly",
    [
        {},
        OFFICE,
        {"mon": [["00:00", "24:00"]]},
        {"fri": [["22:00", "06:00"]]},
        {"mon": [], "tue": [["09:00", "10:00"]]},
    ],
)
def test_a_week_that_nobody_touched_has_not_changed(weekly) -> None:
    field = WeekField()
    shown = field.prepare_value(weekly)

    assert shown.rows is not None
    assert not field.has_changed(weekly, shown)


@pytest.mark.parametrize("overrides", [{}, {"2026-12-24": []}, {"2026-12-24": [["09:00", "24:00"]], "2027-01-02": []}])
def test_special_days_that_nobody_touched_have_not_changed(overrides) -> None:
    field = SpecialDaysField(required=False)

    assert not field.has_changed(overrides, field.prepare_value(overrides))


def test_the_holidays_of_a_country_are_offered_by_name(world: World, as_) -> None:
    client = as_(world.olga)
    page = client.get(reverse(ADD)).content.decode()
    parts = client.get(reverse("admin:holiday_parts"), {"country": "DE"}).json()["parts"]

    assert '<option value="DE">Germany</option>' in page.replace(" selected", "")
    assert ["BY", "Bayern (BY)"] in parts
    assert client.get(reverse("admin:holiday_parts"), {"country": "<x>"}).json() == {"parts": []}
    assert as_(world.ada).get(reverse("admin:holiday_parts")).status_code == 403
    refused = client.post(reverse(ADD), calendar(holiday_subdivision="TX")).content.decode()
    assert "Select a valid choice" in refused


@pytest.mark.parametrize("page", [ADD, "admin:leads_team_add", "admin:leads_user_add"])
def test_a_time_zone_is_asked_and_never_assumed(page: str, world: World, as_) -> None:
    client = as_(world.olga)
    form = client.get(reverse(page)).context["adminform"].form
    name = "zone" if "zone" in form.fields else "time_zone"

    assert form[name].value() in (None, "")
    answer = client.post(reverse(page), {name: "", "name": "Somewhere", "username": "new"})
    assert "Choose the time zone, like Europe/Berlin." in answer.content.decode()


# Conditions


COLUMNS = ("field", "op", "value", "kinds", "within_days", "distinct", "campaign", "detail")


def asked(*rows: tuple[str, ...], name: str = "conditions") -> QueryDict:
    """As a page sends them: one that shows no touchpoints may leave out which are meant."""
    query = QueryDict(mutable=True)
    query[f"{name}_rows"] = "1"
    longest = max(map(len, rows), default=0)
    for row in rows:
        for column, text in zip(COLUMNS, (*row, *[""] * (longest - len(row))), strict=False):
            query.appendlist(f"{name}_{column}", text)
    return query


def conditions(*rows: tuple[str, ...]) -> Any:
    field = ConditionsField()
    return field.clean(field.widget.value_from_datadict(asked(*rows), {}, "conditions"))


@pytest.fixture
def tier() -> Attribute:
    choices = [{"key": "gold", "label": "Gold, really"}, {"key": "tin", "label": "Tin"}]
    return Attribute.objects.create(key="tier", label="Tier", type="choice", choices=choices)


def test_rows_become_conditions_in_the_values_that_leads_have(tier) -> None:
    rows = [
        ("score", "at_least", "80"),
        ("source", "in", "Paid_Search, webinar"),
        ("country", "is", "Germany"),
        ("do_not_contact", "is", "no"),
        ("company", "given", "ignored"),
        ("phone", "empty", ""),
        ("attributes.tier", "not_in", "Tin"),
        ("team", "in", '"Inside, West", East'),
        ("attributes.tier", "in", "Gold"),
        ("last_touchpoint", "within_last", "14"),
        ("created_at", "at_least", "2026-03-01"),
        ("consent.email", "is", "granted"),
        ("touchpoints", "at_least", "3", "Webinar, Page visit", "30", "days", "Spring", "pricing"),
        ("touchpoints", "at_most", "0"),
        ("event", "is", "Demo request", "", "7"),
        ("event", "not_in", "unsubscribe, bounce"),
        ("", "is", "a row that nobody filled in"),
    ]

    assert conditions(*rows) == [
        {"field": "score", "op": "at_least", "value": 80},
        {"field": "source", "op": "in", "value": ["paid_search", "webinar"]},
        {"field": "country", "op": "is", "value": "DE"},
        {"field": "do_not_contact", "op": "is", "value": False},
        {"field": "company", "op": "present", "value": True},
        {"field": "phone", "op": "present", "value": False},
        {"field": "attributes.tier", "op": "not_in", "value": ["tin"]},
        {"field": "team", "op": "in", "value": ["Inside, West", "East"]},
        {"field": "attributes.tier", "op": "in", "value": ["gold"]},
        {"field": "last_touchpoint", "op": "within_last", "value": 14},
        {"field": "created_at", "op": "at_least", "value": "2026-03-01"},
        {"field": "consent.email", "op": "is", "value": "granted"},
        {"field": "touchpoints", "op": "at_least", "value": 3, "kinds": ["webinar", "page_visit"], "distinct": "days"}
        | {"within_days": 30, "campaign": "Spring", "detail": "pricing"},
        {"field": "touchpoints", "op": "at_most", "value": 0},
        {"field": "event", "op": "is", "value": "demo_request", "within_days": 7},
        {"field": "event", "op": "not_in", "value": ["unsubscribe", "bounce"]},
    ]
    assert conditions() == []


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("score", "at_least", "high"), "Score: “high” is not a valid whole number"),
        (("score", "at_least", ""), "Score: give a value, or choose “is empty”."),
        (("source", "in", " , "), "Source: give a value"),
        (("source", "at_least", "3"), "compares numbers"),
        (("shoe", "is", "3"), "Unknown field “shoe”"),
        (("touchpoints", "at_least", "many"), "Touchpoints: “many” is not a valid whole number"),
        (("touchpoints", "is", "3"), "“Touchpoints” cannot be asked for by “is”"),
        (("last_touchpoint", "within_last", ""), "Last touchpoint: “” is not a valid whole number"),
        (("event", "is", ""), "Intent event: give what the buyer did"),
        (("attributes.tier", "is", "silver"), "^\\W*Tier: “silver” is not a valid choice"),
    ],
)
def test_a_wrong_row_is_refused_by_the_name_of_its_fact(row, complaint, tier) -> None:
    with pytest.raises(Exception, match=complaint):
        conditions(row)


@pytest.mark.parametrize(
    ("kept", "has_rows"),
    [
        ([], True),
        ([{"field": "score", "op": "at_least", "value": 80}], True),
        ([{"field": "source", "op": "in", "value": ["a, b", "c"]}], True),
        ([{"field": "source", "op": "in", "value": ['say "so"', "c,d"]}], True),
        ([{"field": "do_not_contact", "op": "is", "value": True}], True),
        ([{"field": "source", "op": "is", "value": "Paid Search"}], True),
        ([{"field": "attributes.tier", "op": "is", "value": "Tin"}], True),
        ([{"field": "email", "op": "present", "value": False}], True),
        ([{"field": "score", "op": "at_least", "value": 79.5}], False),
        ([{"field": "owner", "op": "is", "value": None}], False),
        ([{"field": "owner", "op": "in", "value": []}], False),
        ([{"field": "attributes.gone", "op": "is", "value": "x"}], True),
        ([{"field": "touchpoints", "op": "at_least", "value": 3, "kinds": ["form"], "within_days": 30}], True),
        ([{"field": "event", "op": "in", "value": ["form", "reply"], "detail": "pricing"}], True),
        ([{"field": "last_touchpoint", "op": "longer_ago_than", "value": 90}], True),
    ],
)
def test_conditions_that_nobody_touched_have_not_changed(kept, has_rows, tier) -> None:
    field = ConditionsField()
    shown = field.prepare_value(kept)

    assert (shown.rows is not None) == has_rows
    assert not field.has_changed(kept, shown)


def test_a_new_policy_shows_every_lead_and_never_null(world: World, as_) -> None:
    make_calendar()
    page = as_(world.olga).get(reverse("admin:sla_policy_add")).content.decode()

    assert "Every lead" in page
    assert "null" not in page.split("data-conditions")[1].split("</details>")[0].replace("&quot;", "")


def test_a_segment_is_saved_from_rows(world: World, as_) -> None:
    policy = make_policy("time_to_accept")
    form = asked(("score", "at_least", "80"))
    form.update({"name": "Accept", "target_seconds": "2 business days", "calendar": str(policy.calendar_id)})
    form.update({"whose_hours": "policy", "on_reassign": "carry", "position": "100", "conditions": "[]"})
    form.update({"conditions_before": "[]", "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"})

    answer = as_(world.olga).post(reverse("admin:sla_policy_change", args=[policy.pk]), form)

    assert answer.status_code == 302
    written = Policy.objects.get(key=policy.key, retired_at=None)
    assert written.conditions == [{"field": "score", "op": "at_least", "value": 80}]
    assert written.target_seconds == 2 * (policy.calendar.business_day or 0)
    page = as_(world.olga).get(reverse("admin:sla_policy_changelist")).content.decode()
    assert f"2 business days ({written.target_seconds // 3600} h)" in page


# How many match


def test_the_matching_leads_are_counted_as_policies_judge_them(world: World, tier) -> None:
    for number, (source, score) in enumerate([("webinar", 90), ("webinar", None), ("", 50), ("paid_search", 80)]):
        make_lead(f"Lead {number}", email=f"l{number}@example.org", source=source, score=score)
    Lead.objects.filter(score=90).update(attributes={"tier": "gold"}, team=world.berlin)
    leads = list(Lead.objects.select_related("team", "owner", "campaign"))
    for rows in [
        [("source", "is", "webinar")], [("source", "is_not", "webinar")], [("source", "in", "webinar, paid_search")],
        [("source", "not_in", "webinar")], [("source", "empty", "")], [("score", "at_least", "80")],
        [("score", "at_most", "80")], [("score", "is_not", "90")], [("score", "not_in", "90, 80")],
        [("score", "empty", "")], [("team", "is", world.berlin.name)], [("team", "is_not", world.berlin.name)],
        [("owner", "given", "")], [("campaign", "empty", "")], [("attributes.tier", "is", "gold")],
        [("attributes.tier", "not_in", "gold"), ("source", "given", "")], [("do_not_contact", "is", "no")],
    ]:  # fmt: skip
        wanted = conditions(*rows)
        matching = sum(all_hold(wanted, lead.facts()) for lead in leads)
        assert in_words(wanted) == f"{matching} of {len(leads)} leads match", rows


def test_counting_has_a_bound(world: World, monkeypatch, tier) -> None:
    for number in range(4):
        make_lead(f"Lead {number}", email=f"l{number}@example.org", source="webinar")
    bounds = "handoff.console.settings.matching"
    monkeypatch.setattr(f"{bounds}.MOST_MATCHING", 2)
    monkeypatch.setattr(f"{bounds}.MOST_LEADS", 3)

    assert in_words(conditions(("source", "is", "webinar"))) == "2+ of 3+ leads match"
    assert in_words(conditions(("attributes.tier", "empty", ""))) == "2+ of 3+ leads match"


def test_the_page_counts_for_revops_alone(world: World, as_, django_assert_max_num_queries) -> None:
    make_lead(source="webinar")
    link = f"{reverse('admin:conditions_count')}?name=c&{asked(('source', 'is', 'webinar'), name='c').urlencode()}"
    client = as_(world.olga)

    assert client.get(link).json() == {"text": "1 of 1 lead matches", "is_wrong": False}
    wrong = client.get(
        f"{reverse('admin:conditions_count')}?name=c&{asked(('score', 'is', 'x'), name='c').urlencode()}"
    )
    assert wrong.json()["is_wrong"]
    assert as_(world.ada).get(link).status_code == 403
    assert client.get(reverse("admin:conditions_count")).json()["is_wrong"] is False


def test_json_under_advanced_still_refuses_what_cannot_be_kept(world: World, as_) -> None:
    policy = make_policy("time_to_accept")
    form = asked()
    form.update({"conditions": json.dumps([{"field": "shoe", "op": "is", "value": 1}]), "conditions_before": "[]"})

    page = as_(world.olga).post(reverse("admin:sla_policy_change", args=[policy.pk]), form).content.decode()

    assert "Unknown field" in page
    assert '<details class="advanced" open>' in page


@pytest.mark.parametrize(
    ("weekly", "hours"),
    [
        (OFFICE, 8),
        ({"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "fri": [["09:00", "13:00"]]}, 8),
        ({"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "fri": [["08:00", "18:00"]]}, 8),
        ({"mon": [["00:00", "24:00"]]}, 24),
        ({"fri": [["22:00", "06:00"]]}, 8),
        ({"mon": [], "tue": [["09:00", "15:00"]]}, 6),
    ],
)
def test_a_business_day_is_as_long_as_most_open_days(weekly, hours) -> None:
    assert Calendar(weekly=weekly).business_day == hours * 3600


def test_without_an_open_day_there_is_no_business_day() -> None:
    assert Calendar(weekly={}).business_day is None
