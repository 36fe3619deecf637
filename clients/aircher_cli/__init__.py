"""The command line: parses arguments, calls the daemon, and prints text or JSON.

- `__main__`: argv -> exit code; turns every failure into a message.
- `registry`: the table of all commands; finding one imports no other.
- `commands/`: one module per command: its parser, and what it does.
- `render/`: pure functions from the daemon's results to lines of text.
- `console`: standard output and error: width, colours, plain ASCII, closed pipes.
- `context`: what a command may use: console, environment, standard input, daemon.
- `exit_codes`: the table of exit codes. `failures`: messages for errors. `help`: the overviews.
- `parser`: argparse with our style. `values`: reads values from the wire.
- `completion`: completes commands for the shell.

Start-up time is a feature: `ask` imports no more than it needs. That is why some imports stand
inside functions, and why `typing`, `pathlib` and `json` are avoided on its path.
"""
