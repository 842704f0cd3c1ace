"""Checks that every declared operator passes, driven by the declarations and a table of sample calls a family."""
