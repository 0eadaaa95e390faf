"""The face of the web's room gives every name that it promises, and loads what is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import sennit.web


@pytest.mark.parametrize("name", sennit.web.__all__)
def test_every_name_is_there_and_stays_the_same(name):
    found = getattr(sennit.web, name)
    assert found is getattr(sennit.web, name)
    assert name in dir(sennit.web)


def test_what_it_does_not_have_is_told():
    with pytest.raises(AttributeError, match=r"'sennit\.web' has no attribute 'nonsense'"):
        sennit.web.nonsense


def test_who_serves_resources_does_not_load_static_files():
    program = (
        "import sys\nfrom sennit.web import Resource, Site\n"
        "assert 'sennit.web.static' not in sys.modules\n"
        "from sennit.web import static\nimport sennit.web\n"
        "assert static is sennit.web.static is sys.modules['sennit.web.static']\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "module", ["encoding", "pages", "redirect", "request", "resource", "session", "site"]
)
def test_every_module_can_be_the_first_that_is_loaded(module):
    subprocess.run([sys.executable, "-c", f"import sennit.web.{module}"], check=True, timeout=60)
