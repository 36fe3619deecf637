"""The table of methods and roles is complete, and grants no more than it says."""

from aircher_wire import methods
from aircherd.access.rules import ACTIONS, IN_WORDS, RULES
from aircherd.api.methods import METHODS
from aircherd.ipc.connection_methods import CONNECTION_METHODS


def test_every_method_is_in_the_table() -> None:
    """A method that is added needs a line in `access.rules`."""
    assert set(RULES) == {*METHODS, *CONNECTION_METHODS}


def test_what_changes_something_or_uses_keys_needs_all() -> None:
    """No other role has it."""
    changing = ("auth.login", "auth.logout", "auth.import", "auth.test", "models.use", "shutdown")
    assert [RULES[name].roles for name in changing] == [()] * len(changing)


def test_repairing_the_configuration() -> None:
    """What may be done while the roles are unknown, besides reading."""
    assert {name for name, rule in RULES.items() if rule.roles == ("repair",)} == {
        methods.DIAGNOSE,
        methods.CONFIG_RELOAD,
        methods.CONFIG_SET,
        methods.CONFIG_WRITE,
    }


def test_no_role_reads_and_chats_by_accident() -> None:
    """What is in both is what a chat needs: models and routes."""
    both = {name for name, rule in RULES.items() if rule.roles == ("chat", "read")}
    assert both == {methods.MODELS_LIST, methods.ROUTE_EXPLAIN}
    assert {name for name, rule in RULES.items() if rule.roles == ("chat",)} == {
        methods.CHAT,
        methods.CHAT_START,
    }


def test_every_action_has_methods_and_words() -> None:
    """Those of `[protect]`."""
    assert {rule.action for rule in RULES.values()} - {None} == set(ACTIONS) == set(IN_WORDS)
