"""Checks that every declared operator passes, driven by the declarations and tables of sample calls."""
