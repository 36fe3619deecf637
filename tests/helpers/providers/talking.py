"""Chats with one provider through the real client, collected as the daemon does."""

from contextlib import aclosing

import msgspec

from aircherd.chat.replies.reply import Reply
from aircherd.config.model import Network, Provider
from aircherd.errors import ProviderFailed
from aircherd.memory.request_memory import uncounted
from aircherd.providers.client import ProviderClient
from aircherd.vocabulary.failure import Failure
from aircherd.vocabulary.keys import ApiKey
from aircherd.vocabulary.models import Model
from aircherd.vocabulary.reply import ReplyEvent, TextDelta, Usage
from helpers.providers.provider_calls import a_request

Map = dict[str, object]

TOOL: Map = {
    "name": "look",
    "parameters": '{"type":"object","properties":{"at":{"type":"string"}}}',
}
SCHEMA = (
    '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],'
    '"additionalProperties":false}'
)


class ChatOutcome(msgspec.Struct):
    """The result of a chat; its `message` can be sent back as it is."""

    events: list[ReplyEvent]
    message: Map
    text: str
    finish: str | None
    usage: Usage | None
    cost: str | None
    failure: Failure | None = None

    @property
    def parts(self) -> list[Map]:
        """The parts of the message."""
        content = self.message["content"]
        assert isinstance(content, list)
        return content

    def of(self, kind: str) -> list[Map]:
        """Return its parts of one type."""
        return [part for part in self.parts if part["type"] == kind]


def user(*content: str | Map) -> Map:
    """Return a user's message of texts and other parts."""
    parts = [{"type": "text", "text": each} if isinstance(each, str) else each for each in content]
    return {"role": "user", "content": parts}


def result(call: Map, content: object, **fields: object) -> Map:
    """Return a tool's answer to `call`."""
    return {"type": "tool_result", "id": call["id"], "content": content, **fields}


class Talker:
    """Talks to one model of one provider."""

    def __init__(
        self, provider: Provider, model: Model, key: ApiKey | None, provider_client: ProviderClient
    ) -> None:
        self.provider = provider
        self.model = model
        self.key = key
        self.provider_client = provider_client
        self.network = Network()

    @property
    def origin(self) -> str:
        """The origin of its parts: `provider/model`."""
        return f"{self.provider.name}/{self.model.id}"

    async def ask(self, *messages: str | Map, **fields: object) -> ChatOutcome:
        """Chat; fail without a complete reply."""
        outcome = await self.try_to_ask(*messages, **fields)
        assert outcome.failure is None, outcome.failure
        return outcome

    async def refused(self, *messages: str | Map, **fields: object) -> Failure:
        """Chat; fail without a failure."""
        outcome = await self.try_to_ask(*messages, **fields)
        assert outcome.failure is not None, outcome.message
        return outcome.failure

    async def try_to_ask(self, *messages: str | Map, **fields: object) -> ChatOutcome:
        """Chat, and return the result, including a failure at its end."""
        sent = [user(each) if isinstance(each, str) else each for each in messages]
        reply, events, failure = Reply(), list[ReplyEvent](), None
        request = a_request(*sent, **fields)
        try:
            async with aclosing(
                await self.provider_client.open_chat(
                    self.provider_client.prepare(self.provider, self.model, self.network),
                    request,
                    self.key,
                    memory=uncounted(),
                )
            ) as call:
                while more := await call.receive():
                    reply.add(more)
                    events += more
        except ProviderFailed as error:
            failure = error.failure
        ending = reply.ending
        return ChatOutcome(
            events,
            reply.message(self.origin),
            reply.text(),
            ending.finish if ending else None,
            reply.usage,
            ending.cost if ending else None,
            failure,
        )


def said(events: list[ReplyEvent]) -> list[str]:
    """Return the pieces of text."""
    return [event.text for event in events if isinstance(event, TextDelta)]
