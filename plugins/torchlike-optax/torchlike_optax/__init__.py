"""optax's gradient transformations as optimizers of torchlike's.

Once the package is installed they are `torchlike.optim.plugins.optax.Optax`, `.Lion` and `.Lamb`. optax itself is
imported when the first optimizer is made.
"""

from torchlike_optax.optimizer import Optax
from torchlike_optax.ready_made import Lamb, Lion

__all__ = ["Lamb", "Lion", "Optax"]
