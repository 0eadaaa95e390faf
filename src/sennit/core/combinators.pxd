cimport cython

from sennit.core.chain cimport Chain, Waiter

cdef set DEFERREDS, FAILURES


cdef class _Member(Waiter):
    cdef Py_ssize_t _index
    cdef object _whole
    @cython.locals(deferred=Chain, alone=bint)
    cdef Chain _take(self, object result, bint failed)


@cython.locals(chain=Chain, member=_Member)
cdef object _watch(object whole, object deferred, Py_ssize_t index)
