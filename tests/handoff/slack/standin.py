"""A Slack that stands in for the real one, and refuses what that refuses."""

import json
import time
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from handoff.slack.signature import sign

PATH = "/slack/interactivity/"
TOKEN = "xoxb-test"
TRIGGER_SECONDS = 3.0
VALUE_OF: dict[str, Callable[[Any], dict[str, Any]]] = {
    "static_select": lambda value: {"selected_option": {"value": value} if value else None},
    "checkboxes": lambda value: {"selected_options": [{"value": each} for each in value or ()]},
    "datepicker": lambda value: {"selected_date": value},
    "plain_text_input": lambda value: {"value": value},
    "external_select": lambda value: {"selected_option": {"value": value} if value else None},
}


class Invalid(Exception):
    """A code of Slack's."""


@dataclass
class StandIn:
    """Its messages, its dialogs, and what it has shown to one person alone; and the people who click."""

    server: HTTPServer
    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    whispers: list[str] = field(default_factory=list)
    triggers: dict[str, float] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    answers: dict[str, Response] = field(default_factory=dict)  # by method: once, instead of what it would do
    late: float = 0.0  # seconds that have passed between a click and our call
    hangs: float = 0.0  # seconds before it answers a call
    originals: dict[str, dict[str, Any]] = field(default_factory=dict)  # by response_url

    def __post_init__(self) -> None:
        for method, does in {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "views.open": self._open,
            "views.update": self._change,
        }.items():
            self.server.expect_request(f"/api/{method}", method="POST").respond_with_handler(self._method(method, does))
        self.server.expect_request("/answer", method="POST").respond_with_handler(self._answer)

    # --- what it is asked

    def _method(self, method: str, does: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            self.calls.append(method)
            time.sleep(self.hangs)
            if method in self.answers:
                return self.answers.pop(method)
            try:
                _check(request.headers.get("Authorization") == f"Bearer {TOKEN}", "invalid_auth")
                answer = {"ok": True} | does(json.loads(request.get_data()))
            except Invalid as error:
                answer = {"ok": False, "error": str(error)}
            return Response(json.dumps(answer), content_type="application/json")

        return handle

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        _check_blocks(body["blocks"], most=50)
        # To a person it answers with the id of the conversation, which is what chat.update wants.
        channel = f"D{body['channel']}" if body["channel"].startswith("U") else body["channel"]
        ts = f"{1_700_000_000 + len(self.messages)}.000100"
        self.messages[channel, ts] = body
        return {"channel": channel, "ts": ts}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        place = body["channel"], body["ts"]
        if place[0].startswith("U") or not any(channel == place[0] for channel, _ in self.messages):
            raise Invalid("channel_not_found")
        if place not in self.messages:
            raise Invalid("message_not_found")
        _check_blocks(body["blocks"], most=50)
        # Not refused, but its menus would go on showing what was chosen.
        assert block_ids(body).isdisjoint(block_ids(self.messages[place]))
        self.messages[place] = body
        return {"channel": place[0], "ts": place[1]}

    def _open(self, body: dict[str, Any]) -> dict[str, Any]:
        issued = self.triggers.get(body["trigger_id"])
        if issued is None:
            raise Invalid("exchanged_trigger_id" if body["trigger_id"] in self.triggers else "invalid_trigger_id")
        if time.monotonic() - issued + self.late > TRIGGER_SECONDS:
            raise Invalid("expired_trigger_id")
        self.triggers[body["trigger_id"]] = None  # type: ignore[assignment]  # used up
        _check_view(body["view"])
        view = deepcopy(body["view"]) | {"id": f"V{uuid.uuid4().hex[:8]}", "hash": uuid.uuid4().hex}
        self.views[view["id"]] = view
        return {"view": view}

    def _change(self, body: dict[str, Any]) -> dict[str, Any]:
        view = self.views.get(body["view_id"])
        if view is None:
            raise Invalid("not_found")
        if view["hash"] != body["hash"]:
            raise Invalid("hash_conflict")
        _check_view(body["view"])
        view |= deepcopy(body["view"]) | {"hash": uuid.uuid4().hex}
        return {"view": view}

    def _answer(self, request: Request) -> Response:
        body = json.loads(request.get_data())
        if body.get("replace_original"):
            _check_blocks(body["blocks"], most=50)
            self.originals[request.args["to"]] = body
        else:
            assert body["response_type"] == "ephemeral"
            self.whispers.append(body["text"])
        return Response("ok")

    # --- what people do in it

    @property
    def message(self) -> dict[str, Any]:
        (message,) = self.messages.values()
        return message

    @property
    def view(self) -> dict[str, Any]:
        (view,) = self.views.values()
        return view

    def click(self, action: str, member: str = "UADA", *, choice: str = "", message: Any = None) -> Any:
        return send(self.clicked(action, member, choice=choice, message=message))

    def clicked(self, action: str, member: str = "UADA", *, choice: str = "", message: Any = None) -> dict[str, Any]:
        """The payload of a click on the one message, or on another."""
        shown = message or self.message
        channel, ts = next((place for place, body in self.messages.items() if body is shown), ("C0WEBHOOK", "1.1"))
        block = next(block for block in shown["blocks"] if block["type"] == "actions")
        element = next(element for element in block["elements"] if element["action_id"] == action)
        if choice:
            assert choice in [option["value"] for option in element["options"]]
        picked = {"selected_option": {"value": choice}} if choice else {"value": element.get("value")}
        return {
            "type": "block_actions",
            "user": {"id": member},
            "trigger_id": self.trigger(),
            "response_url": self.server.url_for(f"/answer?to={ts}"),
            "container": {"type": "message", "channel_id": channel, "message_ts": ts},
            "message": shown | {"ts": ts},
            "actions": [{"action_id": action, "block_id": block["block_id"], "type": element["type"]} | picked],
        }

    def choose(self, block: str, value: str, member: str = "UADA", **typed: Any) -> Any:
        """Choose something in the one dialog that is open, whose block asks to be told at once."""
        chosen = next(each for each in self.view["blocks"] if each.get("block_id") == block)
        assert chosen["dispatch_action"]
        payload = {
            "type": "block_actions",
            "user": {"id": member},
            "trigger_id": self.trigger(),
            "container": {"type": "view", "view_id": self.view["id"]},
            "view": self._filled(typed | {block: value}),
            "actions": [{"action_id": chosen["element"]["action_id"], "block_id": block}],
        }
        return send(payload)

    def suggest(self, block: str, typed: str, member: str = "UADA") -> list[dict[str, Any]]:
        """Type into a menu of the one dialog, and return what is listed; Slack gives such a request no trigger."""
        menu = next(each["element"] for each in self.view["blocks"] if each.get("block_id") == block)
        assert menu["type"] == "external_select"
        payload = {
            "type": "block_suggestion",
            "user": {"id": member},
            "container": {"type": "view", "view_id": self.view["id"]},
            "view": self.view,
            "block_id": block,
            "action_id": menu["action_id"],
            "value": typed,
        }
        options: list[dict[str, Any]] = send(payload).json()["options"]
        _check_options(options)
        return options

    def submit(self, member: str = "UADA", **typed: Any) -> dict[str, Any]:
        """Submit the one dialog, and return what Handoff answers; an answer that Slack could not read is an error."""
        answer: dict[str, Any] = send(self.submitted(member, **typed)).json()
        if answer.get("response_action") == "errors":
            inputs = {block["block_id"] for block in self.view["blocks"] if block["type"] == "input"}
            assert answer["errors"]
            assert set(answer["errors"]) <= inputs
        return answer

    def submitted(self, member: str = "UADA", **typed: Any) -> dict[str, Any]:
        return {
            "type": "view_submission",
            "user": {"id": member},
            "trigger_id": self.trigger(),
            "view": self._filled(typed),
        }

    def trigger(self) -> str:
        trigger = f"{len(self.triggers)}.98765.{uuid.uuid4().hex}"
        self.triggers[trigger] = time.monotonic()
        return trigger

    def _filled(self, typed: dict[str, Any]) -> dict[str, Any]:
        values = {
            block["block_id"]: {
                block["element"]["action_id"]: {"type": block["element"]["type"]}
                | VALUE_OF[block["element"]["type"]](typed.get(block["block_id"]))
            }
            for block in self.view["blocks"]
            if block["type"] == "input"
        }
        return self.view | {"state": {"values": values}}


def send(payload: dict[str, Any], *, at: float | None = None, **headers: str) -> Any:
    """Send a payload as Slack does: form-encoded and signed."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return send_body(body, at=at, **headers)


def send_body(body: bytes, *, at: float | None = None, **headers: str) -> Any:
    sent_at = str(int(at or time.time()))
    signed = {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": sign(sent_at, body)}
    form = "application/x-www-form-urlencoded"
    return Client().post(PATH, body, content_type=form, headers=signed | headers)


def actions_of(message: dict[str, Any]) -> list[str]:
    blocks = [block for block in message["blocks"] if block["type"] == "actions"]
    return [element["action_id"] for block in blocks for element in block["elements"]]


def block_ids(message: dict[str, Any]) -> set[str]:
    return {block["block_id"] for block in message["blocks"] if "block_id" in block}


def text_of(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def _check(is_right: bool, code: str = "invalid_blocks") -> None:
    if not is_right:
        raise Invalid(code)


def _check_view(view: dict[str, Any]) -> None:
    _check(view["type"] == "modal", "invalid_arguments")
    _check(len(view.get("private_metadata", "")) <= 3000, "invalid_arguments")
    _check(all(0 < len(view[name]["text"]) <= 24 for name in ("title", "submit", "close")), "invalid_arguments")
    _check_blocks(view["blocks"], most=100)


def _check_blocks(blocks: list[dict[str, Any]], *, most: int) -> None:
    _check(0 < len(blocks) <= most)
    names = [block["block_id"] for block in blocks if "block_id" in block]
    _check(len(names) == len(set(names)))
    _check(all(0 < len(name) <= 255 for name in names))
    for block in blocks:
        _check_block(block)


def _check_block(block: dict[str, Any]) -> None:
    match block["type"]:
        case "section":
            texts = [block["text"]] if "text" in block else []
            _check(all(0 < len(text["text"]) <= 3000 for text in texts))
            _check(0 < len(block.get("fields", [1])) <= 10)
        case "actions":
            _check(0 < len(block["elements"]) <= 25)
            for element in block["elements"]:
                _check_element(element)
        case "input":
            _check(block["label"]["type"] == "plain_text" and len(block["label"]["text"]) <= 2000)
            _check_element(block["element"])
        case "context":
            _check(0 < len(block["elements"]) <= 10)
        case _:
            raise Invalid("invalid_blocks")


def _check_element(element: dict[str, Any]) -> None:
    _check(0 < len(element["action_id"]) <= 255)
    match element["type"]:
        case "button":
            _check(element["text"]["type"] == "plain_text" and 0 < len(element["text"]["text"]) <= 75)
            _check(len(element.get("value", "")) <= 2000)
            _check(element.get("style", "primary") in ("primary", "danger"))
        case "static_select":
            _check(len(element["options"]) > 0)
            _check(len(element["placeholder"]["text"]) <= 150)
            _check_options(element["options"])
        case "checkboxes":
            _check(0 < len(element["options"]) <= 10)
        case "plain_text_input":
            _check(element.get("max_length", 3000) <= 3000)
            _check(element.get("min_length", 0) <= 3000)
        case "external_select":
            _check(isinstance(element.get("min_query_length", 3), int))
            _check(len(element["placeholder"]["text"]) <= 150)
        case "datepicker":
            pass
        case _:
            raise Invalid("invalid_blocks")


def _check_options(options: list[dict[str, Any]]) -> None:
    _check(len(options) <= 100)
    for option in options:
        _check(option["text"]["type"] == "plain_text" and 0 < len(option["text"]["text"]) <= 75)
        _check(0 < len(option["value"]) <= 150)
        _check("description" not in option or 0 < len(option["description"]["text"]) <= 75)
