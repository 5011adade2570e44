"""Asks for a socket of every family and type."""
import socket

for family in range(0, 46):
    for kind in (1, 2, 3, 4, 5, 6, 10):
        try:
            socket.socket(family, kind)
            print("ESCAPED: a socket of family", family, kind)
        except OSError:
            pass
try:
    socket.socketpair()
    print("ESCAPED: a pair of sockets")
except OSError:
    pass
