# SPDX-License-Identifier: GPL-2.0-or-later
"""`skep selftest` on the paper's honeynet: contained, to the packet, also while roles die; and it sees a hole."""
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading

import pytest

from conftest import kill9, wait_for

BUDGETS = {"tcp": 20, "udp": 20, "icmp": 50, "other": 10}
KINDS = {"spoofed-source", "spoofed-mac", "arp-poisoning", "ipv6", "ipv6-extensions", "raw-frames", "vlan-tags", "fence",
         "management", "honeypots", "icmp-types", "gre", "sctp", "dns-tunnel", "ntp", "ftp-related", "irc-related", "connections",
         "scan", "syn-flood", "udp-flood", "icmp-flood", "reflector-dns", "fragments", "ip-options"}


class Report:
    """One run: its rows by name, the budgets, and the last line."""

    def __init__(self, skep, *args):
        r = skep.run("selftest", "--json", *args, check=False, timeout=600)
        self.code, self.err = r.returncode, r.stderr
        lines = [json.loads(line) for line in r.stdout.splitlines()]
        assert lines, r.stderr
        self.end = lines.pop()
        self.rows = {r["attempt"]: r for r in lines if "attempt" in r}
        self.budgets = {r["budget"]: r for r in lines if "budget" in r}

    def leaks(self):
        return {n for n, r in (self.rows | self.budgets).items() if r["verdict"] == "LEAK"}


def gone(skep):
    """Nothing of the throw-away honeypot is left."""
    names = [h["name"] for h in skep.status()["honeypots"]]
    left = [os.path.join(f, n) for f in ("disks", "identity", "snapshots") for n in os.listdir(os.path.join(skep.state, f))
            if n.split(".")[0] == "Selftest"]
    return "Selftest" not in names and not left


def test_everything_is_contained_twice(skep):
    addresses = set()
    for _ in range(2):
        t = Report(skep)
        assert t.code == 0 and t.end["contained"] and t.end["exact"] and not t.end["leaks"], (t.rows, t.budgets, t.err)
        assert KINDS <= set(t.rows)
        assert all(r["tried"] > 0 for n, r in t.rows.items() if n != "by-itself")
        assert {n: r["arrived"] for n, r in t.budgets.items() if n in BUDGETS} == BUDGETS
        assert t.rows["connections"]["tried"] == 1000 and t.rows["syn-flood"]["tried"] > 1000
        assert t.rows["honeypots"]["arrived"] > 0, "the counter at the other honeypots' plugs is no blind one"
        assert t.rows["dns-tunnel"]["arrived"] == 0, "who was not named is not asked for names"
        assert gone(skep)
        addresses.add(t.end["address"])
    assert len(addresses) == 2, "the second one has an address that has used nothing"


def test_the_report_is_sealed(skep):
    event = skep.events("--kind", "selftest")[-1]
    report = event["file"]["path"]
    with open(report, "rb") as f:
        assert event["file"]["hash"]["sha256"] == hashlib.sha256(f.read()).hexdigest()
    assert event["selftest"]["result"] == "contained" and event["selftest"]["leaks"] == 0
    assert skep.run("verify", "--key", skep.key).returncode == 0


def destinations(pcap):
    """Of the packets in it, all of them IPv4."""
    with open(pcap, "rb") as f:
        f.read(24)
        while head := f.read(16):
            packet = f.read(struct.unpack("=4I", head)[2])
            assert packet[12:14] == b"\x08\x00"
            yield socket.inet_ntoa(packet[30:34])


HOLE = ("ip", "daddr", "198.18.255.1", "accept")


@contextlib.contextmanager
def hole(skep):
    """In the gateway of this test. Rules are replaced when the throw-away honeypot comes, so it is made again and again."""
    over = threading.Event()

    def dig():
        while not over.wait(0.2):
            if " ".join(HOLE) not in skep.gateway("nft", "list", "chain", "inet", "skep", "forward", check=False).stdout:
                skep.gateway("nft", "insert", "rule", "inet", "skep", "forward", *HOLE, check=False)
    digger = threading.Thread(target=dig)
    digger.start()
    try:
        yield
    finally:
        over.set()
        digger.join()
        listing = skep.gateway("nft", "-a", "list", "chain", "inet", "skep", "forward").stdout
        for handle in re.findall(" ".join(HOLE) + r".*# handle (\d+)", listing):
            skep.gateway("nft", "delete", "rule", "inet", "skep", "forward", "handle", handle)


def test_a_hole_is_found_and_nothing_else(skep):
    with hole(skep):
        t = Report(skep)
    assert t.code == 1 and not t.end["contained"]
    assert t.leaks() == {"fence"} and t.rows["fence"]["arrived"] == t.rows["fence"]["tried"], (t.rows, t.err)
    assert list(destinations(t.end["leaked_packets"])) == ["198.18.255.1"] * t.rows["fence"]["arrived"]
    found = wait_for(lambda: [e for e in skep.events("--kind", "finding") if e["finding"]["name"] == "leak"], 10)
    assert found[-1]["finding"]["severity"] == "critical"
    assert gone(skep)


def test_who_interrupts_it_finds_nothing_left(skep):
    p = skep.start("selftest", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: "Selftest" in [h["name"] for h in skep.status()["honeypots"]], 120)
        p.send_signal(signal.SIGINT)
        p.communicate(timeout=120)
    finally:
        p.kill()
    assert p.returncode == 1 and gone(skep)


@contextlib.contextmanager
def dying(skep, roles):
    """One of them each second, in turn, while this lasts."""
    over = threading.Event()
    killed = []

    def kill():
        while not over.wait(1):
            role = roles[len(killed) % len(roles)]
            pid = next((r["pid"] for r in skep.status()["roles"] if r["name"] == role), 0)
            if pid > 1:
                with contextlib.suppress(ProcessLookupError):
                    kill9(pid)
            killed.append((role, pid))
    t = threading.Thread(target=kill)
    t.start()
    try:
        yield killed
    finally:
        over.set()
        t.join()


@pytest.mark.parametrize("roles", [["capture"], ["recorder"], ["packets", "guard", "index", "services", "alert"]],
                         ids=["capture", "recorder", "others"])
def test_contained_while_roles_die(skep, roles):
    there = {r["name"] for r in skep.status()["roles"]}
    roles = [r for r in roles if r in there]
    p = skep.start("selftest", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: "Selftest" in [h["name"] for h in skep.status()["honeypots"]], 120)
        lines = []
        with dying(skep, roles) as killed:
            for line in p.stdout:
                lines.append(json.loads(line))
                if "contained" in lines[-1]:
                    break
        said = p.communicate(timeout=180)[1]
    finally:
        p.kill()
    assert lines, said
    arrived = {r["budget"]: r["arrived"] for r in lines if "budget" in r}
    odd = [r for r in lines if r.get("verdict") in ("LEAK", "not tried")]
    assert p.returncode == 0 and lines[-1]["contained"] and lines[-1]["leaks"] == 0, f"{odd} {lines[-1]} {said}"
    assert len([pid for _, pid in killed if pid]) > 10, killed
    assert all(arrived[b] <= BUDGETS[b] for b in BUDGETS), arrived
    if "capture" not in roles and "recorder" not in roles:      # their death closes the gate for a moment
        assert lines[-1]["exact"], lines
    wait_for(lambda: gone(skep), 60)
