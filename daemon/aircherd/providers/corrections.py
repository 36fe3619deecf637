"""What aircher itself put into a request and the server refuses, and what to send instead.

A field such as `stream_options` is ours: no request asks for it. Where a server does not know it,
the call is made again without it. The same goes for our choice between two names of a field, for
an effort that a server names differently, and for a limit that the request left open. What the
request asks for is never left out.

`find_edits` decides, from the text of a refusal; `apply_edits` changes a body. A `CallTarget`
remembers what was decided.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, get_args

import msgspec

from aircherd.providers.codec.json_in import as_map
from aircherd.providers.error_mapping.pattern import Pattern
from aircherd.vocabulary.chat import ChatRequest, Effort

STATUSES: Final = frozenset({400, 403, 404, 422, 500, 501})
"""Of refusals that may be about a field."""

MAX_EDITS: Final = 8
"""How many edits are remembered for one target."""

Action = Literal["drop", "rename", "effort", "limit"]
Path = tuple[str, ...]


class OwnField(msgspec.Struct, frozen=True):
    """A field, or a choice in it, that an adapter makes and no request.

    Attributes:
        path: names from the root, separated by dots; `*` is every item of a list.
        action: what is done if the server refuses it.
        rename: the other name that servers know it by.
        phrases: lower-case texts that name it without its name.
    """

    path: str
    action: Action = "drop"
    rename: str | None = None
    phrases: tuple[str, ...] = ()


class Edit(msgspec.Struct, frozen=True):
    """A change of bodies: at `path`, drop the field, rename it to `value`, or replace its value.

    An effort is replaced where it is `old`, dropped if `value` is None; a number is lowered to the
    limit `value`.
    """

    path: Path
    action: Action
    value: str | int | None = None
    old: str | None = None


# ------------------------------------------------------------------ deciding


def find_edits(
    own: Iterable[OwnField], request: ChatRequest, sent: bytes, status: int, refusal: bytes
) -> tuple[Edit, ...]:
    """Return what to change in a body after a refusal, () if nothing in it is ours and at fault.

    Args:
        own: the fields of the adapter.
        request: what was asked for; its `extra` is never changed.
        sent: the body that was refused.
        status: the HTTP status of the refusal.
        refusal: the refusal's body.
    """
    if status not in STATUSES:
        return ()
    named = _Naming(refusal)
    edits = [
        edit
        for field in own
        if named.names(field)
        and (edit := _edit_for(field, named, sent, request)) is not None
        and _is_ours(edit, request)
    ]
    return tuple(edits)


def _edit_for(field: OwnField, named: "_Naming", sent: bytes, request: ChatRequest) -> Edit | None:
    path = tuple(field.path.split("."))
    value = _value_at(sent, path)
    if value is None:
        return None
    if field.action == "effort":
        return _effort_edit(path, value, named, is_off=request.reasoning == "none")
    if field.action == "limit":
        limit = named.limit_below(value)
        return None if limit is None else Edit(path, "limit", limit)
    if not named.is_unknown(field):
        return None
    if field.rename is not None:
        is_sent = _value_at(sent, (*path[:-1], field.rename)) is not None
        return None if is_sent else Edit(path, "rename", field.rename)
    return Edit(path, "drop")


def _is_ours(edit: Edit, request: ChatRequest) -> bool:
    if edit.action == "limit" and request.max_tokens is not None:
        return False
    if edit.action == "effort" and edit.value is None and request.reasoning != "none":
        return False
    if edit.path[-1] == "strict" and any(tool.strict for tool in request.tools):
        return False
    return not _values(request.extra, edit.path)


# ------------------------------------------------------------------ efforts

_STEPS: Final[tuple[str, ...]] = get_args(Effort)
_CHOICES: Final = Pattern(
    r"(?:supported values|must be|should be|one of|expected|allowed|valid|options|choose|either)"
    r"(.{0,300})",
    re.DOTALL,
)
_STEP: Final = re.compile(rf"\b({'|'.join(_STEPS)}|default)\b")


def _effort_edit(path: Path, value: object, named: "_Naming", *, is_off: bool) -> Edit | None:
    """Return the edit for a refused effort: the nearest that the server names.

    A server that names none and refuses `none` gets `low`. If thinking is to be off, a server that
    does not know the field has nothing to turn off.
    """
    if not isinstance(value, str) or not named.has_refused():
        return None
    choices = _CHOICES.search(named.text)
    known = [step for step in _STEP.findall(choices[1]) if step != value] if choices else []
    if known and value in _STEPS:
        return Edit(path, "effort", _nearest(value, known), value)
    if is_off and named.is_field_unknown():
        return Edit(path, "effort", None, value)
    return Edit(path, "effort", "low", value) if value == "none" else None


def _nearest(effort: str, known: list[str]) -> str:
    target = _STEPS.index(effort)
    # A server that knows `none` and `default` only: any thinking is the default.
    thinking = [step for step in known if step in _STEPS and (step != "none" or target == 0)]
    if not thinking:
        return "default" if "default" in known else known[0]
    return min(thinking, key=lambda step: abs(_STEPS.index(step) - target))


# ------------------------------------------------------------------ reading refusals

_MAX_TEXT: Final = 8192
_MAX_STRINGS: Final = 100
_QUOTED_INPUT: Final = frozenset({"input", "ctx", "url", "body", "request"})
"""Keys under which servers quote the request: what is in there is not named."""

_UNKNOWN: Final = Pattern(
    r"un(?:known|recogni[sz]ed|expected|supported)|not? (?:longer |currently |yet )?"
    r"(?:supported|permitted|allowed|recogni[sz]ed|known|accepted|verified|implemented|available"
    r"|enabled|valid|defined)|n't (?:supported|allowed|permitted|recognized)"
    r"|extra|additional propert|forbidden|cannot find field|no such"
    r"|do(?:es)?(?:n't| not) (?:support|accept|allow|exist|recogni[sz]e|have)"
    r"|only (?:enabled|supported|available|allowed)|must be verified"
    r"|invalid (?:field|param|argument)|deprecated|disallowed|instead|unevaluated|no support"
    r"|cannot be used|no endpoints found|不支持|未知|无效|非法"
)
_UNKNOWN_FIELD: Final = Pattern(
    r"un(?:known|recogni[sz]ed|expected)|unsupported (?:field|param|argument|request)|extra"
    r"|additional propert|not permitted|not a (?:valid|known) (?:field|param)|cannot find field"
    r"|param(?:eter)?s?[^.]{0,40}(?:is|are) not supported"
    r"|do(?:es)?(?:n't| not) (?:support|accept|recogni[sz]e) (?:the )?"
    r"(?:param|field|reasoning|thinking|['\"`]?reasoning_effort['\"`]? param)"
)
_REFUSED: Final = Pattern(rf"{_UNKNOWN.source}|invalid|must be|should be|expected|one of|bad ")
_TOKEN: Final = re.compile(r"[A-Za-z_]\w*(?:[.\[\]/]+[\w*]+)*")
_SEGMENT: Final = re.compile(r"[.\[\]/]+")


class _Naming:
    """What a refusal names: its text in lower case, and the fields that it says are at fault."""

    def __init__(self, refusal: bytes) -> None:
        strings: list[str] = []
        self.params: set[Path] = set()
        try:
            self._collect(msgspec.json.decode(refusal), strings, 0)
        except (ValueError, RecursionError):
            strings.append(refusal.decode("utf-8", "replace"))
        text = "\n".join(strings)[:_MAX_TEXT]
        self.text = text.lower()
        self._tokens = {_segments(token) for token in _TOKEN.findall(text)}

    def _collect(self, value: object, strings: list[str], depth: int) -> None:
        if depth > 6 or len(strings) >= _MAX_STRINGS:
            return
        if isinstance(value, str):
            strings.append(value)
        elif isinstance(value, list):
            if value and all(isinstance(each, str | int) for each in value):
                strings.append(".".join(map(str, value)))  # `loc`: a path
            else:
                for each in value:
                    self._collect(each, strings, depth + 1)
        elif isinstance(value, dict):
            for name, each in value.items():
                if name in ("param", "loc", "field", "parameter"):
                    self._add_param(each)
                if name not in _QUOTED_INPUT:
                    self._collect(each, strings, depth + 1)

    def _add_param(self, value: object) -> None:
        if isinstance(value, list):
            value = ".".join(map(str, value))
        if isinstance(value, str):
            self.params.add(_segments(value.removeprefix("body.")))

    def names(self, field: OwnField) -> bool:
        """Return whether the refusal is about `field`."""
        if self._is_param(field) or any(phrase in self.text for phrase in field.phrases):
            return True
        leaf = field.path.rpartition(".")[2]
        path = tuple(_normal(name) for name in field.path.split(".") if name != "*")
        if leaf != leaf.lower() or "_" in leaf:  # no word of plain English
            is_spelt_out = field.action == "drop" and leaf.replace("_", " ") in self.text
            return is_spelt_out or any(path[-1] in token for token in self._tokens)
        quoted = (
            rf"[\"'`#/]{leaf}[\"'`]|(?<!\w )\b{leaf}:"
            rf"|(?:param\w*|argument|field|supplied:) {leaf}\b"
        )
        if re.search(quoted, self.text):
            return True
        return len(path) > 1 and any(_is_part(path[-2:], token) for token in self._tokens)

    def _is_param(self, field: OwnField) -> bool:
        path = tuple(_normal(name) for name in field.path.split(".") if name != "*")
        return path in self.params or (len(path) > 1 and path[-1:] in self.params)

    def is_unknown(self, field: OwnField) -> bool:
        """Return whether the refusal says that `field` is not known or not allowed."""
        is_bare_param = self._is_param(field) and field.rename is None
        return is_bare_param or _UNKNOWN.search(self.text) is not None

    def is_field_unknown(self) -> bool:
        """Return whether a field, and not only its value, is refused."""
        return _UNKNOWN_FIELD.search(self.text) is not None

    def has_refused(self) -> bool:
        """Return whether the text says that something is invalid."""
        return _REFUSED.search(self.text) is not None

    def limit_below(self, value: object) -> int | None:
        """Return the limit that the text names for the number `value`."""
        if not isinstance(value, int):
            return None
        found = re.search(
            rf"\b{value} ?> ?(\d{{1,9}})|(?:at most|less than or equal to|<=|maximum (?:is|of)) "
            r"?(\d{1,9})",
            self.text,
        )
        limit = int(found[1] or found[2]) if found else 0
        return limit if 0 < limit < value else None


def _segments(token: str) -> Path:
    return tuple(_normal(name) for name in _SEGMENT.split(token) if name and not name.isdigit())


def _normal(name: str) -> str:
    return name.replace("_", "").lower()


def _is_part(names: Path, token: Path) -> bool:
    """Return whether `names` appear in `token` in their order; others may be between them."""
    left = iter(token)
    return all(name in left for name in names)


# ------------------------------------------------------------------ changing bodies


def apply_edits(body: bytes, edits: Sequence[Edit], request: ChatRequest) -> bytes:
    """Return `body` with the edits applied that concern what is ours in this request.

    Fields that no edit touches are not decoded: they may hold pictures.
    """
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    for edit in edits:
        top = edit.path[0]
        if top not in fields or not _is_ours(edit, request):
            continue
        holder: dict[str, object] = {top: msgspec.json.decode(fields[top])}
        _change(holder, edit.path, edit)
        fields |= {name: msgspec.Raw(msgspec.json.encode(each)) for name, each in holder.items()}
        if top not in holder:
            del fields[top]
    return msgspec.json.encode(fields)


def _change(value: object, path: Path, edit: Edit) -> None:
    if isinstance(value, list) and path[0] == "*":
        for each in value:
            _change(each, path[1:], edit)
    elif len(path) > 1:
        fields = as_map(value)
        _change(fields.get(path[0]), path[1:], edit)
        if fields.get(path[0]) == {}:
            del fields[path[0]]  # a map that held nothing else was ours too
    elif isinstance(value, dict) and path[0] in value:
        _change_field(value, path[0], edit)


def _change_field(fields: dict[str, object], name: str, edit: Edit) -> None:
    current = fields[name]
    if edit.action == "drop":
        del fields[name]
    elif edit.action == "rename" and isinstance(edit.value, str):
        fields.setdefault(edit.value, fields.pop(name))
    elif edit.action == "effort" and current == edit.old:
        if edit.value is None:
            del fields[name]
        else:
            fields[name] = edit.value
    elif edit.action == "limit" and isinstance(edit.value, int) and isinstance(current, int):
        fields[name] = min(current, edit.value)


def _value_at(body: bytes, path: Path) -> object:
    """Return the first value at `path` of a body, None if there is none."""
    raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).get(path[0])
    if raw is None:
        return None
    values = _values({path[0]: msgspec.json.decode(raw)}, path)
    return values[0] if values else None


def _values(value: object, path: Path) -> list[object]:
    if not path:
        return [] if value is None else [value]
    if path[0] == "*":
        items = value if isinstance(value, list) else []
        return [found for each in items for found in _values(each, path[1:])]
    fields = as_map(value)
    return _values(fields[path[0]], path[1:]) if path[0] in fields else []
