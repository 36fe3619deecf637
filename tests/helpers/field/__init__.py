"""What real providers were reported to say, as the bytes of one answer each, by kind of fault.

- `case`: one report, and what comes of it.
- `errors`, `endings`, `calls`, `oddities`, `counts`: the reports.
- `running`: a daemon that knows a provider for each report.
"""
