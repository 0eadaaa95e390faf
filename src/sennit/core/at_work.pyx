"""``at_work.py``, compiled: one pointer for each thread, which takes a read next to nothing."""

from cpython.object cimport PyObject

__all__ = ["at_work"]

cdef extern from *:
    """
    #ifdef _MSC_VER
    static __declspec(thread) PyObject *sennit_at_work = NULL;
    #else
    static __thread PyObject *sennit_at_work = NULL;
    #endif
    """
    PyObject *sennit_at_work


def at_work():
    return None if sennit_at_work == NULL else <object>sennit_at_work


cdef object begin(object transport):
    global sennit_at_work
    outer = None if sennit_at_work == NULL else <object>sennit_at_work
    sennit_at_work = <PyObject *>transport
    return outer


cdef int end(object outer) except -1:
    global sennit_at_work
    sennit_at_work = NULL if outer is None else <PyObject *>outer
    return 0
