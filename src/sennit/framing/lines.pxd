from sennit.framing.answering cimport answer, is_closing
from sennit.framing.buffer cimport BoundedBuffer

cdef class _Unread(BoundedBuffer):
    cdef public object cut
    cdef public object delimiter

# Programs replace every part of these classes: none is typed but what is ours.
