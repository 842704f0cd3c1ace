"""Anomaly mode: what it finds, and the line of the forward that it names."""


def cases(torch, case):
    set_detect_anomaly = torch.autograd.set_detect_anomaly

    def leaf(*values):
        return torch.tensor(values, requires_grad=True)

    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ValueError("broken")

    class Nan(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g * float("nan")

    @case
    def a_nan_in_a_gradient():
        with torch.autograd.detect_anomaly():
            x = leaf(-1.0)
            y = torch.sqrt(x)
            z = y * 2
            z.sum().backward()

    @case
    def a_nan_from_zero_times_infinity():
        with set_detect_anomaly(True):
            y = torch.sqrt(leaf(0.0) * 0)
            (y * 0).sum().backward()

    @case
    def the_forward_ran_outside():
        y = torch.sqrt(leaf(0.0) * 0)
        z = (y * 0).sum()
        with set_detect_anomaly(True):
            z.backward()

    @case
    def without_a_search_for_nan():
        x = leaf(0.0)
        with set_detect_anomaly(True, check_nan=False):
            (torch.sqrt(x * 0) * 0).sum().backward()
            print(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
        return x.grad, torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()

    @case
    def an_error_in_a_custom_function():
        with set_detect_anomaly(True):
            Broken.apply(leaf(1.0)).sum().backward()

    @case
    def a_nan_from_a_custom_function():
        with set_detect_anomaly(True):
            Nan.apply(leaf(1.0)).sum().backward()

    @case
    def a_saved_tensor_written_to():
        with set_detect_anomaly(True):
            y = leaf(1.0) * 1
            z = y * y
            y.add_(1)
            z.sum().backward()

    @case
    def nothing_wrong():
        x = leaf(2.0)
        with set_detect_anomaly(True):
            (x * x).sum().backward()
        return x.grad

    @case
    def switched_without_a_block():
        seen = [torch.is_anomaly_enabled()]
        set_detect_anomaly(True)
        seen.append(torch.is_anomaly_enabled())
        set_detect_anomaly(False)
        return [*seen, torch.is_anomaly_enabled()]

    @case
    def switched_off_inside():
        with set_detect_anomaly(True):
            with set_detect_anomaly(False):
                print(torch.is_anomaly_enabled())
            print(torch.is_anomaly_enabled())
