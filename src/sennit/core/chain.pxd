cimport cython

from cpython.object cimport PyObject

cimport sennit.core.steps as steps

cdef set DEFERREDS, FAILURES, NO_VALUES
cdef bint COMPILED


cdef class Waiter:
    cdef Chain _take(self, object result, bint failed)


cdef class Chain(Waiter):
    cdef object __weakref__
    cdef PyObject *_attributes
    cdef public bint called
    cdef object result
    cdef public long _held
    cdef public object _canceller
    cdef public object _chain
    cdef public object _info

    cdef Chain _append(self, tuple entry)
    cdef object _called_again(self)
    cdef object _remember_sites(self)
    cdef object _left_failed(self, object failure)
    @cython.locals(current=Chain, following=Chain, waiter=Waiter, stack=list, failed=bint, raised=bint)
    cdef object _run(self)
    cdef object _keep(self, list rest)
    cdef Chain _fire_chained(self, Chain target, object result)
    cdef object _take_from(self, Chain inner, object chain)
    cdef bint _would_wait_for_itself(self, Chain inner, object chain)
    cpdef list _entries(self)

    @cython.locals(following=Chain, waiter=Waiter)
    cpdef object callback(self, object result)


cdef tuple _as_entry(object chain)
