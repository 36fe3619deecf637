"""One module per command, listed in `aircher_cli.registry` and imported only when it runs.

Each has `build_parser()` and `run(context, options) -> exit code`. A group of commands is a
package; modules in it that are not commands hold what its commands share. `inputs` reads the values
of options: files, JSON, times.
"""
