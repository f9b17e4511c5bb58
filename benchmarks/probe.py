"""Probes of a real Postfix at no delay, beside peers: the time of one, and CPU a probe with 64 at once."""

from __future__ import annotations

import asyncio
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import certifi

from adapters.net.dialer import TcpDialer
from adapters.net.trust import PinnedTrust
from benchmarks.measure import process_cpu_s, row, wall_ms
from bot.model.outcome import Endpoint
from bot.model.services import service_for
from bot.ports import Network
from bot.probes.run import INTERACTIVE, probe_endpoint, wait_for_goodbyes
from bot.settings import read_settings
from tests.support.loopback import own_address
from tests.support.servers import Sandbox

AT_ONCE = 64
ROUNDS = 6
EXPORTER_PORT = 19115


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def main() -> None:
    """Print the rows."""
    with Sandbox() as sandbox:
        address = own_address()
        sandbox.postfix(
            sandbox.authority.issue(address),
            address=address,
            ports="standard",
            services=("smtp", "submissions"),
        )
        one = asyncio.run(_ours_alone(address, str(sandbox.ca_file)))
        _peers_alone(address, one)
        ours = {port: asyncio.run(_ours_together(address, str(sandbox.ca_file), port)) for port in (25, 465)}
        _openssl_together(address, ours[465])
        _exporter_together(address, str(sandbox.ca_file), ours[25])


def make_network(ca_file: str) -> Network:
    settings = read_settings({"MAILPORT_ALLOWED_NETWORKS": ("127.0.0.0/8,10.213.0.0/16", "benchmark")})
    return Network(
        dialer=TcpDialer(settings),
        resolver=None,  # type: ignore[arg-type]  # nothing is resolved here
        fetcher=None,  # type: ignore[arg-type]  # nothing is fetched here
        trust=PinnedTrust(ca_file),
    )


async def probe_once(address: str, port: int, network: Network) -> float:
    endpoint = Endpoint(host=address, address=address, family=4, service=service_for(port))
    outcome = await probe_endpoint(endpoint, network, _Clock(), INTERACTIVE, "bench.example")
    assert outcome.tls in ("starttls", "implicit"), outcome
    return outcome.total_ms


async def _ours_alone(address: str, ca_file: str) -> float:
    network = make_network(ca_file)
    for _ in range(3):
        await probe_once(address, 25, network)
    taken = []
    for _ in range(20):
        taken.append(await probe_once(address, 25, network))
        await wait_for_goodbyes()
    median = statistics.median(taken)
    row("one warm probe, Postfix 25 STARTTLS", f"{median:.1f} ms", "goal 15 ms")
    return median


def _peers_alone(address: str, ours: float) -> None:
    commands = {
        "openssl s_client -starttls smtp": f"openssl s_client -starttls smtp -connect {address}:25",
        "check_smtp -S": f"/usr/lib/nagios/plugins/check_smtp -H {address} -S",
    }
    for name, command in commands.items():
        words = command.split()
        if shutil.which(words[0]) is None:
            row(name, "not here")
            continue
        taken = wall_ms(words)
        row(f"{name}, whole process", f"{taken:.1f} ms", f"ours is {ours / taken:.2f} x")


async def _ours_together(address: str, ca_file: str, port: int) -> float:
    network = make_network(ca_file)
    await probe_once(address, port, network)
    await wait_for_goodbyes()
    loads = _count_bundle_loads()
    before = time.process_time()
    for _ in range(ROUNDS):
        await asyncio.gather(*(probe_once(address, port, network) for _ in range(AT_ONCE)))
        await wait_for_goodbyes()
    each = (time.process_time() - before) / (ROUNDS * AT_ONCE) * 1000
    row(f"CPU a probe, port {port}, {AT_ONCE} at once", f"{each:.2f} ms")
    row(f"bundle loads in those {ROUNDS * AT_ONCE} probes", str(loads()), "goal 0")
    return each


def _count_bundle_loads():
    """Counts what reads anchors: certificates loaded into a context, and PEM bundles parsed."""
    import ssl

    from cryptography import x509

    count = 0
    load, parse = ssl.SSLContext.load_verify_locations, x509.load_pem_x509_certificates

    def counted(original):
        def call(*arguments, **options):
            nonlocal count
            count += 1
            return original(*arguments, **options)

        return call

    ssl.SSLContext.load_verify_locations = counted(load)
    x509.load_pem_x509_certificates = counted(parse)

    def result() -> int:
        ssl.SSLContext.load_verify_locations, x509.load_pem_x509_certificates = load, parse
        return count

    return result


def _openssl_together(address: str, ours: float) -> None:
    """`openssl s_time`: handshakes one after the other, in C: the floor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["openssl", "s_time", "-connect", f"{address}:465", "-new", "-time", "3"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = re.search(r"(\d+) connections in \d+ real seconds", done.stdout)
    if found is None:
        row("openssl s_time", "could not tell")
        return
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    each = cpu / int(found[1]) * 1000
    row("openssl s_time on 465, CPU a handshake", f"{each:.2f} ms", f"ours is {ours / each:.2f} x (goal 2.0)")


def _exporter_together(address: str, ca_file: str, ours: float) -> None:
    program = shutil.which("prometheus-blackbox-exporter")
    if program is None:
        row("prometheus-blackbox-exporter", "not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, bundle, goal in (
            ("one certificate as CA", ca_file, 1.3),
            ("a real bundle", certifi.where(), 0.4),
        ):
            both = Path(folder, "ca.pem")
            both.write_text(Path(bundle).read_text() + Path(ca_file).read_text())
            with _exporter(
                program, Path(folder, "config.yml"), both if bundle != ca_file else Path(ca_file)
            ) as pid:
                each = _asked(pid, address)
            row(
                f"blackbox_exporter, {name}, CPU a probe", f"{each:.2f} ms",
                f"ours is {ours / each:.2f} x (goal {goal})",
            )  # fmt: skip


_MODULE = """
modules:
  smtp:
    prober: tcp
    timeout: 10s
    tcp:
      tls_config: {{ca_file: "{ca}", server_name: "{name}"}}
      query_response:
        - expect: "^220 "
        - send: "EHLO bench.example"
        - expect: "^250-STARTTLS"
        - send: "STARTTLS"
        - expect: "^220"
        - starttls: true
        - send: "EHLO bench.example"
        - expect: "^250"
        - send: "QUIT"
"""


@contextmanager
def _exporter(program: str, config: Path, ca_file: Path):
    config.write_text(_MODULE.format(ca=ca_file, name=""))
    running = subprocess.Popen(
        [
            program,
            f"--config.file={config}",
            f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(0.7)
        yield running.pid
    finally:
        running.terminate()
        running.wait(5)


def _asked(pid: int, address: str) -> float:
    url = f"http://127.0.0.1:{EXPORTER_PORT}/probe?module=smtp&target={address}:25"

    def ask(_: int) -> bool:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return b"probe_success 1" in answer.read()

    assert ask(0), "the exporter's probe fails"
    before = process_cpu_s(pid)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        good = sum(pool.map(ask, range(ROUNDS * AT_ONCE)))
    return (process_cpu_s(pid) - before) / good * 1000


if __name__ == "__main__":
    main()
