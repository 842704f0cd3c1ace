"""For the tests of plugins: `with` blocks that register temporarily, and checks of what a plugin registers."""

from torchlike.plugin.testing.isolation import isolated, registered

__all__ = ["isolated", "registered"]
