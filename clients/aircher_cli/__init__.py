"""The command line: words in, a call to the daemon, and text a person or a script can use out.

- `__main__`: argv -> exit code; the edge at which every failure becomes a message.
- `registry`: the table of all commands, and nothing else is imported to find one.
- `commands/`: one module per command: its parser, and what it does.
- `render/`: pure functions from the daemon's answers to lines of text.
- `console`: where text goes: width, colours, plain ASCII, closed pipes.
- `context`: what a command may use of the world: console, environment, standard input, daemon.
- `exits`: the table of exit codes.  `failures`: errors in words.  `parser`: argparse, tamed.

Start-up time is a feature: `ask` imports what it needs and no more, which is why some imports
stand inside functions here, and why `typing`, `pathlib` and `json` are avoided on its way.
"""
