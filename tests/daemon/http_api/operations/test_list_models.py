"""The models that a client may name."""

from helpers.http_api.carrying import carrying
from helpers.http_api.performing import FakeClient, do

MORE = '[http.models]\n"claude-fixed" = "both"\n"claude-*" = "both"\n'


def ids(got):
    return [each["id"] for each in got.json["data"]]


async def test_names_that_can_be_sent(environ):
    """Aliases, the names that tools insist on, and the models of providers with a key."""
    async with carrying(environ, MORE) as carrier:
        await carrier.services.fetcher.refresh(
            list(carrier.services.config.current.providers.values())
        )
        listed = ids(await do(carrier, "list_models", method="GET"))
        assert listed[:3] == ["both", "other_way", "claude-fixed"]
        assert "ant/claude-sonnet-5" in listed
        assert "chat/gpt-5.5" in listed
        assert "claude-*" not in listed
        assert not [each for each in listed if each.startswith("anthropic/")]  # it has no key
        assert len(listed) == len(set(listed))


async def test_what_a_token_is_bound_to(environ):
    """It sees no other, in lists and one by one."""
    async with carrying(environ, MORE) as carrier:
        client = FakeClient(models=["both"])
        assert ids(await do(carrier, "list_models", client=client)) == ["both"]
        assert client.asked == ["models.list"]
        for name, status in (("both", 200), ("ant/claude-sonnet-5", 404)):
            got = await do(carrier, "show_model", client=client, params={"model": name})
            assert got.status == status, name


async def test_what_a_token_is_bound_to_providers(environ):
    """It sees no model of another one, but aliases: they may have other routes."""
    async with carrying(environ, MORE) as carrier:
        client = FakeClient(providers=["chat"])
        found = ids(await do(carrier, "list_models", client=client))
        assert "both" in found
        assert any(name.startswith("chat/") for name in found)
        assert not [name for name in found if name.startswith("ant/")]
        for name, status in (("both", 200), ("ant/claude-sonnet-5", 404), ("ant/new", 404)):
            got = await do(carrier, "show_model", client=client, params={"model": name})
            assert got.status == status, name


async def test_names_that_a_token_may_use_are_listed(environ):
    """Without the provider where only that is permitted."""
    async with carrying(environ) as carrier:
        await carrier.services.fetcher.refresh(
            list(carrier.services.config.current.providers.values())
        )
        client = FakeClient(models=["claude-sonnet-5"])
        assert ids(await do(carrier, "list_models", client=client)) == ["claude-sonnet-5"]
        name = {"model": "claude-sonnet-5"}
        assert (await do(carrier, "show_model", client=client, params=name)).status == 200
    async with carrying(environ, MORE) as carrier:  # there that name is another model's
        assert ids(await do(carrier, "list_models", client=client)) == []


async def test_one_model(environ):
    """Also by a name that is on no list: a provider's, or one that a pattern stands for."""
    async with carrying(environ, MORE) as carrier:
        for name in ("both", "ant/claude-sonnet-5", "ant/of-tomorrow", "claude-new"):
            got = await do(carrier, "show_model", params={"model": name})
            assert (got.status, got.json["id"]) == (200, name)
        got = await do(carrier, "show_model", params={"model": "nothing-of-this-name"})
        assert got.status == 404


async def test_a_new_configuration_is_seen(environ):
    """What is kept of one is dropped with it."""
    async with carrying(environ) as carrier:
        before = ids(await do(carrier, "list_models"))
        file = carrier.services.config.file
        file.write_text(file.read_text() + '[models.added]\nroutes = ["ant/claude-new"]\n')
        await carrier.services.reload()
        after = ids(await do(carrier, "list_models"))
        assert set(after) - set(before) >= {"added"}
