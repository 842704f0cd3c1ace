"""PyTorch's CPU random number generator: a Mersenne Twister, its seed and its state.

`Generator` yields the raw 32- and 64-bit words; what PyTorch makes of them is in `draw_uniform`,
`draw_normal`, `draw_integers`, `draw_discrete` and `draw_rejection`, beside this file.
"""

from __future__ import annotations

import operator
import os
import struct
import threading
from collections.abc import Callable

import numpy as np
from numpy.random import MT19937, RandomState

from torchlike.devices import as_device, device
from torchlike.errors import missing

__all__ = ["DEFAULT_SEED", "STATE_BYTES", "Generator", "default_generator"]

DEFAULT_SEED = 67280421310721
"""The seed of a new `Generator`, PyTorch's `default_rng_seed_val`."""

# initial seed, words left in the block (plus one), seeded flag, next word; 624 words as uint64; the unused
# first normal, the kept normal, the unused correlation, whether a normal is kept; a float twin of the kept
# normal.
_HEADER = struct.Struct("<QiiQ")
_FOOTER = struct.Struct("<dddi4xfi")
_WORDS = 624
STATE_BYTES = _HEADER.size + 8 * _WORDS + _FOOTER.size
"""Length of the state: 5056 bytes, as `torch.get_rng_state()` has."""

_MASK32 = 0xFFFFFFFF
_LOW_53_OF_HIGH = np.uint64(0x1FFFFF)
_SHIFT32 = np.uint64(32)


