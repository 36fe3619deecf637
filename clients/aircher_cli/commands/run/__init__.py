"""`aircher-cli run`: starts a tool that uses aircher, with a token that lives as long as it does.

- `command`: the command line, and what it prints.
- `choice`: which tool is meant, and what is not allowed beside it.
- `environment`: the tool's environment: what is hidden from it, and what is set.
- `door`: the token and the port, opened again when the daemon is restarted.
- `folder`: temporary files, which are gone when the tool has ended.
- `child`: runs the tool in the foreground and passes signals on.
- `tools`: what each tool understands.
"""
