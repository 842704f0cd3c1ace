"""For the tests of plugins: `with` blocks that register temporarily, and checks of what a plugin registers.

@pytest.mark.parametrize("check", testing.checks("mine"), ids=str)
def test_mine(check):
    check()
"""

from torchlike.plugin.testing.checking import Check, checks
from torchlike.plugin.testing.isolation import isolated, registered

__all__ = ["Check", "checks", "isolated", "registered"]
