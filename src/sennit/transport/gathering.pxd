cdef class Gathered:
    cdef public object through
    cdef public bint ended
    cdef object _call_soon
    cdef list _pieces
    cdef Py_ssize_t _room

    cpdef object take(self, object data, bytes ending=*)
    cpdef object send(self)
