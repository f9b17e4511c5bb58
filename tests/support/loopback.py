"""Ports and addresses on loopback that nobody else takes meanwhile.

Tests run in several processes at once. Each draws from a part of its own, and the ports lie below those
that the kernel gives to outgoing connections (32768 and up): what is free when a test asks is still free when
its server has started.
"""

from __future__ import annotations

import itertools
import os
import random
import socket

PARTS = 8
_LOWEST, _ABOVE = 10_000, 32_768
# Random numbers that no plugin seeds: two runs beside each other draw different ones.
_chance = random.SystemRandom()


def part() -> int:
    """Number of this process among those of a test run, from 0; pytest-xdist calls them gw0, gw1, ..."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PARTS


_SIZE = (_ABOVE - _LOWEST) // PARTS
_turn = itertools.count(_chance.randrange(_SIZE))


def free_port(address: str = "127.0.0.1") -> int:
    """A port of that address that is free for TCP and UDP, and that was not given before for a long time."""
    for _ in range(_SIZE):
        port = _LOWEST + part() * _SIZE + next(_turn) % _SIZE
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((address, port))
                udp.bind((address, port))
            except OSError:
                continue
        return port
    raise OSError(f"no free port at {address}")


def own_network() -> str:
    """The first three numbers of a network within 127.0.0.0/8, for standard port numbers."""
    size = 248 // PARTS
    return f"127.{2 + part() * size + _chance.randrange(size)}.{_chance.randint(1, 250)}"


def own_address() -> str:
    """An address of such a network."""
    return f"{own_network()}.{_chance.randint(2, 250)}"
