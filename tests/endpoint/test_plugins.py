"""Kinds of descriptions that others provide."""

from __future__ import annotations

import pytest

from sennit.endpoint import add_parser_source, clientFromString, plugins, register_parser, serverFromString


class Parser:
    prefix = "carrier-pigeon"

    def parseStreamServer(self, reactor, *args, **kwargs):
        return ("server", reactor, args, kwargs)

    def parseStreamClient(self, reactor, *args, **kwargs):
        return ("client", reactor, args, kwargs)


class ServersOnly:
    prefix = "loft"

    def parseStreamServer(self, reactor, *args, **kwargs):
        return "loft"


def test_a_registered_parser_gets_the_arguments_unquoted():
    remove = register_parser(Parser())
    try:
        assert serverFromString("reactor", r"carrier-pigeon:a\:b:colour=grey") == (
            "server",
            "reactor",
            ("a:b",),
            {"colour": "grey"},
        )
        assert clientFromString("reactor", "carrier-pigeon:x")[0] == "client"
    finally:
        remove()
    with pytest.raises(ValueError, match="Unknown endpoint type"):
        serverFromString("reactor", "carrier-pigeon:a")


def test_a_source_is_asked_only_for_kinds_that_are_unknown_otherwise():
    asked = []

    def source():
        asked.append(1)
        return [ServersOnly()]

    remove = add_parser_source(source)
    try:
        serverFromString("reactor", "tcp:80")
        assert asked == []
        assert serverFromString("reactor", "loft:1") == "loft"
        assert asked == [1]
        with pytest.raises(ValueError, match="Unknown endpoint type"):
            clientFromString("reactor", "loft:1")
    finally:
        remove()


def test_entry_points_of_the_group_are_loaded_once(monkeypatch):
    loaded = []

    class Point:
        def load(self):
            loaded.append(1)
            return Parser

    def entry_points(*, group):
        assert group == "sennit.endpoint_parsers"
        return [Point()]

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    monkeypatch.setattr(plugins, "_from_entry_points", None)
    assert serverFromString("reactor", "carrier-pigeon:a")[0] == "server"
    assert serverFromString("reactor", "carrier-pigeon:a")[0] == "server"
    assert loaded == [1]
