"""The description of the protocol is complete, and agrees with the code and docs/protocol.md."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest

from aircher_wire import codes, methods
from aircherd.access import questions
from aircherd.api.diagnosis.finding import Finding, Status
from aircherd.api.limit_warnings import UnknownName
from aircherd.api.methods import METHODS as API_METHODS
from aircherd.api.schema.chat_results import ANSWER_PARTS
from aircherd.api.schema.codes import MEANINGS
from aircherd.api.schema.deltas import DELTAS
from aircherd.api.schema.document import CONNECTION_PARAMETERS, schema_text
from aircherd.api.schema.events import TOPICS
from aircherd.api.schema.frames import LIMITS
from aircherd.auth import importing
from aircherd.config.effective import Setting, Source
from aircherd.config.model import Per, Strategy
from aircherd.config.problems import Problem
from aircherd.http_api.tokens.token_file import StoredToken
from aircherd.ipc.connection_methods import CONNECTION_METHODS
from aircherd.ipc.session import MAX_ACTIVE_REQUESTS
from aircherd.swap_lock import SwapState
from aircherd.usage.listed_attempts import ListedAttempt
from aircherd.vocabulary import attempt, models, reply
from aircherd.vocabulary.availability import Allowance, LimitStatus
from aircherd.vocabulary.content.citations import Citation
from aircherd.vocabulary.keys import Health, KeyState, KeyStatus
from aircherd.vocabulary.reply import Finish

DOCUMENT: dict[str, Any] = json.loads(schema_text())
PAGE = (Path(__file__).parents[4] / "docs" / "protocol.md").read_text()
HANDLED = {**API_METHODS, **CONNECTION_METHODS}


def section_of(method: str) -> str:
    """Return what the page says of a method."""
    section = PAGE.split(f"### `{method}`\n")[1].split("\n### ")[0].split("\n## ")[0]
    if method in (methods.CHAT_START, methods.ROUTE_EXPLAIN):  # they take a chat request
        section += section_of(methods.CHAT)
    return section


def definition(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, or what it refers to."""
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return DOCUMENT["$defs"][name] if name else schema


