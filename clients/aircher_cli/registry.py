"""The table of all commands: which module serves which words. Nothing here imports any of them."""

COMMANDS: dict[str, tuple[str, str]] = {
    "ask": ("ask.command", "ask a model, and see its answer as it comes"),
    "chat": ("chat.command", "talk with a model"),
    "auth login": ("auth.login", "store a key for a provider, after checking that it works"),
    "auth logout": ("auth.logout", "forget the stored keys of a provider"),
    "auth status": ("auth.status", "show who is signed in, and from which source"),
    "auth test": ("auth.test", "check keys against their providers now, free of charge"),
    "auth import": ("auth.import_keys", "store the keys in this shell's environment variables"),
    "models list": ("models.list", "show the models there are, and what they cost"),
    "models show": ("models.show", "show everything that is known of a model"),
    "models use": ("models.use", "set the model that is asked by default"),
    "models refresh": ("models.refresh", "ask the providers for their models again"),
    "usage": ("usage", "show what was used and spent"),
    "limits": ("limits", "show your limits, and how far they are used"),
    "route": ("route", "show who would be asked now, and why"),
    "cooldowns list": ("cooldowns.list", "show who is left alone for a while, and until when"),
    "cooldowns clear": ("cooldowns.clear", "have everybody asked again at once"),
    "status": ("status", "show what the daemon is doing"),
    "events": ("events", "print what changes, as it changes"),
    "config path": ("config.path", "print where the configuration file is"),
    "config check": ("config.check", "check a configuration without using it"),
    "config reload": ("config.reload", "use the configuration file as it is now"),
    "daemon start": ("daemon.start", "start the daemon, unless it runs"),
    "daemon stop": ("daemon.stop", "stop the daemon once its requests are done"),
    "daemon restart": ("daemon.restart", "stop the daemon and start it again"),
    "daemon status": ("daemon.status", "say whether the daemon runs"),
    "completion": ("completion", "print what makes bash, zsh or fish complete commands"),
    "demo": ("demo", "see it all work, without any key or network"),
}
"""Words -> (module in `aircher_cli.commands`, what it does in a line). In the order help has them.

Each module offers `build_parser()` and `run(context, options) -> exit code`.
"""

GROUPS: dict[str, str] = {
    "auth": "Sign in to providers. Keys are kept by the daemon and never shown to anyone.",
    "models": "The models that can be asked, and which one is asked by default.",
    "cooldowns": "Who is not asked for a while, because asking did not work. Alone it lists them.",
    "config": "The configuration file.",
    "daemon": "The daemon that does the work; it starts by itself when it is needed.",
}
"""The first words that need a second one, and what they are about."""

DEFAULT_COMMANDS: dict[str, str] = {"cooldowns": "cooldowns list"}
"""Groups whose first word alone, with options perhaps, is one of their commands."""


def find_command(words: list[str]) -> tuple[str, list[str]] | None:
    """Split `words` into a command of the table and its own arguments; None if there is none."""
    for length in (2, 1):
        name = " ".join(words[:length])
        if name in COMMANDS:
            return name, words[length:]
    if words and words[0] in DEFAULT_COMMANDS and _are_options(words[1:]):
        return DEFAULT_COMMANDS[words[0]], words[1:]
    return None


def _are_options(words: list[str]) -> bool:
    """Tell whether what follows a group is for its own command: `--help` asks about the group."""
    return not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"})


def commands_of(group: str) -> list[str]:
    """Return the names of the commands whose first word is `group`."""
    return [name for name in COMMANDS if name.startswith(f"{group} ")]


def suggest(word: str, known: list[str]) -> str:
    """Return ` (did you mean X?)` for the closest known word, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 -- only a mistake needs it

    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
