"""Host names by IDNA 2008, as Twisted's own functions give them."""

from __future__ import annotations

import pytest

from sennit.twisted.internet.hostnames import idna_bytes, idna_text


def test_names_go_to_the_dnss_writing_and_back():
    assert idna_bytes("bücher.example") == b"xn--bcher-kva.example"
    assert idna_text(b"xn--bcher-kva.example") == "bücher.example"
    assert idna_bytes("EXAMPLE.com") == b"EXAMPLE.com"


@pytest.mark.parametrize("name", ["", "a..b", "a_b.example", "i❤.ws"])
def test_what_idna_2008_forbids_is_a_unicode_error(name):
    with pytest.raises(UnicodeError):
        idna_bytes(name)
    with pytest.raises(UnicodeError):
        idna_text(name.encode())
