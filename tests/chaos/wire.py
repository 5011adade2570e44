"""A slow wire: forwards packets between two interfaces, each when some time has passed.

    python wire.py INTERFACE OTHER SECONDS

This kernel's traffic control can limit a rate, but not delay packets.
"""

import heapq
import select
import socket
import sys
import time

_ALL_PROTOCOLS = 0x0003
_OUTGOING = 4
_MOST_BYTES = 70_000


def opened(interface):
    """A socket that gets every packet of an interface."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
    raw.bind((interface, 0))
    return raw


def forward(one, other, seconds):
    towards = {one: other, other: one}
    waiting, count = [], 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for source in select.select([one, other], [], [], pause)[0]:
            packet, sender = source.recvfrom(_MOST_BYTES)
            if sender[2] != _OUTGOING:
                count += 1
                heapq.heappush(waiting, (time.monotonic() + seconds, count, towards[source], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(waiting)
            try:
                target.send(packet)
            except OSError:  # the host vanished, or its link is down
                continue


if __name__ == "__main__":
    forward(opened(sys.argv[1]), opened(sys.argv[2]), float(sys.argv[3]))
