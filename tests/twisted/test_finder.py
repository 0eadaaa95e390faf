"""The import hook: one table, loaded when asked for; never mixed with another Twisted."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import pickle
import subprocess
import sys
import types

import pytest

import sennit.twisted
from sennit.core import current, deferred
from sennit.twisted.table import TABLE


@pytest.fixture
def dropin():
    """Put the drop-in in place, with no Twisted module imported, and take it out again."""
    kept = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "twisted"}
    was_installed = sennit.twisted.installed()
    sennit.twisted.uninstall()
    for name in kept:
        sys.modules.pop(name, None)
    sennit.twisted.install()
    yield
    sennit.twisted.uninstall()
    if was_installed:
        sennit.twisted.install()
    sys.modules.update(kept)


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_module_of_one_source_is_that_module_itself(dropin):
    import twisted.python.failure

    import sennit.core.failure

    assert twisted.python.failure is sennit.core.failure


def test_a_module_of_several_sources_offers_all_their_names(dropin):
    from twisted.internet import defer

    assert defer.Deferred is deferred.Deferred
    assert {"Deferred", "DeferredList", "inlineCallbacks", "DeferredLock", "DeferredFilesystemLock"} <= set(
        dir(defer)
    )


def test_star_import_brings_the_public_names_alone(dropin):
    names: dict[str, object] = {}
    exec("from twisted.internet.defer import *", names)
    assert names["gatherResults"]
    assert not [name for name in names if name.startswith("_") and name != "__builtins__"]


def test_assigning_to_a_merged_module_reaches_the_code_that_reads_the_name(dropin, monkeypatch):
    from twisted.internet import defer

    from sennit.core import combinators

    replacement = object()
    monkeypatch.setattr(defer, "gatherResults", replacement)
    assert combinators.gatherResults is replacement
    monkeypatch.undo()
    assert combinators.gatherResults is defer.gatherResults is not replacement


def test_a_new_name_on_a_merged_module_stays_there(dropin):
    from twisted.internet import defer

    defer.added_by_a_program = 5
    assert defer.added_by_a_program == 5
    assert not hasattr(deferred, "added_by_a_program")


def test_a_module_that_is_not_in_the_table_is_not_found_and_the_error_says_why(dropin):
    with pytest.raises(ModuleNotFoundError, match=r"^twisted\.no is not in Sennit") as caught:
        importlib.import_module("twisted.no.such")
    assert caught.value.name == "twisted.no"


def test_a_private_module_below_one_of_ours_is_not_found_under_two_names(dropin):
    import twisted.logger

    import sennit.log

    assert twisted.logger is sennit.log
    with pytest.raises(ModuleNotFoundError, match="not in Sennit"):
        importlib.import_module("twisted.logger.publisher")


def test_a_missing_name_is_an_import_error(dropin):
    with pytest.raises(ImportError, match="no_such_name"):
        exec("from twisted.internet.defer import no_such_name")


def test_a_missing_attribute_names_itself_and_its_module(dropin):
    from twisted.internet import defer

    with pytest.raises(AttributeError, match=r"'twisted\.internet\.defer' has no attribute 'nonsense'"):
        _ = defer.nonsense


def test_other_modules_are_left_to_other_finders(dropin):
    assert importlib.util.find_spec("json").origin.endswith(".py")
    assert importlib.util.find_spec("twistedly_named_something_else") is None


@pytest.mark.filterwarnings("ignore:twisted.test.proto_helpers:DeprecationWarning")
@pytest.mark.parametrize("name", [name for name in TABLE if name != "twisted.internet.reactor"])
def test_every_row_of_the_table_imports(dropin, name):
    module = importlib.import_module(name)
    assert isinstance(module, types.ModuleType)
    parent, _, child = name.rpartition(".")
    if parent:
        assert getattr(sys.modules[parent], child) is module
    for public in getattr(module, "__all__", ()):
        getattr(module, public)


def test_the_parents_of_every_row_are_rows():
    for name in TABLE:
        parent = name.rpartition(".")[0]
        assert not parent or parent in TABLE


def test_objects_pickled_under_twisted_names_load_as_ours(dropin):
    from twisted.internet.address import IPv4Address

    theirs = pickle.dumps(IPv4Address("TCP", "127.0.0.1", 80), protocol=0).replace(
        IPv4Address.__module__.encode(), b"twisted.internet.address"
    )
    assert pickle.loads(theirs) == IPv4Address("TCP", "127.0.0.1", 80)


def test_installing_loads_no_room():
    done = fresh(
        "import sys, sennit.twisted as t; t.install(); import twisted, twisted.internet, twisted.web;"
        "rooms = {m for m in sys.modules if m.startswith('sennit.')};"
        "print(sorted(m for m in rooms if not m.startswith('sennit.twisted')))"
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.strip()
        == "['sennit.core', 'sennit.core.current', 'sennit.core.native', 'sennit.loading', 'sennit.version']"
    )


def test_installing_twice_changes_nothing(dropin):
    before = list(sys.meta_path)
    sennit.twisted.install()
    assert sys.meta_path == before


def test_uninstalling_forgets_every_module_and_the_default_reactor(dropin):
    importlib.import_module("twisted.internet.defer")
    sennit.twisted.uninstall()
    assert not sennit.twisted.installed()
    assert not [name for name in sys.modules if name.split(".")[0] == "twisted"]
    with pytest.raises(RuntimeError, match="No reactor"):
        current.current_reactor()
    sennit.twisted.uninstall()


def test_installing_after_a_real_twisted_is_refused():
    done = fresh(
        "import sys, types; sys.modules['twisted'] = types.ModuleType('twisted');"
        "sys.modules['twisted'].__file__ = '/somewhere/twisted/__init__.py';"
        "import sennit.twisted; sennit.twisted.install()"
    )
    assert done.returncode == 1
    assert (
        "RuntimeError: Twisted itself is already imported, from /somewhere/twisted/__init__.py" in done.stderr
    )
    assert "python -m sennit.twisted" in done.stderr


def test_a_real_twisted_that_is_only_installed_is_not_reached(tmp_path):
    package = tmp_path / "twisted"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('the other Twisted was imported')")
    (package / "only_theirs.py").write_text("")
    done = fresh(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import sennit.twisted; sennit.twisted.install();"
        "import twisted; print(twisted.__version__); import twisted.only_theirs"
    )
    assert done.stdout == "26.10.0\n"
    assert "ModuleNotFoundError: twisted.only_theirs is not in Sennit" in done.stderr


def test_the_reactor_is_one_object_and_current_while_none_runs(dropin):
    from twisted.internet import reactor

    assert importlib.import_module("twisted.internet.reactor") is reactor
    assert sys.modules["twisted.internet.reactor"] is reactor
    assert current.current_reactor() is reactor


def test_asking_for_the_current_reactor_makes_the_default_one(dropin):
    made = current.current_reactor()
    from twisted.internet import reactor

    assert reactor is made


@pytest.mark.parametrize("kind", ["select", "poll", "epoll", "asyncio"])
def test_a_reactor_can_be_chosen_before_the_first_import(dropin, kind):
    chooser = importlib.import_module(f"twisted.internet.{kind}reactor")
    chooser.install()
    from twisted.internet import reactor

    assert type(reactor).__module__.endswith(f"{kind}reactor")
    fired = []
    reactor.callWhenRunning(fired.append, kind)
    reactor.callWhenRunning(reactor.stop)
    reactor.run()
    assert fired == [kind]
    if kind == "asyncio":
        # The thread's current loop, which nobody else closes.
        asyncio.set_event_loop(None)
        reactor.loop.close()


def test_choosing_a_reactor_when_there_is_one_is_refused(dropin, monkeypatch):
    from twisted.internet import asyncioreactor, error, reactor

    monkeypatch.setattr(asyncioreactor, "new_loop", lambda: pytest.fail("A loop was made for nothing."))
    with pytest.raises(error.ReactorAlreadyInstalledError):
        asyncioreactor.install()
    assert sys.modules["twisted.internet.reactor"] is reactor


def test_a_forgotten_reactor_is_made_anew(dropin):
    from twisted.internet import reactor as first

    del sys.modules["twisted.internet.reactor"]
    second = importlib.import_module("twisted.internet.reactor")
    first.close()
    assert second is not first


def test_an_asyncio_reactor_runs_on_the_loop_it_is_given(dropin):
    from twisted.internet import asyncioreactor

    loop = asyncio.new_event_loop()
    try:
        asyncioreactor.install(loop)
        from twisted.internet import reactor

        assert reactor.loop is loop is reactor._asyncioEventloop
    finally:
        loop.close()
