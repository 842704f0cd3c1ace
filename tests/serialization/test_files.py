"""Files that PyTorch wrote, in its two formats; and, where it is installed, that it reads ours."""

import base64
import io
import json
import subprocess
import sys

import numpy as np
import pytest

import torchlike as torch
from tests.serialization.files import FROZEN, objects, shown

FILES = json.loads((FROZEN / "files.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_what_pytorch_saved_is_loaded(name):
    data = base64.b64decode(FILES[name]["data"])
    trusted = name.startswith("model")
    loaded = torch.load(io.BytesIO(data), weights_only=not trusted)
    assert shown(loaded) == FILES[name]["shown"]


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("shared")])
def test_what_shared_memory_in_pytorch_shares_it_here(name):
    a, b, c, d = torch.load(io.BytesIO(base64.b64decode(FILES[name]["data"])))
    a[1, 0] = 50
    assert b[0] == c[0, 1] == d[1, 1] == 50


def test_nothing_is_written_if_it_cannot_be_saved(tmp_path):
    path = tmp_path / "model.pt"
    torch.save([torch.ones(2)], path)
    before = path.read_bytes()
    with pytest.raises(AttributeError, match="local object"):
        torch.save([torch.ones(2), lambda: 0], path)
    assert path.read_bytes() == before


def test_a_saved_file_is_the_same_each_time():
    first, second = io.BytesIO(), io.BytesIO()
    for f in (first, second):
        torch.save({"a": torch.ones(3)}, f)
    assert first.getvalue() == second.getvalue()


def test_what_is_missing_names_itself():
    with pytest.raises(NotImplementedError, match="_use_new_zipfile_serialization"):
        torch.save([], io.BytesIO(), _use_new_zipfile_serialization=False)
    with pytest.raises(NotImplementedError, match="pickle_module"):
        torch.save([], io.BytesIO(), pickle_module=json)
    with pytest.raises(NotImplementedError, match="torch.serialization.register_package"):
        torch.serialization.register_package(0, None, None)


def test_a_state_is_no_way_to_change_a_class():
    # GLOBAL torch.Tensor, then a state for it.
    data = b"\x80\x02ctorch\nTensor\nN}X\x01\x00\x00\x00ak\x01s\x86b."
    out = io.BytesIO()
    torch.serialization.saving.archive.write(out, [("data.pkl", data.replace(b"k\x01", b"K\x01"))])
    out.seek(0)
    with pytest.raises(torch.serialization.loading.pickle.UnpicklingError, match="Can only build Tensor"):
        torch.load(out)


def safetensors_file(path):
    """A file of the safetensors library: a header that tells where each tensor lies, then the tensors."""
    data = np.arange(6, dtype="<f4").tobytes() + b"\x80\x3f\x00\x40" + b"\x01"
    header = json.dumps(
        {
            "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
            "b": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
            "c": {"dtype": "BOOL", "shape": [], "data_offsets": [28, 29]},
        }
    ).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    return path


def test_files_of_safetensors_are_loaded(tmp_path):
    path = safetensors_file(tmp_path / "x.safetensors")
    found = torch.load(path)
    assert repr(found["a"]) == "tensor([[0., 1., 2.],\n        [3., 4., 5.]])"
    assert repr(found["b"]) == "tensor([1., 2.], dtype=torch.bfloat16)"
    assert repr(found["c"]) == "tensor(True)"
    for place, kind in (({"cpu": "cpu"}, "dict"), (lambda storage, location: storage, "callable")):
        with pytest.raises(RuntimeError, match=f"safetensors file with {kind} map_location is not supported"):
            torch.load(path, map_location=place)


def test_without_safetensors_its_files_say_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(RuntimeError, match="safetensors is not installed") as caught:
        torch.load(safetensors_file(tmp_path / "x.safetensors"))
    assert caught.value.__notes__ == ["It is in an extra: pip install torchlike[safetensors]"]


@pytest.mark.oracle
def test_pytorch_loads_what_is_saved_here(tmp_path):
    for name, obj in objects(torch).items():
        torch.save(obj, tmp_path / f"{name}.pt")
    code = (
        "import sys, torch\n"
        "from tests.serialization.files import shown\n"
        "for name in sys.argv[2:]:\n"
        "    obj = torch.load(f'{sys.argv[1]}/{name}.pt', weights_only=not name.startswith('model'))\n"
        "    print(repr(shown(obj)))\n"
    )
    names = list(objects(torch))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *names], capture_output=True, text=True, check=True
    )
    for name, line in zip(names, done.stdout.splitlines(), strict=True):
        loaded = torch.load(tmp_path / f"{name}.pt", weights_only=not name.startswith("model"))
        assert eval(line) == shown(loaded)
