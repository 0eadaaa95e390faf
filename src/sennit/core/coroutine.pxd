from sennit.core.driver cimport start_coroutine, start_generator

cdef set DEFERREDS
