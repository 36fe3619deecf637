"""What real providers were reported to say, as the bytes of one answer each, by kind of fault.

- `case`: one report, and what comes of it.
- `forms`: the schemas of errors; `wordings`: what vendors write in them.
- `errors`, `inside`, `corrections`, `endings`, `calls`, `oddities`, `counts`: the reports.
- `running`: a daemon that knows a provider for each report.
"""
