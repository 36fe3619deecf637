"""Every configuration that is valid in a test is valid for its JSON Schema, too."""

import tomllib

import jsonschema
import pytest

from aircherd.config import load
from aircherd.config.json_schema.document import json_schema

VALIDATOR = jsonschema.Draft7Validator(json_schema())


@pytest.fixture(autouse=True)
def valid_for_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare the reader with the schema, by an independent validator."""
    check = load.check_text

    def compare(text: str, *, file: str) -> load.Checked:
        found = check(text, file=file)
        if found.problem is None:
            VALIDATOR.validate(tomllib.loads(text.removeprefix("\ufeff")))
        return found

    monkeypatch.setattr(load, "check_text", compare)
