"""What a client may do, from its name, its program and the configuration."""

import msgspec
import pytest

from aircherd.access.rights import Rights, decide, protected_action, refusal
from aircherd.config.model import DEFAULT_CONFIG, ClientRights, Config, Protection


def config(protect: Protection | None = None, **clients: ClientRights) -> Config:
    """Return a configuration; the client `others` is `*`."""
    named = {"*" if name == "others" else name: entry for name, entry in clients.items()}
    return msgspec.structs.replace(DEFAULT_CONFIG, clients=named, protect=protect or Protection())


CHAT = ClientRights(allow=("chat",))
BOUND = ClientRights(allow=("all",), program="/bin/vi")


def found(setup: Config, name: str, program: str = "/bin/sh") -> Rights:
    return decide(setup, name, lambda wanted: wanted == program)


def test_without_a_section_everything_is_allowed() -> None:
    """As before there were roles."""
    setup = config(vi=CHAT)
    rights = found(setup, "other")
    assert (rights.name, rights.role, refusal(setup, rights, "shutdown")) == ("other", "all", None)


@pytest.mark.parametrize(("name", "role"), [("vi", "chat"), ("emacs", "none"), ("*", "none")])
def test_the_section_of_the_name_or_of_all_others(name: str, role: str) -> None:
    """A client that calls itself `*` is one of the others."""
    assert found(config(vi=CHAT, others=ClientRights(allow=("none",))), name).role == role


def test_a_client_on_another_machine_has_the_most_exact_section() -> None:
    """Its own, its host's, any host's, that of all others."""
    sections = ("vim@box", "*@box", "*@*", "*")
    for number, expected in enumerate(sections):
        setup = msgspec.structs.replace(
            DEFAULT_CONFIG, clients=dict.fromkeys(sections[number:], CHAT)
        )
        rights = decide(setup, "vim@box", lambda _: False, "box")
        assert (rights.section, rights.name) == (expected, "vim@box")
        # A client here cannot choose what is for other machines by calling itself so.
        for claimed in ("a@box", "*@box", "*@*"):
            assert decide(setup, claimed, lambda _: False).section == "*"


def test_a_bound_name_of_another_program() -> None:
    """It has the rights of the others, counts as unverified, and the message says why."""
    setup = config(vi=BOUND, others=CHAT)
    rights = found(setup, "vi")
    assert (rights.name, rights.role, rights.section) == ("unverified:vi", "chat", "*")
    assert refusal(setup, rights, "shutdown") == (
        "a client that calls itself 'vi' but is not /bin/vi, as [clients.\"vi\"] wants it, may not "
        'call shutdown: [clients."*"] allows chat'
    )
    known = msgspec.structs.replace(rights, runs="/bin/sh")
    assert "calls itself 'vi' but is /bin/sh and not /bin/vi, as" in str(
        refusal(setup, known, "shutdown")
    )
    assert found(setup, "vi", "/bin/vi").name == "vi"


def test_the_program_is_looked_at_only_if_the_name_is_bound() -> None:
    """It takes system calls."""
    looked: list[str] = []
    setup = config(vi=BOUND, ed=CHAT)
    for name in ("ed", "other", "vi"):
        decide(setup, name, lambda wanted: bool(looked.append(wanted)))
    assert looked == ["/bin/vi"]


@pytest.mark.parametrize(
    ("allow", "allowed"),
    [
        (("none",), ["hello"]),
        (("chat",), ["hello", "chat", "models.list"]),
        (("read",), ["hello", "models.list", "status"]),
        (("chat", "read"), ["hello", "chat", "models.list", "status"]),
        (("all",), ["hello", "chat", "models.list", "status", "shutdown", "new.method"]),
    ],
)
def test_roles(allow: tuple[str, ...], allowed: list[str]) -> None:
    """A method that the table does not know needs `all`."""
    setup = config(vi=ClientRights(allow=allow))  # type: ignore[arg-type] # any roles
    names = ("hello", "chat", "models.list", "status", "shutdown", "new.method")
    assert [name for name in names if refusal(setup, found(setup, "vi"), name) is None] == allowed


def test_protected_for_named_clients() -> None:
    """Others with the role `all` are refused with the entry; an unverified name is another one."""
    setup = config(Protection(sign_in=("vi",)), vi=BOUND)
    assert refusal(setup, found(setup, "vi", "/bin/vi"), "auth.login") is None
    assert refusal(setup, found(setup, "ed"), "auth.login") == (
        "client 'ed' may not store or unlock keys: [protect] sign_in allows vi"
    )
    assert refusal(setup, found(setup, "vi"), "auth.import") is not None
    assert refusal(setup, found(setup, "ed"), "auth.logout") is None


def test_protected_by_a_confirmation() -> None:
    """Only the methods of that action."""
    setup = config(Protection(config="confirm"))
    assert [protected_action(setup, name) for name in ("config.set", "auth.login", "x")] == [
        "config",
        None,
        None,
    ]
    assert refusal(setup, found(setup, "ed"), "config.set") is None


def test_the_problem_of_the_configuration_is_named() -> None:
    """With an invalid one, a client may be able to do less than the user wants."""
    clients = {"vi": ClientRights(allow=()), "*": ClientRights(allow=("read", "repair"))}
    setup = msgspec.structs.replace(
        DEFAULT_CONFIG,
        clients=clients,
        protect=Protection(config=()),
        roles_problem="c.toml, line 3: is wrong",
    )
    assert refusal(setup, found(setup, "vi"), "chat") == (
        "client 'vi' may not call chat: [clients.\"vi\"] allows nothing; the configuration is "
        "invalid, which may be why: c.toml, line 3: is wrong"
    )
    assert refusal(setup, found(setup, "ed"), "chat") == (
        "client 'ed' may not call chat, since what clients may do is unknown until the "
        "configuration is valid: c.toml, line 3: is wrong"
    )
    assert refusal(setup, found(setup, "ed"), "config.reload") is None
    assert "[protect] config allows nothing" in str(
        refusal(setup, found(setup, "ed"), "config.set")
    )
