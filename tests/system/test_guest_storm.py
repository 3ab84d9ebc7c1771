# SPDX-License-Identifier: GPL-2.0-or-later
"""An intruder who does more than can be written down: nothing is lost that must not be, whoever stops or dies.

Counted from both sides: what the program in the honeypot did, by its own word, and what is in the journal.

A ring of the usual size is soon full, and the storm waits for who writes it down. STORM_RING="1024 MiB" holds all of the
first one: then 200,000 connections a second are really asked for in each of its ten seconds, and nobody waits.
"""
import base64
import collections
import contextlib
import glob
import json
import mmap
import os
import re
import signal
import struct
import subprocess
import time

import pytest

from conftest import APACHE, ROOT, as_root_in_guest, fresh, kill9, wait_for

pytestmark = pytest.mark.alone

HONEYNET = """
name: storm
network: 10.10.10.0/24
firewall: {{name: gate, address: 10.10.10.1}}
honeypots: [{{name: Apache, address: {address}, image: apache, hostname: www}}]
rules: [{{source: any, destination: any, action: accept, log: false}}]
nids: {{enabled: false}}
packets: {{enabled: false}}
guard: {{mode: off}}
capture: {{ring: {ring}, when_full: {when_full}}}
"""

OTHER = 10000


class Ring:
    """The honeypot's capture ring as its kernel and its reader leave it, by the descriptor priv keeps."""

    def __init__(self, skep):
        folder = f"/proc/{skep.pid('priv')}/fd"
        link = next(f"{folder}/{n}" for n in os.listdir(folder) if os.readlink(f"{folder}/{n}").startswith("/memfd:ring"))
        with open(link, "rb") as f:
            self.page = mmap.mmap(f.fileno(), 4096, access=mmap.ACCESS_READ)

    def number(self, offset, form="<Q"):
        return struct.unpack_from(form, self.page, offset)[0]

    head = property(lambda self: self.number(128))
    seq = property(lambda self: self.number(136))
    stalls = property(lambda self: self.number(176))
    stall_s = property(lambda self: self.number(184) / 1e9)
    waiting = property(lambda self: self.number(196, "<I"))
    kept_lost = property(lambda self: self.number(200))
    bulk_lost = property(lambda self: self.number(320))
    tail = property(lambda self: self.number(512))


@contextlib.contextmanager
def one_honeypot(name, **capture):
    """A honeynet of one honeypot, in a state folder of its own, with the program in the honeypot."""
    with fresh("-" + name) as skep:
        path, program = (os.path.join(skep.state, n) for n in ("honeynet.yaml", "storm"))
        with open(path, "w") as f:
            f.write(HONEYNET.format(address=APACHE, **capture))
        subprocess.run(["cc", "-O2", "-s", "-D_GNU_SOURCE", "-o", program, os.path.join(ROOT, "tests/system/storm.c")],
                       check=True)
        skep.up(path)
        with open(program, "rb") as f:
            text = base64.b64encode(f.read()).decode()
        assert "come-" in as_root_in_guest(skep, APACHE, f"echo {text} | base64 -d >/storm; chmod 700 /storm; echo come-")
        skep.ring = Ring(skep)
        skep.port = 1000
        yield skep


@pytest.fixture(scope="module")
def storm():
    """Its ring is as it is by default."""
    with one_honeypot("storm", ring=os.environ.get("STORM_RING", "64 MiB"), when_full="freeze") as skep:
        yield skep


@pytest.fixture(scope="module")
def small():
    """Its ring is full at once."""
    with one_honeypot("small", ring="1 MiB", when_full="freeze") as skep:
        yield skep


@pytest.fixture
def running():
    """It rather runs on."""
    with one_honeypot("running", ring="1 MiB", when_full="run") as skep:
        yield skep


