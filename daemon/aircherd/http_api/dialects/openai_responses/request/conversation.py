"""The items of the input as messages.

Consecutive items of the model are one message, and so are consecutive results. Of earlier turns,
what hosted tools did and the thinking of OpenAI's models is left out: it is of no use elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Final

import msgspec

from aircherd.http_api.dialects.common.carriers import carried
from aircherd.http_api.dialects.common.unsaid import Unsaid
from aircherd.http_api.dialects.common.writing import json_bytes
from aircherd.http_api.dialects.openai_responses.kept import Places, restore
from aircherd.http_api.dialects.openai_responses.request.body import (
    Content,
    Format,
    Item,
)
from aircherd.http_api.dialects.openai_responses.request.content import (
    read_content,
    read_output,
    read_part,
)
from aircherd.http_api.dialects.openai_responses.request.freeform import wrap
from aircherd.http_api.dialects.openai_responses.request.names import SEARCH, Names
from aircherd.http_api.problem import invalid
from aircherd.vocabulary.chat import Message
from aircherd.vocabulary.content.media import ImagePart
from aircherd.vocabulary.parts import Part, TextPart, ToolCallPart, ToolResultPart

PARAGRAPH: Final = "\n\n"
"""Stands between the parts of a summary."""

PICTURE: Final = "image_generation_call"

PAST: Final = frozenset(
    {
        *("web_search_call", "file_search_call", "code_interpreter_call", "computer_call"),
        *("mcp_call", "mcp_list_tools", "mcp_approval_request"),
        *("local_shell_call", "shell_call", "apply_patch_call", "program", "program_output"),
    }
)
"""What a model of OpenAI did in earlier turns that no other provider can read."""

_REFERENCE: Final = "item_reference"

_PLACEHOLDER: Final = "(see the items before)"


class Conversation:
    """Reads the items one by one."""

    def __init__(self, names: Names, notes: Unsaid) -> None:
        self.messages: list[Message] = []
        self.effort: str | None = None
        """The effort that an item asked for last."""
        self.format: Format | None = None
        self._names = names
        self._notes = notes
        self._said: list[Part] = []
        self._results: list[Part] = []
        self._calls: Places = {}

    def read(self, items: Sequence[Item]) -> None:
        """Read all items.

        Raises:
            RequestProblem: an item lacks something.
        """
        for number, item in enumerate(items):
            path = f"input[{number}]"
            read = self.readers.get(item.type or "message", Conversation._unknown)
            read(self, item, path)
        self._end_turn()
        self._end_results()
        self._ensure_question()

    # -------------------------------------------------------------- messages

    def _message(self, item: Item, path: str) -> None:
        if item.role is None:
            self._unknown(item, path)
        elif item.role == "assistant":
            self._add_said(item, path)
        else:
            self._end_turn()
            self._end_results()
            role = "user" if item.role == "user" else "system"
            content = read_content(item.content, path, self._notes)
            self.messages.append(Message(role, content))  # type: ignore[arg-type]

    def _add_said(self, item: Item, path: str) -> None:
        said = self._begin_turn()
        if isinstance(item.content, str):
            said.append(TextPart(item.content))
            return
        for number, part in enumerate(item.content or ()):
            said.append(read_part(part, f"{path}.content[{number}]", self._notes))

    def _begin_turn(self) -> list[Part]:
        self._end_results()
        return self._said

    def _end_turn(self) -> None:
        if not self._said:
            return
        only = self._said[0] if len(self._said) == 1 else None
        if type(only) is TextPart and only == TextPart(only.text):
            self.messages.append(Message("assistant", only.text))
        else:
            self.messages.append(Message("assistant", self._said))
        self._said = []

    def _end_results(self) -> None:
        if self._results:
            self.messages.append(Message("user", self._results))
            self._results = []

    # -------------------------------------------------------------- thinking

    def _reasoning(self, item: Item, path: str) -> None:
        del path
        # The thinking of a model of OpenAI can be read by it alone.
        kept = carried(item.encrypted_content or "")
        if kept is not None:
            restore(kept, text_of(item.summary or ()), self._begin_turn(), self._calls)

    # -------------------------------------------------------------- calls and results

    def _function_call(self, item: Item, path: str) -> None:
        given = item.arguments
        arguments = given if isinstance(given, str) else json_bytes(given or {}).decode()
        self._add_call(item, path, arguments)

    def _custom_call(self, item: Item, path: str) -> None:
        given = item.input
        text = given if isinstance(given, str) else json_bytes(given).decode()
        self._add_call(item, path, wrap(text))

    def _add_call(self, item: Item, path: str, arguments: str) -> None:
        if not item.call_id or not item.name:
            missing = "name" if item.call_id else "call_id"
            raise invalid(f"{path}: {missing} is missing", f"{path}.{missing}")
        name = self._names.of(item.namespace, item.name)
        self._put_call(ToolCallPart(item.call_id, name, arguments))

    def _put_call(self, call: ToolCallPart) -> None:
        said = self._begin_turn()
        self._calls[call.id] = (said, len(said))
        said.append(call)

    def _output(self, item: Item, path: str) -> None:
        if not item.call_id:
            raise invalid(f"{path}: call_id is missing", f"{path}.call_id")
        if item.call_id not in self._calls and self._notes.names:
            # The call is where only the provider can look; it stands there for our own checks.
            self._put_call(ToolCallPart(item.call_id, item.name or "unknown", "{}"))
        self._end_turn()
        content = read_output(item.output, path, self._notes)
        self._results.append(ToolResultPart(item.call_id, content))

    def _search_call(self, item: Item, path: str) -> None:
        # One that OpenAI ran itself has no name for its call.
        if item.call_id and item.execution == "client":
            arguments = json_bytes(item.arguments or {}).decode()
            self._add_call(msgspec.structs.replace(item, name=SEARCH), path, arguments)

    def _search_output(self, item: Item, path: str) -> None:
        if item.call_id and item.execution == "client":
            found = json_bytes(item.tools or []).decode()
            self._output(msgspec.structs.replace(item, output=found), path)

    def _picture(self, item: Item, path: str) -> None:
        if not item.result:
            return
        try:
            part = ImagePart(data=item.result)
        except ValueError as error:
            self._notes.add(f"{path}.result: {error}")
            return
        self._begin_turn().append(part)

    # -------------------------------------------------------------- what is no part of it

    def _tools(self, item: Item, path: str) -> None:
        """Skip tools: they were read before the conversation."""

    def _configuration(self, item: Item, path: str) -> None:
        del path
        if item.reasoning is not None and item.reasoning.effort is not None:
            self.effort = item.reasoning.effort
        if item.text is not None and item.text.format is not None:
            self.format = item.text.format

    def _past(self, item: Item, path: str) -> None:
        """Skip what only the provider that made it can read."""

    def _unknown(self, item: Item, path: str) -> None:
        if item.type in (None, "message", _REFERENCE):
            # Vercel's AI SDK sends them unless its options say store false.
            hint = " (with store false, clients send the item itself)"
            self._notes.add(f'{path}.type "{_REFERENCE}"{hint}')
        else:
            self._notes.add(f'{path}.type "{item.type}"')

    readers: ClassVar[dict[str, Callable[["Conversation", Item, str], None]]] = {
        "message": _message,
        "reasoning": _reasoning,
        "function_call": _function_call,
        "function_call_output": _output,
        "custom_tool_call": _custom_call,
        "custom_tool_call_output": _output,
        PICTURE: _picture,
        f"{SEARCH}_call": _search_call,
        f"{SEARCH}_output": _search_output,
        "additional_tools": _tools,
        "configuration_update": _configuration,
        **dict.fromkeys(PAST, _past),
    }
    """Type of an item -> what reads it."""

    # -------------------------------------------------------------- the question

    def _ensure_question(self) -> None:
        """Let the last instruction be the question, if there is no other."""
        if any(message.role == "user" for message in self.messages):
            if self._notes.names and not self.messages[-1].content:
                self.messages[-1] = Message(self.messages[-1].role, _PLACEHOLDER)
            return
        if self._notes.names:
            self.messages.append(Message("user", _PLACEHOLDER))
        elif self.messages and self.messages[-1].role == "system":
            self.messages[-1] = Message("user", self.messages[-1].content)


def text_of(summary: Sequence[Content]) -> str:
    """Return the text of thinking."""
    return PARAGRAPH.join(part.text or "" for part in summary)


def added_tools(items: Sequence[Item]) -> Iterator[msgspec.Raw]:
    """Yield the tools that come with the items."""
    for item in items:
        if item.type in ("additional_tools", f"{SEARCH}_output"):
            yield from item.tools or ()


KNOWN_ITEMS: Final = frozenset(Conversation.readers) - PAST - {PICTURE}
"""Kinds of items whose fields all have a meaning here."""
