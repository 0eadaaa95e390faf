cimport sennit.core.at_work as at_work
from sennit.transport.consumer cimport Consumer, flag


cdef class StreamConnection(Consumer):
    cdef object __weakref__
    cdef public object protocol
    cdef public object _gate
    cdef public object _host
    cdef public object _log_name
    cdef public object _open
    cdef public object _owner
    cdef public object _peer
    cdef public object _reason
    cdef public Py_ssize_t sessionno
    cdef public flag disconnected
    cdef public flag _making
    cdef public flag _paused
    cdef public flag _read_ended
    cdef public flag _write_ending

    cpdef connection_made(self, object carrier)
    cpdef data_received(self, object data)
    cpdef bint eof_received(self) except -1
    cpdef connection_lost(self, object exc)
    cdef object _meet(self, object carrier)
    cdef object _refuse(self, object reason)
    cpdef _end(self, object reason)
    cdef object _lose(self, object reason)
