"""Programs that save and load, and what comes back."""

import base64
import collections
import contextlib
import copy
import io
import os
import pickle
import tempfile
import zipfile
from pathlib import Path


class Point:
    def __init__(self, x):
        self.x = x

    def __repr__(self):
        return f"Point({self.x!r})"


class Broken:
    def __reduce__(self):
        raise TypeError("cannot be pickled")


def some_function():
    return 3


def cases(torch, case):
    nn = torch.nn

    def saved(obj, **options):
        f = io.BytesIO()
        torch.save(obj, f, **options)
        f.seek(0)
        return f

    def again(obj, **options):
        return torch.load(saved(obj), **options)

    def pickled(obj, **options):
        """The pickle in the file, byte for byte."""
        with zipfile.ZipFile(saved(obj, **options)) as z:
            return base64.b64encode(z.read("archive/data.pkl")).decode()

    def model():
        torch.manual_seed(0)
        return nn.Sequential(
            collections.OrderedDict(first=nn.Linear(3, 2), act=nn.ReLU(), norm=nn.BatchNorm1d(2))
        )

    @case
    def tensors_of_every_dtype():
        names = (
            "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128 bool".split()
        )
        return again({n: torch.tensor([0, 1, 1], dtype=getattr(torch, n)) for n in names})

    @case
    def later_dtypes():
        return again([torch.tensor([1, 2], dtype=getattr(torch, n)) for n in ("uint16", "uint32", "uint64")])

    @case
    def pickle_of_tensors():
        t = torch.arange(6.0).reshape(2, 3)
        return pickled(
            {"a": t, "b": t[1], "c": t.t(), "n": torch.tensor(3), "p": nn.Parameter(torch.ones(2))}
        )

    @case
    def pickle_of_a_state_dict():
        return pickled(model().state_dict())

    @case
    def pickle_of_a_model():
        return pickled(nn.Linear(2, 2))

    @case
    def pickle_of_an_optimizer():
        net = nn.Linear(2, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        net(torch.ones(1, 2)).sum().backward()
        optimizer.step()
        return list(again(optimizer.state_dict())), again(optimizer.state_dict())["state"][1]

    @case
    def pickle_of_other_things():
        return pickled(
            [torch.float32, torch.Size([2, 3]), torch.device("cpu"), torch.strided, {1, 2}, 2.5, None, b"x"]
        )

    @case
    def pickle_with_protocol_4():
        return pickled([torch.ones(2), nn.ReLU()], pickle_protocol=4)

    @case
    def pickle_of_attributes():
        t = torch.ones(2)
        t.note = "hello"
        return pickled(t), again(t).note

    @case
    def pickle_of_an_own_class():
        return pickled([Point(torch.ones(1)), some_function])

    @case
    def records_of_the_archive():
        f = saved([torch.ones(3), torch.ones(0), torch.zeros(2, dtype=torch.int16)])
        with zipfile.ZipFile(f) as z:
            return [(i.filename, i.file_size, i.compress_type) for i in z.infolist()]

    @case
    def records_begin_at_multiples_of_64():
        f = saved([torch.ones(3), torch.ones(5), torch.zeros(2, dtype=torch.int16)])
        found = []
        with zipfile.ZipFile(f) as z:
            for i in z.infolist():
                f.seek(i.header_offset + 26)
                name, extra = (int.from_bytes(f.read(2), "little") for _ in range(2))
                found.append((i.header_offset + 30 + name + extra) % 64)
        return found

    @case
    def name_in_the_archive():
        with tempfile.TemporaryDirectory() as d:
            for name in ("model.pt", "model", "a.b.c"):
                torch.save([1], os.path.join(d, name))
                with zipfile.ZipFile(os.path.join(d, name)) as z:
                    print(z.namelist()[0])
            torch.save([1], Path(d) / "path.pth")
            return torch.load(Path(d) / "path.pth")

    @case
    def sharing_is_kept():
        t = torch.arange(4.0)
        a, b, c = again((t, t[1:3], t.reshape(2, 2).t()))
        a[1] = 50
        return (
            a,
            b,
            c,
            c.stride(),
            b.storage_offset(),
            a._is_view(),
            b._is_view(),
            b._base,
            len(b.untyped_storage()),
        )

    @case
    def the_same_tensor_is_the_same():
        t = torch.ones(2)
        a, b = again((t, t))
        return a is b

    @case
    def layouts():
        t = torch.arange(24.0).reshape(2, 3, 4)
        images = torch.arange(16.0).reshape(1, 2, 2, 4).contiguous(memory_format=torch.channels_last)
        found = again(
            [t.transpose(0, 2), t.expand(2, 2, 3, 4), images, t[:, ::2], torch.empty(0, 3), torch.tensor(5.0)]
        )
        return [(x, x.stride(), x.storage_offset(), x.is_contiguous()) for x in found]

    @case
    def writing_to_what_was_loaded():
        t = again(torch.zeros(2, 3).t())
        t[0, 1] = 7
        t.add_(1)
        return t, t.stride(), t._version

    @case
    def requires_grad():
        w = torch.ones(2, requires_grad=True)
        y = w * 2
        found = again([w, y, w.detach(), nn.Parameter(torch.ones(1), requires_grad=False)])
        return [(x.requires_grad, x.is_leaf, x.grad_fn, x.grad) for x in found]

    @case
    def a_model_by_its_state():
        net, other = (
            model(),
            nn.Sequential(
                collections.OrderedDict(first=nn.Linear(3, 2), act=nn.ReLU(), norm=nn.BatchNorm1d(2))
            ),
        )
        print(other.load_state_dict(again(net.state_dict())))
        x = torch.randn(4, 3)
        return torch.equal(net(x), other(x)), type(again(net.state_dict())), again(net.state_dict())._metadata

    @case
    def a_whole_model():
        net = again(model(), weights_only=False)
        return net, net.training, [name for name, _ in net.named_parameters()], net.first.weight.requires_grad

    @case
    def a_checkpoint_to_go_on_from():
        net = nn.Linear(2, 1)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            net(torch.ones(4, 2)).pow(2).sum().backward()
            optimizer.step()
        found = again(
            {"epoch": 3, "model": net.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.5}
        )
        other = nn.Linear(2, 1)
        other.load_state_dict(found["model"])
        resumed = torch.optim.Adam(other.parameters(), lr=0.5)
        resumed.load_state_dict(found["optimizer"])
        for n, o in ((net, optimizer), (other, resumed)):
            o.zero_grad()
            n(torch.ones(4, 2)).pow(2).sum().backward()
            o.step()
        return (
            found["epoch"],
            found["loss"],
            torch.equal(net.weight, other.weight),
            resumed.param_groups[0]["lr"],
        )

    @case
    def random_state():
        state = again(torch.get_rng_state())
        first = torch.rand(2)
        torch.set_rng_state(state)
        return torch.equal(first, torch.rand(2))

    @case
    def plain_values():
        return again(
            [1, 2**70, -5, 1.5, "ä", b"bytes", None, True, (1, (2,)), {"a": [1]}, {1, 2}, 1j, bytearray(b"z")]
        )

    @case
    def containers():
        return again([collections.OrderedDict(a=1), collections.Counter("aab")])

    @case
    def a_deque():
        return again(collections.deque([1]))

    @case
    def an_own_class():
        return again(Point(3))

    @case
    def an_own_class_trusted():
        return again(Point(torch.ones(2)), weights_only=False)

    @case
    def an_own_class_allowed():
        torch.serialization.add_safe_globals([Point])
        try:
            return again(Point(3)), Point in torch.serialization.get_safe_globals()
        finally:
            torch.serialization.clear_safe_globals()

    @case
    def an_own_class_allowed_for_a_block():
        with torch.serialization.safe_globals([Point]):
            print(again(Point(3)))
        return again(Point(3))

    @case
    def an_own_class_under_another_name():
        with torch.serialization.safe_globals([(Point, f"{__name__}.Point")]):
            return again(Point(3))

    @case
    def allowed_badly():
        with torch.serialization.safe_globals([(Point, 3)]):
            return again(Point(3))

    @case
    def a_function():
        return again(some_function)

    @case
    def what_may_never_be_named():
        return again(os.getcwd)

    @case
    def what_a_file_asks_for():
        return sorted(
            torch.serialization.get_unsafe_globals_in_checkpoint(
                saved([Point(1), torch.ones(1), some_function])
            )
        )

    @case
    def a_later_protocol():
        return torch.load(saved([1, 2], pickle_protocol=4))

    @case
    def a_later_protocol_trusted():
        return torch.load(saved([torch.ones(2), 2], pickle_protocol=5), weights_only=False)

    @case
    def what_cannot_be_pickled():
        return saved(Broken())

    @case
    def a_lambda():
        return saved(lambda: 0)

    @case
    def a_generator():
        return saved(x for x in ())

    @case
    def two_dtypes_of_one_memory():
        t = torch.ones(2)
        return saved([t, t.view(torch.int32)])

    @case
    def a_view_as_another_dtype():
        return again(torch.ones(2).view(torch.int32))

    @case
    def no_folder():
        return torch.save([1], "no/such/folder/x.pt")

    @case
    def no_file():
        return torch.load("no_such_file.pt")

    @case
    def neither_a_path_nor_a_file_to_save():
        return torch.save([1], 5)

    @case
    def neither_a_path_nor_a_file_to_load():
        return torch.load(5)

    @case
    def a_file_that_cannot_seek():
        class Stream:
            def read(self, n=-1):
                return b""

            def readline(self):
                return b""

        return torch.load(Stream())

    @case
    def a_file_that_can_only_be_written_to():
        class Sink:
            def __init__(self):
                self.data = b""

            def write(self, data):
                self.data += bytes(data)
                return len(data)

            def flush(self):
                pass

        sink = Sink()
        torch.save(torch.ones(2), sink)
        return torch.load(io.BytesIO(sink.data))

    @case
    def an_empty_file():
        return torch.load(io.BytesIO())

    @case
    def a_text():
        return torch.load(io.BytesIO(b"hello world"))

    @case
    def a_text_trusted():
        return torch.load(io.BytesIO(b"hello world"), weights_only=False)

    @case
    def a_plain_pickle():
        return torch.load(io.BytesIO(pickle.dumps([1, 2], 2)))

    @case
    def half_an_archive():
        return torch.load(io.BytesIO(saved(torch.ones(300)).getvalue()[:900]))

    @case
    def an_archive_of_something_else():
        f = io.BytesIO()
        with zipfile.ZipFile(f, "w") as z:
            z.writestr("a/b.txt", "c")
        f.seek(0)
        return torch.load(f)

    @case
    def from_the_middle_of_a_file():
        f = io.BytesIO()
        f.write(b"header")
        start = f.tell()
        torch.save([torch.ones(1)], f)
        f.seek(start)
        return torch.load(f)

    @case
    def to_places():
        t = torch.ones(2)
        for place in (
            "cpu",
            torch.device("cpu"),
            {"cpu": "cpu"},
            {"cuda:0": "cpu"},
            lambda s, name: s,
            lambda s, name: None,
        ):
            print(again(t, map_location=place).device)
        seen = []
        again([t, t + 1], map_location=lambda s, name: seen.append((type(s).__name__, name, s.nbytes())))
        return seen

    @case
    def to_a_gpu():
        return again(torch.ones(2), map_location="cuda")

    @case
    def to_a_gpu_by_a_dict():
        return again(torch.ones(2), map_location={"cpu": "cuda:1"})

    @case
    def to_nowhere():
        return again(torch.ones(2), map_location="nowhere")

    @case
    def from_a_gpu():
        f = saved(torch.ones(2))
        out = io.BytesIO()
        with zipfile.ZipFile(f) as z, zipfile.ZipFile(out, "w") as o:
            for i in z.infolist():
                data = z.read(i)
                if i.filename.endswith("data.pkl"):
                    data = data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
                o.writestr(i.filename, data)
        data = out.getvalue()
        print(torch.load(io.BytesIO(data), map_location="cpu"))
        return torch.load(io.BytesIO(data))

    @case
    def mapped_memory():
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "x.pt")
            torch.save([torch.arange(5), torch.empty(0), torch.ones(2, 2).t()], path)
            return torch.load(path, mmap=True)

    @case
    def mapped_memory_of_no_path():
        return again(torch.ones(1), mmap=True)

    @case
    def a_pickle_module():
        return again([Point(1)], pickle_module=pickle)

    @case
    def weights_only_and_a_pickle_module():
        return again([1], pickle_module=pickle, weights_only=True)

    @case
    def weights_only_and_options():
        return again([1], encoding="ascii")

    @case
    def forced_by_the_environment():
        os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
        try:
            return again(Point(2))
        finally:
            del os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"]

    @case
    def forced_both_ways():
        names = ("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "TORCH_FORCE_WEIGHTS_ONLY_LOAD")
        os.environ.update(dict.fromkeys(names, "1"))
        try:
            return again([1])
        finally:
            for name in names:
                del os.environ[name]

    @case
    def big_endian():
        f, out = saved([torch.tensor([1, 2], dtype=torch.int16), torch.tensor([1 + 2j])]), io.BytesIO()
        with zipfile.ZipFile(f) as z, zipfile.ZipFile(out, "w") as o:
            for i in z.infolist():
                data = b"big" if i.filename.endswith("byteorder") else z.read(i)
                if i.filename.endswith("data/0"):
                    data = b"\x00\x01\x00\x02"
                if i.filename.endswith("data/1"):
                    data = b"\x3f\x80\x00\x00\x40\x00\x00\x00"
                o.writestr(i.filename, data)
        out.seek(0)
        return torch.load(out)

    @case
    def a_module_with_hooks_and_attributes():
        net = nn.Linear(2, 2)
        net.tag = ["x"]
        net.register_buffer("steps", torch.tensor(4), persistent=False)
        found = again(net, weights_only=False)
        return found.tag, found.steps, found._non_persistent_buffers_set, list(found.state_dict())

    @case
    def functions():
        F = torch.nn.functional
        found = again([F.relu, F.gelu, torch.relu, F.softmax, torch.add], weights_only=False)
        x = torch.tensor([-1.0, 2.0])
        return found[0] is F.relu, found[1] is F.gelu, found[2](x), found[3](x, 0), found[4](x, 1)

    @case
    def a_copy_in_memory():
        net = model()
        with contextlib.suppress(ZeroDivisionError):
            return [
                torch.equal(a, b)
                for a, b in zip(
                    copy.deepcopy(net).parameters(), again(net, weights_only=False).parameters(), strict=True
                )
            ]
