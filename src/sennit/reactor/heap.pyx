"""The heap of ``heap.py``, compiled: two arrays side by side, of four children to each parent.

The times and numbers, which are all that is compared, lie together; the items are in a list, which the
collector of garbage knows how to walk.
"""

from cpython.list cimport PyList_GET_SIZE
from cpython.object cimport PyObject
from libc.math cimport INFINITY
from libc.stdlib cimport free, realloc

__all__ = ["Heap", "Placed"]

cdef extern from *:
    """
    #define SENNIT_ITEMS(list) (((PyListObject *)(list))->ob_item)
    """
    PyObject **items_of "SENNIT_ITEMS"(list items)

cdef Py_ssize_t SWEEP_FROM = 64


cdef class Placed:
    pass


cdef inline bint before(Key *one, Key *other) noexcept:
    return one.when < other.when or (one.when == other.when and one.number < other.number)


cdef class Heap:
    def __cinit__(self):
        self._items = []
        self.first = INFINITY

    def __dealloc__(self):
        free(self._keys)

    def __len__(self):
        return PyList_GET_SIZE(self._items)

    cpdef object push(self, Placed item, double when):
        self.number += 1
        item._number = self.number
        item._place = when
        self._add(item, when, self.number)

    cpdef object restore(self, Placed item):
        self._add(item, item._place, item._number)

    cpdef Placed pop(self):
        cdef Py_ssize_t last = PyList_GET_SIZE(self._items) - 1
        cdef PyObject **items
        cdef PyObject *top
        cdef long long number
        cdef Placed item
        if last < 0:
            raise IndexError("there is nothing to pop")
        items = items_of(self._items)
        number = self._keys[0].number
        top = items[0]
        items[0] = items[last]
        items[last] = top
        self._keys[0] = self._keys[last]
        item = self._items.pop()
        if last:
            self._sink(0)
            self.first = self._keys[0].when
        else:
            self.first = INFINITY
        if item._number == number:
            return item
        if self._dead:
            self._dead -= 1
        return None

    cpdef object forget(self, Placed item):
        item._number = 0
        self._dead += 1
        if self._dead > SWEEP_FROM and self._dead * 2 > PyList_GET_SIZE(self._items):
            self._sweep()

    def live(self):
        cdef Py_ssize_t place
        cdef Placed item
        found = []
        for place in range(PyList_GET_SIZE(self._items)):
            item = self._items[place]
            if item._number == self._keys[place].number:
                found.append(item)
        return found

    def shift(self, double seconds):
        cdef Py_ssize_t place
        cdef Placed item
        self._sweep()
        for place in range(PyList_GET_SIZE(self._items)):
            item = self._items[place]
            self._keys[place].when += seconds
            item._place = self._keys[place].when
        if PyList_GET_SIZE(self._items):
            self.first = self._keys[0].when

    cdef object _add(self, Placed item, double when, long long number):
        cdef Py_ssize_t place = PyList_GET_SIZE(self._items)
        cdef Py_ssize_t parent, room
        cdef PyObject **items
        cdef Key *keys
        cdef Key key
        if place == self._room:
            room = place + (place >> 1) + 16
            keys = <Key *>realloc(self._keys, room * sizeof(Key))
            if keys == NULL:
                raise MemoryError
            self._keys = keys
            self._room = room
        self._items.append(item)
        items = items_of(self._items)
        keys = self._keys
        key.when = when
        key.number = number
        while place:
            parent = (place - 1) >> 2
            if not before(&key, &keys[parent]):
                break
            keys[place] = keys[parent]
            items[place] = items[parent]
            place = parent
        keys[place] = key
        items[place] = <PyObject *>item
        self.first = keys[0].when

    cdef void _sink(self, Py_ssize_t place) noexcept:
        """Put what stands in `place` below whatever goes before it."""
        cdef Py_ssize_t size = PyList_GET_SIZE(self._items)
        cdef PyObject **items = items_of(self._items)
        cdef Key *keys = self._keys
        cdef Key key = keys[place]
        cdef PyObject *item = items[place]
        cdef Py_ssize_t child, least, end
        while True:
            least = child = (place << 2) + 1
            if child >= size:
                break
            end = min(child + 4, size)
            for child in range(child + 1, end):
                if before(&keys[child], &keys[least]):
                    least = child
            if not before(&keys[least], &key):
                break
            keys[place] = keys[least]
            items[place] = items[least]
            place = least
        keys[place] = key
        items[place] = item

    cdef object _sweep(self):
        cdef Py_ssize_t size = PyList_GET_SIZE(self._items)
        cdef PyObject **items = items_of(self._items)
        cdef Key *keys = self._keys
        cdef Py_ssize_t kept = 0
        cdef Py_ssize_t place
        cdef PyObject *item
        for place in range(size):
            item = items[place]
            if (<Placed>item)._number == keys[place].number:
                keys[kept] = keys[place]
                items[place] = items[kept]
                items[kept] = item
                kept += 1
        # Freed at the end: what watches one of them by a weak reference may come back here.
        dead = self._items[kept:]
        del self._items[kept:]
        for place in range((kept - 2) >> 2, -1, -1):
            self._sink(place)
        self.first = keys[0].when if kept else INFINITY
        self._dead = 0
        if kept + (kept >> 1) + 16 < self._room >> 1:
            self._room = kept + (kept >> 1) + 16
            self._keys = <Key *>realloc(keys, self._room * sizeof(Key))
