"""Real packages, installed by pip: each way to be broken gives its error, and the rest works as if without it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .packages import PACKAGES, install

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder into which every package was installed, once for all workers of this run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "plugin_packages"
    try:
        folder.mkdir()
    except FileExistsError:
        for _ in range(600):
            if (folder / "done").exists():
                return folder / "site"
            time.sleep(0.2)
        raise RuntimeError("the worker that installs the packages did not finish") from None
    target = install(PACKAGES.values(), folder)
    (folder / "done").touch()
    return target


def run(site, *command, **variables):
    path = os.pathsep.join([str(site), str(HERE.parents[1])])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TORCHLIKE_")}
    environ = {**kept, "PYTHONPATH": path, **variables}
    return subprocess.run(
        [sys.executable, *command], env=environ, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="session")
def seen(site):
    """What `broken.py` saw."""
    done = run(site, str(HERE / "broken.py"), str(site))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_core_trains_as_if_no_plugin_were_there(seen):
    assert seen["alone"] == seen["after"]
    assert seen["alone"][-1] < seen["alone"][0]


def test_the_good_plugin_works_beside_the_broken_ones(seen):
    assert seen["states"]["good-plugin"] == ["loaded", "", ""]
    assert seen["good"] == [24.0, 24.0, -6.0]


def test_only_what_asks_to_be_early_is_imported_before_a_plugin_is_needed(seen):
    assert seen["imported_early"] == ["overrides_built_in"]


def test_overrides_and_kernels_hold_from_the_first_operator_on(seen):
    assert seen["early"] == {"erf": 101.0, "sigmoid": 201.0}
    assert seen["errors"]["Identity"] == ["no error", "'overrides_built_in'"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("import-error", "ValueError: broken while it was imported"),
        ("missing-dependency", "ModuleNotFoundError: No module named 'a_package_that_is_not_there'"),
        ("leaves-at-import", "SystemExit: 3"),
        ("raises-halfway", "RuntimeError: half of the names are registered"),
        (
            "misspelt-hook",
            "PluginError: there is no hook torchlike_register_op; did you mean torchlike_register_ops?",
        ),
        (
            "unmarked-hook",
            "PluginError: torchlike_register_ops is not marked with torchlike.plugin.hookimpl",
        ),
        (
            "other-api",
            "PluginError: it was written for versions 7 to 8 of torchlike's plugin interface; this is 1",
        ),
    ],
)
def test_a_broken_plugin_is_reported_with_distribution_version_and_traceback(seen, name, reason):
    state, told, traceback = seen["states"][name]
    assert (state, told) == ("failed", reason)
    assert traceback.startswith("Traceback (most recent call last)")
    point = PACKAGES[name].entry_point
    head = f"plugin '{point}' ({name} 1.0) failed to load and contributes nothing: {reason}"
    mine = [w for w in seen["warnings"] if w[0].startswith(head)]
    assert [(category, Path(file).name) for _, category, file in mine] == [("PluginWarning", "broken.py")]
    assert traceback in mine[0][0]


def test_a_wrong_signature_names_the_argument(seen):
    state, reason, _ = seen["states"]["wrong-signature"]
    assert state == "failed"
    assert "torchlike_register_ops" in reason and "more" in reason


def test_a_module_without_hooks_is_no_plugin(seen):
    state, reason, _ = seen["states"]["no-hook"]
    assert state == "failed"
    assert reason.startswith("PluginError: no_hook has none of the hooks torchlike_info, ")


def test_half_of_a_plugin_is_none(seen):
    assert seen["errors"]["first"][:2] == [
        "AttributeError",
        "'_OpNamespace' 'halfway' object has no attribute 'first'",
    ]


def test_two_distributions_under_one_entry_point_name_are_both_named_and_neither_is_imported(seen):
    text = (
        "PluginError: the entry point 'twin' is in more than one distribution: "
        "twin-one 1.0 (twin_one) and twin-two 2.0 (twin_two)"
    )
    for name in ("twin-one", "twin-two"):
        state, reason, _ = seen["states"][name]
        assert (state, reason) == ("failed", text)
    assert any(text in w[0] for w in seen["warnings"])


def test_a_name_that_two_plugins_claim_names_both_and_their_other_names_work(seen):
    assert seen["errors"]["same"][:2] == [
        "NameClash",
        "operator 'clash::same' is claimed by plugin 'clash_one' (clash-one 1.0) "
        "and by plugin 'clash_two' (clash-two 1.0)",
    ]
    assert seen["errors"]["mine"] == seen["errors"]["yours"] == ["no error", "3.0"]


def test_a_built_in_name_claimed_without_override_stays_built_in(seen):
    assert seen["errors"]["relu"][:2] == [
        "NameClash",
        "operator 'aten::relu' is claimed by torchlike.builtin.operators "
        "and by plugin 'claims_built_in' (claims-built-in 1.0)",
    ]
    assert seen["errors"]["core relu"] == ["no error", "3.0"]


LIST = (
    "import torchlike as torch; print([(p.distribution, p.state, p.reason) for p in torch.plugin.plugins()])"
)


@pytest.mark.parametrize("allowed", ["good", "good-plugin", "Good_Plugin, another"])
def test_only_what_is_allowed_is_loaded(site, allowed):
    code = "import torchlike as torch; print(torch.ops.good.cube(torch.tensor(2.0)).item()); " + LIST
    done = run(site, "-W", "error", "-c", code, TORCHLIKE_PLUGINS=allowed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("8.0\n")
    assert "('good-plugin', 'loaded', '')" in done.stdout
    assert "('no-hook', 'disabled', 'not named in TORCHLIKE_PLUGINS')" in done.stdout


def test_what_is_disabled_is_not_there(site):
    code = LIST + "; torch.ops.good.cube"
    done = run(site, "-W", "ignore", "-c", code, TORCHLIKE_DISABLE_PLUGINS="good,twin-two")
    assert "('good-plugin', 'disabled', 'named in TORCHLIKE_DISABLE_PLUGINS')" in done.stdout
    assert "('twin-one', 'not loaded', '')" in done.stdout
    assert "AttributeError: '_OpNamespace' 'good' object has no attribute 'cube'" in done.stderr


def test_tracing_prints_what_is_loaded_when(site):
    code = "import torchlike as torch; torch.ops.good.cube"
    done = run(site, "-c", code, TORCHLIKE_PLUGINS="good", TORCHLIKE_TRACE_PLUGINS="1")
    assert "torchlike: plugin 'good' (good-plugin 1.0) loaded in " in done.stderr
    assert (
        "wanted by torch.ops.good.cube, registers good::cube, good::cube_, good.Scale, good.Descent"
        in done.stderr
    )


def test_early_ones_are_early_whatever_is_imported_first(site):
    for module in ("nn", "optim", "plugin"):
        code = f"""
import torchlike.{module}
import torchlike as torch
print(torch.nn.Identity.__module__, torch.erf(torch.zeros(1)).item())
"""
        done = run(site, "-W", "error", "-c", code, TORCHLIKE_PLUGINS="overrides_built_in")
        assert done.stdout == "overrides_built_in 100.0\n", done.stderr


def test_a_program_that_needs_no_plugin_loads_none(site):
    code = """
import sys
import torchlike as torch
print((torch.ones(2) + 1).tolist(), [m for m in sys.modules if "good" in m])
"""
    done = run(
        site,
        "-W",
        "error",
        "-c",
        code,
        TORCHLIKE_TRACE_PLUGINS="1",
        TORCHLIKE_DISABLE_PLUGINS="overrides_built_in",
    )
    assert done.stdout == "[2.0, 2.0] []\n"
    assert done.stderr == ""
