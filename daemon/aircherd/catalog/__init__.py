"""What models exist, and what is known of each: windows, capabilities, prices.

- `catalog`: looks a model up; the one thing other rooms ask.
- `merge`: what several sources say -> one picture. `prices`: a call's usage -> what it costs.
- `table`: what one source knows of one vendor's models. `models.json` is shipped, made by
  `daemon/generate_catalog.py`; `models_dev` reads what models.dev has, when the user asks for it.
- `vendors`: whose models a provider has, by where it is.
- `lists`: the providers' own lists as they were last fetched, `offer`: their names.
- `fetching`: fetches lists in the background, and models.dev on request. The only one that waits;
  how a provider is asked is handed in by `app`.
"""
