"""The ledger: a SQLite file with a row for every attempt, written by one thread.

- `ledger`: the API for the event loop. `write_queue`: attempts that wait to be written. `query`: a
  question to the writer's thread. `writer`: that thread; `maintenance`: what it does when idle.
- `database`: reads and writes of the file. `opening`: opens, checks and upgrades it; `salvage`:
  what can be read of a damaged one; `db_file`: its location, mode and file system; `sqlite`:
  helpers for any SQLite database; `errors`.
- `schema`: tables and statements. `rows`: an attempt as a row. `report`: sums for people; `replay`:
  recent usage for limits. `fleet`: what other machines are to know, under `[shared]`.
"""
