"""What a person typed into a form becomes a value, or an error that says what is wrong."""

from __future__ import annotations

import pytest

from sennit.twisted.python import formmethod as form


@pytest.mark.parametrize(
    ("argument", "typed", "value"),
    [
        (form.String("n"), 1, "1"),
        (form.String("n", min=2, max=3), "abc", "abc"),
        (form.Integer("n"), " 5 ", 5),
        (form.Integer("n"), "", None),
        (form.IntegerRange("n", 1, 5), "5", 5),
        (form.IntegerRange("n", 1, 5), "", None),
        (form.Float("n"), "-2.5", -2.5),
        (form.Float("n"), " ", None),
        (form.Boolean("n"), "No", 0),
        (form.Boolean("n"), "", 0),
        (form.Boolean("n"), "off", 1),
        (form.Boolean("n"), "yes", 1),
        (form.Choice("n", [("a", 1, "one"), ("b", 2, "two")]), "b", 2),
        (form.Flags("n", [("a", 1, "one"), ("b", 2, "two")]), ["b", "a"], [2, 1]),
        (form.Flags("n"), None, []),
        (form.Date("n"), ("2000", "2", "29"), (2000, 2, 29)),
        (form.Date("n"), ("", "", ""), None),
        (form.File("n"), b"contents", b"contents"),
        (form.File("n"), b"", None),
        (form.VerifiedPassword("n"), ("secret", "secret"), "secret"),
        (form.Submit("n"), "Submit", "submit"),
        (form.Submit("n", allowNone=1), "", None),
    ],
)
def test_what_makes_sense_is_coerced(argument, typed, value):
    assert argument.coerce(typed) == value


@pytest.mark.parametrize(
    ("argument", "typed", "message"),
    [
        (form.String("n", min=2), "a", "Value must be at least 2 characters long"),
        (form.String("n", max=2), "abc", "Value must be at most 2 characters long"),
        (form.Integer("n"), "x", "x is not valid, please enter a whole number, e.g. 10"),
        (form.Integer("n", allowNone=0), "", " is not valid, please enter a whole number, e.g. 10"),
        (form.IntegerRange("n", 1, 5), "0", "Value 0 is too small, it should be at least 1"),
        (form.IntegerRange("n", 1, 5), "6", "Value 6 is too large, it should be at most 5"),
        (form.Float("n"), "2.3z", "Invalid float: 2.3z"),
        (form.Choice("n", [("a", 1, "one")]), "c", "Invalid Choice: c"),
        (form.Flags("n", [("a", 1, "one")]), ["a", "c"], "Invalid Flag: c"),
        (form.Date("n"), ("1999", "2", "29"), "Invalid date"),
        (form.Date("n"), ("0", "1", "1"), "Invalid date"),
        (form.Date("n"), ("2000", "1"), "Invalid date"),
        (form.Date("n", allowNone=0), ("", "", ""), "Invalid date"),
        (form.File("n", allowNone=0), None, "Invalid File"),
        (form.VerifiedPassword("n"), ("one", "two"), "Please enter the same password twice."),
        (form.VerifiedPassword("n", min=4), ("one", "one"), "Value must be at least 4 characters long"),
        (form.Submit("n"), "", "Invalid Choice: "),
    ],
)
def test_what_makes_no_sense_is_an_input_error(argument, typed, message):
    with pytest.raises(form.InputError) as raised:
        argument.coerce(typed)
    assert str(raised.value) == message


def test_an_argument_describes_itself():
    plain = form.Argument("myName")
    assert (plain.getShortDescription(), plain.getLongDescription(), plain.default) == ("Myname", "", None)
    told = form.Argument("n", 3, "short", "long", {"size": 5})
    assert (told.getShortDescription(), told.getLongDescription(), told.default) == ("short", "long", 3)
    told.addHints(rows=2)
    assert (told.getHint("size"), told.getHint("rows"), told.getHint("x", "y")) == (5, 2, "y")
    with pytest.raises(NotImplementedError, match="Argument"):
        plain.coerce("")


def test_the_first_choice_is_the_default():
    assert form.Choice("n", [("a", 1, "one"), ("b", 2, "two")]).default == [1]
    assert form.Submit("n").default == ["submit"]


def test_hints_are_not_shared():
    form.Argument("a").addHints(x=1)
    assert form.Argument("b").hints == {}


def test_a_method_has_the_arguments_of_its_signature():
    name, age = form.String("name"), form.Integer("age")
    signature = form.MethodSignature(name, age)
    assert signature.getArgument("age") is age
    assert signature.getArgument("nothing") is None
    method = signature.method(lambda name, age: f"{name} is {age}")
    assert method.getArgs() == (name, age)
    assert method.call("Ada", age=36) == "Ada is 36"
    assert not method.takesRequest


def test_descriptions_of_errors_are_kept_by_name():
    assert form.FormException("all", age="too young").descriptions == {"age": "too young"}


def test_positive_numbers_are_told_from_others():
    assert form.positiveInt("3") == 3
    for wrong in ("0", "-1", "x"):
        with pytest.raises(ValueError):
            form.positiveInt(wrong)