def begin(skep, *commands):
    """Starts commands in the honeypot, and beside them one program after another, each with its own argument."""
    skep.port += 1
    others = f"i=0; while [ -e /going ]; do i=$((i+1)); /bin/true mark-{skep.port}-$i; echo $i >/marks; sleep 0.1; done"
    lines = ["#!/bin/sh", "touch /going", "rm -f /done", f"({others}) &", "marks=$!"]
    lines += [f"({c.format(port=skep.port, other=skep.port + OTHER)}) >>/done &\nc{i}=$!" for i, c in enumerate(commands)]
    lines += ["wait " + " ".join(f"$c{i}" for i in range(len(commands))), "rm /going", "wait $marks", "cat /marks >>/done",
              "echo over >>/done"]
    text = base64.b64encode(("\n".join(lines) + "\n").encode()).decode()
    out = as_root_in_guest(skep, APACHE, f"echo {text} | base64 -d >/go; chmod 700 /go; setsid /go >/dev/null 2>&1 </dev/null & "
                                         "echo begun-")
    assert "begun-" in out


def end(skep):
    """What the commands said of themselves, joined, and how many programs were run beside them."""
    def over():
        """the storm is over"""
        out = as_root_in_guest(skep, APACHE, "cat /done")
        return out if "over" in out else None
    out = wait_for(over, 600, 1)
    wait_for(lambda: skep.ring.head == skep.ring.tail, 600, 0.5)
    as_root_in_guest(skep, APACHE, "true")      # what was lost is told with the next record
    wait_for(lambda: skep.ring.head == skep.ring.tail, 60, 0.5)
    said = {}
    for line in re.findall(r"{.*}", out):
        said.update(json.loads(line))
    return said, int(re.search(r"^(\d+)\r?$", out, re.M).group(1))


class Journal:
    """What the journal has of the honeypot: each number without a gap, and what the storm's program did to this test's ports."""
    KIND = re.compile(rb'"event_type":"(\w+)","seq":(\d+),')
    FLOW = re.compile(rb'"dest_ip":"127\.(\d+)\.(\d+)\.(\d+)","dest_port":(\d+)')
    MARK = re.compile(rb'"mark-(\d+)-(\d+)"')
    GUEST = re.compile(rb'"capture":{"source":"guest","epoch":\d+,"seq":(\d+)}')

    def __init__(self, skep):
        self.marks, self.kinds, self.lost = collections.Counter(), collections.Counter(), []
        self.flows = {kind: collections.Counter() for kind in (b"connect", b"send", b"accept")}
        guest = last = 0
        for path in sorted(glob.glob(os.path.join(skep.state, "evidence/journal/*.ndjson"))):
            with open(path, "rb") as f:
                for line in f:
                    kind, seq = self.KIND.search(line).groups()
                    assert int(seq) == last + 1
                    last += 1
                    m = self.GUEST.search(line)
                    if m:
                        assert int(m.group(1)) == guest + 1, "a record of the honeypot is missing or there twice"
                        guest += 1
                        self.look(skep, kind, line)
        assert guest == skep.ring.seq

    def look(self, skep, kind, line):
        self.kinds[kind.decode()] += 1
        if kind == b"lost":
            self.lost.append(json.loads(line))
        m = self.FLOW.search(line) if kind in self.flows else None
        if m and int(m.group(4)) == skep.port + (0 if kind == b"connect" else OTHER):
            a, b, c, _ = map(int, m.groups())
            self.flows[kind][a << 16 | b << 8 | c] += 1
        m = self.MARK.search(line) if kind == b"exec" else None
        if m and int(m.group(1)) == skep.port:
            self.marks[int(m.group(2))] += 1

    def lost_of(self, name):
        return sum(e["lost"]["count"] for e in self.lost if e["state"] == name)


def each_once(counter, n):
    return set(counter) == set(range(1, n + 1)) and set(counter.values()) <= {1}


def all_of_it(skep, since):
    """Both sides' counts are the same, and of what is kept nothing was lost."""
    said, programs = end(skep)
    j = Journal(skep)
    print(said, {"programs": programs, "stalls": skep.ring.stalls, "stall_s": round(skep.ring.stall_s, 1),
                 "recorded_after_s": round(time.monotonic() - since, 1)}, dict(j.kinds))
    assert each_once(j.flows[b"connect"], said.get("connect", 0))
    assert each_once(j.marks, programs)
    assert skep.ring.kept_lost == 0 and skep.ring.bulk_lost == j.lost_of("bulk")
    assert {(e["state"], e["reason"]) for e in j.lost} <= {("bulk", "its capture ring was full")}
    return said, j


