"""The words every room speaks in: frozen structs without behaviour that could wait or fail.

- `chat`: a chat request, its messages and parts, and what streams back.
- `failure`: how a call can fail, as classes, and the record of one failure.
- `attempt`: what was tried and what was passed over. `cooling`: why somebody is not asked for now.
- `keys`: the state of a key, for people and programs.
- `secret`: an opaque key, and the filter that keeps keys out of everything that is written.
- `text`: text in the making. `names`: the name somebody may have meant.
- `vendors`: the table of the providers known by name.
"""
