# SPDX-License-Identifier: GPL-2.0-or-later
"""Scanners that are kept out by themselves: for how long, with what they have open, and who lets them in again."""
import datetime
import os
import subprocess

import pytest

from conftest import APACHE, ONE_HONEYPOT, as_root_in_guest, fresh, wait_for

BLOCK_S = 20
HONEYNET = ONE_HONEYPOT + f"scan: {{ probes: 15, window: 3s, block: {BLOCK_S}s }}\n"

KNOCK = """
import socket, sys
source, address, how, *ports = sys.argv[1:]
while ports:
    for port in map(int, ports):
        with socket.socket() as s:
            s.settimeout(0.2)
            s.bind((source, 0))
            s.connect_ex((address, port))
    if how == "once":
        break
"""

# A connection to sshd that stays open: for each line it is told it says what came in.
VISIT = r"""
import socket, sys
s = socket.create_connection((sys.argv[2], 22), 10, (sys.argv[1], 0))
s.settimeout(1)
for line in sys.stdin:
    if line == "greet\n":
        s.sendall(b"SSH-2.0-visit\r\n")
    try:
        print("answer" if s.recv(4096) else "closed", flush=True)
    except socket.timeout:
        print("silence", flush=True)
"""


class Source:
    """One of the internet's addresses: the lab has all of 203.0.113.0/24."""

    def __init__(self, skep, address):
        self.skep, self.address = skep, address

    def knocks(self, how, *ports):
        return ("lab", "exec", "--", "/usr/bin/python3", "-c", KNOCK, self.address, APACHE, how, *map(str, ports))

    def scan(self):
        self.skep.run(*self.knocks("once", *range(1000, 1030)))

    def scan_on_and_on(self):
        return self.skep.start(*self.knocks("for ever", *range(1000, 1030)))

    def reaches(self):
        return self.skep.lab("nc", "-z", "-w", "1", "-s", self.address, APACHE, "80", check=False).returncode == 0

    def events(self, kind, where="src_ip"):
        return [e for e in self.skep.events("--kind", kind) if e.get(where) == self.address]

    def blocks(self):
        return [e for e in self.events("finding") if e["finding"]["name"] == "block"]

    def refused(self, where="src_ip"):
        return [e for e in self.events("verdict", where) if e["verdict"] == {"action": "drop", "reason": "blocked"}]

    def blocked_until(self):
        return next(s["blocked_until"] for s in self.skep.json("scanners") if s["src_ip"] == self.address)

    def scan_has_ended(self):
        scans = [e for e in self.events("finding") if e["finding"]["name"] == "scan"]
        return scans[-1]["finding"]["state"] == "ended"


class Visit:
    def __init__(self, source):
        self.process = source.skep.start("lab", "exec", "--", "/usr/bin/python3", "-c", VISIT, source.address, APACHE,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def net():
    with fresh("-block") as skep:
        path = os.path.join(skep.state, "honeynet.yaml")
        with open(path, "w") as f:
            f.write(HONEYNET)
        skep.up(path)
        yield skep


@pytest.fixture(scope="module")
def brief(net):
    """One who scans and then leaves."""
    source = Source(net, "203.0.113.71")
    source.scan()
    wait_for(source.blocks, 10)
    assert not source.reaches()
    return source


@pytest.fixture(scope="module")
def stubborn(net):
    """One who never stops."""
    source = Source(net, "203.0.113.72")
    process = source.scan_on_and_on()
    yield source
    process.terminate()
    process.wait(timeout=20)


def test_a_scanner_is_out_with_what_he_has_open_until_he_is_let_in(net, brief, stubborn):
    scanner, other = Source(net, "203.0.113.70"), Source(net, "203.0.113.79")
    visit = Visit(scanner)
    try:
        wait_for(lambda: visit("wait") == "answer", 20)         # sshd's greeting
        scanner.scan()
        wait_for(scanner.blocks, 10)
        assert visit("greet") == "silence" and not scanner.reaches()
        assert scanner.refused() and scanner.blocked_until() and other.reaches()
        net.run("unblock", scanner.address)
        # both ends still have what was cut, and send again
        wait_for(lambda: visit("wait") == "answer", 120)
        assert scanner.reaches() and scanner.blocked_until() is None
    finally:
        visit.end()
    assert len(scanner.blocks()) == 1


def test_the_end_of_the_time_lets_him_in(net, brief):
    wait_for(lambda: brief.scan_has_ended() and not brief.blocked_until(), 3 * BLOCK_S, 0.5)
    assert brief.refused()
    wait_for(brief.reaches, 10, 1)
    assert len(brief.blocks()) == 1


def test_who_goes_on_is_kept_out_again(net, stubborn):
    wait_for(lambda: len(stubborn.blocks()) > 1, 3 * BLOCK_S, 0.5)
    at = [datetime.datetime.strptime(e["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z") for e in stubborn.blocks()]
    assert at[1] - at[0] >= datetime.timedelta(seconds=BLOCK_S)
    assert stubborn.refused() and stubborn.blocked_until()


def test_no_honeypot_reaches_who_is_kept_out(net, stubborn):
    as_root_in_guest(net, APACHE, f"wget -q -T 1 -t 2 http://{stubborn.address}/")
    wait_for(lambda: stubborn.refused("dest_ip"), 10)
