"""XML-RPC's messages: the standard library's codec, with a parser that refuses what bombs are made of."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat
from xmlrpc import client
from xmlrpc.client import ResponseError, Unmarshaller

__all__ = ["DEEPEST", "dumps", "loads"]

DEEPEST = 200
"""How deep the elements of a message may be nested."""


def dumps(
    params: Any, methodname: str | None = None, methodresponse: bool = False, allow_none: bool = False
) -> str:
    """Return a message.

    Args:
        params: The values, a tuple; or a `xmlrpc.client.Fault`.
        methodname: The method that is called.
        methodresponse: Whether this is a response, of one value.
        allow_none: Whether None may be sent.

    Raises:
        TypeError: If a value cannot be sent.
        OverflowError: If an integer needs more than four octets.
    """
    return client.dumps(params, methodname, methodresponse, None, allow_none)


class _Parser:
    """Feeds an unmarshaller from expat."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._depth = 0
        parser = self._parser = expat.ParserCreate(None, None)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = target.data
        parser.EntityDeclHandler = self._refuse
        # Text comes from expat decoded.
        target.xml(None, None)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ResponseError("A message is nested too deep.")
        self._target.start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._target.end(tag)

    def _refuse(self, *declaration: Any) -> None:
        raise ResponseError("A message declares an entity.")

    def parse(self, data: bytes) -> None:
        self._parser.Parse(data, True)


def loads(
    data: str | bytes, use_datetime: bool = False, use_builtin_types: bool = False
) -> tuple[Any, str | None]:
    """Read a message.

    Args:
        data: The XML.
        use_datetime: Whether dates become `datetime.datetime`, and not `xmlrpc.client.DateTime`.
        use_builtin_types: Whether dates do, and binary data becomes bytes.

    Returns:
        The values in it, and the name of the method that is called (None in a response).

    Raises:
        xmlrpc.client.Fault: If the message is one.
        xmlrpc.client.ResponseError: If it is no message, holds a value that is none, or declares entities.
        xml.parsers.expat.ExpatError: If it is not well-formed.
    """
    unmarshaller = Unmarshaller(use_datetime=use_datetime, use_builtin_types=use_builtin_types)
    try:
        _Parser(unmarshaller).parse(data.encode("utf-8") if isinstance(data, str) else data)
        return unmarshaller.close(), unmarshaller.getmethodname()
    except (LookupError, TypeError, ValueError) as error:
        # A value that is none of its kind, an encoding that is none.
        raise ResponseError(f"A message cannot be read: {error}") from error
