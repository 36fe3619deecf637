"""The user's configuration: from the TOML file to one frozen snapshot, or to all its problems.

- `paths`: the locations of the file and of the data, from the environment.
- `load`: the entry points, `load_config(path)` and `parse_config(text, file=...)`.
- `toml`: parse the text within limits, and find the line of an entry.
- `sections`: one module per `[section]`: its names, and how to read it. `section` has the type.
- `schema`: all sections together, and what to report about an unknown name.
- `values`: validate single values.
- `secret_detection`: recognise a key; a key in the file is refused and never repeated.
- `problems`: problems with their lines, collected so that the user sees all of them at once.
- `ownership`: whether other users could have written the file.
- `salvage`: what of an invalid file can be used.
- `model`: the result, `Config`. `accounts`: what it has that keys are for.
- `store`: the last good `Config`, and what is wrong with the file now.
- `watcher`: notices when the file, or another one, changes. `changes`: what a new `Config` changes.
- `old_form`, `old_home`: recognise what the earlier aircher left.
- `effective`: every setting in effect, and where it comes from.
- `json_schema`: the JSON Schema of the file, for editors.
- `edit`: change entries of the file and keep the rest as it is.

One rule holds everywhere: a problem never repeats a value from the file, and repeats a name only if
it cannot be a key. Any of them may be a key that was pasted into the wrong place.
"""
