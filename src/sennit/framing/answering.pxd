cimport cython

from sennit.transport.consumer cimport Consumer
from sennit.transport.gathering cimport Gathered

cdef extern from *:
    const bint COMPILED "1"

@cython.locals(ours=Consumer, gathered=Gathered)
cpdef object answer(object transport, object message, object ending)

@cython.locals(ours=Consumer)
cpdef bint is_closing(object transport) except -1
