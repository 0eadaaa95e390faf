"""``twisted.application``: reactors by name, and applications that can be saved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from zope.interface.verify import verifyObject

from sennit.app.service import IProcess, IService, IServiceCollection
from sennit.twisted.application.service import Application
from sennit.twisted.persisted.sob import IPersistable, load

SOURCE = str(Path(__file__).resolve().parents[3] / "src")


def run(code):
    return subprocess.run(
        [sys.executable, "-c", "from sennit.twisted import install; install()\n" + code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )


@pytest.mark.parametrize(("name", "loop"), [("select", "SelectSelector"), ("poll", "PollSelector")])
def test_a_reactor_is_installed_by_its_name(name, loop):
    done = run(
        "from twisted.application.reactors import installReactor\n"
        f"reactor = installReactor({name!r})\n"
        "import twisted.internet.reactor as own\n"
        f"import selectors; print(reactor is own, isinstance(reactor.loop._selector, selectors.{loop}))\n"
    )
    assert done.stdout == "True True\n", done.stderr


def test_reactors_are_listed_and_unknown_ones_refused():
    done = run(
        "from twisted.application import reactors\n"
        "print(sorted(each.shortName for each in reactors.getReactorTypes()))\n"
        "try: reactors.installReactor('none')\n"
        "except reactors.NoSuchReactor as error: print(error.args)\n"
    )
    assert done.stdout == "['asyncio', 'default', 'epoll', 'poll', 'select']\n('none',)\n", done.stderr


def test_an_application_has_all_its_parts():
    application = Application("web", 1, 2)
    for interface in (IService, IServiceCollection, IProcess, IPersistable):
        assert verifyObject(interface, interface(application))


def test_an_application_can_be_saved_and_loaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    application = Application("web")
    IPersistable(application).save()
    loaded = load("web.tap", "pickle")
    assert IService(loaded).name == "web"