class Generator:
    """A pseudo-random number generator with the words of PyTorch's CPU generator.

    Args:
        device: the device to draw for. Only the CPU has PyTorch's numbers.

    Attributes:
        device: the `device` given.
        next_normal: the second of a pair of normals drawn one by one, kept for the next such draw, or `None`.

    Raises:
        NotImplementedError: for a device other than the CPU.

    Example:
        >>> Generator().initial_seed()
        67280421310721
        >>> Generator().manual_seed(0).words32(2).tolist()
        [2357136044, 2546248239]
    """

    def __init__(self, device: str | int | device = "cpu") -> None:
        self.device = as_device(as_device(device).type)
        if self.device.type != "cpu":
            raise missing(f"torch.Generator(device='{self.device}')", "torch.Generator(device='cpu')")
        self._engine = MT19937(0)
        self._seeder = RandomState(self._engine)
        self.lock = threading.RLock()
        self._reseed(DEFAULT_SEED)

    def _reseed(self, seed: int) -> None:
        with self.lock:
            self._seed = seed
            self._seeder.seed(seed & _MASK32)
            self.next_normal: float | None = None

    def manual_seed(self, seed: int) -> Generator:
        """Start the sequence that belongs to `seed`.

        Args:
            seed: an integer of at most 64 bits; a negative one stands for its two's complement. The Mersenne
                Twister uses the lower 32 bits, as in PyTorch.

        Returns:
            The generator itself.

        Raises:
            RuntimeError: `seed` is no integer.
            ValueError: `seed` needs more than 64 bits.

        Example:
            >>> Generator().manual_seed(-1).initial_seed() == 2**64 - 1
            True
        """
        if isinstance(seed, (bool, np.bool_)) or not hasattr(seed, "__index__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        value = operator.index(seed)
        if not -(2**63) <= value < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._reseed(value % 2**64)
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy and return that seed, 64 bits."""
        seed = int.from_bytes(os.urandom(8), "little")
        self._reseed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed that the current sequence began with."""
        return self._seed

    def words32(self, count: int) -> np.ndarray:
        """The next `count` 32-bit words.

        Returns:
            A uint64 array, each element below 2**32; the caller may overwrite it.
        """
        with self.lock:
            return self._engine.random_raw(count)

    def words64(self, count: int) -> np.ndarray:
        """The next `count` 64-bit words, each made of two 32-bit words with the first one high.

        Returns:
            A uint64 array that the caller may overwrite.
        """
        pairs = self.words32(2 * count).astype("<u4").view("<u8")
        return (pairs << _SHIFT32) | (pairs >> _SHIFT32)

    def words53(self, count: int) -> np.ndarray:
        """The lower 53 bits of the next `count` 64-bit words: a float64 uniform times 2**53.

        Returns:
            An int64 array.
        """
        pairs = self.words32(2 * count).astype("<u4").view("<u8")
        high = pairs & _LOW_53_OF_HIGH
        high <<= _SHIFT32
        pairs >>= _SHIFT32
        high |= pairs
        return high.view(np.int64)

    def doubles(self, count: int) -> np.ndarray:
        """The next `count` float64 uniforms on [0, 1), multiples of 2**-53."""
        return self.words53(count) * 2.0**-53

    def stepwise(self, draw: Callable[[Callable[[], float]], None]) -> None:
        """Run a rejection sampler that takes an unknown number of float64 uniforms one at a time.

        Words are drawn in blocks; what the sampler did not take is given back.

        Args:
            draw: called once with a function that returns the next uniform.
        """
        with self.lock:
            before = self._engine.state
            taken = 0
            block: list[float] = []

            def uniform() -> float:
                nonlocal taken
                if not block:
                    block.extend(self.doubles(256).tolist())
                    block.reverse()
                taken += 1
                return block.pop()

            try:
                draw(uniform)
            finally:
                self._engine.state = before
                if taken:
                    self._engine.random_raw(2 * taken, False)

    def state_array(self) -> np.ndarray:
        """The state in PyTorch's own layout, so that it loads there and here.

        Returns:
            A uint8 array of `STATE_BYTES` elements.

        Example:
            >>> Generator().state_array().shape
            (5056,)
        """
        with self.lock:
            state = self._engine.state["state"]
            kept = self.next_normal
        key, position = state["key"], int(state["pos"])
        # PyTorch marks a generator that was seeded and not drawn from by `next == 0`; its words are then
        # still the seeding recurrence's.
        untouched = position == _WORDS and _seeding_step(int(key[0]), 1) == int(key[1])
        out = np.empty(STATE_BYTES, np.uint8)
        header = _HEADER.pack(self._seed, _WORDS - position + 1, 1, 0 if untouched else position)
        footer = _FOOTER.pack(0.0, 0.0 if kept is None else kept, 0.0, kept is not None, 0.0, 0)
        out[: _HEADER.size] = np.frombuffer(header, np.uint8)
        out[_HEADER.size : -_FOOTER.size] = key.astype("<u8").view(np.uint8)
        out[-_FOOTER.size :] = np.frombuffer(footer, np.uint8)
        return out

    def set_state_array(self, state: np.ndarray) -> None:
        """Continue from a state that `state_array` or PyTorch's `get_state` gave.

        Args:
            state: uint8 array of `STATE_BYTES` elements.

        Raises:
            TypeError: the array is not uint8.
            RuntimeError: it has another length, or is no state.
        """
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if state.size != STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state size "
                f"to be {state.size}"
            )
        raw = np.ascontiguousarray(state).tobytes()
        seed, left, seeded, position = _HEADER.unpack_from(raw)
        if not seeded or not 0 < left <= _WORDS or position > _WORDS:
            raise RuntimeError("Invalid mt19937 state")
        if left == 1:
            position = _WORDS
        elif position != _WORDS + 1 - left:
            # PyTorch would go on to read past its block of words.
            raise RuntimeError("Invalid mt19937 state")
        _, normal, _, is_kept, _, _ = _FOOTER.unpack_from(raw, STATE_BYTES - _FOOTER.size)
        key = np.frombuffer(raw, "<u8", _WORDS, _HEADER.size).astype(np.uint32)
        with self.lock:
            self._engine.state = {"bit_generator": "MT19937", "state": {"key": key, "pos": position}}
            self._seed = seed
            self.next_normal = normal if is_kept else None

    def clone_state(self) -> Generator:
        """A new generator that will give the same numbers as this one."""
        other = Generator(self.device)
        other.set_state_array(self.state_array())
        return other

    def get_offset(self) -> int:
        """Not there on the CPU, as in PyTorch."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> None:
        """Not there on the CPU, as in PyTorch."""
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Generator:
        """Not there on the CPU, as in PyTorch."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Generator) -> None:
        """Not there on the CPU, as in PyTorch."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    def __reduce__(self) -> tuple:
        return (Generator, (self.device,), self.state_array())

    def __setstate__(self, state: np.ndarray) -> None:
        self.set_state_array(state)


def _seeding_step(word: int, index: int) -> int:
    return (1812433253 * (word ^ (word >> 30)) + index) & _MASK32


default_generator = Generator()
default_generator.seed()
