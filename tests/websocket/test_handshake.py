"""The opening of a WebSocket, both sides."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sennit.http import Headers
from sennit.websocket import HandshakeError
from sennit.websocket.client import parse_url
from sennit.websocket.handshake import accept_request, check_response, new_key, request_fields

KEY = new_key(b"0123456789abcdef")


def request(**changed):
    """Return a good request's fields, some of them changed; None takes one away."""
    fields = {
        "host": "example.org",
        "connection": "keep-alive, Upgrade",
        "upgrade": "WebSocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": KEY.decode(),
    }
    fields.update({name.replace("_", "-"): value for name, value in changed.items()})
    return Headers(
        {
            name: [value] if isinstance(value, str) else value
            for name, value in fields.items()
            if value is not None
        }
    )


def test_a_good_request_is_accepted():
    accepted = accept_request(request(), method=b"GET")
    assert accepted.subprotocol is None
    assert accepted.extensions == ()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"upgrade": None}, 426),
        ({"upgrade": "h2c"}, 426),
        ({"connection": "keep-alive"}, 426),
        ({"sec_websocket_version": "8"}, 426),
        ({"sec_websocket_version": None}, 426),
        ({"sec_websocket_key": None}, 400),
        ({"sec_websocket_key": "short"}, 400),
        ({"sec_websocket_key": "!" * 24}, 400),
        ({"sec_websocket_key": [KEY.decode(), KEY.decode()]}, 400),
        ({"sec_websocket_extensions": "permessage-deflate; =="}, 400),
        ({"sec_websocket_extensions": "x, " * 3000}, 400),
    ],
)
def test_a_request_that_is_none_is_refused(changed, status):
    with pytest.raises(HandshakeError) as caught:
        accept_request(request(**changed), method=b"GET")
    assert caught.value.status == status
    if status == 426:
        assert caught.value.fields


def test_only_get_opens_a_websocket():
    with pytest.raises(HandshakeError) as caught:
        accept_request(request(), method=b"POST")
    assert caught.value.status == 405


@pytest.mark.parametrize(
    ("origin", "allowed", "good"),
    [
        (None, None, True),
        ("http://example.org", None, True),
        ("https://EXAMPLE.org", None, True),
        ("https://example.org:8443", None, False),
        ("https://evil.example", None, False),
        ("null", None, False),
        ("http://example.org.evil.example", None, False),
        ("https://a.example", ["https://a.example"], True),
        ("https://b.example", ["https://a.example"], False),
        ("https://b.example", ["*"], True),
        (["http://example.org", "https://evil.example"], None, False),
    ],
)
def test_known_pages_of_other_origins_may_not_connect(origin, allowed, good):
    headers = request(origin=origin)
    if good:
        accept_request(headers, method=b"GET", origins=allowed)
        return
    with pytest.raises(HandshakeError) as caught:
        accept_request(headers, method=b"GET", origins=allowed)
    assert caught.value.status == 403


def test_the_servers_dearest_subprotocol_is_chosen():
    headers = request(sec_websocket_protocol="chat, superchat")
    accepted = accept_request(headers, method=b"GET", subprotocols=["superchat", "chat"])
    assert accepted.subprotocol == "superchat"
    assert accepted.fields[b"Sec-WebSocket-Protocol"] == [b"superchat"]
    assert accept_request(headers, method=b"GET", subprotocols=["other"]).subprotocol is None


def test_an_offer_that_does_not_fit_is_passed_over_for_the_next():
    offers = "permessage-deflate; unheard_of, permessage-deflate; server_no_context_takeover"
    headers = request(sec_websocket_extensions=offers)
    accepted = accept_request(headers, method=b"GET")
    assert b"server_no_context_takeover" in accepted.fields[b"Sec-WebSocket-Extensions"][0]


def answer(**changed):
    fields = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-accept": "3DA7+p5J+VxRbdwdMAmgMAoYKEo=",
    }
    fields.update({name.replace("_", "-"): value for name, value in changed.items()})
    return Headers({name: [value] for name, value in fields.items() if value is not None})


def check(headers, status=101, subprotocols=("chat",), deflate=True):
    return check_response(status, headers, key=KEY, subprotocols=subprotocols, deflate=deflate)


def test_a_good_answer_is_taken():
    from sennit.websocket.handshake import accept_key

    good = accept_key(KEY).decode()
    accepted = check(answer(sec_websocket_accept=good, sec_websocket_protocol="chat"))
    assert accepted.subprotocol == "chat"
    accepted = check(answer(sec_websocket_accept=good, sec_websocket_extensions="permessage-deflate"))
    assert len(accepted.extensions) == 1


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (200, {}),
        (404, {}),
        (101, {"upgrade": None}),
        (101, {"connection": None}),
        (101, {"sec_websocket_accept": None}),
        (101, {"sec_websocket_accept": "x"}),
        (101, {"sec_websocket_protocol": "other"}),
        (101, {"sec_websocket_extensions": "x-other"}),
        (101, {"sec_websocket_extensions": "permessage-deflate, permessage-deflate"}),
        (101, {"sec_websocket_extensions": "permessage-deflate; unheard_of"}),
    ],
)
def test_an_answer_that_is_none_is_refused(status, changed):
    from sennit.websocket.handshake import accept_key

    changed = {"sec_websocket_accept": accept_key(KEY).decode(), **changed}
    with pytest.raises(HandshakeError):
        check(answer(**changed), status)


def test_an_extension_that_was_not_offered_is_refused():
    from sennit.websocket.handshake import accept_key

    headers = answer(
        sec_websocket_accept=accept_key(KEY).decode(), sec_websocket_extensions="permessage-deflate"
    )
    with pytest.raises(HandshakeError):
        check(headers, deflate=False)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["sec-websocket-extensions", "sec-websocket-protocol", "sec-websocket-key", "origin", "host"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
    )
)
def test_no_fields_lead_to_another_error(fields):
    headers = request(**{name.replace("-", "_"): value for name, value in fields.items()})
    with suppress(HandshakeError):
        accept_request(headers, method=b"GET", subprotocols=["chat"])
    with suppress(HandshakeError):
        check(headers)


def test_a_clients_request_is_one_a_server_takes():
    fields = request_fields(key=KEY, subprotocols=["chat"], origin="http://example.org")
    headers = Headers({b"host": [b"example.org"], **fields})
    accepted = accept_request(headers, method=b"GET", subprotocols=["chat"])
    assert accepted.subprotocol == "chat"
    assert accepted.extensions


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ws://example.org", (False, "example.org", 80, "/", "example.org")),
        ("wss://example.org/a?b=c", (True, "example.org", 443, "/a?b=c", "example.org")),
        ("ws://[::1]:8080/", (False, "::1", 8080, "/", "[::1]:8080")),
    ],
)
def test_a_url_is_taken_apart(url, expected):
    target = parse_url(url)
    assert (target.secure, target.host, target.port, target.resource, target.authority) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ws:///path",
        "ws://example.org/#part",
        "ws://user@example.org/",
        "ws://example.org/a\r\nEvil: 1",
        "ws://example.org/a b",
        "ws://exämple.org/",
    ],
)
def test_cve_2019_12387_a_url_that_may_not_go_on_the_wire_is_refused(url):
    with pytest.raises(ValueError, match="URL"):
        parse_url(url)
