# SPDX-License-Identifier: GPL-2.0-or-later
"""`skep selftest` on the paper's honeynet: contained, to the packet, also while roles die; and it sees a hole."""
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import ROOT, Skep, conformance, kill9, new_period, processes, wait_for

BUDGETS = {"tcp": 20, "udp": 20, "icmp": 50, "other": 10}
KINDS = {"spoofed-source", "spoofed-mac", "arp-poisoning", "ipv6", "ipv6-extensions", "raw-frames", "vlan-tags", "fence",
         "blacklist", "management", "honeypots", "path", "icmp-types", "gre", "sctp", "dns-tunnel", "ntp", "ftp-related",
         "irc-related", "connections", "scan", "syn-flood", "udp-flood", "icmp-flood", "reflector-dns", "fragments", "ip-options"}


class Report:
    """One run: its rows by name, the budgets, and the last line."""

    def __init__(self, skep, *args, verb="selftest"):
        r = skep.run(verb, "--json", *args, check=False, timeout=600)
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


def arrived(report):
    return {name: report.budgets[name]["arrived"] for name in BUDGETS}


def test_everything_is_contained_over_a_restart_too(skep):
    epoch = skep.status()["epoch"]
    t = Report(skep, "--restart")
    assert t.code == 0 and t.end["contained"] and t.end["exact"] and not t.end["leaks"], (t.rows, t.budgets, t.err)
    assert KINDS <= set(t.rows)
    assert all(r["tried"] > 0 for n, r in t.rows.items() if n != "by-itself")
    assert arrived(t) == BUDGETS, "of both parts together"
    assert t.rows["connections"]["tried"] == 1000 and t.rows["syn-flood"]["tried"] > 1000
    assert t.rows["icmp-echo"]["tried"] == 20 and t.end["between"] == "restart" and skep.status()["epoch"] > epoch
    assert t.rows["honeypots"]["arrived"] > 0, "the counter at the other honeypots' plugs is no blind one"
    assert t.rows["dns-tunnel"]["arrived"] == 0, "who was not named is not asked for names"
    assert gone(skep) and skep.status()["selftest"]["time"] == t.end["time"]
    assert t.end["listened"] and not any(t.end["noticed"].values()), t.end["noticed"]
    row = conformance(skep)["DC-7"]
    assert row["result"] == "pass" and t.end["time"] in row["evidence"] and "refuse: drop" in row["evidence"], row


def test_again_and_who_is_killed_gets_nothing_more(skep):
    before = skep.events("--kind", "selftest")
    t = Report(skep, "--crash")
    try:
        assert t.code == 0 and t.end["exact"] and t.end["between"] == "crash", (t.rows, t.budgets, t.err)
        assert all(0 < t.budgets[b]["arrived"] == t.budgets[b]["allowed"] < BUDGETS[b] for b in BUDGETS), t.budgets
        assert t.rows["connections"]["tried"] == 1000 and t.rows["connections"]["arrived"] == 0
        assert {b["left"] for b in skep.json("budget", "apache") if b["budget"] not in ("destinations", "lateral")} == {0}
        assert gone(skep)
        with open(before[-1]["file"]["path"]) as f:
            first = json.loads(f.read().splitlines()[-1])
        assert t.end["address"] != first["address"], "the second one has an address that has used nothing"
    finally:
        new_period(skep)


def test_the_report_is_sealed_and_signed(skep, tmp_path):
    event = skep.events("--kind", "selftest")[-1]
    report = event["file"]["path"]
    with open(report, "rb") as f:
        text = f.read()
    assert event["file"]["hash"]["sha256"] == hashlib.sha256(text).hexdigest()
    assert event["selftest"]["result"] == "contained" and event["selftest"]["leaks"] == 0
    assert skep.run("verify", "--key", skep.key).returncode == 0
    end = json.loads(text.splitlines()[-1])
    status = skep.status()["selftest"]
    assert status["result"] == "contained" and status["report"] == report and status["words"] == end["words"]
    assert f"last self-test: {end['time']}, contained; {report}" in skep.run("status").stdout
    assert skep.run("selftest", "--verify", report).stdout.startswith(f"ok: {end['time']}, contained: ")
    assert os.stat(os.path.join(skep.state, "selftest", "key")).st_mode & 0o777 == 0o600
    copy = str(tmp_path / "report.json")
    shutil.copy(report, copy)
    assert "no signature" in skep.run("selftest", "--verify", copy, check=False).stdout
    shutil.copy(report + ".sig", copy + ".sig")
    elsewhere = Skep(str(tmp_path))
    assert elsewhere.run("selftest", "--verify", copy, "--key", end["key"]).stdout.startswith("ok: ")
    assert "another key" in elsewhere.run("selftest", "--verify", copy, check=False).stdout
    assert "another key" in skep.run("selftest", "--verify", copy, "--key", "0" * 64, check=False).stdout
    with open(copy, "wb") as f:
        f.write(text.replace(b'"arrived":0', b'"arrived":1', 1))
    r = skep.run("selftest", "--verify", copy, check=False)
    assert r.returncode == 1 and r.stdout == "NOT OK: its signature is that of something else\n"


