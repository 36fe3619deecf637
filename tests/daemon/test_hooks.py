"""What packages get from packages above them: lists of models, and free checks."""

from types import SimpleNamespace

import pytest

from aircherd.config.model import Provider
from aircherd.errors import KeyRejected, ProviderFailed
from aircherd.hooks import fetch_hooks, recovery_checks, token_hooks
from aircherd.vocabulary.failure import Failure, FailureClass
from aircherd.vocabulary.keys import KeyChoice, KeyState

WORK = Provider(name="work", kind="openai", base_url="https://w.example/v1", env=("WORK_KEY",))
ROUTER = Provider(name="router", kind="openrouter", base_url="https://r.example/v1")
LOCAL = Provider(name="local", kind="ollama", base_url="http://127.0.0.1:1", needs_key=False)


class Daemon:
    """Three providers; `choices` are the keys of `work` and `router`. Calls are recorded."""

    def __init__(self, *choices):
        self.choices = [KeyChoice(name, state) for name, state in choices]
        self.calls = []
        self.refused = {}  # keys, and how each fails
        self.replacements = {}
        providers = {each.name: each for each in (WORK, ROUTER, LOCAL)}
        self.config = SimpleNamespace(current=SimpleNamespace(providers=providers))

    def key_choices(self, provider):
        return self.choices if provider.needs_key else [KeyChoice(None, KeyState.NOT_REQUIRED)]

    async def get_api_key(self, provider, name):
        if name is None:
            raise KeyRejected(f"key 'old' of {provider.name}: refused the key")
        return f"{provider.name}:{name}"

    @property
    def free_calls(self):
        return self

    async def list_models(self, provider, key):
        self.calls.append(("list", provider.name, key))
        if key in self.refused:
            raise ProviderFailed(self.refused[key])
        return []

    async def note_denied(self, key):
        return self.replacements.get(key)

    async def is_reachable(self, provider):
        self.calls.append(("reach", provider.name))
        return True

    async def has_credit(self, provider, key):
        self.calls.append(("credit", provider.name, key))
        return True


def hooks_of(daemon):
    return fetch_hooks(daemon.config, daemon, daemon)


def checks_of(daemon):
    return recovery_checks(daemon.config, daemon, daemon)


async def test_a_list_is_fetched_with_the_first_usable_key():
    """A provider without keys is asked without one."""
    daemon = Daemon(("old", KeyState.REJECTED), ("new", KeyState.UNVERIFIED))
    await hooks_of(daemon).list_models(WORK)
    await hooks_of(daemon).list_models(LOCAL)
    assert daemon.calls == [("list", "work", "work:new"), ("list", "local", None)]


REFUSALS = [
    Failure(kind=FailureClass.AUTH, message="refused the key", status=401),
    Failure(kind=FailureClass.PERMISSION, message="does not allow this", status=403),
]


@pytest.mark.parametrize("failure", REFUSALS)
async def test_a_list_is_fetched_with_the_key_that_the_source_has_by_now(failure):
    """An expired token is renewed, as for a chat."""
    daemon = Daemon(("command", KeyState.UNVERIFIED))
    daemon.refused["work:command"] = failure
    with pytest.raises(ProviderFailed, match=failure.message):
        await hooks_of(daemon).list_models(WORK)
    daemon.replacements["work:command"] = "renewed"
    daemon.calls.clear()
    await hooks_of(daemon).list_models(WORK)
    assert daemon.calls == [("list", "work", "work:command"), ("list", "work", "renewed")]


async def test_other_failures_of_a_list_say_nothing_about_the_key():
    """Its source is not asked."""
    daemon = Daemon(("command", KeyState.UNVERIFIED))
    daemon.refused["work:command"] = Failure(kind=FailureClass.SERVER, message="failed", status=500)
    daemon.replacements["work:command"] = "renewed"
    with pytest.raises(ProviderFailed, match="failed"):
        await hooks_of(daemon).list_models(WORK)
    assert daemon.calls == [("list", "work", "work:command")]


async def test_without_a_usable_key_the_error_says_what_is_wrong_with_the_first():
    """The provider is not asked. To sign in would not help if all keys are locked, for example."""
    daemon = Daemon(("old", KeyState.REJECTED))
    with pytest.raises(KeyRejected, match="key 'old' of work: refused the key"):
        await hooks_of(daemon).list_models(WORK)
    assert daemon.calls == []
    assert not hooks_of(daemon).can_query(WORK)


@pytest.mark.parametrize(("name", "is_silent"), [("default", True), ("command", False)])
def test_a_command_may_prompt_so_it_is_not_run_silently(name, is_silent):
    """A fetch in the background would open a dialogue of a password manager."""
    hooks = hooks_of(Daemon((name, KeyState.UNVERIFIED)))
    assert hooks.can_query(WORK)
    assert hooks.can_query_silently(WORK) is is_silent


async def test_checks_ask_the_provider_that_is_configured_now():
    """One that was removed is not asked."""
    daemon = Daemon(("default", KeyState.UNVERIFIED))
    checks = checks_of(daemon)
    assert await checks.is_reachable("work")
    assert await checks.has_credit("router", "default")
    assert not await checks.is_reachable("gone")
    assert not await checks.has_credit("gone", None)
    assert not await checks.has_credit("local", None)
    assert daemon.calls == [("reach", "work"), ("credit", "router", "router:default")]


def test_only_some_vendors_show_credit():
    """Others bill without saying what is left."""
    checks = checks_of(Daemon())
    shown = [name for name in ("work", "router", "local", "gone") if checks.shows_credit(name)]
    assert shown == ["router"]


async def test_tokens_know_the_providers_and_the_variables_with_keys():
    """Those of the vendors as well: a tool must not see any of them."""

    async def apply_limits():
        raise AssertionError

    hooks = token_hooks(Daemon().config, apply_limits)

    assert set(hooks.providers()) == {"work", "router", "local"}
    assert {"WORK_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"} <= hooks.key_variables()
