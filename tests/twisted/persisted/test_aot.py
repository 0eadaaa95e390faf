"""Objects as source text, and back."""

from __future__ import annotations

import copyreg
import io
import math
import os
import textwrap
import types
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sennit.twisted.persisted import aot


class Plain:
    def __init__(self):
        self.b = [1, 2]
        self.a = "x"

    def method(self):
        return self.a


class OwnState:
    state = None

    def __getstate__(self):
        return self.state

    def __setstate__(self, state):
        self.state = state


class Registered:
    def __init__(self, value):
        self.lock = types.MappingProxyType({"value": value})  # cannot be kept itself


copyreg.pickle(Registered, lambda registered: (Registered, (registered.lock["value"],)))


def function():
    pass


def there_and_back(obj):
    return aot.unjellyFromSource(aot.jellyToSource(obj))


def test_lines_are_put_in_as_the_brackets_say():
    assert aot.jellyToSource({"hello": {"world": []}, "b": (1, "a 'b\n[")}) == textwrap.dedent(
        """\
        app={
          'hello':{
            'world':[],
            },
          'b':(
            1,
            "a 'b\\n[",
            ),
          }"""
    )


def test_an_object_is_its_class_and_attributes_by_name():
    obj = Plain()
    obj.self = obj
    assert aot.jellyToSource(obj) == textwrap.dedent(
        f"""\
        app=Ref(1,
          Instance('{__name__}.Plain',
            a='x',
            b=[
              1,
              2,
              ],
            self=Deref(1),))"""
    )


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.just(...)
    | st.slices(5),
    lambda below: (
        st.lists(below) | st.tuples(below, below) | st.dictionaries(st.text() | st.integers(), below)
    ),
    max_leaves=12,
)


@given(TREES)
def test_plain_values_come_back_as_they_were(tree):
    assert there_and_back(tree) == tree


@pytest.mark.parametrize(
    "obj",
    [{1, 2}, frozenset({3}), range(3), bytearray(b"x"), OrderedDict, len, os.path.join, function, os, 10**30],
)
def test_what_has_a_name_or_is_made_by_a_function_comes_back(obj):
    assert there_and_back(obj) == obj


def test_no_number_and_the_infinite_come_back():
    back = there_and_back([math.nan, math.inf, -math.inf, complex(math.inf, 1)])
    assert math.isnan(back[0])
    assert back[1:] == [math.inf, -math.inf, complex(math.inf, 1)]


def test_shared_objects_stay_shared():
    shared = [1]
    first, second = there_and_back([shared, {"again": shared}])
    assert first is second["again"]
    assert first == [1]


def test_circles_close():
    around: list = []
    around.append({"list": around})
    back = there_and_back(around)
    assert back[0]["list"] is back


def test_a_tuple_in_a_circle_comes_back_a_tuple():
    inner: list = []
    pair = (inner, 4321)
    inner.append(pair)
    back = there_and_back(inner)
    assert isinstance(back[0], tuple)
    assert back[0][0] is back
    assert back[0][1] == 4321
    back = there_and_back(pair)
    assert back[0][0] is back


def test_a_tuple_in_a_circle_may_be_a_key():
    holder = Plain()
    holder.b = {(holder, 1): holder}
    back = there_and_back(holder)
    assert list(back.b) == [(back, 1)]
    assert back.b[back, 1] is back


def test_attributes_come_back_without_the_constructor():
    obj = Plain()
    obj.a = "changed"
    back = there_and_back(obj)
    assert type(back) is Plain
    assert vars(back) == {"a": "changed", "b": [1, 2]}


def test_attributes_that_are_no_names_come_back():
    obj = Plain()
    vars(obj).update({"if": 1, "a b": 2})
    assert vars(there_and_back(obj)) == vars(obj)


@pytest.mark.parametrize("state", ["meringue!", {"a": 1}, [1], {1: 2}, 0, None])
def test_an_object_with_its_own_state_gets_it_back(state):
    obj = OwnState()
    obj.state = state
    assert there_and_back(obj).state == state


