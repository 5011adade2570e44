"""Resolves names and connects to the network."""
import socket
import urllib.request

for attempt in (
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.create_connection(("127.0.0.1", 22), timeout=1),
    lambda: socket.create_connection(("169.254.169.254", 80), timeout=1),
    lambda: urllib.request.urlopen("http://example.com", timeout=1),
):
    try:
        attempt()
        print("ESCAPED: reached the network")
    except OSError:
        pass
