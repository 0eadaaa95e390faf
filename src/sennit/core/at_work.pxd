cdef extern from *:
    const bint COMPILED "1"

cdef object begin(object transport)
cdef int end(object outer) except -1
