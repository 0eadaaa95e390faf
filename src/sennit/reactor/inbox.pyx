"""The inbox of ``inbox.py``, compiled: calls are no objects, but rows of an array that is read round and round.

So the collector of garbage has no more of them to keep than the arguments and what is called.
"""

from contextvars import copy_context

from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.stdlib cimport free, malloc

cimport sennit.core.steps as steps

from sennit.log import Logger

__all__ = ["Inbox"]

_log = Logger(__name__)

cdef struct Row:
    PyObject *context
    PyObject *func
    PyObject *args
    PyObject *kw


cdef class Inbox:
    cdef object _wake
    cdef public bint awaited
    cdef Row *_rows
    cdef Py_ssize_t _room  # a power of two
    cdef Py_ssize_t _first
    cdef Py_ssize_t _count

    def __init__(self, wake):
        self._wake = wake

    def __dealloc__(self):
        self._drop_all()
        free(self._rows)

    def __len__(self):
        return self._count

    def put(self, func, tuple args, dict kw):
        cdef Row *row
        assert callable(func), f"{func!r} is not callable"
        context = copy_context()
        if not context:
            context = None
        if self._count == self._room:
            self._grow()
        row = &self._rows[(self._first + self._count) & (self._room - 1)]
        Py_INCREF(context)
        Py_INCREF(func)
        Py_INCREF(args)
        row.context = <PyObject *>context
        row.func = <PyObject *>func
        row.args = <PyObject *>args
        row.kw = NULL
        if kw:
            Py_INCREF(kw)
            row.kw = <PyObject *>kw
        self._count += 1
        if not self.awaited:
            self._wake()

    def make(self, bint nested):
        cdef Row row
        cdef Py_ssize_t left = self._count
        self.awaited = False
        while left and self._count:
            left -= 1
            row = self._rows[self._first]
            self._first = (self._first + 1) & (self._room - 1)
            self._count -= 1
            context = <object>row.context
            func = <object>row.func
            args = <tuple>row.args
            kw = None if row.kw == NULL else <object>row.kw
            Py_DECREF(context)
            Py_DECREF(func)
            Py_DECREF(args)
            Py_XDECREF(row.kw)
            if nested and self._count and not self.awaited:
                self._wake()
            try:
                steps.call_in(context, func, args, kw)
            except BaseException:
                _log.failure("Error in a call from another thread, {func!r}", func=func)
        if self._count and not self.awaited:
            self._wake()

    cdef object _grow(self):
        cdef Py_ssize_t room = self._room * 2 if self._room else 16
        cdef Py_ssize_t place
        cdef Row *rows = <Row *>malloc(room * sizeof(Row))
        if rows == NULL:
            raise MemoryError
        for place in range(self._count):
            rows[place] = self._rows[(self._first + place) & (self._room - 1)]
        free(self._rows)
        self._rows = rows
        self._room = room
        self._first = 0

    cdef void _drop_all(self) noexcept:
        cdef Row row
        while self._count:
            row = self._rows[self._first]
            self._first = (self._first + 1) & (self._room - 1)
            self._count -= 1
            Py_XDECREF(row.context)
            Py_XDECREF(row.func)
            Py_XDECREF(row.args)
            Py_XDECREF(row.kw)


# What Cython writes for the collector of garbage does not know the rows.

cdef extern from "Python.h":
    ctypedef int (*visitproc)(PyObject *, void *) noexcept
    ctypedef int (*traverseproc)(PyObject *, visitproc, void *) noexcept
    ctypedef int (*inquiry)(PyObject *) noexcept
    ctypedef struct PyTypeObject:
        traverseproc tp_traverse
        inquiry tp_clear

cdef traverseproc traverse_fields = (<PyTypeObject *>Inbox).tp_traverse
cdef inquiry clear_fields = (<PyTypeObject *>Inbox).tp_clear


cdef int traverse(PyObject *self, visitproc visit, void *arg) noexcept:
    cdef Inbox inbox = <Inbox>self
    cdef Py_ssize_t place
    cdef Row *row
    cdef int result = traverse_fields(self, visit, arg)
    for place in range(inbox._count):
        if result:
            break
        row = &inbox._rows[(inbox._first + place) & (inbox._room - 1)]
        result = visit(row.context, arg) or visit(row.func, arg) or visit(row.args, arg)
        if not result and row.kw != NULL:
            result = visit(row.kw, arg)
    return result


cdef int clear(PyObject *self) noexcept:
    (<Inbox>self)._drop_all()
    return clear_fields(self)


(<PyTypeObject *>Inbox).tp_traverse = traverse
(<PyTypeObject *>Inbox).tp_clear = clear
