# Programs replace every part of these classes: none is typed.
