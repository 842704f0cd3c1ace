import pytest

import torchlike as torch
import torchlike.multiprocessing as mp


def double(queue, x):
    queue.put(x * 2)


def fail(rank, message):
    raise ValueError(f"{message} in {rank}")


def test_a_tensor_travels_to_a_process_and_back():
    queue = mp.Queue()
    process = mp.Process(target=double, args=(queue, torch.arange(3.0)))
    process.start()
    assert queue.get(timeout=120).tolist() == [0.0, 2.0, 4.0]
    process.join()
    assert process.exitcode == 0


def test_spawn_raises_what_a_process_raised():
    with pytest.raises(mp.ProcessRaisedException, match="ValueError: broken in 0"):
        mp.spawn(fail, args=("broken",), nprocs=1)


def test_start_methods():
    assert mp.get_start_method() == "spawn"
    assert mp.get_start_method(allow_none=True) is None
    with pytest.raises(ValueError, match="only supports start_method=spawn"):
        mp.spawn(fail, start_method="fork")
    with pytest.warns(RuntimeWarning, match="hangs at its first operator"):
        mp.get_context("fork")


def test_sharing_strategies():
    mp.set_sharing_strategy(mp.get_sharing_strategy())
    with pytest.raises(NotImplementedError, match="set_sharing_strategy"):
        mp.set_sharing_strategy("file_descriptor")
