"""What the simulated model says to a prompt: deterministic and pure, the same for every vendor.

The last user text decides, in this order:

1. tool results came last       -> `The tools answered: RESULT | RESULT`
2. `call NAME {json}`, joined by `and`, and the request has tools of these names
                                -> those calls; `say WORDS; call NAME {json}` speaks first
3. a tool is required           -> a call of it, or of the first tool, with `{}`
4. JSON is asked for            -> an object that fits the schema, or `{"answer": PROMPT}`
5. there are pictures           -> `I see N: KIND or URL, ...`
6. `count N`                    -> `1 2 3 ... N`
7. anything else                -> the manner's fixed text, else the prompt itself

If thinking is asked for, it thinks `Let me think about: PROMPT` first, and signs that; who changes
a thought that it sends back no longer has its signature.

A piece is a word with the white space before it; a token, for counting, is a piece.
"""

import hashlib
import json
import re
from typing import Any

import msgspec

from aircherd.testing.simulator.manner import Manner

_PIECES = re.compile(r"\s*\S+|\s+")
_SAY = re.compile(r"say (?P<text>.*?); (?=call )", re.DOTALL)
_CALL = re.compile(r"(?:call )?(?P<name>[A-Za-z0-9_.-]+)\s+(?=\{)")
_AND = re.compile(r"\s+and\s+")
_COUNT = re.compile(r"count (?P<number>[0-9]{1,7})\s*")
_JSON = json.JSONDecoder()

MAX_COUNT = 100_000


class Prompt(msgspec.Struct, kw_only=True):
    """What a request asks, freed of its vendor's form.

    `choice` is auto, none, required, or the name of a tool in `forced`. `images` are those of the
    last user message, by media type or URL. `schema` is a JSON Schema, {} for any object, None for
    plain text.
    """

    text: str
    input_tokens: int
    results: list[str] = []
    tools: list[str] = []
    choice: str = "auto"
    forced: str | None = None
    parallel: bool = True
    max_tokens: int | None = None
    stop: list[str] = []
    thinks: bool = False
    images: list[str] = []
    schema: dict[str, object] | None = None


class Call(msgspec.Struct):
    """A tool call; `arguments` is the JSON text as the prompt spelled it."""

    name: str
    arguments: str


class Said(msgspec.Struct, kw_only=True):
    """What the model says.

    `finish` is stop, stop_sequence (then `stop` says which), length or tools.
    """

    pieces: list[str]
    calls: list[Call]
    finish: str
    stop: str | None = None
    thoughts: list[str] = []


class Tally(msgspec.Struct, kw_only=True):
    """Token counts: input includes cached and cache_write, output includes reasoning."""

    input: int
    output: int
    cached: int
    cache_write: int
    reasoning: int


def split_pieces(text: str) -> list[str]:
    """Split into words with the white space before them; joined they are `text` again."""
    return _PIECES.findall(text)


def count_tokens(*texts: str) -> int:
    """Count the words of all texts."""
    return sum(len(text.split()) for text in texts)


def decide(prompt: Prompt, manner: Manner) -> Said:
    """Decide what is said to `prompt`; see the top of this file."""
    said = _decide(prompt, manner)
    if prompt.thinks:
        said.thoughts = split_pieces(f"Let me think about: {prompt.text}")
    return said


def signature(thought: str) -> str:
    """Return what a model signs this thought with."""
    return "c2ln" + hashlib.sha256(thought.encode()).hexdigest()


def _decide(prompt: Prompt, manner: Manner) -> Said:
    if prompt.results:
        return _speak("The tools answered: " + " | ".join(prompt.results), prompt)
    calls = _wanted_calls(prompt)
    if calls:
        spoken = _SAY.match(prompt.text)
        pieces = split_pieces(spoken["text"]) if spoken else []
        return Said(pieces=pieces, calls=calls, finish="tools")
    if prompt.schema is not None:
        return _speak(json.dumps(_instance(prompt.schema, prompt.text)), prompt)
    if prompt.images:
        return _speak(f"I see {len(prompt.images)}: {', '.join(prompt.images)}", prompt)
    if counted := _COUNT.fullmatch(prompt.text):
        last = min(int(counted["number"]), MAX_COUNT)
        return _speak(" ".join(map(str, range(1, last + 1))), prompt)
    return _speak(manner.text if manner.text is not None else prompt.text, prompt)


def parse_json(text: str) -> object:
    """Parse JSON that `decide` has already found to be well-formed."""
    parsed: object = json.loads(text)
    return parsed


def tally(prompt: Prompt, said: Said, manner: Manner) -> Tally:
    """Count what `said` cost."""
    spoken = len(said.pieces) + sum(1 + len(fragments(call.arguments)) for call in said.calls)
    thinking = len(said.thoughts) + manner.reasoning_tokens
    cached = min(manner.cached_tokens, prompt.input_tokens)
    return Tally(
        input=prompt.input_tokens,
        output=spoken + thinking,
        cached=cached,
        cache_write=min(manner.cache_write_tokens, prompt.input_tokens - cached),
        reasoning=thinking,
    )


def fragments(arguments: str, size: int = 8) -> list[str]:
    """Cut tool arguments into the fragments in which they are streamed."""
    return [arguments[start : start + size] for start in range(0, len(arguments), size)]


def _speak(text: str, prompt: Prompt) -> Said:
    found = [(at, stop) for stop in prompt.stop if stop and (at := text.find(stop)) >= 0]
    at, stop = min(found) if found else (len(text), None)
    pieces = split_pieces(text[:at])
    if prompt.max_tokens is not None and len(pieces) > prompt.max_tokens:
        return Said(pieces=pieces[: prompt.max_tokens], calls=[], finish="length")
    return Said(
        pieces=pieces, calls=[], finish="stop" if stop is None else "stop_sequence", stop=stop
    )


def _instance(schema: Any, text: str) -> object:  # a JSON Schema of any shape
    """Return the plainest value that fits, the prompt's text where there may be text."""
    if not schema:
        return {"answer": text}
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _instance(each, text) for name, each in properties.items()}
    if kind == "array":
        return [_instance(schema["items"], text)] if schema.get("items") else []
    plain = {"string": text, "integer": len(text), "number": len(text) / 2, "boolean": True}
    return plain.get(kind)


def _wanted_calls(prompt: Prompt) -> list[Call]:
    if not prompt.tools or prompt.choice == "none":
        return []
    calls = [call for call in _parse_calls(prompt.text) if call.name in prompt.tools]
    if not calls and prompt.choice == "required":
        calls = [Call(prompt.forced or prompt.tools[0], "{}")]
    return calls if prompt.parallel else calls[:1]


def _parse_calls(text: str) -> list[Call]:
    spoken = _SAY.match(text)
    at = spoken.end() if spoken else 0
    if not text.startswith("call ", at):
        return []
    calls: list[Call] = []
    while match := _CALL.match(text, at):
        try:
            _, at = _JSON.raw_decode(text, match.end())
        except ValueError:
            break
        calls.append(Call(match["name"], text[match.end() : at]))
        joint = _AND.match(text, at)
        if joint is None:
            break
        at = joint.end()
    return calls
