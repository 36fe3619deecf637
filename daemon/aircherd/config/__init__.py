"""The user's configuration: a TOML file in, one frozen snapshot out, or each problem with its line.

A file goes through this room in the order of these modules:

- `paths`: where the file and the data are, from the environment.
- `load`: the way through the room, `load_config(path)` and `parse_config(text, file=...)`.
- `syntax`: text -> what TOML says, or where it is not TOML.
- `form`: which names the file may hold, and what to say about any other.
- `sections`, `provider_entry`, `fallback_entry`, `catalog_entry`, `limits_entry`, `headers`: each
  section -> its struct.
- `values`: the checks of single values.
- `no_keys`: what gives a key away; a key in the file is refused and never repeated.
- `locate`: path of an entry -> line in the file.
- `problems`: what is wrong and where, gathered until the end of the file.
- `model`: what comes out, `Config`.
- `store`: the last good `Config`, and what is wrong with the file now.

And back: `edit` changes one entry of the file and leaves the rest as it is, `whole_file` writes
files all or nothing, `worker` does such work without anybody waiting for a disk that hangs, and
`data_files` writes the daemon's own small files on a lane.

One rule holds throughout: no problem ever repeats a value from the file, and names only when they
cannot be a key, for any of them may be a key that was pasted into the wrong place.
"""
