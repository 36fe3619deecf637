"""What is used and spent: who asked whom, what it took, and what may still be spent.

- `ledger`: every attempt, on disk; the one thing of it that other rooms use. From the bottom up:
  `span`: pure: hours and days of local time, and where their sums are. `rows`: pure: an attempt as
  a row. `schema`: the tables. `place`: the file's mode and whereabouts; `salvage`: what can be read
  of a damaged one. `sqlite`: what holds of any database; `ledger_file`: ours, and what can be wrong
  with it. `backlog`: what waits to be written. `writer`: the thread; `question`: what it is asked;
  `fault`: a mistake of ours in words. `reading`: many rows in one step. `report`, `spent`: what is
  read from it.
- `limit_book`: every limit and what is used of it, in memory, pure: who would go beyond one is told
  so before. `reservation`: a request's place under the limits. `limit_counter`: one amount of one
  limit; `limit_words`: in words; `limit_past`: what was used before it was there. `rolling_sum`,
  `calendar_sum`: what is used in a window; `windows`: when those begin and end.
- `estimate`: pure: what a request may take. `usual_output`: how long answers usually are;
  `usual_reader`: how long they were before the start.
- `money`: whole nano-USD inside, decimal text outside.

In: attempts as they begin and end (`vocabulary.usage`). Out: sums, never a prompt, reply or key.
"""
