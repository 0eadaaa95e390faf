cimport cython

from sennit.core.chain cimport Chain
cimport sennit.core.steps as steps

cdef set DEFERREDS, FAILURES


cdef bint COMPILED


@cython.locals(chain=Chain)
cdef object _wait_for(object deferred)

@cython.locals(deferred=Chain)
cpdef Chain succeed(object result)
cpdef Chain fail(object result=*)
