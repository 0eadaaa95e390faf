cdef class BoundedBuffer:
    cdef public object limit
    cdef public bint busy
    cdef public object _data
    cdef public Py_ssize_t _start
    cdef Py_ssize_t _searched
    cdef object _sought

    cpdef object append(self, object data)
    cpdef object prepend(self, object data)
    cpdef object clear(self)
    cpdef object take_all(self)
    cpdef object take(self, object count)
    cpdef object peek(self, object count)
    cpdef Py_ssize_t skip(self, object count)
    cpdef Py_ssize_t find(self, object delimiter)
    cdef object _not_found(self, object delimiter)
    cpdef object let_go(self)
    cpdef object take_line(self, object delimiter, object limit)
    cpdef object take_lines(self, object delimiter)
