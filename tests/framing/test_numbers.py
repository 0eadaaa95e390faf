from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.framing.numbers import NumberError, parse_decimal, parse_hexadecimal

# What `int` takes beyond digits, or takes for digits.
STRANGE = ["", " 1", "1 ", "1\n", "+1", "-1", "1_0", "1.0", "1e3", "\u0661", "\u00b2", "\0", "1\r", "- 1"]


@given(st.integers(0, 10**40), st.integers(0, 5))
def test_a_number_is_read_back(number, zeros):
    decimal, hexadecimal = "0" * zeros + str(number), "0" * zeros + f"{number:x}"
    assert parse_decimal(decimal, number) == parse_decimal(decimal.encode(), number) == number
    assert parse_hexadecimal(hexadecimal, number) == number
    assert parse_hexadecimal(hexadecimal.upper().encode(), number) == number


@given(st.integers(1, 10**40))
def test_a_number_over_the_maximum_is_refused(number):
    with pytest.raises(NumberError):
        parse_decimal(str(number), number - 1)
    with pytest.raises(NumberError):
        parse_hexadecimal(f"{number:x}".encode(), number - 1)


@pytest.mark.parametrize("text", [*STRANGE, "0x1", "a"])
def test_nothing_but_decimal_digits_is_a_decimal_number(text):
    for form in (text, text.encode()):
        with pytest.raises(NumberError):
            parse_decimal(form, 10**9)


@pytest.mark.parametrize("text", [*(text for text in STRANGE if text != "1e3"), "0x1", "g", "\uff11"])
def test_nothing_but_hexadecimal_digits_is_a_hexadecimal_number(text):
    for form in (text, text.encode()):
        with pytest.raises(NumberError):
            parse_hexadecimal(form, 10**9)


def test_a_very_long_number_is_refused_by_its_length():
    with pytest.raises(NumberError):
        parse_decimal(b"9" * 100_000, 10**9)
    with pytest.raises(NumberError):
        parse_hexadecimal(b"f" * 100_000, 10**9)
    assert parse_decimal(b"0" * 100_000 + b"7", 9) == 7


@given(st.binary(max_size=8))
def test_a_number_error_is_the_only_error(text):
    for parse in (parse_decimal, parse_hexadecimal):
        with contextlib.suppress(NumberError):
            assert 0 <= parse(text, 10**9) <= 10**9
