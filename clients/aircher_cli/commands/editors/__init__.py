"""`aircher-cli editors`: prints the settings with which an editor uses aircher.

- `command`: the command line, and what it prints.
- `models`: the models that an editor gets, from the live catalogue.
- `access`: the port and the token of an editor that comes over TCP.
- `agents`: agents that an editor starts with `aircher-cli run`.
- `shipped`: where the files of aircher's own plugins are.
- `literals`: texts and tables in the languages of settings.
- `settings`: what each editor wants.
"""
