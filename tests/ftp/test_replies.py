"""Replies, and the errors that are answered with them."""

from __future__ import annotations

import pytest

from sennit.ftp import refusals, replies
from sennit.ftp.replies import RESPONSE, make_reply
from sennit.ftp.serializer import serialize_reply

KEYS = [key for key, text in RESPONSE.items() if isinstance(text, str)]


@pytest.mark.parametrize("key", KEYS)
def test_known_line_break_in_what_a_client_gave_makes_no_second_reply(key):
    given = ["x\r\n230 y\0"] * RESPONSE[key].count("%s")
    octets = serialize_reply(make_reply(key, *given))
    assert octets.count(b"\n") == octets.count(b"\r") == 1
    assert b"\0" not in octets
    assert octets[:3].decode() == key[:3] or key == replies.RESTART_MARKER_REPLY


def test_every_name_of_a_reply_has_a_text():
    names = {name for name in replies.__all__ if name.isupper() and name != "RESPONSE"}
    assert {getattr(replies, name) for name in names} == set(RESPONSE)


def test_a_reply_may_have_several_lines():
    assert make_reply(replies.FEAT_OK).lines == ("Features:", "End")


@pytest.mark.parametrize("name", [name for name in refusals.__all__ if name.endswith("Error")])
def test_every_refusal_has_a_reply_whatever_it_is_given(name):
    kind = getattr(refusals, name)
    if name == "PortConnectionError":
        return
    for given in ([], ["x"], ["x", "y"]):
        error = kind(504, "text") if kind is refusals.PolicyError else kind(*given)
        assert 400 <= error.reply.code <= 599
        assert error.response() == f"{error.reply.code} {error.reply.text}"
        assert error.errorMessage == error.args