def names_in(schema: Any, seen: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of all keys in a schema, however deep."""
    if isinstance(schema, list):
        return {name for each in schema for name in names_in(each, seen)}
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {}))
    if (target := schema.get("$ref")) and target not in seen:
        found |= names_in(definition(schema), seen | {target})
    return found | {name for each in schema.values() for name in names_in(each, seen)}


def test_every_method_is_described_and_no_other():
    """With the type of parameters that its handler gets."""
    assert set(DOCUMENT["methods"]) == set(HANDLED)
    connection = {name: method.params for name, method in CONNECTION_METHODS.items()}
    assert connection == CONNECTION_PARAMETERS


def test_all_schemas_are_valid():
    """They are JSON Schema, and each reference leads to a definition with a plain name."""
    for schema in DOCUMENT["$defs"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    found = set(re.findall(r'"#/\$defs/([^"]+)"', schema_text()))
    assert found <= set(DOCUMENT["$defs"])
    assert all(re.fullmatch(r"\w+", name) for name in DOCUMENT["$defs"])


@pytest.mark.parametrize("method", HANDLED)
def test_every_parameter_has_a_description(method):
    """And no description is about the code."""
    taken = definition(DOCUMENT["methods"][method]["params"])
    fields = {field.encode_name for field in msgspec.structs.fields(HANDLED[method].params)}
    assert set(taken["properties"]) == fields
    assert [name for name, each in taken["properties"].items() if "description" not in each] == []


def test_every_key_of_a_map_in_parameters_has_a_description():
    """However deep: a message, its parts, a tool."""
    found = reached([method["params"] for method in DOCUMENT["methods"].values()])
    assert "TextPart" in found
    assert {
        (name, key)
        for name in found
        for key, each in DOCUMENT["$defs"][name].get("properties", {}).items()
        if "description" not in each
    } == set()


def test_every_key_that_an_editor_reads_has_a_description():
    """Of answers, events, models, limits and keys; references and tags speak for themselves."""
    read = ("chat", "models.list", "auth.status", "limits.status", "confirm.list")
    found = reached(
        [
            *(DOCUMENT["methods"][name]["result"] for name in read),
            *DOCUMENT["notifications"]["from_daemon"].values(),
            DOCUMENT["chat_error_data"],
        ]
    )
    assert {"KeyRow", "TextDelta", "UsageEvent", "Model"} <= found
    assert {
        (name, key)
        for name in found
        for key, each in DOCUMENT["$defs"][name].get("properties", {}).items()
        if "description" not in each
        and "$defs" not in json.dumps(each)
        and len(each.get("enum", [])) != 1
    } == set()


def reached(schemas: list[Any]) -> set[str]:
    """Return the names of the definitions that schemas refer to, however deep."""
    found: set[str] = set()
    while schemas:
        for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(schemas.pop())):
            if name not in found:
                found.add(name)
                schemas.append(DOCUMENT["$defs"][name])
    return found


def maps_in(schema: Any) -> list[dict[str, Any]]:
    """Return a schema and all that are in it."""
    if isinstance(schema, list):
        return [found for each in schema for found in maps_in(each)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for each in schema.values() for found in maps_in(each))]


def test_generators_of_types_can_read_it():
    """What they stumble over: words beside a reference, a default with nil, an untyped value."""
    found = [each for schema in DOCUMENT["$defs"].values() for each in maps_in(schema)]
    assert [each for each in found if "$ref" in each and len(each) > 1] == []
    defaults = [each.get("default") for each in found if isinstance(each.get("type"), str)]
    assert [each for each in defaults if isinstance(each, dict) and None in each.values()] == []
    properties = [each for schema in found for each in schema.get("properties", {}).values()]
    says = {"$ref", "allOf", "anyOf", "enum", "type"}
    assert [
        each for each in properties if isinstance(each, dict) and each and not says & set(each)
    ] == []
    assert DOCUMENT["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]


@pytest.mark.parametrize(
    ("name", "key", "choices"),
    [
        ("Delta", "type", DELTAS),
        ("AnswerPart", "type", ANSWER_PARTS),
        ("Event", "topic", DOCUMENT["events"]),
    ],
)
def test_a_union_names_its_choices_and_their_words(name, key, choices):
    """So that generated types are distinguished by their words."""
    union = DOCUMENT["$defs"][name]
    mapping = union["discriminator"]["mapping"]
    assert (union["discriminator"]["propertyName"], set(mapping)) == (key, set(choices))
    assert union["anyOf"] == [{"$ref": reference} for reference in mapping.values()]
    words = [definition({"$ref": each})["properties"][key]["enum"] for each in mapping.values()]
    assert words == [[word] for word in mapping]


def test_notifications_have_the_unions():
    """A client generates the type of what it reads from them."""
    sent = DOCUMENT["notifications"]["from_daemon"]
    assert sent["chat.delta"]["params"] == {"$ref": "#/$defs/Delta"}
    assert sent["event"]["params"] == {"$ref": "#/$defs/Event"}


def test_an_answer_can_be_sent_back():
    """Each key of an answer's part is one of the request's part of that type."""
    for word, kind in ANSWER_PARTS.items():
        answered = definition({"$ref": f"#/$defs/{kind.__name__}"})
        mapping = DOCUMENT["$defs"]["Message"]["properties"]["content"]["anyOf"][1]["items"]
        taken = definition({"$ref": mapping["discriminator"]["mapping"][word]})
        assert set(answered["properties"]) <= set(taken["properties"]), word
        assert set(taken["required"]) <= set(answered["required"]), word


def test_no_description_is_about_the_code():
    """It is read by authors of clients in other languages."""
    assert re.findall(r"aircherd\.\w+|aircher_wire|msgspec|UNSET|NoneType", schema_text()) == []


@pytest.mark.parametrize("method", HANDLED)
def test_the_page_names_every_key_of_a_result(method):
    """The method's section has each key that its result has at the top."""
    result = definition(DOCUMENT["methods"][method]["result"])
    section = section_of(method)
    is_row = method == methods.AUTH_LOGIN  # its page refers to the rows of `auth.status`
    section += section_of(methods.AUTH_STATUS) if is_row else ""
    section += section_of(methods.TOKEN_LIST) if method == methods.TOKEN_CREATE else ""
    missing = [name for name in result["properties"] if not re.search(rf"\b{name}\b", section)]
    assert missing == []


@pytest.mark.parametrize("method", HANDLED)
def test_every_key_that_the_page_has_in_a_result_is_described(method):
    """Those of the line `parameters → result`."""
    first = section_of(method).lstrip().split("\n\n")[0]
    found = re.search(r"→ (?:notifications[^`]*|a row|a chat\w*)?`(\{.*?\})`", first, re.DOTALL)
    written = set(re.findall(r"([a-z_]+)(?=\??(?:[:,}\]]|\.\.))", found[1])) if found else set()
    known = names_in(DOCUMENT["methods"][method]["result"])
    assert written - known - {"provider", "model", "topic", "names"} == set()


def test_error_codes_are_those_of_the_page():
    """Each with the meaning that the page has."""
    table = PAGE.split("## Error codes")[1].split("\n## ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)) == MEANINGS
    named = {code for each in DOCUMENT["methods"].values() for code in each.get("errors", [])}
    assert named | set(DOCUMENT["common_errors"]) <= set(MEANINGS)
    known = {value for name, value in vars(codes).items() if isinstance(value, str)}
    assert set(MEANINGS) <= known


def test_deltas_are_those_of_the_page():
    """Each has the keys that its row names."""
    table = PAGE.split("A delta has `type`:")[1].split("\n\n")[1]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert set(rows) - {"type"} == set(DELTAS)
    for name in DELTAS:
        keys = set(definition(DOCUMENT["deltas"][name])["properties"]) - {"id", "stream", "seq"}
        assert {key for key in keys - {"type"} if f"`{key}" not in rows[name]} == set(), name


def test_topics_are_those_of_the_daemon():
    """`lagged` is an event without a topic."""
    assert set(TOPICS) == {*methods.TOPICS, methods.CONFIRM}
    assert set(DOCUMENT["events"]) == {*TOPICS, "lagged"}


def test_limits_are_those_of_the_daemon():
    """The ones that `aircher_wire` does not have."""
    assert LIMITS["max_requests"] == MAX_ACTIVE_REQUESTS
    assert f"at most {LIMITS['max_depth_sent']} levels of nesting" in PAGE.replace("\n", " ")


def test_the_daemon_starts_without_it():
    """Its types are imported when a client asks."""
    program = (
        "import sys, aircherd.__main__, aircherd.app; print('aircherd.api.schema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"False\n"


def words_of(name: str, key: str) -> set[str]:
    """Return the words that a key of a definition may have."""
    schema = DOCUMENT["$defs"][name]["properties"][key]
    return set(schema.get("items", schema)["enum"])


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("KeyRow", "state", [state.value for state in KeyState]),
        ("KeyRow", "health", [health.value for health in Health]),
        ("ChatResult", "finish", get_args(Finish)),
        ("LimitRow", "counted", get_args(LimitStatus.__annotations__["counted"])),
        ("LimitRow", "per", get_args(Per)),
        ("ImportOutcome", "outcome", get_args(importing.Outcome)),
        ("ConfirmEvent", "outcome", get_args(questions.Outcome)),
        ("Swap", "state", get_args(SwapState)),
        ("Finding", "status", get_args(Status)),
        ("Setting", "source", get_args(Source)),
        ("Explained", "strategy", get_args(Strategy)),
    ],
)
def test_words_are_those_of_the_code(name, key, words):
    """A word that is new in the code is described, before a client gets it."""
    assert words_of(name, key) == set(words)


@pytest.mark.parametrize(
    ("name", "struct", "not_sent"),
    [
        ("Model", models.Model, {"id"}),
        ("Prices", models.Rates, set()),
        ("KeyRow", KeyStatus, set()),
        ("AuthEvent", KeyStatus, set()),
        ("Attempt", attempt.Attempt, set()),
        ("AttemptEvent", attempt.Attempt, set()),
        ("AttemptDelta", reply.AttemptDelta, set()),
        ("Skipped", attempt.Skipped, set()),
        ("Usage", reply.Usage, set()),
        ("TextDelta", reply.TextDelta, set()),
        ("ToolCallDelta", reply.ToolCallDelta, set()),
        ("ImageDelta", reply.ImageDelta, set()),
        ("AudioDelta", reply.AudioDelta, set()),
        ("AnswerCitation", Citation, set()),
        ("LimitRow", LimitStatus, set()),
        ("Allowance", Allowance, set()),
        ("UnknownName", UnknownName, set()),
        ("Problem", Problem, set()),
        ("Finding", Finding, set()),
        ("Setting", Setting, set()),
        ("ListedAttempt", ListedAttempt, {"cost_nano", "is_estimated"}),
        ("ImportOutcome", importing.ImportOutcome, set()),
        ("TokenRow", StoredToken, {"digest"}),
    ],
)
def test_a_struct_that_is_sent_is_described_whole(name, struct, not_sent):
    """Also the fields that a daemon in a test never has, such as one that a vendor sends rarely."""
    fields = {field.encode_name for field in msgspec.structs.fields(struct)}
    assert fields - not_sent <= set(DOCUMENT["$defs"][name]["properties"])
