"""A file is brought in the browser, and its page is read."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from handoff.models import Import

NEW = reverse("admin:handoff_import_add")
CSV = (
    "Record ID,Email,First Name,Firm,Lead Status,Contact owner\n"
    "1,ann@buyer.example,Ann,Acme,Open,ada\n"
    ",nobody,Ben,Bolt,Open,ada\n"
)


def url(name: str, pk: int) -> str:
    return reverse(f"admin:handoff_import_{name}", args=[pk])


def bring(client: Client, text: str = CSV, **more: object) -> Import:
    file = SimpleUploadedFile("leads.csv", text.encode(), "text/csv")
    answer = client.post(NEW, {"file": file, **more})
    assert answer.status_code == 302, answer.content.decode()
    return Import.objects.latest("pk")


def page(client: Client, record: Import) -> str:
    answer = client.get(url("change", record.pk))
    assert answer.status_code == 200
    return answer.content.decode()


def meanings_of(shown: str) -> dict[str, list[str]]:
    """What the selects of the page would send for the values of columns."""
    meanings: dict[str, list[str]] = {}
    for name, options in re.findall(r'<select name="(meaning-\d+)".*?>(.*?)</select>', shown):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        meanings.setdefault(name, []).append(chosen[1] if chosen else "")
    return meanings
