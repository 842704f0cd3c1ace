"""The generator: seeds, state and its errors. What is drawn from it is in `test_draws.py`."""

import copy
import pickle
import threading

import numpy as np
import pytest

from torchlike import dtypes
from torchlike.devices import device
from torchlike.tensors.draw_integers import loader_seed, permutation
from torchlike.tensors.draw_normal import normal
from torchlike.tensors.draw_rejection import poisson
from torchlike.tensors.draw_uniform import uniform
from torchlike.tensors.generator import DEFAULT_SEED, STATE_BYTES, Generator, default_generator


def test_new_generator_has_pytorchs_seed_and_words() -> None:
    generator = Generator()
    assert generator.initial_seed() == DEFAULT_SEED == 67280421310721
    # torch.rand(3, generator=torch.Generator())
    assert uniform(generator, (3,), dtypes.float32).tolist() == [
        0.267295241355896,
        0.8725283145904541,
        0.3352888226509094,
    ]
    assert generator.device == device("cpu")
    assert repr(generator) == f"<torch._C.Generator object at {id(generator):#x}>"
    assert Generator("cpu:0").device == device("cpu")


def test_default_generator_starts_from_entropy() -> None:
    assert default_generator.initial_seed() != DEFAULT_SEED
    generator = Generator()
    seeds = {generator.seed() for _ in range(4)}
    assert len(seeds) == 4
    assert generator.initial_seed() in seeds


@pytest.mark.parametrize(
    ("seed", "initial"), [(0, 0), (np.int64(7), 7), (-1, 2**64 - 1), (-(2**63), 2**63), (2**64 - 1,) * 2]
)
def test_manual_seed(seed: int, initial: int) -> None:
    generator = Generator()
    assert generator.manual_seed(seed) is generator
    assert generator.initial_seed() == initial


def test_lower_half_of_the_seed_decides() -> None:
    first, second = Generator().manual_seed(5), Generator().manual_seed(5 + 2**32)
    assert first.words32(9).tolist() == second.words32(9).tolist()


@pytest.mark.parametrize(
    ("seed", "type", "text"),
    [
        (2**64, ValueError, "Overflow when unpacking long long"),
        (-(2**63) - 1, ValueError, "Overflow when unpacking long long"),
        (1.5, RuntimeError, "manual_seed expected a long, but got float"),
        ("a", RuntimeError, "manual_seed expected a long, but got str"),
        (None, RuntimeError, "manual_seed expected a long, but got NoneType"),
        (True, RuntimeError, "manual_seed expected a long, but got bool"),
    ],
)
def test_bad_seed(seed: object, type: type, text: str) -> None:
    with pytest.raises(type) as caught:
        Generator().manual_seed(seed)  # type: ignore[arg-type]
    assert str(caught.value) == text


def test_only_the_cpu() -> None:
    with pytest.raises(NotImplementedError, match="torch.Generator"):
        Generator("cuda")
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda, ipu"):
        Generator("foo")


def test_state_of_a_fresh_generator() -> None:
    state = Generator().state_array()
    assert state.shape == (STATE_BYTES,) == (5056,)
    assert state[:24].tolist() == [1, 209, 156, 241, 48, 61, 0, 0, 1, 0, 0, 0, 1] + [0] * 11


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 1248])
def test_state_round_trip(drawn: int) -> None:
    generator = Generator().manual_seed(9)
    generator.words32(drawn)
    normal(generator, (3,), dtypes.float64)  # leaves a kept normal
    state = generator.state_array()
    other = Generator()
    other.set_state_array(state)
    assert np.array_equal(other.state_array(), state)
    assert other.initial_seed() == 9
    for twin in (generator.clone_state(), copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))):
        assert np.array_equal(twin.state_array(), state)
    ahead = normal(generator, (5,), dtypes.float64), generator.words32(700)
    again = normal(other, (5,), dtypes.float64), other.words32(700)
    assert all(np.array_equal(a, b) for a, b in zip(ahead, again, strict=True))


def test_seeding_forgets_the_kept_normal() -> None:
    generator = Generator().manual_seed(1)
    first = normal(generator, (1,), dtypes.float32)
    assert generator.next_normal is not None
    assert normal(generator.manual_seed(1), (1,), dtypes.float32) == first


@pytest.mark.parametrize(
    ("state", "type", "text"),
    [
        (np.zeros(5056, np.float32), TypeError, "RNG state must be a torch.ByteTensor"),
        (
            np.zeros(3, np.uint8),
            RuntimeError,
            "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 3",
        ),
        (np.zeros(5056, np.uint8), RuntimeError, "Invalid mt19937 state"),
    ],
)
def test_bad_state(state: np.ndarray, type: type, text: str) -> None:
    generator = Generator()
    before = generator.state_array()
    with pytest.raises(type) as caught:
        generator.set_state_array(state)
    assert str(caught.value) == text
    assert np.array_equal(generator.state_array(), before)


def test_state_whose_position_disagrees_with_the_words_left() -> None:
    generator = Generator()
    generator.words32(10)
    state = generator.state_array()
    state[8] = 3
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        generator.set_state_array(state)


def test_what_the_cpu_lacks() -> None:
    generator = Generator()
    for call in (generator.get_offset, lambda: generator.set_offset(3)):
        with pytest.raises(RuntimeError, match="^CPU Generator does not use offset$"):
            call()
    for name, arguments in (("graphsafe_get_state", ()), ("graphsafe_set_state", (generator,))):
        with pytest.raises(NotImplementedError, match=f"^{name} is not supported in this Generator$"):
            getattr(generator, name)(*arguments)


def test_unused_uniforms_are_given_back() -> None:
    generator, other = Generator().manual_seed(2), Generator().manual_seed(2)
    taken: list[float] = []
    generator.stepwise(lambda uniform: taken.extend(uniform() for _ in range(300)))
    assert taken == other.doubles(300).tolist()
    assert np.array_equal(generator.state_array(), other.state_array())


def test_threads_share_a_generator_without_repeating_words() -> None:
    generator = Generator().manual_seed(3)
    rate = np.full(20, 3.0)
    drawn: list[list[int]] = []

    def work() -> None:
        mine = []
        for _ in range(50):
            mine += generator.words32(10).tolist()
            poisson(generator, rate)
        drawn.append(mine)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    words = [word for mine in drawn for word in mine]
    assert len(words) == 2000
    assert len(set(words)) == len(words)


def test_data_loader_order() -> None:
    # torch.manual_seed(0); next(iter(DataLoader(range(5), shuffle=True, batch_size=5)))
    generator = Generator().manual_seed(0)
    loader_seed(generator)
    own = Generator().manual_seed(loader_seed(generator))
    assert permutation(own, 5).tolist() == [1, 4, 2, 3, 0]
    # The same with generator=torch.Generator().manual_seed(0).
    generator = Generator().manual_seed(0)
    loader_seed(generator)
    assert permutation(generator, 5).tolist() == [3, 1, 0, 4, 2]
