"""An import is stopped, or undone, after a question."""

from django.http import HttpRequest, HttpResponse

from handoff.amending import undoing
from handoff.console.frame.confirm import Question, confirm
from handoff.console.frame.site import viewer
from handoff.console.imports.access import for_importers, url
from handoff.imports import drafts, rights
from handoff.models import Import

KEEPS = "What was done stays, and the rows that are left can be imported with the same file again."
UNDOES = (
    "What this import made is removed, and what it changed gets its former values. Leads that somebody has worked with "
    "since stay as they are; they are listed here with the reason."
)


@for_importers
def stop(request: HttpRequest, record: Import) -> HttpResponse:
    def do() -> str:
        return "Stopped." if drafts.stop(record, by=viewer(request)) else "It had ended already."

    return confirm(request, Question(f"Stop: {record}", KEEPS, "Stop"), url("change", record.pk), do)


@for_importers
def undo(request: HttpRequest, record: Import) -> HttpResponse:
    def do() -> str:
        rights.check(viewer(request), record)
        undoing.ask(record, by=viewer(request))
        return "It is being undone."

    return confirm(request, Question(f"Undo: {record}", UNDOES, "Undo the import"), url("change", record.pk), do)
