"""Grad modes against PyTorch's frozen outcomes, and apart in each thread."""

import threading

import torchlike as torch
from tests.autograd import mode_cases
from tests.autograd.outcomes import compared

test_as_in_pytorch = compared(mode_cases)


def test_a_thread_has_modes_of_its_own():
    seen = []
    with torch.no_grad(), torch.inference_mode():
        thread = threading.Thread(
            target=lambda: seen.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled()))
        )
        thread.start()
        thread.join()
    assert seen == [(True, False)]