def state_of(skep):
    return skep.status()["honeypots"][0]["state"]


@contextlib.contextmanager
def stopped(skep):
    """Nobody reads."""
    reader = skep.pid("capture")
    os.kill(reader, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(reader, signal.SIGCONT)


def test_more_than_can_be_written_down(storm):
    since = time.monotonic()
    begin(storm, "/storm connect {port} 10 200000")
    all_of_it(storm, since)


def test_bulk_gives_way_and_is_counted(small):
    """Both classes at once: the one is dropped, each of the other is there. Who did it is known."""
    since = time.monotonic()
    begin(small, "/storm send {other} 10 200000", "/storm connect {port} 10 20000")
    said, j = all_of_it(small, since)
    sent = j.flows[b"send"]
    assert set(sent) < set(range(1, said["send"] + 1)) and set(sent.values()) == {1}
    assert 0 < said["send"] - len(sent) <= small.ring.bulk_lost
    assert [e for e in j.lost if e["process"]["name"] == "storm" and e["session"]]


def test_a_reader_that_stops(small):
    """The honeypot stands still, which is not to be dead, and goes on by itself."""
    since = time.monotonic()
    begin(small, "/storm connect {port} 12 200000", "/storm send {other} 12 1000")
    with stopped(small):
        began = time.monotonic()
        wait_for(lambda: state_of(small) == "frozen", 30)
        time.sleep(max(2.0, began + 5 - time.monotonic()))
        seq, lost = small.ring.seq, small.ring.bulk_lost
        time.sleep(1)
        assert small.ring.seq == seq and small.ring.bulk_lost == lost and small.ring.waiting > 1
    wait_for(lambda: state_of(small) == "up", 30)
    all_of_it(small, since)
    assert "frozen" in [e["state"] for e in small.events("--kind", "honeypot")]


def test_a_reader_that_is_killed_again_and_again(storm):
    since, deaths = time.monotonic(), set()
    begin(storm, "/storm connect {port} 20 200000")
    while time.monotonic() - since < 20:
        pid = storm.pid("capture")
        if pid:
            deaths.add(pid)
            kill9(pid)
        time.sleep(0.2)
    print(f"{len(deaths)} deaths")
    assert len(deaths) > 5
    all_of_it(storm, since)


def test_who_cannot_wait_holds_the_whole_guest(small):
    """Connections are accepted where nobody may sleep: what is kept free for that is used up too, and nothing is lost."""
    since, n = time.monotonic(), 1500
    begin(small, f"/storm accept {{other}} {n} 8", "sleep 4; /storm connect {port} 10 200000")
    time.sleep(2)
    with stopped(small):
        wait_for(lambda: small.ring.head - small.ring.tail > (1 << 20) - 512, 60)
        seq = small.ring.seq
        time.sleep(2)
        assert small.ring.seq == seq
    said, j = all_of_it(small, since)
    assert said["accept"] == n == sum(j.flows[b"accept"].values())


def test_who_rather_runs_on_counts_what_is_lost(running):
    begin(running, "/storm connect {port} 16 200000")
    with stopped(running):
        wait_for(lambda: running.ring.kept_lost > 0, 60)
        time.sleep(1)
    said, _ = end(running)
    j = Journal(running)
    asked = j.flows[b"connect"]
    assert set(asked) < set(range(1, said["connect"] + 1)) and set(asked.values()) == {1}
    assert {e["reason"] for e in j.lost} == {"its capture ring was full"}
    assert j.lost_of("kept") == running.ring.kept_lost and j.lost_of("bulk") == running.ring.bulk_lost
    assert said["connect"] - len(asked) <= running.ring.kept_lost
    assert state_of(running) == "up"
