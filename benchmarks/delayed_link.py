"""A network link with delay: two TUN devices and a process that holds each packet for a while.

Many kernels in containers have no netem. As a program (`python -m benchmarks.delayed_link SECONDS`) it
makes the devices, prints `ready`, and carries packets until its standard input ends.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_MTU = 1500


@dataclass(frozen=True, slots=True)
class Link:
    """Both ends.

    Attributes:
        here: Our address; servers listen on it.
        namespace: Where the far end is; run clients in it.
        round_trip_ms: There and back.
    """

    here: str
    namespace: str
    round_trip_ms: float

    def command(self, words: list[str]) -> list[str]:
        """The command line that runs words at the far end."""
        return ["ip", "netns", "exec", self.namespace, *words]


@contextmanager
def delayed_link(one_way_s: float) -> Iterator[Link]:
    """A link to a network namespace of its own; needs root."""
    number = os.getpid() % 200 + 20
    namespace, near, far = f"mailport{number}", f"mpa{number}", f"mpb{number}"
    here, there = f"10.213.{number}.1", f"10.213.{number}.2"
    carrier = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.delayed_link", str(one_way_s), near, far],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert carrier.stdout is not None
        assert carrier.stdout.readline().strip() == "ready", "no TUN devices here"
        _run(f"ip netns add {namespace}")
        _run(f"ip link set {far} netns {namespace}")
        _run(f"ip addr add {here} peer {there} dev {near}")
        _run(f"ip link set {near} up")
        _run(f"ip -n {namespace} link set lo up")
        _run(f"ip -n {namespace} addr add {there} peer {here} dev {far}")
        _run(f"ip -n {namespace} link set {far} up")
        yield Link(here, namespace, one_way_s * 2000)
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=False, stderr=subprocess.DEVNULL)
        assert carrier.stdin is not None
        carrier.stdin.close()
        carrier.wait(5)


def _run(command: str) -> None:
    subprocess.run(command.split(), check=True)


def _open_device(name: str) -> int:
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH14x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def carry(one_way_s: float, near: str, far: str) -> None:
    """Carry packets between the two devices, each held for a while, in order."""
    ends = {_open_device(near): 0, _open_device(far): 0}
    first, second = ends
    other = {first: second, second: first}
    print("ready", flush=True)
    held: list[tuple[float, int, int, bytes]] = []
    count = 0
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else None
        readable, _, _ = select.select([first, second, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            return
        now = time.monotonic()
        for device in readable:
            try:
                packet = os.read(device, _MTU)
            except (BlockingIOError, OSError):
                continue
            count += 1
            heapq.heappush(held, (now + one_way_s, count, other[device], packet))
        while held and held[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(held)
            try:
                os.write(device, packet)
            except OSError:
                continue  # the far end has gone


if __name__ == "__main__":
    carry(float(sys.argv[1]), sys.argv[2], sys.argv[3])
