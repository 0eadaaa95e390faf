"""A plugin for pytest: runs tests that are coroutines, or return Deferreds, in a reactor.

A coroutine function that is a test, and one of `inlineCallbacks`, runs in a fresh reactor that is closed
when it is over; it fails if it leaves something there, and if an error is logged that it does not flush.  If
one of its fixtures gives a reactor, it runs in that one, which is stopped then, and the fixture's to look
after.  A plain function that returns a Deferred, under the drop-in, has the process's own reactor run until
it has fired.

Tests with a marker of another such plugin (``asyncio``, ``anyio``, ``trio``) are that plugin's, and so are
those that pytest-twisted runs.  `TestCase` classes need nothing from here but a place for their files.

Next to nothing of Sennit is imported before a test needs it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest

__all__ = ["flush_logged_errors", "pytest_collection_modifyitems", "pytest_configure", "pytest_pyfunc_call"]

# Their assertions tell what they compared, as those of tests do.
pytest.register_assert_rewrite("sennit.testing.contract")

_OTHERS = ("asyncio", "anyio", "trio", "tornado", "twisted")


def pytest_configure(config: pytest.Config) -> None:
    """Have files of tests lie where pytest's own do."""
    from sennit.trial.scratch import set_base

    def base() -> Path:
        factory = getattr(config, "_tmp_path_factory", None)
        return Path() if factory is None else factory.getbasetemp() / "sennit"

    set_base(base)


def pytest_unconfigure() -> None:
    """Undo `pytest_configure`."""
    from sennit.trial.scratch import set_base

    set_base(None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Drop the test that every `TestCase` inherits, which pytest finds in classes without any other."""
    case = sys.modules.get("sennit.trial.case")
    if case is not None:
        items[:] = [item for item in items if not _is_inherited(item, case.SynchronousTestCase)]


def _is_inherited(item: pytest.Item, base: type) -> bool:
    kind = getattr(item, "cls", None)
    return (
        item.name == "runTest"
        and isinstance(kind, type)
        and issubclass(kind, base)
        and kind.runTest is base.runTest  # type: ignore[attr-defined]
    )


@pytest.fixture
def flush_logged_errors() -> Any:
    """A function that takes errors which were logged, of all classes or of some, and gives the failures."""
    from sennit.trial.logged import logged_errors

    return logged_errors.flush


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> object | None:
    """Run a test that waits; leave all others to pytest."""
    function = pyfuncitem.obj
    if any(pyfuncitem.get_closest_marker(name) for name in _OTHERS):
        return None
    if "anyio_backend" in pyfuncitem.fixturenames or _is_of_pytest_twisted(pyfuncitem):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", None)
    if inner is not None:
        if _waits(inner):
            function.hypothesis.inner_test = _in_a_reactor(inner, pyfuncitem)
        return None
    if _waits(function):
        _in_a_reactor(function, pyfuncitem)(**given)
        return True
    if "twisted.internet.reactor" in sys.modules:
        _run_in_own(partial(function, **given))
        return True
    return None


def _is_of_pytest_twisted(item: pytest.Function) -> bool:
    """Tell whether that plugin runs a test: one that it marked; under the drop-in, any."""
    if not item.config.pluginmanager.has_plugin("twisted"):
        return False
    inner = getattr(getattr(item.obj, "hypothesis", None), "inner_test", item.obj)
    return hasattr(inner, "_pytest_twisted_mark") or "sennit.twisted.finder" in sys.modules


def _waits(function: Callable[..., Any]) -> bool:
    """Tell whether a function is a coroutine function, or a generator function of `inlineCallbacks`."""
    if inspect.iscoroutinefunction(function):
        return True
    within = inspect.unwrap(function)
    return within is not function and inspect.isgeneratorfunction(within)


def _in_a_reactor(function: Callable[..., Any], item: pytest.Function) -> Callable[..., None]:
    """Make a function that runs another one in a reactor, until what it returns has fired."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        from sennit.trial.functions import run_fresh, run_in

        call = partial(function, *args, **kwargs)
        reactor = _reactor_of(item)
        if reactor is None:
            run_fresh(call)
        else:
            run_in(reactor, call, stop=True)

    return run


def _reactor_of(item: pytest.Function) -> Any:
    """Return the reactor that a fixture of the test gives, or None."""
    from sennit.reactor import Reactor

    values = [item.funcargs.get("reactor"), *item.funcargs.values()]
    return next((value for value in values if isinstance(value, Reactor)), None)


def _run_in_own(call: Callable[[], Any]) -> None:
    """Make a call, and if it returns a Deferred, have the process's own reactor run until that has fired."""
    from sennit.core.current import default_reactor
    from sennit.trial.functions import run_in

    run_in(default_reactor(), call, within=False)
