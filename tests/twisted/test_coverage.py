"""The drop-in has the names of Twisted's public API, and takes the same calls: floors that only rise."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from conformance.coverage import Coverage, modules
from conformance.environment import ROOT

MODULES = (
    "twisted.application.app",
    "twisted.application.internet",
    "twisted.application.service",
    "twisted.application.strports",
    "twisted.cred.checkers",
    "twisted.cred.credentials",
    "twisted.cred.error",
    "twisted.cred.portal",
    "twisted.cred.strcred",
    "twisted.enterprise.adbapi",
    "twisted.internet.address",
    "twisted.internet.defer",
    "twisted.internet.endpoints",
    "twisted.internet.error",
    "twisted.internet.fdesc",
    "twisted.internet.inotify",
    "twisted.internet.interfaces",
    "twisted.internet.main",
    "twisted.internet.protocol",
    "twisted.internet.serialport",
    "twisted.internet.stdio",
    "twisted.internet.task",
    "twisted.internet.threads",
    "twisted.internet.utils",
    "twisted.logger",
    "twisted.persisted.aot",
    "twisted.persisted.crefutil",
    "twisted.persisted.dirdbm",
    "twisted.persisted.sob",
    "twisted.persisted.styles",
    "twisted.plugin",
    "twisted.protocols.basic",
    "twisted.protocols.policies",
    "twisted.protocols.portforward",
    "twisted.protocols.stateful",
    "twisted.protocols.tls",
    "twisted.protocols.wire",
    "twisted.python.compat",
    "twisted.python.components",
    "twisted.python.context",
    "twisted.python.deprecate",
    "twisted.python.failure",
    "twisted.python.fakepwd",
    "twisted.python.filepath",
    "twisted.python.formmethod",
    "twisted.python.htmlizer",
    "twisted.python.lockfile",
    "twisted.python.log",
    "twisted.python.logfile",
    "twisted.python.modules",
    "twisted.python.monkey",
    "twisted.python.procutils",
    "twisted.python.randbytes",
    "twisted.python.rebuild",
    "twisted.python.reflect",
    "twisted.python.roots",
    "twisted.python.runtime",
    "twisted.python.sendmsg",
    "twisted.python.syslog",
    "twisted.python.systemd",
    "twisted.python.text",
    "twisted.python.threadable",
    "twisted.python.threadpool",
    "twisted.python.url",
    "twisted.python.usage",
    "twisted.python.util",
    "twisted.python.versions",
    "twisted.python.zippath",
    "twisted.python.zipstream",
    "twisted.scripts.htmlizer",
    "twisted.web.http_headers",
    "twisted.web.pages",
    "twisted.web.resource",
    "twisted.web.static",
)
CALLS = 0.97
MEASURE = """
import dataclasses, json, sys, warnings
import sennit.twisted
sennit.twisted.install()
from conformance.coverage import measure
print(json.dumps({module: dataclasses.asdict(measure(module)) for module in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def measured():
    """What a fresh process measures: this one has modules that tests have changed."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *MODULES],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        cwd=ROOT,
    )
    return {module: Coverage(**fields) for module, fields in json.loads(done.stdout).items()}


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_there(measured, module):
    assert measured[module].names > 0
    assert measured[module].lacking_names == []


@pytest.mark.parametrize("module", MODULES)
def test_calls_take_the_recorded_parameters(measured, module):
    found = measured[module]
    assert found.calls > 0
    assert found.share_of_calls() >= CALLS, found.wrong_calls


def test_the_inventory_is_whole():
    assert len(modules()) > 250


def test_the_measure_finds_what_is_lacking():
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, "twisted.spread.jelly"],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
        cwd=ROOT,
    )
    found = Coverage(**json.loads(done.stdout)["twisted.spread.jelly"])
    assert found.lacking_names
    assert found.share_of_calls() == 0.0
