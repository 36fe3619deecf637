"""What a client is called, and what it may do."""

from types import SimpleNamespace

import pytest

from aircher_wire import methods
from aircherd.access.peer import Peer
from aircherd.config.model import ClientRights, Config
from aircherd.config.paths import resolve_paths
from aircherd.errors import Forbidden
from aircherd.http_api.server.http_client import ClientTable, RequestClient, name_of
from aircherd.http_api.tokens.token import TokenClient
from aircherd.memory.request_memory import uncounted
from aircherd.vocabulary.chat import ChatRequest, Message
from helpers.http_api.server import TokenOf, make_services


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("claude-cli/2.1.197 (external, cli)", "claude-cli"),
        ("OpenAI/Python 3.57.0", "openai-python"),
        ("AsyncOpenAI/Python 3.57.0", "openai-python"),
        ("Anthropic/JS 1.14.0", "anthropic-js"),
        ("codex_cli_rs/0.171.0 (Linux)", "codex_cli_rs"),
        ("GeminiCLI/0.61.0/gemini-3 (linux; x64)", "gemini-cli"),
        ("ollama-python/0.6.3 (x86_64 linux) Python/3.11", "ollama-python"),
        ("curl/8.5.0", "curl"),
        ("node", "node"),
        ("Mozilla/5.0 (X11)", "browser"),
        ("", "http"),
        (None, "http"),
        ("/1", "http"),
        ("x" * 65, "http"),
        ("unverified:nvim/1", "http"),
        ("na\x07me/1", "http"),
    ],
)
def test_a_client_is_named_after_its_program(user_agent, name):
    """Without its version, which would make a new client of every update."""
    assert name_of(user_agent) == name


def test_connections_of_a_tool_are_one_client():
    """It is forgotten with its last connection, and its memory is given back."""
    services = make_services()
    table, peer = ClientTable(services), Peer(7, 0)
    first = table.enter("curl/8", peer, None)
    assert table.enter("curl/9", Peer(7, 0), None) is first
    assert table.enter("curl/9", Peer(8, 0), None) is not first
    token = TokenOf("mine", project="/p")
    named = table.enter("curl/8", peer, token)
    assert (named.caller.client, named.caller.project, len(table)) == ("mine", "/p", 3)
    assert named.describe()["http"] == "token"
    assert first.describe()["connections"] == 2
    table.leave(first)
    assert first in table
    first.memory.take(1000)
    table.leave(first)
    assert (first in table, services.memory.used) == (False, 0)


def test_a_request_names_its_project_unless_the_token_does():
    """The header counts for one request."""
    table = ClientTable(make_services())
    client = table.enter("curl/8", Peer(7, 0), None)
    assert client.caller_for({"x-aircher-project": "/p"}).project == "/p"
    assert client.caller_for({}).project is None
    bound = table.enter(None, Peer(7, 0), TokenOf("mine", project="/p"))
    assert bound.caller_for({}).project == "/p"


async def chat(services, context, request):
    return request


async def ask(client, method=methods.CHAT):
    request = ChatRequest(messages=[Message(role="user", content="x")])
    known = RequestClient(client, client.caller, uncounted())
    return await known.permitted(method, chat)(None, None, request)


async def test_what_a_client_may_do_is_decided_by_its_name():
    """As on the socket; a change of the configuration takes effect at once."""
    services = make_services()
    client = ClientTable(services).enter("curl/8", Peer(0, 0), None)
    assert (await ask(client)).route.providers is None
    services.config.current = Config(
        providers={}, clients={"curl": ClientRights(allow=("chat",), providers=("openai",))}
    )
    client.decide_rights()
    assert (await ask(client)).route.providers == ["openai"]
    assert client.describe()["role"] == "chat"
    services.config.current = Config(providers={}, clients={"*": ClientRights(allow=("none",))})
    client.decide_rights()
    with pytest.raises(Forbidden, match="'curl' may not call chat"):
        await ask(client)


async def test_a_token_of_another_machine_has_the_rights_of_that():
    """A program here cannot have them by its name, nor one there those of programs here."""
    services = make_services()
    services.config.current = Config(
        providers={},
        clients={"*@buildbox": ClientRights(allow=("chat",), providers=("openai",))},
    )
    services.questions = SimpleNamespace(first_uses=set())
    services.about = SimpleNamespace(paths=resolve_paths({"HOME": "/home/me"}))
    token = TokenClient(name="claude@buildbox", host="buildbox")
    there = ClientTable(services).enter(None, Peer(0, 0), token)
    here = ClientTable(services).enter(None, Peer(0, 0), TokenClient(name="claude@buildbox"))

    assert (await ask(there)).route.providers == ["openai"]
    assert (await ask(here)).route.providers is None

    async def failing(_services, _context, _request):
        raise Forbidden("see /home/me/.aircher/keys")

    request = ChatRequest(messages=[Message(role="user", content="x")])
    for client, said in ((there, "see ~/.aircher/keys"), (here, "see /home/me/.aircher/keys")):
        known = RequestClient(client, client.caller, uncounted())
        with pytest.raises(Forbidden, match=f"^{said}$"):
            await known.permitted(methods.CHAT, failing)(None, None, request)


async def test_a_token_restricts_what_its_client_asks_for():
    """Beside what the configuration says of the name."""

    class Strict(TokenOf):
        def restrict(self, request, *, keeps_name=False):
            raise Forbidden("the token may not")

    client = ClientTable(make_services()).enter(None, Peer(0, 0), Strict("mine", models=["a"]))
    with pytest.raises(Forbidden, match="the token may not"):
        await ask(client)
    known = RequestClient(client, client.caller, uncounted())
    assert (known.may_name("a"), known.may_name("b")) == (True, False)
    assert (known.is_bound, known.may_ask("anthropic")) == (True, True)
    few = TokenClient(name="few", providers=("openai",))
    client = ClientTable(make_services()).enter(None, Peer(0, 0), few)
    known = RequestClient(client, client.caller, uncounted())
    assert (known.is_bound, known.may_ask("openai"), known.may_ask("x")) == (False, True, False)
