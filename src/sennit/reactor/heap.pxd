cdef struct Key:
    double when
    long long number


cdef class Placed:
    cdef public long long _number
    cdef public double _place


cdef class Heap:
    cdef Key *_keys
    cdef list _items
    cdef Py_ssize_t _room
    cdef Py_ssize_t _dead
    cdef readonly long long number
    cdef readonly double first

    cpdef object push(self, Placed item, double when)
    cpdef object restore(self, Placed item)
    cpdef Placed pop(self)
    cpdef object forget(self, Placed item)
    cdef object _add(self, Placed item, double when, long long number)
    cdef object _sweep(self)
    cdef void _sink(self, Py_ssize_t place) noexcept
