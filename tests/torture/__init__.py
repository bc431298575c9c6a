"""What must hold when disks, processes, clocks, senders and apps misbehave; run with `-m torture`.

Every row has a broken variant beside it that its test must catch. Tests tell their figures with
`tests.torture.results.record`; `python -m tests.torture.table FILE` prints them as a table.
"""