def test_state_is_set_when_all_of_it_is_there():
    outer, inner = OwnState(), OwnState()
    outer.state = {"inner": inner}
    inner.state = (outer,)
    back = there_and_back(outer)
    assert back.state["inner"].state == (back,)


def test_methods_are_bound_to_the_same_object():
    obj = Plain()
    obj.own = obj.method
    back = there_and_back(obj)
    assert back.own.__self__ is back
    assert back.own() == "x"
    assert there_and_back(obj.method)() == "x"


def test_a_method_that_is_gone_is_a_type_error(monkeypatch):
    source = aot.jellyToSource(Plain().method)
    monkeypatch.delattr(Plain, "method")
    with pytest.raises(TypeError, match="has no method method"):
        aot.unjellyFromSource(source)


def test_functions_registered_for_pickling_are_asked():
    assert there_and_back(Registered("value")).lock == {"value": "value"}


def test_objects_without_constructor_arguments_and_with_a_state_come_back():
    assert there_and_back(types.SimpleNamespace(a=1)) == types.SimpleNamespace(a=1)


@pytest.mark.parametrize("obj", [(each for each in ()), lambda: 0, OrderedDict(a=1), NotImplemented])
def test_what_cannot_be_told_is_a_type_error(obj):
    with pytest.raises(TypeError):
        aot.jellyToSource(obj)


def test_text_is_written_to_and_read_from_files():
    file = io.BytesIO()
    assert aot.jellyToSource(["é"], file) is None
    file.seek(0)
    assert aot.unjellyFromSource(file) == ["é"]
    assert aot.unjellyFromSource(io.StringIO("app=[1]")) == [1]


def test_a_text_must_set_the_name_app():
    with pytest.raises(ValueError, match="needs to define an 'app'"):
        aot.unjellyFromSource("x=1")


def test_a_reference_may_come_before_what_it_means():
    back = aot.unjellyFromSource("app=[Deref(1),(Deref(1),),Ref(1,[5])]")
    assert back == [[5], ([5],), [5]]
    assert back[0] is back[1][0] is back[2]


def test_two_objects_of_one_number_are_refused():
    with pytest.raises(TypeError, match="numbered 1"):
        aot.unjellyFromSource("app=[Ref(1,[]),Ref(1,[])]")


def test_an_argument_that_comes_later_is_waited_for():
    assert aot.unjellyFromSource("app=[Copyreg('builtins.list',(Deref(1),)),Ref(1,(5,))]") == [[5], (5,)]


def test_nodes_have_texts_and_refuse_to_be_set_twice():
    ref = aot.Ref()
    with pytest.raises(RuntimeError):
        ref.getSource()
    ref.setRef(1)
    ref.setObj([2])
    assert aot.indentify(ref.getSource()) == "Ref(1,\n  [\n    2,\n    ])"
    with pytest.raises(ValueError, match="already have 1"):
        ref.setRef(2)
    with pytest.raises(ValueError, match="already have"):
        ref.setObj([3])
    method = aot.InstanceMethod("n", aot.Class("a.B"), aot.Deref(1))
    assert aot.indentify(method.getSource()) == "InstanceMethod('n','a.B',\n  Deref(1))"
    assert aot.getSource(aot.Module("os")) == "app=Module('os')"
    with pytest.raises(TypeError, match="Unsupported type"):
        aot.prettify(object())
    with pytest.raises(TypeError, match="Unsupported AOT type"):
        aot.unjellyFromAOT(object())


def test_only_names_are_keywords():
    assert aot.dictToKW({"b": "x", "a": 1}) == "\n\0a=1,\n\0b='x',"
    for wrong in (1, "a b", "if"):
        with pytest.raises(aot.NonFormattableDict):
            aot.dictToKW({wrong: 1})


def test_a_node_may_be_waited_for_as_a_deferred():
    unjellier = aot.AOTUnjellier()
    fired: list = []
    later = unjellier.unjellyLater(aot.Deref(1))
    later.addCallback(fired.append)
    assert fired == []
    unjellier.unjelly(aot.Ref(1, [5]))
    assert fired == [[5]]
