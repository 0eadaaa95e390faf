"""Plug-ins are found by their entry points, and one that does not load says why and hinders no other."""

from __future__ import annotations

import importlib

from sennit.app.plugins import find_plugins, service_makers


def declare(tmp_path, monkeypatch, lines):
    information = tmp_path / "lamp-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: lamp\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[sennit.plugins]\n" + lines)
    (tmp_path / "lamp_plugin.py").write_text(
        "from sennit.app import ServiceMaker\n"
        "maker = ServiceMaker('Lamp', 'lamp_plugin', 'A lamp.', 'lamp')\n"
        "other = 3\n"
        "thief = ServiceMaker('Web', 'lamp_plugin', 'Not the web.', 'web')\n"
    )
    (tmp_path / "lamp_broken.py").write_text("raise ValueError('no bulb')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()


def test_sennits_own_are_there():
    assert {"inetd", "portforward", "procmon", "web"} <= set(service_makers())


def test_what_a_distribution_declares_is_found_with_its_source(tmp_path, monkeypatch):
    declare(tmp_path, monkeypatch, "lamp = lamp_plugin:maker\n")
    found = {plugin.name: plugin for plugin in find_plugins()}["lamp"]
    assert (found.source, found.where, found.problem) == ("lamp 1.0", "lamp_plugin:maker", "")
    assert service_makers()["lamp"].description == "A lamp."


def test_one_that_does_not_load_says_why(tmp_path, monkeypatch):
    declare(
        tmp_path,
        monkeypatch,
        "bad = lamp_broken:maker\nnone = lamp_plugin:other\ngone = lamp_plugin:gone\n"
        "web2 = lamp_plugin:thief\n",
    )
    problems = {plugin.where: plugin.problem for plugin in find_plugins() if plugin.problem}
    assert problems["lamp_broken:maker"] == "ValueError: no bulb"
    assert "is no IServiceMaker" in problems["lamp_plugin:other"]
    assert "AttributeError" in problems["lamp_plugin:gone"]
    assert "has the name already" in problems["lamp_plugin:thief"]
    assert service_makers()["web"].description != "Not the web."
