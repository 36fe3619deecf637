"""One module per command, named in `aircher_cli.registry` and imported only when it is run.

Each offers `build_parser()` and `run(context, options) -> exit code`. What several of them do alike
stands in the modules that no command is named after: `prompt` and `reply` for `ask`, `key_input`
for `auth login`, `lifecycle` for the `daemon` commands.
"""
