"""The compatibility suite: whole programs, with what PyTorch 2.13.0 answers frozen beside each.

`pytest compat` runs every row as a test, `python -m compat` prints the same rows as a table.
"""
