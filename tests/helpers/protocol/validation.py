"""Compares what the daemon sends with its own description, `protocol.schema`.

The description is open for later versions. Here it is closed: a key that it does not have fails.
"""

from typing import Any

from jsonschema import Draft202012Validator

Map = dict[str, Any]


class Description:
    """The description of the protocol, closed."""

    def __init__(self, document: Map) -> None:
        self.document = document
        self._definitions = {name: closed(each) for name, each in document["$defs"].items()}
        self._made: dict[str, Draft202012Validator] = {}

    def result(self, method: str, value: object) -> list[str]:
        """Return what is wrong with the result of a method."""
        return self._errors(f"result {method}", self.document["methods"][method]["result"], value)

    def params(self, method: str, value: object) -> list[str]:
        """Return what is wrong with the parameters of a request."""
        return self._errors(f"params {method}", self.document["methods"][method]["params"], value)

    def error(self, value: object) -> list[str]:
        """Return what is wrong with an error; a chat's is recognised by its data."""
        found = self._errors("error", self.document["error"], value)
        data = value.get("data", {}) if isinstance(value, dict) else {}
        if isinstance(value, dict) and value.get("code") not in self.document["errors"]:
            found.append(f"an unknown code: {value.get('code')}")
        if "attempts" in data:
            found += self._errors("data", self.document["chat_error_data"], data)
        return found

    def notification(self, method: str, params: Map) -> list[str]:
        """Return what is wrong with a notification of the daemon."""
        if method == "chat.delta":
            table, name = self.document["deltas"], params["type"]
            return self._errors(f"delta {name}", table[name], params)
        if method == "event":
            table, name = self.document["events"], params["topic"]
            return self._errors(f"event {name}", table[name]["event"], params)
        about = self.document["notifications"]["from_daemon"][method]
        found = self._errors(f"notification {method}", about["params"], params)
        return found + (self.error(params["error"]) if "error" in params else [])

    def frame(self, frame: list[Any], asked: str | None) -> list[str]:
        """Return what is wrong with a frame of the daemon; a response is to the method `asked`."""
        if frame[0] == 2:
            return self.notification(frame[1], frame[2][0])
        if frame[2] is not None:
            return self.error(frame[2])
        assert asked is not None
        return self.result(asked, frame[3])

    def _errors(self, name: str, schema: Map, value: object) -> list[str]:
        if name not in self._made:
            whole = {**closed(schema), "$defs": self._definitions}
            self._made[name] = Draft202012Validator(whole)
        return [
            f"{name}: {each.json_path}: {each.message}" for each in _all(self._made[name], value)
        ]


def closed(schema: Any) -> Any:
    """Return a schema in which every map has the keys that it names and no other."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(each) for key, each in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


def _all(validator: Draft202012Validator, value: object) -> list[Any]:
    found = []
    for error in validator.iter_errors(value):
        found += error.context or [error]
    return found[:5]
