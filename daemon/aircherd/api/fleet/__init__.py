"""What clients see of the machines that share limits: methods `fleet.report` and `fleet.forget`.

- `report`: each machine and the sum; `limits`: what each used of a limit. Imported if they are
  asked for.
"""
