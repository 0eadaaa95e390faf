"""What is in bodies: forms, XML templates, XML-RPC, and what CGI programs and SOCKS proxies say."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from xml.parsers.expat import ExpatError
from xml.sax import SAXException
from xmlrpc.client import Fault, ResponseError

from sennit.http import RemoteProtocolError
from sennit.http.forms import parse_form
from sennit.web.template import XMLString, flattenString
from sennit.web.xmlrpc.codec import dumps, loads


def forms(pieces):
    """Forms: what the Content-Type says, and the body."""
    kind, _, body = pieces[0].partition(b"\n\n")
    with suppress(RemoteProtocolError):
        parse_form(kind, BytesIO(body), len(body), max_fields=20, max_memory=3000)


def templates(pieces):
    """Templates, read and written again."""
    try:
        loaded = XMLString(pieces[0]).load()
    except SAXException:
        return
    written = flattenString(None, loaded)
    # Slots that nothing fills, and renderers of no element.
    written.addErrback(lambda failure: None)


def messages(pieces):
    """XML-RPC's messages; what can be read can be written, but for what is none of its values."""
    try:
        values, name = loads(pieces[0])
    except (Fault, ResponseError, ExpatError):
        return
    with suppress(TypeError, OverflowError):
        dumps(values, name, allow_none=True)


FORMS = [
    b"application/x-www-form-urlencoded; charset=utf-8\n\na=b&c=d+e%20f&g",
    (
        b'multipart/form-data; boundary="cut"\n\n'
        b'--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n'
        b"\r\nabc\r\n--cut--\r\n"
    ),
    (
        b"multipart/form-data;boundary=c\n\npreamble\r\n--c\r\nContent-Disposition: form-data; "
        b"name*=utf-8''%c3%a9\r\nContent-Transfer-Encoding: binary\r\n\r\n\r\n--c--\r\nepilogue"
    ),
]
TEMPLATES = [
    (
        b'<p xmlns:t="http://twistedmatrix.com/ns/twisted.web.template/0.1" t:render="x">'
        b'<t:slot name="a" default="b"/><t:attr name="c">d</t:attr><t:transparent/></p>'
    ),
    (
        b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html><!-- c --><![CDATA[x<y]]>&nbsp;&#233;'
        b"<br/><script>a &lt; b</script></html>"
    ),
    (
        b'<div xmlns:nevow="http://nevow.com/ns/nevow/0.1" nevow:data="d" nevow:render="sequence">'
        b'<p nevow:pattern="item"><nevow:slot name="s"/><nevow:attr name="n">v</nevow:attr></p></div>'
    ),
]
MESSAGES = [
    dumps((1, "a & b", [True, 2.5, {"c": "d"}]), "some.method").encode(),
    dumps(("x",), methodresponse=True).encode(),
    dumps(Fault(1, "no"), methodresponse=True).encode(),
    (
        b"<?xml version='1.0'?><methodResponse><params><param><value><dateTime.iso8601>20260101T00:00:00"
        b"</dateTime.iso8601></value></param><param><value><base64>aGk=</base64></value></param>"
        b"<param><value><nil/></value></param></params></methodResponse>"
    ),
]
