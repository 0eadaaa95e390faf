"""``interest.py``, compiled: what nobody wants is turned away before its arguments become a dictionary."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF

from sennit.log.levels import LogLevel

__all__ = ["NOBODY", "Gate", "changed", "lowest_rank"]

NOBODY = 100

generation = 1
cdef long current = 1


def changed():
    global generation, current
    current += 1
    generation = current


def lowest_rank(observer, namespace):
    ask = getattr(observer, "lowest_rank", None)
    return 0 if ask is None else int(ask(namespace))


cdef class Gate:
    cdef public long _generation
    cdef public int _lowest


# Such methods take their arguments as they are on the interpreter's stack.  Cython writes none.

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        PyObject *tp_dict
    ctypedef PyObject *(*PyCFunction)(PyObject *, PyObject *)
    ctypedef struct PyMethodDef:
        const char *ml_name
        PyCFunction ml_meth
        int ml_flags
        const char *ml_doc
    int METH_FASTCALL, METH_KEYWORDS
    object PyDescr_NewMethod(PyTypeObject *, PyMethodDef *)
    void PyType_Modified(PyTypeObject *)
    bint PyTuple_Contains "PySequence_Contains"(object, object) except -1

ctypedef PyObject *const *Arguments

cdef int DEBUG = LogLevel.debug.rank
cdef int INFO = LogLevel.info.rank
cdef int WARN = LogLevel.warn.rank
cdef int ERROR = LogLevel.error.rank
cdef int CRITICAL = LogLevel.critical.rank
cdef list LEVELS = sorted(LogLevel, key=lambda level: level.rank)


cdef inline PyObject *pass_on(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names, int rank) except NULL:
    cdef Gate gate = <Gate>self
    cdef Py_ssize_t place
    if (
        rank < gate._lowest
        and gate._generation == current
        and count <= 1
        and (names == NULL or not PyTuple_Contains(<object>names, "log_trace"))
    ):
        Py_INCREF(None)
        return <PyObject *>None
    arguments = [<object>given[place] for place in range(count)]
    keywords = {}
    if names != NULL:
        for place, name in enumerate(<tuple>names):
            keywords[name] = <object>given[count + place]
    lowest = gate._lowest if gate._generation == current else gate._lowest_wanted()
    if rank >= lowest or "log_trace" in keywords or count > 1:
        gate.emit(LEVELS[rank], *arguments, **keywords)
    Py_INCREF(None)
    return <PyObject *>None


cdef PyObject *debug(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    return pass_on(self, given, count, names, DEBUG)


cdef PyObject *info(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    return pass_on(self, given, count, names, INFO)


cdef PyObject *warn(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    return pass_on(self, given, count, names, WARN)


cdef PyObject *error(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    return pass_on(self, given, count, names, ERROR)


cdef PyObject *critical(PyObject *self, Arguments given, Py_ssize_t count, PyObject *names) except NULL:
    return pass_on(self, given, count, names, CRITICAL)


cdef PyMethodDef METHODS[5]


cdef add_method(int rank, const char *name, void *function, const char *documentation):
    METHODS[rank].ml_name = name
    METHODS[rank].ml_meth = <PyCFunction>function
    METHODS[rank].ml_flags = METH_FASTCALL | METH_KEYWORDS
    METHODS[rank].ml_doc = documentation
    cdef PyTypeObject *gate = <PyTypeObject *>Gate
    (<dict>gate.tp_dict)[name.decode()] = PyDescr_NewMethod(gate, &METHODS[rank])
    PyType_Modified(gate)


add_method(DEBUG, "debug", <void *>debug, "debug($self, format=None, **kwargs)\n--\n\nEmit an event of level debug; see `emit`.")
add_method(INFO, "info", <void *>info, "info($self, format=None, **kwargs)\n--\n\nEmit an event of level info; see `emit`.")
add_method(WARN, "warn", <void *>warn, "warn($self, format=None, **kwargs)\n--\n\nEmit an event of level warn; see `emit`.")
add_method(ERROR, "error", <void *>error, "error($self, format=None, **kwargs)\n--\n\nEmit an event of level error; see `emit`.")
add_method(CRITICAL, "critical", <void *>critical, "critical($self, format=None, **kwargs)\n--\n\nEmit an event of level critical; see `emit`.")
