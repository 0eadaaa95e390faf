"""Plugins are found where any distribution may put them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
GOOD = """
from zope.interface import Interface, implementer
from twisted.plugin import IPlugin
from twisted.internet.interfaces import IStreamServerEndpointStringParser
from twisted.internet.endpoints import TCP4ServerEndpoint

class IOther(Interface): pass

@implementer(IPlugin, IStreamServerEndpointStringParser)
class Parser:
    prefix = "mine"
    def parseStreamServer(self, reactor, port):
        return TCP4ServerEndpoint(reactor, int(port))

@implementer(IStreamServerEndpointStringParser)
class NoPlugin:
    prefix = "other"

parser = Parser()
no_plugin = NoPlugin()
"""


@pytest.fixture
def directory(tmp_path):
    plugins = tmp_path / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "good.py").write_text(GOOD)
    (plugins / "broken.py").write_text("import no_such_module_at_all")
    return tmp_path


def run(directory, code):
    (directory / "program.py").write_text(code)
    return subprocess.run(
        [sys.executable, "-m", "sennit.twisted", str(directory / "program.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_objects_that_provide_both_interfaces_are_found_and_a_broken_module_is_passed_over(directory):
    done = run(
        directory,
        "from twisted.plugin import getPlugins, IPlugin\n"
        "from twisted.internet.interfaces import IStreamServerEndpointStringParser as Wanted\n"
        "from twisted.plugins.good import IOther\n"
        "print([plugin.prefix for plugin in getPlugins(Wanted)], list(getPlugins(IOther)))\n",
    )
    assert done.stdout == "['mine'] []\n", done.stderr


def test_a_module_that_cannot_be_imported_is_reported(directory):
    done = run(
        directory,
        "from twisted.plugin import getPlugins, IPlugin\n"
        "import logging; logging.basicConfig(level=logging.DEBUG)\n"
        "print(len([each for each in getPlugins(IPlugin) if type(each).__name__ == 'Parser']))\n",
    )
    assert done.stdout == "1\n"
    assert "twisted.plugins.broken cannot be imported" in done.stderr
    assert "no_such_module_at_all" in done.stderr


def test_endpoint_strings_find_the_parsers_of_plugins(directory):
    done = run(
        directory,
        "from twisted.internet import endpoints, reactor\n"
        "print(type(endpoints.serverFromString(reactor, 'mine:0')).__name__)\n",
    )
    assert done.stdout == "TCP4ServerEndpoint\n", done.stderr


def test_another_package_may_hold_the_plugins(directory):
    package = directory / "own"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text(GOOD)
    done = run(
        directory,
        "import own\nfrom twisted.plugin import getPlugins, IPlugin\n"
        "print([type(plugin).__module__ for plugin in getPlugins(IPlugin, own)])\n",
    )
    assert done.stdout == "['own.one']\n", done.stderr


def test_a_package_proper_is_no_place_for_plugins(directory):
    (directory / "twisted" / "plugins" / "__init__.py").write_text("")
    done = run(
        directory,
        "from twisted.plugin import getPlugins, IPlugin, pluginPackagePaths\n"
        "import sys\n"
        "print(any(path.startswith(sys.path[0]) for path in pluginPackagePaths('twisted.plugins')))\n"
        "print([each for each in getPlugins(IPlugin) if type(each).__name__ == 'Parser'])\n",
    )
    assert done.stdout == "False\n[]\n", done.stderr


def test_reporters_of_trial_are_plugins_and_others_may_bring_theirs(directory):
    (directory / "twisted" / "plugins" / "loud.py").write_text(
        "from zope.interface import implementer\n"
        "from twisted.plugin import IPlugin\n"
        "from twisted.trial.itrial import IReporter\n"
        "@implementer(IPlugin, IReporter)\n"
        "class Loud:\n"
        "    name, module, description = 'Loud', 'loud_reporter', 'Shouts.'\n"
        "    longOpt, shortOpt, klass = 'loud', None, 'Reporter'\n"
        "loud = Loud()\n"
    )
    (directory / "loud_reporter.py").write_text(
        "from twisted.trial.reporter import MinimalReporter\n"
        "class Reporter(MinimalReporter):\n"
        "    def done(self):\n"
        "        self._write('DONE!\\n')\n"
    )
    (directory / "test_one.py").write_text(
        "from twisted.trial import unittest\nclass A(unittest.TestCase):\n def test_x(self): pass\n"
    )
    done = run(
        directory,
        "from twisted.scripts.trial import run\n"
        "import os, sys\n"
        "os.chdir(sys.path[0])\n"
        "sys.argv = ['trial', '--reporter=loud', 'test_one']\n"
        "run()\n",
    )
    assert (done.returncode, done.stdout) == (0, "DONE!\n"), done.stderr
    done = run(
        directory,
        "from twisted.scripts.trial import Options\nOptions().parseOptions(['--help-reporters'])\n",
    )
    assert "loud\tShouts." in done.stdout
    assert "bwverbose\t" in done.stdout
