"""The gate of one client: refusals, confirmations and providers, in front of real methods."""

import os
from types import SimpleNamespace

import msgspec
import pytest
import trio

from aircherd.access.gate import Gate
from aircherd.access.peer import Peer
from aircherd.access.rights import decide
from aircherd.api.context import Method
from aircherd.api.params import NoParams
from aircherd.config.model import DEFAULT_CONFIG, ClientRights, Protection
from aircherd.errors import Forbidden
from aircherd.vocabulary.chat import ChatRequest, RouteOptions


class User:
    """Answers, and notes what was asked."""

    def __init__(self, answer: bool = True) -> None:
        self.answer = answer
        self.first_uses: set[tuple[str, ClientRights]] = set()
        self.asked: list[tuple[str, str]] = []

    async def ask(self, *, client: str, program: str | None, pid: int | None, action: str) -> bool:
        assert (program is not None, pid) == (True, os.getpid())
        self.asked.append((client, action))
        await trio.lowlevel.checkpoint()
        return self.answer


async def handle(_services: object, _context: object, params: object) -> object:
    """Return the parameters, so that tests see what the handler gets."""
    return params


TABLE = {
    name: Method(ChatRequest if name == "chat" else NoParams, handle)
    for name in (
        "hello",
        "ping",
        "chat",
        "chat.start",
        "status",
        "auth.login",
        "auth.status",
        "shutdown",
        "events.subscribe",
    )
}


def gate(entry: ClientRights, user: User, protect: Protection | None = None) -> Gate:
    config = msgspec.structs.replace(
        DEFAULT_CONFIG, clients={"vi": entry}, protect=protect or Protection()
    )
    rights = decide(config, "vi", lambda _: True)
    return Gate(config, rights, Peer(os.getpid(), os.getuid()), user)


async def call(gate: Gate, name: str, params: object = None) -> object:
    """Call a method as a session does."""
    method = TABLE[name]
    replaced = gate.replacements(TABLE).get(method, method)
    assert replaced.params is method.params
    return await replaced.handler(SimpleNamespace(), SimpleNamespace(), params)


def test_only_what_differs_is_replaced() -> None:
    """A client with all rights calls the methods themselves."""
    chat_only = gate(ClientRights(allow=("chat",)), User()).replacements(TABLE)
    replaced = {name for name, method in TABLE.items() if method in chat_only}
    assert replaced == {"status", "auth.login", "auth.status", "shutdown", "events.subscribe"}
    assert gate(ClientRights(), User()).replacements(TABLE) == {}


async def test_a_refusal_says_who_what_and_where() -> None:
    """In its message and its data."""
    with pytest.raises(Forbidden) as caught:
        await call(gate(ClientRights(allow=("chat",)), User()), "status")
    assert caught.value.message == ("client 'vi' may not call status: [clients.\"vi\"] allows chat")
    assert caught.value.data == {"method": "status", "client": "vi", "section": "clients.vi"}


async def test_a_client_is_confirmed_once() -> None:
    """Whatever it asks for first, and with many requests at once; `hello` and `ping` need none."""
    user = User()
    found = gate(ClientRights(confirm=True), user)
    await call(found, "hello")
    await call(found, "ping")
    before = list(user.asked)
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(call, found, "status")
    await found.confirm_once()
    assert (before, user.asked) == ([], [("vi", "use aircher")])


async def test_a_client_on_another_machine_is_confirmed_once_for_its_name() -> None:
    """Its commands come over connections of their own; the question names the machine."""
    user = User()

    def at_host(name: str, entry: ClientRights) -> Gate:
        config = msgspec.structs.replace(DEFAULT_CONFIG, clients={"*@box": entry})
        rights = decide(config, name, lambda _: True, "box")
        return Gate(config, rights, Peer(os.getpid(), os.getuid()), user, "box")

    asks = ClientRights(confirm=True)
    for _ in range(3):
        await call(at_host("vim@box", asks), "status")
    assert user.asked == [("vim@box", "use aircher from the machine box")]
    await call(at_host("emacs@box", asks), "status")
    await call(at_host("vim@box", ClientRights(confirm=True, allow=("read",))), "status")
    assert len(user.asked) == 3


async def test_a_client_that_the_user_refuses() -> None:
    """Each request asks again."""
    user = User(answer=False)
    found = gate(ClientRights(confirm=True), user)
    for _ in range(2):
        with pytest.raises(Forbidden, match="you did not let client 'vi' use aircher"):
            await call(found, "status")
    assert len(user.asked) == 2


async def test_a_protected_action_is_confirmed_each_time() -> None:
    """With words for it."""
    user = User()
    found = gate(ClientRights(), user, Protection(sign_in="confirm"))
    for name in ("auth.login", "auth.login", "shutdown"):
        await call(found, name)
    assert user.asked == [("vi", "store or unlock keys")] * 2


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [(None, ["ollama", "openai"]), (["openai", "gemini"], ["openai"]), (["gemini"], None)],
)
async def test_only_the_providers_of_the_client(
    wanted: list[str] | None, kept: list[str] | None
) -> None:
    """Those of the request are cut down; if none is left it is refused."""
    found = gate(ClientRights(providers=("ollama", "openai")), User())
    request = ChatRequest(messages=[], route=RouteOptions(providers=wanted, no_fallback=True))
    if kept is None:
        with pytest.raises(Forbidden, match=r"may not use gemini.*allows the providers ollama, op"):
            await call(found, "chat", request)
        return
    result = await call(found, "chat", request)
    assert result == msgspec.structs.replace(
        request, route=RouteOptions(providers=kept, no_fallback=True)
    )


async def test_a_client_learns_which_providers_it_may_ask() -> None:
    """With the section that says so; one that may ask all learns nothing."""
    found = gate(ClientRights(providers=("ollama", "openai")), User())
    allowed = {"providers": ["ollama", "openai"], "section": "vi"}
    for answer in ({"rows": []}, msgspec.Raw(msgspec.msgpack.encode({"rows": []}))):
        raw = await call(found, "auth.status", answer)
        assert isinstance(raw, msgspec.Raw)
        assert msgspec.msgpack.decode(raw) == {"rows": [], "allowed": allowed}
        assert await call(gate(ClientRights(), User()), "auth.status", answer) is answer


async def test_what_asks_the_user_is_not_asked_about() -> None:
    """`aircher-cli confirm` could not begin otherwise; other topics need the user's word."""
    user = User()
    found = gate(ClientRights(confirm=True), user)
    for topics in (["confirm"], ["confirm", "auth"]):
        await found.confirm_topics(topics)
    assert user.asked == [("vi", "use aircher")]


async def test_a_no_counts_for_all_that_waited() -> None:
    """Or a client with a hundred requests would have the user asked a hundred times."""
    user = User(answer=False)
    found = gate(ClientRights(confirm=True), user)
    refused = 0

    async def ask() -> None:
        nonlocal refused
        with pytest.raises(Forbidden, match="you did not let client 'vi' use aircher"):
            await found.confirm_once()
        refused += 1

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert (refused, len(user.asked)) == (5, 1)


@pytest.mark.parametrize(
    ("entry", "asked"),
    [(ClientRights(confirm=True), 1), (ClientRights(confirm=True, allow=("read",)), 2)],
)
async def test_the_word_holds_across_changes_of_other_things(
    entry: ClientRights, asked: int
) -> None:
    """Until the rights of the client change."""
    user = User()
    before = gate(ClientRights(confirm=True), user)
    await before.confirm_once()
    after = gate(entry, user)
    after.continue_from(before)
    await after.confirm_once()
    assert len(user.asked) == asked
