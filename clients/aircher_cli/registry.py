"""The table of all commands with their modules, none of which is imported here."""

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("ask.command", "ask a model and stream its answer"),
    "chat": ("chat.command", "have a conversation with a model"),
    "chats list": ("chats.list", "list kept conversations"),
    "chats show": ("chats.show", "show what was said in a conversation"),
    "chats search": ("chats.search", "find words in conversations"),
    "chats export": ("chats.export", "write a conversation as Markdown or JSON"),
    "chats rm": ("chats.rm", "remove conversations"),
    "chats import": ("chats.import_chats", "take over conversations of llm and aichat"),
    "auth login": ("auth.login", "check a key for a provider and store it"),
    "auth logout": ("auth.logout", "remove the stored keys of a provider"),
    "auth status": ("auth.status", "show each provider's keys and where they come from"),
    "auth test": ("auth.test", "check keys with their providers now, free of charge"),
    "auth import": ("auth.import_keys", "store the keys in this shell's environment variables"),
    "auth lock": ("auth.lock", "make the daemon forget all keys until they are unlocked"),
    "auth unlock": ("auth.unlock", "let the daemon read the keys again"),
    "confirm": ("confirm", "ask you what other clients may do only with your word"),
    "audit": ("audit", "show what was done with keys, and by which client"),
    "models list": ("models.list", "list models with their context windows and prices"),
    "models pick": ("models.pick", "choose the default model from a live list"),
    "models show": ("models.show", "show everything known about a model"),
    "models use": ("models.use", "set the default model"),
    "models refresh": ("models.refresh", "fetch the providers' lists of models again"),
    "providers list": ("providers.list", "list the providers and where each is configured"),
    "providers add": ("providers.add", "add a server of your own, and try whether it answers"),
    "providers remove": ("providers.remove", "remove a provider from the configuration"),
    "usage": ("usage", "show tokens and costs"),
    "limits": ("limits", "show your limits and how much of each is used"),
    "fleet list": ("fleet.list", "list the machines that share limits with this one"),
    "fleet forget": ("fleet.forget", "forget a machine that will not come back"),
    "route": ("route", "show which providers would be asked now, and why"),
    "allow": ("allow", "use the .aircher file of this repository"),
    "deny": ("deny", "do not use the .aircher file of this repository"),
    "run": ("run.command", "start a tool that uses aircher, such as claude or codex"),
    "forward": ("forward", "let another machine use the daemon of this one, over ssh"),
    "editors": ("editors.command", "print the settings with which an editor uses aircher"),
    "token create": ("token.create", "create a token for a program that uses aircher over HTTP"),
    "token list": ("token.list", "list the tokens"),
    "token revoke": ("token.revoke", "end a token, and what it is used for now"),
    "cooldowns list": ("cooldowns.list", "list providers, keys and models that are cooling down"),
    "cooldowns clear": ("cooldowns.clear", "end cooldowns now"),
    "status": ("status.command", "show the state of the daemon and the providers"),
    "doctor": ("doctor.command", "find out what is wrong, and what to do about it"),
    "events": ("events.command", "print events as they happen"),
    "config path": ("config.path", "print the path of the configuration file"),
    "config show": ("config.show", "show the settings in effect and where they come from"),
    "config set": ("config.set", "set entries of the configuration file"),
    "config unset": ("config.unset", "remove entries of the configuration file"),
    "config edit": ("config.edit", "edit the configuration file, and check it before it is used"),
    "config schema": ("config.schema", "print the JSON Schema of the configuration file"),
    "config check": ("config.check", "check a configuration without using it"),
    "config reload": ("config.reload", "reload the configuration file"),
    "migrate": ("migrate.command", "carry over what the earlier aircher left behind"),
    "daemon start": ("daemon.start", "start the daemon unless it is running"),
    "daemon stop": ("daemon.stop", "stop the daemon after its requests have finished"),
    "daemon restart": ("daemon.restart", "stop the daemon and start it again"),
    "daemon install": ("daemon.install", "make the daemon a service of this user"),
    "daemon uninstall": ("daemon.uninstall", "remove the service"),
    "daemon status": ("daemon.status", "show whether the daemon is running"),
    "uninstall": ("uninstall.command", "remove everything that aircher has on this machine"),
    "protocol": ("protocol", "describe how programs talk to the daemon"),
    "completion": ("completion", "print a completion script for bash, zsh or fish"),
    "demo": ("demo", "watch aircher work, without a key or a network"),
}
"""Command -> (module in `aircher_cli.commands`, summary), in the order of the help.

Each module has `build_parser()` and `run(context, options) -> exit code`.
"""

