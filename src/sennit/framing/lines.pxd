from sennit.framing.answering cimport answer, is_closing

# Programs replace every part of these classes: none is typed.
