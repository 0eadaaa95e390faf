"""Signatures of methods that a form calls: arguments that turn what a person typed into values.

Each `Argument` coerces what a form delivers, strings above all, and says with `InputError` what is wrong with
it.  What a subclass does not describe of its arguments is as for `Argument`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

__all__ = [
    "Argument",
    "Boolean",
    "CheckGroup",
    "Choice",
    "Date",
    "File",
    "Flags",
    "Float",
    "FormException",
    "FormMethod",
    "Hidden",
    "InputError",
    "Integer",
    "IntegerRange",
    "MethodSignature",
    "Password",
    "PresentationHint",
    "RadioGroup",
    "String",
    "Submit",
    "Text",
    "VerifiedPassword",
    "positiveInt",
]

_Options = Sequence[tuple[Any, Any, str]]


class FormException(Exception):
    """A form cannot be used as it was filled in.

    Args:
        *args: What is wrong as a whole.
        **kwargs: What is wrong, by arguments' names.

    Attributes:
        descriptions: The latter.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args)
        self.descriptions = kwargs


class InputError(FormException):
    """A value is none that its argument takes."""


class Argument:
    """One argument.

    Args:
        name: Its name.
        default: Its value when the form is first shown; None for that of the class, `defaultDefault`.
        shortDesc: What it is, in a word or two.
        longDesc: What it is, in a sentence.
        hints: How to show it.
        allowNone: Whether it may be left empty.
    """

    defaultDefault: Any = None

    def __init__(
        self,
        name: str,
        default: Any = None,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
        allowNone: object = 1,
    ) -> None:
        self.name = name
        self.allowNone = allowNone
        self.default = self.defaultDefault if default is None else default
        self.shortDesc = shortDesc
        self.longDesc = longDesc
        self.hints: dict[str, Any] = hints or {}

    def addHints(self, **kwargs: Any) -> None:
        """Add hints on how to show it."""
        self.hints.update(kwargs)

    def getHint(self, name: str, default: Any = None) -> Any:
        """Return a hint, or `default`."""
        return self.hints.get(name, default)

    def getShortDescription(self) -> str:
        """Return what it is, in a word or two: by default its name with a capital."""
        return self.shortDesc or self.name.capitalize()

    def getLongDescription(self) -> str:
        """Return what it is, in a sentence."""
        return self.longDesc or ""

    def coerce(self, val: Any) -> Any:
        """Return the value that `val`, from a form, stands for; subclasses do.

        Raises:
            InputError: If it stands for none.
            NotImplementedError: Unless a subclass does.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what a form's values stand for")


class String(Argument):
    """A line of text.

    Args:
        min: The least number of characters.
        max: The greatest; None for any.
    """

    defaultDefault: Any = ""
    min: int = 0
    max: int | None = None

    def __init__(
        self,
        name: str,
        default: Any = None,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
        allowNone: object = 1,
        min: int = 0,
        max: int | None = None,
    ) -> None:
        super().__init__(name, default, shortDesc, longDesc, hints, allowNone)
        self.min = min
        self.max = max

    def coerce(self, val: Any) -> str:
        """Return the text."""
        text = str(val)
        if len(text) < self.min:
            raise InputError(f"Value must be at least {self.min} characters long")
        if self.max is not None and len(text) > self.max:
            raise InputError(f"Value must be at most {self.max} characters long")
        return text


class Text(String):
    """A text of many lines."""


class Password(String):
    """A text that is not shown while it is typed."""


class Hidden(String):
    """A text that the form keeps and does not show."""


class VerifiedPassword(Password):
    """A text that is not shown, and is therefore typed twice."""

    def coerce(self, vals: Any) -> str:  # noqa: D102
        if len(vals) != 2 or vals[0] != vals[1]:
            raise InputError("Please enter the same password twice.")
        return super().coerce(vals[0])


class _Plain(Argument):
    """An argument whose `allowNone` comes second."""

    def __init__(
        self,
        name: str,
        allowNone: object = 1,
        default: Any = None,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(name, default, shortDesc, longDesc, hints, allowNone)


class _Number(_Plain):
    """A number; None if it is left empty.  `_read` makes it of text, and `_complaint` says that it cannot."""

    _read: ClassVar[Callable[[Any], Any]]
    _complaint: ClassVar[str]

    def coerce(self, val: Any) -> Any:
        """Return the number."""
        if not val.strip() and self.allowNone:
            return None
        try:
            return type(self)._read(val)
        except ValueError:
            raise InputError(self._complaint.format(val)) from None


class Integer(_Number):
    """A whole number; None if it is left empty."""

    _read = int
    _complaint = "{} is not valid, please enter a whole number, e.g. 10"


class IntegerRange(Integer):
    """A whole number between two others.

    Args:
        min: The least.
        max: The greatest.
    """

    def __init__(
        self,
        name: str,
        min: int,
        max: int,
        allowNone: object = 1,
        default: Any = None,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(name, allowNone, default, shortDesc, longDesc, hints)
        self.min = min
        self.max = max

    def coerce(self, val: Any) -> int | None:  # noqa: D102
        number: int | None = super().coerce(val)
        if number is None:
            return None
        if number < self.min:
            raise InputError(f"Value {number} is too small, it should be at least {self.min}")
        if number > self.max:
            raise InputError(f"Value {number} is too large, it should be at most {self.max}")
        return number


class Float(_Number):
    """A number; None if it is left empty."""

    _read = float
    _complaint = "Invalid float: {}"


class Date(_Plain):
    """A day: year, month and day of the month as three fields; None if all are left empty."""

    def coerce(self, args: Any) -> tuple[int, int, int] | None:  # noqa: D102
        fields = tuple(args)
        if fields == ("", "", "") and self.allowNone:
            return None
        try:
            year, month, day = map(int, fields)
            if year < 1 or not 1 <= day <= calendar.monthrange(year, month)[1]:
                raise InputError("Invalid date")
        except (ValueError, TypeError, OverflowError):
            raise InputError("Invalid date") from None
        return year, month, day


class File(Argument):
    """A file; None if none was chosen."""

    def __init__(
        self,
        name: str,
        allowNone: object = 1,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(name, None, shortDesc, longDesc, hints, allowNone)

    def coerce(self, file: Any) -> Any:  # noqa: D102
        if not file and self.allowNone:
            return None
        if not file:
            raise InputError("Invalid File")
        return file


class Boolean(Argument):
    """Yes or no: no is what is empty, or says so."""

    def coerce(self, inVal: Any) -> int:  # noqa: D102
        no = not inVal or (isinstance(inVal, str) and inVal.lower() in ("0", "f", "false", "n", "no"))
        return 0 if no else 1


class Choice(Argument):
    """One of several values.

    Args:
        choices: What there is to choose: for each what the form delivers, its value, and its description.
        default: Those chosen when the form is first shown.
    """

    def __init__(
        self,
        name: str,
        choices: _Options = (),
        default: Sequence[Any] = (),
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
        allowNone: object = 1,
    ) -> None:
        self.choices = choices
        if choices and not default:
            default = [choices[0][1]]
        super().__init__(name, default, shortDesc, longDesc, hints, allowNone)

    def coerce(self, inIdent: Any) -> Any:  # noqa: D102
        for identity, value, _ in self.choices:
            if identity == inIdent:
                return value
        raise InputError(f"Invalid Choice: {inIdent}")


class RadioGroup(Choice):
    """One of several values, all of which are shown."""


class Flags(Argument):
    """Any of several values.

    Args:
        flags: What there is to choose: for each what the form delivers, its value, and its description.
        default: Those chosen when the form is first shown.
    """

    def __init__(
        self,
        name: str,
        flags: _Options = (),
        default: Sequence[Any] = (),
        shortDesc: str | None = None,
        longDesc: str | None = None,
        hints: dict[str, Any] | None = None,
        allowNone: object = 1,
    ) -> None:
        self.flags = flags
        super().__init__(name, default, shortDesc, longDesc, hints, allowNone)

    def coerce(self, inFlagKeys: Any) -> list[Any]:  # noqa: D102
        values = {identity: value for identity, value, _ in self.flags}
        for key in inFlagKeys or ():
            if key not in values:
                raise InputError(f"Invalid Flag: {key}")
        return [values[key] for key in inFlagKeys or ()]


class CheckGroup(Flags):
    """Any of several values, all of which are shown."""


class Submit(Choice):
    """The buttons that send the form.

    Args:
        choices: The buttons, as for `Choice`.
        reset: Whether there is one more that empties the form.
        allowNone: Whether the form may be sent by none of them.
    """

    _BUTTON: ClassVar = (("Submit", "submit", "Submit form"),)

    def __init__(
        self,
        name: str,
        choices: _Options = _BUTTON,
        reset: object = 0,
        shortDesc: str | None = None,
        longDesc: str | None = None,
        allowNone: object = 0,
        hints: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            name, choices, shortDesc=shortDesc, longDesc=longDesc, allowNone=allowNone, hints=hints
        )
        self.reset = reset

    def coerce(self, value: Any) -> Any:  # noqa: D102
        if self.allowNone and not value:
            return None
        return super().coerce(value)


class PresentationHint:
    """How a form is shown: what it means is between whoever gives and whoever shows it."""


class MethodSignature:
    """The arguments of a method.

    Args:
        *sigList: They, in order.
    """

    def __init__(self, *sigList: Argument) -> None:
        self.methodSignature = sigList

    def getArgument(self, name: str) -> Argument | None:
        """Return the argument with a name; None if there is none."""
        return next((each for each in self.methodSignature if each.name == name), None)

    def method(self, callable: Callable[..., Any], takesRequest: bool = False) -> FormMethod:
        """Return a method that has these arguments.

        Args:
            callable: What it calls.
            takesRequest: Whether that takes the request too.
        """
        return FormMethod(self, callable, takesRequest)


class FormMethod:
    """A callable with the signature of a form.

    Args:
        signature: The signature.
        callable: What is called.
        takesRequest: Whether it takes the request too.
    """

    def __init__(
        self, signature: MethodSignature, callable: Callable[..., Any], takesRequest: bool = False
    ) -> None:
        self.signature = signature
        self.callable = callable
        self.takesRequest = takesRequest

    def getArgs(self) -> tuple[Argument, ...]:
        """Return the arguments."""
        return tuple(self.signature.methodSignature)

    def call(self, *args: Any, **kw: Any) -> Any:
        """Call it."""
        return self.callable(*args, **kw)


def positiveInt(x: Any) -> int:
    """Return a whole number above nought.

    Raises:
        ValueError: If `x` is none.
    """
    number = int(x)
    if number <= 0:
        raise ValueError(f"{number} is not above nought")
    return number
