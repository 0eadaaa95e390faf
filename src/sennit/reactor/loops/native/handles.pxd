"""Types of ``handles.pyx``."""

from cpython.object cimport PyObject

cdef extern from "Python.h":
    object PyContext_CopyCurrent()
    object PyContext_New()
    int PyContext_Enter(object context) except -1
    int PyContext_Exit(object context) except -1


cdef class Handle:
    cdef object _loop
    cdef readonly object _callback
    cdef readonly tuple _args
    cdef object _context
    cdef readonly bint _cancelled

    cdef int run(self) except -1

cdef Handle new_handle(object loop, object callback, tuple args, object context)
