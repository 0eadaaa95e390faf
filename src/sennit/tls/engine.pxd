cdef class Engine:
    cdef public object feed
    cdef public object read
    cdef public object encrypt
    cdef public object take
    cdef public object want
    cdef public object end
    cdef public bint server

    cpdef object handshake(self)
    cpdef bint more(self)
    cpdef object shutdown(self)
    cpdef object failure(self, object error)
    cpdef bint half_closes(self)
    cpdef object peer_certificate(self)
    cpdef object negotiated_protocol(self)
    cpdef object handle(self)
    cpdef object finished(self)