def pings(pcap):
    """How many packets are in it, all of them pings or the like."""
    n = 0
    with open(pcap, "rb") as f:
        f.read(24)
        while head := f.read(16):
            packet = f.read(struct.unpack("=4I", head)[2])
            assert packet[12:14] == b"\x08\x00" and packet[23] == socket.IPPROTO_ICMP
            n += 1
    return n


@contextlib.contextmanager
def hole(skep):
    """What honeypots have used of their pings is forgotten again and again: nobody sees it but who counts what arrives."""
    p = skep.start("lab", "exec", "--gateway", "--", "sh", "-c", "while sleep 0.1; do nft flush set inet skep budget_icmp; done")
    try:
        yield
    finally:
        p.kill()
        p.wait()


SHIPPED = os.path.join(ROOT, "etc", "honeynet.yaml")


@contextlib.contextmanager
def changed(skep, *changes):
    """The path of the shipped honeynet file with other lines in it; the honeynet has the shipped one again behind this."""
    path = os.path.join(skep.state, "changed.yaml")
    with open(SHIPPED) as f:
        text = f.read()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with open(path, "w") as f:
        f.write(text)
    try:
        yield path
    finally:
        skep.run("reload", SHIPPED)


def test_a_hole_is_found_after_a_change_and_nothing_else(skep, tmp_path):
    with changed(skep, ("after_change: false", "after_change: true"), ("refuse: drop", "refuse: reject")) as path, hole(skep):
        t = Report(skep, path, verb="reload")
        told = conformance(skep)["DC-7"]
    assert t.code == 1 and not t.end["contained"]
    assert "icmp" in t.leaks() <= {"icmp", "icmp-echo", "icmp-types", "icmp-flood"}, (t.rows, t.budgets, t.err)
    leaked = t.end["leaked_packets"]
    beyond = [r["arrived"] - r["allowed"] for r in t.rows.values() if r["verdict"] == "LEAK"]
    assert 0 < pings(leaked) == sum(beyond) and t.end["not_kept"] == 0
    found = wait_for(lambda: [e for e in skep.events("--kind", "finding") if e["finding"]["name"] == "leak"], 10)
    assert found[-1]["finding"]["severity"] == "critical"
    assert gone(skep) and skep.status()["selftest"]["result"] == "leaked"
    assert t.end["noticed"]["resets"] > 0 and t.end["noticed"]["icmp-errors"] > 0 and not t.end["noticed"]["hardware-address"]
    assert told["result"] == "fail" and "refuse: reject" in told["evidence"] and "TCP resets" in told["evidence"], told
    rows = conformance(skep)
    assert rows["DC-5"]["result"] == "fail"
    assert rows["DC-7"]["result"] == "not yet" and "the rules have changed" in rows["DC-7"]["evidence"], rows["DC-7"]
    report = leaked.replace(".pcap", ".json")
    for name in (leaked, report, report + ".sig"):
        shutil.copy(name, tmp_path)
    copy = str(tmp_path / os.path.basename(report))
    assert ", leaked: " in skep.run("selftest", "--verify", copy).stdout
    with open(tmp_path / os.path.basename(leaked), "ab") as f:
        f.write(b"x")
    assert "packets that leaked" in skep.run("selftest", "--verify", copy, check=False).stdout


def nightly_process(skep):
    """Its pid; it is the running skep's child."""
    master = skep.status()["pid"]
    with open(f"/proc/{master}/task/{master}/children") as f:
        children = f.read().split()
    return next((int(pid) for pid, line in processes() if str(pid) in children and line.split()[1:] == ["selftest"]), None)


def test_who_interrupts_the_nightly_one_finds_nothing_left(skep):
    soon = time.gmtime(time.time() + 70)
    with changed(skep, ("nightly: never", time.strftime('nightly: "%H:%M"', soon))) as path:
        skep.run("reload", path)
        before = len(skep.events("--kind", "selftest"))
        wait_for(lambda: "Selftest" in [h["name"] for h in skep.status()["honeypots"]], 240, 0.5)
        os.kill(nightly_process(skep), signal.SIGINT)
        told = wait_for(lambda: skep.events("--kind", "selftest")[before:], 120, 0.5)
        assert gone(skep) and not nightly_process(skep)
    assert [(e["selftest"]["result"], e["selftest"]["user"]) for e in told] == [("unproved", "skep")]
    assert "exit code 1" in told[0]["selftest"]["words"]
    wait_for(lambda: [e for e in skep.events("--kind", "finding") if e["finding"]["name"] == "unproved"], 10)


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


@pytest.mark.parametrize("roles", [["capture", "recorder", "services"], ["packets", "guard", "index", "alert"]],
                         ids=["closing", "others"])
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
    came = {r["budget"]: r["arrived"] for r in lines if "budget" in r}
    odd = [r for r in lines if r.get("verdict") in ("LEAK", "not tried")]
    assert p.returncode == 0 and lines[-1]["contained"] and lines[-1]["leaks"] == 0, f"{odd} {lines[-1]} {said}"
    assert len([pid for _, pid in killed if pid]) > 10, killed
    assert all(came[b] <= BUDGETS[b] for b in BUDGETS), came
    if "capture" not in roles:      # their death closes the gate for a moment, that of services the prevention
        assert lines[-1]["exact"], [r for r in lines if "budget" in r]
    wait_for(lambda: gone(skep), 60)
