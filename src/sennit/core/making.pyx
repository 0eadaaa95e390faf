"""``making.py``, compiled: a Deferred is made by what is left of `Chain.__init__` in C, until somebody changes that.

Python calls ``__new__`` and ``__init__`` through a tuple of the arguments, and the latter looks up whether
Deferreds are to be watched; both take longer than to allocate one.  A class has a tag that is another after each
change of the class or of one of its bases: as long as the tag is the one with which all was found in order, so it is.
"""

from cpython.object cimport PyObject

from sennit.core.chain cimport Chain

__all__ = ["make_quickly"]

cdef extern from "Python.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    ctypedef struct PyTypeObject:
        PyObject *(*tp_call)(PyObject *, PyObject *, PyObject *) except NULL
        PyObject *(*tp_new)(PyTypeObject *, PyObject *, PyObject *) except NULL
        vectorcallfunc tp_vectorcall
        unsigned int tp_version_tag
    PyTypeObject PyType_Type
    Py_ssize_t PyVectorcall_NARGS(size_t)

ctypedef PyObject *const *Arguments

# The class whose calls come here, and the tag that it has for as long as nobody changes it.
cdef PyObject *served = NULL
cdef unsigned int unchanged = 0
cdef tuple NOTHING = ()


cdef PyObject *make(PyObject *kind, Arguments given, size_t flagged, PyObject *names) except NULL:
    cdef Py_ssize_t count = PyVectorcall_NARGS(flagged)
    cdef PyObject *chain
    if (
        (<PyTypeObject *>kind).tp_version_tag != unchanged
        or not unchanged
        or kind != served
        or count > 1
        or names != NULL
    ):
        return make_as_python_does(kind, given, count, names)
    # All else is as `Chain.__init__` would have it.
    chain = (<PyTypeObject *>Chain).tp_new(<PyTypeObject *>kind, <PyObject *>NOTHING, NULL)
    if count:
        (<Chain>chain)._canceller = <object>given[0]
    return chain


cdef PyObject *make_as_python_does(PyObject *kind, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    global unchanged
    cdef Py_ssize_t place
    made_by = <object>kind
    arguments = tuple([<object>given[place] for place in range(count)])
    keywords = {}
    if names != NULL:
        for place, name in enumerate(<tuple>names):
            keywords[name] = <object>given[count + place]
    if (
        kind == served
        and made_by.__init__ is Chain.__init__
        and made_by.__new__ is Chain.__new__
        and made_by.debug is False
    ):
        unchanged = (<PyTypeObject *>kind).tp_version_tag
    return PyType_Type.tp_call(kind, <PyObject *>arguments, <PyObject *>keywords)


def make_quickly(type deferred):
    global served
    served = <PyObject *>deferred
    (<PyTypeObject *>deferred).tp_vectorcall = <vectorcallfunc>make
