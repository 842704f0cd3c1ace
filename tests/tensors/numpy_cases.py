"""Memory shared with NumPy: what each side sees of what the other writes."""

import array
import copy
import io
import pickle

import numpy as np


def cases(torch, case):
    def ones(*shape):
        return np.ones(shape, np.float32)

    # -- the tutorial's bridge

    @case
    def tensor_to_array():
        t = torch.ones(5)
        n = t.numpy()
        print(f"t: {t}", f"n: {n}", sep="\n")
        t.add_(1)
        print(f"t: {t}", f"n: {n}", sep="\n")

    @case
    def array_to_tensor():
        n = np.ones(5)
        t = torch.from_numpy(n)
        np.add(n, 1, out=n)
        print(f"t: {t}", f"n: {n}", sep="\n")

    # -- out of a tensor

    @case
    def an_array_written_to():
        t = torch.arange(6).view(2, 3)
        n = t.numpy()
        n[0, 1] = 9
        print(t, t.sum(), t[0], t.t().tolist(), t[0, 1].item())

    @case
    def arrays_of_views():
        t = torch.arange(24.0).view(2, 3, 4)
        for view in (
            t,
            t[1],
            t[:, 1:],
            t[..., ::2],
            t.t() if t.dim() == 2 else t.transpose(0, 2),
            t.permute(1, 2, 0),
            t[0].t(),
            t.view(-1),
            t.diagonal(0, 1, 2),
            t.unfold(2, 2, 1),
            t[0, 0].expand(2, 4),
            t.detach(),
            t.data,
            t[1:1],
            t.view(torch.int32),
            t.select(2, 3).unsqueeze(0),
        ):
            n = view.numpy()
            print(n.shape, n.strides, n.dtype, n.tolist())
            if n.size:
                n[(0,) * n.ndim] = -n[(0,) * n.ndim] - 1
        return t

    @case
    def a_view_of_an_array_outlives_it():
        t = torch.zeros(2, 3)
        row = t.numpy()[1]
        t[1, 2] = 5
        print(row)
        row += 1
        return t

    @case
    def views_of_a_tensor_see_an_array_written_to():
        t = torch.zeros(2, 3)
        before = t[0], t.view(-1), t.t()
        n = t.numpy()
        n[0] = [1, 2, 3]
        print(*before)
        del n
        print(*before)
        t[0, 0] = 7
        return before

    @case
    def an_array_sees_writes_through_views():
        t = torch.zeros(3, 4)
        n = t.numpy()
        t[1] = 1
        t[:, 2].add_(2)
        t.t()[3].mul_(0).sub_(1)
        t.view(-1)[::5].fill_(9)
        t.diagonal().neg_()
        t[t == 2] = 3
        t[[0, 2], [0, 1]] = torch.tensor([4.0, 5.0])
        t.index_fill_(1, torch.tensor([3]), 8)
        return n

    @case
    def in_place_operators():
        t = torch.ones(3)
        n = t.numpy()
        for write in (
            lambda: t.zero_(),
            lambda: t.copy_(torch.arange(3)),
            lambda: t.clamp_(1, 1.5),
            lambda: t.resize_(3),
            lambda: torch.add(t, 1, out=t),
            lambda: torch.nn.init.constant_(t, 0.25),
            lambda: t.uniform_(),
            lambda: t.set_(t),
            lambda: t.__setitem__(0, float("nan")),
            lambda: t.__iadd__(1),
        ):
            write()
            print(n)

    @case
    def what_an_operator_gave_is_apart():
        t = torch.zeros(3)
        n = t.numpy()
        later = (
            t + 1,
            t.clone(),
            t.contiguous().view(3),
            t.to(torch.float64),
            copy.deepcopy(t),
            torch.tensor(n),
        )
        kept = torch.empty(3)
        kept.copy_(t)
        n[:] = 5
        print(*later, kept)
        return t

    @case
    def two_arrays_of_one_tensor():
        t = torch.zeros(3)
        a, b = t.numpy(), t[1:].numpy()
        b[0] = 4
        print(a, np.shares_memory(a, b))
        del a
        t.add_(1)
        return b

    @case
    def complex_elements():
        t = torch.zeros(2, dtype=torch.complex64)
        n = t.numpy()
        torch.view_as_real(t)[0, 1] = 2
        t.real.fill_(3)
        print(n, t.imag.numpy(), t.imag.numpy().strides)
        n *= 2
        return t

    @case
    def other_dtypes():
        for dtype in (
            torch.bool,
            torch.uint8,
            torch.int8,
            torch.int16,
            torch.int32,
            torch.float16,
            torch.float64,
        ):
            t = torch.ones(2, dtype=dtype)
            n = t.numpy()
            n[0] = 0
            t[1] = t[0]
            print(n, t)
        return torch.ones(2, dtype=torch.bfloat16).numpy()

    @case
    def no_dimensions():
        t = torch.tensor(3.0)
        n = t.numpy()
        n += 1
        print(t, t.item(), float(t), f"{t:.2f}")
        t.mul_(2)
        return n

    @case
    def asarray_of_a_tensor():
        t = torch.zeros(2)
        n = np.asarray(t)
        n[0] = 1
        np.asarray(t, dtype=np.float64)[0] = 8
        t.__array__()[1] = 2
        print(t)
        np.asarray(t, dtype=np.float32)[1] = 3
        return t

    @case
    def force():
        t = torch.ones(2, requires_grad=True)
        n = t.numpy(force=True)
        n[0] = 3
        return t

    @case
    def an_array_and_a_pickle():
        t = torch.zeros(2)
        n = t.numpy()
        n[0] = 1
        saved = io.BytesIO()
        pickle.dump(t, saved)
        saved.seek(0)
        loaded = pickle.load(saved)
        n[1] = 1
        return loaded, t

    @case
    def growing():
        t = torch.ones(3)
        n = t.numpy()
        print(t.resize_(2), n)
        t.resize_(4)

    @case
    def growing_as_a_result():
        t = torch.ones(1)
        n = t.numpy()
        try:
            torch.add(torch.ones(3), 1, out=t)
        finally:
            print(n)

    @case
    def versions():
        t = torch.zeros(2)
        n = t.numpy()
        n[0] = 1
        print(t._version)
        t.add_(1)
        return t._version

    # -- from an array

    @case
    def writing_to_a_tensor_of_an_array():
        n = ones(2, 3)
        t = torch.from_numpy(n)
        t[0] = 5
        t.t()[2].mul_(3)
        return n, t

    @case
    def layouts():
        for make in (
            lambda: ones(4, 6),
            lambda: np.asfortranarray(ones(4, 6)),
            lambda: ones(4, 6).T,
            lambda: ones(4, 6)[::2],
            lambda: ones(4, 6)[:, 1:4],
            lambda: ones(4, 6)[1::2, ::3],
            lambda: ones(2, 3, 4).transpose(1, 2, 0),
            lambda: np.zeros(3, [("a", "f4"), ("b", "f4")])["b"],
            lambda: np.array(2.0),
            lambda: ones(1, 1)[::1, ::1],
        ):
            n = make()
            t = torch.from_numpy(n)
            print(
                t.stride(), t.storage_offset(), t.is_contiguous(), t._is_view(), t.untyped_storage().nbytes()
            )
            t.add_(1)
            if n.ndim:
                t[-1] = 7
                n[0] = 4
            print(n.tolist(), t.tolist(), (t * 2).sum())

    @case
    def what_lies_between_the_elements():
        whole = np.arange(12.0)
        t = torch.from_numpy(whole[::3])
        t.mul_(-1)
        t[1:].view(-1).add_(100) if t[1:].is_contiguous() else t[1:].add_(100)
        print(whole)
        return t.as_strided((10,), (1,))

    @case
    def two_tensors_of_one_array():
        n = np.zeros(3)
        a, b = torch.from_numpy(n), torch.from_numpy(n[1:])
        a.add_(1)
        b.mul_(2)
        return a, b, n

    @case
    def there_and_back():
        n = np.zeros(3)
        again = torch.from_numpy(n).numpy()
        again[0] = 2
        t = torch.from_numpy(again)
        t[1] = 3
        return n

    @case
    def as_tensor():
        n = ones(2)
        shared, converted = torch.as_tensor(n), torch.as_tensor(n, dtype=torch.float64)
        n[0] = 5
        return shared, converted

    @case
    def asarray():
        n = ones(2)
        found = [
            torch.asarray(n),
            torch.asarray(n, copy=False),
            torch.asarray(n, copy=True),
            torch.asarray(n, dtype=torch.int64),
            torch.asarray(n, requires_grad=True),
            torch.Tensor(n),
            torch.tensor(n),
            torch.from_dlpack(n),
        ]
        n[0] = 5
        return found

    @case
    def asarray_of_a_number():
        n = np.array(3.0)
        found = torch.asarray(n), torch.as_tensor(n), torch.from_numpy(n), torch.asarray(n, copy=False)
        n += 1
        print(found, torch.asarray(np.float32(2)))
        torch.asarray(np.float32(2), copy=False)

    @case
    def asarray_without_a_copy_in_another_dtype():
        torch.asarray(np.ones(2), dtype=torch.float32, copy=False)

    @case
    def asarray_without_a_copy_of_a_list():
        torch.asarray([1, 2], copy=False)

    @case
    def asarray_of_integers_with_a_gradient():
        torch.asarray(np.ones(2, int), requires_grad=True)

    @case
    def buffers():
        b = bytearray(8)
        t, u = (
            torch.frombuffer(b, dtype=torch.uint8),
            torch.frombuffer(b, dtype=torch.int16, count=2, offset=2),
        )
        t[2] = 1
        b[7] = 4
        print(b, t, u)
        a = array.array("f", [1, 2])
        s = torch.asarray(a)
        a[0] = 9
        s[1] = 8
        return a, s

    @case
    def dlpack():
        t = torch.zeros(3)
        n = np.from_dlpack(t)
        t[0] = 1
        same = torch.from_dlpack(t)
        same[1] = 2
        print(n)
        n[2] = 3
        print(t, same)
        other = torch.from_dlpack(torch.to_dlpack(t))
        other.zero_()
        return t

    @case
    def dlpack_of_what_requires_grad():
        torch.from_dlpack(torch.ones(2, requires_grad=True))

    @case
    def an_array_that_is_not_writable():
        n = np.arange(3.0)
        n.flags.writeable = False
        t = torch.from_numpy(n)
        n.flags.writeable = True
        n[0] = 5
        return t

    @case
    def a_result_of_numpy():
        t = torch.ones(2)
        print(np.concatenate([t, t]), np.vstack((t, t)).max())
        n = t.numpy()
        n += np.float32(1)
        return t

    @case
    def indexing_by_tensors():
        n = np.arange(12.0).reshape(4, 3)
        t = torch.from_numpy(n)
        at = torch.tensor([2, 0, -1])
        print(t[at], t[at, 1], t[t > 6], t[:, at], t[torch.tensor([[0], [1]])], t[[1, 1]])
        picked = t[at]
        n[:] = 0
        print(picked, t[at])
        return t[torch.tensor([4])]

    @case
    def an_array_of_indices():
        n = np.array([0, 2])
        i = torch.from_numpy(n)
        t = torch.arange(3)
        first = t[i]
        n[0] = 1
        print(first, t[i])
        n[0] = 3
        return t[i]

    @case
    def iterating():
        n = np.arange(6.0).reshape(3, 2)
        t = torch.from_numpy(n)
        for i, row in enumerate(t):
            n[i] += 10
            print(row)
        a, b = t.split(2)
        n[:] = 1
        print(a, b, *t.unbind(1), torch.stack(list(t)))

    @case
    def negative_strides():
        torch.from_numpy(np.arange(3)[::-1])

    @case
    def strides_of_part_of_an_element():
        torch.from_numpy(np.zeros(3, dtype=[("x", "f4"), ("y", "i1")])["x"])

    @case
    def another_byte_order():
        torch.from_numpy(np.ones(1, ">f8"))

    @case
    def text():
        torch.from_numpy(np.array(["a"]))

    @case
    def no_array():
        try:
            torch.from_numpy([1])
        except TypeError as error:
            print(error)
        torch.from_numpy(np.float32(1))

    # -- gradients

    @case
    def a_tensor_that_requires_grad():
        t = torch.ones(2, requires_grad=True)
        for f in (lambda: t.numpy(), lambda: (t * 2).numpy(), lambda: np.asarray(t), lambda: t[0].numpy()):
            try:
                f()
            except RuntimeError as error:
                print(error)
        with torch.no_grad():
            t.numpy()

    @case
    def data_and_detach():
        t = torch.ones(2, requires_grad=True)
        n, m = t.detach().numpy(), t.data.numpy()
        n[0] = 3
        m[1] = 4
        print(t, n)
        (t * t).sum().backward()
        with torch.no_grad():
            t -= t.grad
        return n, m, t.grad

    @case
    def a_gradient_accumulates_into_its_array():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        (x * x).sum().backward()
        g = x.grad.numpy()
        (x * x).sum().backward()
        print(g)
        x.grad.zero_()
        print(g)
        g[:] = 7
        print(x.grad)
        (x * 3).sum().backward()
        return g

    @case
    def an_optimizer_writes_to_the_array_of_its_parameter():
        n = ones(2, 2)
        w = torch.nn.Parameter(torch.from_numpy(n))
        held = w.data.numpy()
        for optimizer in (
            torch.optim.SGD([w], lr=0.5, momentum=0.5),
            torch.optim.Adam([w], lr=0.25),
        ):
            for _ in range(2):
                optimizer.zero_grad()
                (w * torch.tensor([1.0, 2.0])).sum().backward()
                optimizer.step()
                print(n, held)
        n[0, 0] = 9
        optimizer.step()
        return w

    @case
    def a_module():
        m = torch.nn.Linear(2, 1)
        n = m.weight.detach().numpy()
        n[:] = [[1, 2]]
        with torch.no_grad():
            m.bias.zero_()
        print(m(torch.ones(1, 2)), m.state_dict()["weight"])
        m.load_state_dict({"weight": torch.tensor([[3.0, 4.0]]), "bias": torch.zeros(1)})
        return n

    @case
    def running_statistics():
        m = torch.nn.BatchNorm1d(2)
        n = m.running_mean.numpy()
        m(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        return n, m.num_batches_tracked.numpy()

    @case
    def gradients_through_shared_memory():
        n = np.array([1.0, 2.0, 3.0])
        x = torch.from_numpy(n).requires_grad_()
        y = (x[1:] * x[:2]).sum()
        y.backward()
        print(x.grad)
        n[:] = 1
        x.grad = None
        (x[1:] * x[:2]).sum().backward()
        return x.grad

    @case
    def in_place_in_the_graph():
        n = np.zeros(3, np.float32)
        t = torch.from_numpy(n)
        w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
        t.add_(w)
        t[1:].mul_(2)
        print(n, t)
        t.sum().backward()
        return w.grad, n

    @case
    def a_saved_tensor_written_to_by_an_operator():
        x = torch.ones(2, requires_grad=True)
        y = torch.from_numpy(ones(2))
        z = x * y
        y.add_(1)
        z.sum().backward()

    @case
    def what_numpy_wrote_is_what_gradients_read():
        n = ones(3)
        t, x = torch.from_numpy(n), torch.ones(3, requires_grad=True)
        y = (x * t).sum() + (x * t[:2].sum()).sum()
        n[:] = 100
        print(y)
        y.backward()
        return x.grad

    @case
    def a_leaf_that_numpy_wrote_to():
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        y = (x * x).sum()
        x.detach().numpy()[:] = 5
        y.backward()
        return x.grad, y

    @case
    def a_result_that_numpy_has():
        x = torch.tensor([0.0, 1.0], requires_grad=True)
        y = x.exp()
        n = y.detach().numpy()
        y.sum().backward()
        print(n, x.grad)
        z = x.tanh()
        print(z.detach().numpy())
        z.sum().backward()
        return x.grad

    # -- data

    @case
    def batches():
        x, y = np.arange(8.0).reshape(4, 2), np.arange(4)
        data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
        loader = torch.utils.data.DataLoader(data, batch_size=2)
        for a, b in loader:
            x[2:] += 100
            print(a, b)
        rows = [{"x": x[i], "n": i} for i in range(2)]
        return next(iter(torch.utils.data.DataLoader(rows, batch_size=2)))
