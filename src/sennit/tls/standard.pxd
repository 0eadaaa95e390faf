from sennit.tls.engine cimport Engine


cdef class StandardEngine(Engine):
    cdef object _go_on
    cdef object _hostname
    cdef object _identity
    cdef object _incoming
    cdef object _keep_session
    cdef object _tls
