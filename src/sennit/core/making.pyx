"""``making.py``, compiled: a Deferred is made by what is left of `Chain.__init__` in C, until somebody changes that.

Python calls ``__new__`` and ``__init__`` through a tuple of the arguments, and the latter looks up whether
Deferreds are to be watched; both take longer than to allocate one.  A class has a tag that is another after each
change of the class or of one of its bases: as long as the tag is the one with which all was found in order, so it is.

A chain has a place for a dictionary of attributes, made when the first is set.  Python would give each Deferred a
second block of memory, whether it is to have attributes or not.

And the memory of some that have died is kept for the next.
"""

from cpython.object cimport PyObject
from libc.string cimport memset

from sennit.core.chain cimport Chain

__all__ = ["make_quickly"]

cdef extern from "Python.h":
    ctypedef PyObject *(*vectorcallfunc)(PyObject *, PyObject *const *, size_t, PyObject *)
    ctypedef int (*visitproc)(PyObject *, void *) noexcept
    ctypedef int (*traverseproc)(PyObject *, visitproc, void *) noexcept
    ctypedef int (*inquiry)(PyObject *) noexcept
    ctypedef void (*destructor)(PyObject *) noexcept
    ctypedef PyObject *(*getter)(PyObject *, void *)
    ctypedef int (*setter)(PyObject *, PyObject *, void *)
    ctypedef struct PyGetSetDef:
        const char *name
        getter get
        setter set
    ctypedef struct PyTypeObject:
        PyObject *(*tp_call)(PyObject *, PyObject *, PyObject *) except NULL
        PyObject *(*tp_new)(PyTypeObject *, PyObject *, PyObject *) except NULL
        PyObject *tp_dict
        Py_ssize_t tp_dictoffset
        vectorcallfunc tp_vectorcall
        unsigned int tp_version_tag
        traverseproc tp_traverse
        inquiry tp_clear
        destructor tp_dealloc
        destructor tp_finalize
        PyObject *(*tp_alloc)(PyTypeObject *, Py_ssize_t) except NULL
        void (*tp_free)(void *) noexcept
        Py_ssize_t tp_basicsize
    PyTypeObject PyType_Type
    PyObject *PyObject_GenericGetDict(PyObject *, void *)
    int PyObject_GenericSetDict(PyObject *, PyObject *, void *)
    object PyDescr_NewGetSet(PyTypeObject *, PyGetSetDef *)
    void PyObject_GC_Track(PyObject *)
    void PyObject_GC_UnTrack(PyObject *)
    void PyObject_GC_Del(void *)
    PyObject *PyType_GenericAlloc(PyTypeObject *, Py_ssize_t) except NULL
    void Py_INCREF(PyTypeObject *)
    void _Py_NewReference(PyObject *)
    void PyType_Modified(PyTypeObject *)
    Py_ssize_t PyVectorcall_NARGS(size_t)
    void Py_CLEAR(PyObject *)

ctypedef PyObject *const *Arguments

# The class whose calls come here, and the tag that it has for as long as nobody changes it.
cdef PyObject *served = NULL
cdef unsigned int unchanged = 0
cdef tuple NOTHING = ()


cdef PyObject *make(PyObject *kind, Arguments given, size_t flagged, PyObject *names) except NULL:
    cdef Py_ssize_t count = PyVectorcall_NARGS(flagged)
    cdef PyObject *chain
    if (
        (<PyTypeObject *>kind).tp_version_tag != unchanged
        or not unchanged
        or kind != served
        or count > 1
        or names != NULL
    ):
        return make_as_python_does(kind, given, count, names)
    # All else is as `Chain.__init__` would have it.
    chain = CHAIN.tp_new(<PyTypeObject *>kind, <PyObject *>NOTHING, NULL)
    if count:
        (<Chain>chain)._canceller = <object>given[0]
    return chain


cdef PyObject *make_as_python_does(PyObject *kind, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    global unchanged
    cdef Py_ssize_t place
    made_by = <object>kind
    arguments = tuple([<object>given[place] for place in range(count)])
    keywords = {}
    if names != NULL:
        for place, name in enumerate(<tuple>names):
            keywords[name] = <object>given[count + place]
    if (
        kind == served
        and made_by.__init__ is Chain.__init__
        and made_by.__new__ is Chain.__new__
        and made_by.debug is False
    ):
        unchanged = (<PyTypeObject *>kind).tp_version_tag
    return PyType_Type.tp_call(kind, <PyObject *>arguments, <PyObject *>keywords)


cdef PyObject *KEPT[64]
cdef int kept_count = 0


cdef PyObject *allocate(PyTypeObject *kind, Py_ssize_t more) except NULL:
    global kept_count
    cdef PyObject *chain
    if not kept_count:
        return PyType_GenericAlloc(kind, more)
    kept_count -= 1
    chain = KEPT[kept_count]
    memset(<char *>chain + sizeof(PyObject), 0, kind.tp_basicsize - sizeof(PyObject))
    Py_INCREF(kind)
    _Py_NewReference(chain)
    PyObject_GC_Track(chain)
    return chain


cdef void give_back(void *memory) noexcept:
    global kept_count
    # What had a finalizer is marked as finalized for good.
    if kept_count < 64 and (<PyTypeObject *>served).tp_finalize == NULL:
        KEPT[kept_count] = <PyObject *>memory
        kept_count += 1
    else:
        PyObject_GC_Del(memory)


def make_quickly(type deferred):
    global served
    cdef PyTypeObject *kind = <PyTypeObject *>deferred
    served = <PyObject *>deferred
    kind.tp_vectorcall = <vectorcallfunc>make
    kind.tp_alloc = allocate
    kind.tp_free = give_back


# Cython would make the dictionary at once, and empty it in the end, whoever else had it.

cdef PyTypeObject *CHAIN = <PyTypeObject *>Chain
cdef traverseproc traverse_fields = CHAIN.tp_traverse
cdef inquiry clear_fields = CHAIN.tp_clear
cdef destructor free_fields = CHAIN.tp_dealloc
cdef PyGetSetDef ATTRIBUTES


cdef inline PyObject **attributes_of(PyObject *self) noexcept:
    # With no reference to it taken meanwhile, which would revive what dies.
    return <PyObject **>(<char *>self + CHAIN.tp_dictoffset)


cdef int traverse(PyObject *self, visitproc visit, void *arg) noexcept:
    cdef PyObject *attributes = attributes_of(self)[0]
    cdef int result = 0 if attributes == NULL else visit(attributes, arg)
    return result or traverse_fields(self, visit, arg)


cdef int clear(PyObject *self) noexcept:
    Py_CLEAR(attributes_of(self)[0])
    return clear_fields(self)


cdef void free(PyObject *self) noexcept:
    if attributes_of(self)[0] != NULL:
        PyObject_GC_UnTrack(self)
        Py_CLEAR(attributes_of(self)[0])
    free_fields(self)


cdef give_place_for_attributes():
    cdef Chain chain = Chain()
    CHAIN.tp_dictoffset = <char *>&chain._attributes - <char *><PyObject *>chain
    CHAIN.tp_traverse = traverse
    CHAIN.tp_clear = clear
    CHAIN.tp_dealloc = free
    ATTRIBUTES.name = "__dict__"
    ATTRIBUTES.get = PyObject_GenericGetDict
    ATTRIBUTES.set = PyObject_GenericSetDict
    (<dict>CHAIN.tp_dict)["__dict__"] = PyDescr_NewGetSet(CHAIN, &ATTRIBUTES)
    PyType_Modified(CHAIN)


give_place_for_attributes()
