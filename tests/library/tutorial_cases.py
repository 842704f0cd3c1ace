"""The tutorial's program."""

from tests.library import tutorial


def cases(torch, case):
    @case
    def program():
        tutorial.main(torch)
