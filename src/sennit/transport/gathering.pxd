cdef class Gathered:
    cdef public object through
    cdef public bint ended
    cdef object _call_soon
    cdef list _pieces
    cdef Py_ssize_t _size

    cpdef object take(self, object data)
    cpdef object send(self)