GROUPS: dict[str, str] = {
    "chats": "List, show, search, export and remove the conversations kept on this machine.",
    "auth": "Sign in to providers. The daemon keeps the keys and never shows them.",
    "models": "List models, and choose the default one.",
    "providers": "List, add and remove providers.",
    "token": "Create, list and revoke tokens of programs that use aircher over HTTP.",
    "cooldowns": "List or end cooldowns: what is skipped for a while after a failure.",
    "fleet": "List and forget the machines that share limits with this one.",
    "config": "Show, change and check the configuration.",
    "daemon": "Control the daemon. It starts automatically when it is needed.",
}
"""Groups of commands, with their descriptions."""

DEFAULT_COMMANDS: dict[str, str] = {
    "chats": "chats list",
    "models": "models pick",
    "cooldowns": "cooldowns list",
    "providers": "providers list",
    "token": "token list",
    "fleet": "fleet list",
}
"""Group -> the command that runs if none is named."""

DEFAULT_OPTIONS: dict[str, list[str]] = {"models": ["--or-list"]}
"""Group -> options that this command gets then."""


_CONFIG = frozenset({"config_invalid"})
_OLD_DAEMON = frozenset({"version_differs", "installation_gone", "installation_replaced"})
"""They ask for what these commands do."""

OWN_NOTICES: dict[str, frozenset[str]] = {
    "status": _CONFIG | {"installation_gone", "installation_replaced"},
    "migrate": frozenset({"config_invalid", "old_home"}),
    "auth status": _CONFIG,
    "config check": _CONFIG,
    "config set": _CONFIG,
    "config unset": _CONFIG,
    "providers add": _CONFIG,
    "providers remove": _CONFIG,
    "config reload": _CONFIG,
    "doctor": _CONFIG,
    "daemon start": _CONFIG,
    "daemon stop": _CONFIG | _OLD_DAEMON,
    "daemon restart": _CONFIG | _OLD_DAEMON,
    "daemon status": _CONFIG,
    "uninstall": _CONFIG | _OLD_DAEMON,
}
"""Command -> codes of the daemon's notices that its own output reports, or that do not matter to
it. All others are printed on standard error."""


LATE_NOTICES: dict[str, frozenset[str]] = {
    "auth import": _CONFIG,
    "auth logout": _CONFIG,
    "models use": _CONFIG,
}
"""Command -> codes of notices that are printed after it, unless it fails for the same reason.

Its first request succeeds nevertheless, so the daemon's notice comes before the error is known."""


def find_command(words: list[str]) -> tuple[str, list[str]] | None:
    """Split arguments into a command and its own arguments; None if there is no such command."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            return name, words[length:]
    if words and words[0] in DEFAULT_COMMANDS and _are_options(words[1:]):
        options = DEFAULT_OPTIONS.get(words[0], [])
        return DEFAULT_COMMANDS[words[0]], [*options, *words[1:]]
    return None


def _are_options(words: list[str]) -> bool:
    """Tell whether only options follow a group; `--help` is about the group itself."""
    return not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"})


def commands_of(group: str) -> list[str]:
    """Return the names of the commands in `group`."""
    return [name for name in COMMANDS if name.startswith(f"{group} ")]


def suggest(word: str, known: list[str]) -> str:
    """Return ` (did you mean X?)` for the closest known word, or an empty string."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only after a mistake

    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
