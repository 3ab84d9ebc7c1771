# SPDX-License-Identifier: GPL-2.0-or-later
"""The real Suricata on a bridge, as skep runs it: a user without a name that may read packets and nothing else.

Two network namespaces of our own; the far one throws packets at the bridge that fire one rule each.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKEP = os.environ.get("SKEP", os.path.join(ROOT, "build", "skep"))
UID = 2002000100
GATEWAY, FAR = f"skep-rules-{os.getpid()}-g", f"skep-rules-{os.getpid()}-f"
PROBE = 9100006		# 300 times "C" to a UDP port; it has no threshold
OWN = 1000001

pytestmark = [
    pytest.mark.skipif(not shutil.which("suricata"), reason="no suricata: tools/suricata installs it"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]

# Source ports count up, so that each packet's alert is known again.
SENDER = """
import socket, struct, sys, time
first, n, per_s, size, to = (int(a) for a in sys.argv[1:6])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
began = time.monotonic()
for i in range(n):
    s.sendto(struct.pack(">HHHH", first + i, to, 8 + size, 0) + b"C" * size, ("10.10.10.80", to))
    time.sleep(max(0, began + i / per_s - time.monotonic()))
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Nids:
    def __init__(self, folder):
        self.state = folder
        self.log, self.run = folder + "/nids/log", folder + "/nids/run"
        self.rules = folder + "/nids/rules"
        self.mine = folder + "/mine.rules"
        self.honeynet = folder + "/honeynet.yaml"
        self.files = 0
        self.process = None
        self.next_port = 1024

    def skep(self, *words):
        return subprocess.run([SKEP, *words], env=dict(os.environ, SKEP_STATE=self.state, SKEP_DATA=ROOT), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def prepare(self):
        for path in (self.log, self.run, self.rules):
            os.makedirs(path)
        for path in (self.log, self.run):
            os.chown(path, UID, UID)
            os.chmod(path, 0o700)
        shutil.copytree(os.path.join(ROOT, "etc", "rules"), self.rules, dirs_exist_ok=True)
        with open(os.path.join(ROOT, "etc", "honeynet.yaml")) as f:
            text = f.read()
        with open(self.honeynet, "w") as f:
            f.write(re.sub(r"^nids:\n", f"nids:\n  rules: [{self.mine}]\n", text, flags=re.M))
        with open(self.state + "/nids/suricata.yaml", "w") as f:
            f.write(self.skep("rules", "config").stdout.replace(os.path.join(ROOT, "etc", "rules"), self.rules))

    def start(self):
        caps = "-all,+net_raw"
        with open(self.state + "/said", "w") as said:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", GATEWAY, "setpriv", "--reuid", str(UID), "--regid", str(UID), "--clear-groups",
                 "--inh-caps", caps, "--ambient-caps", caps, "--bounding-set", caps, "--no-new-privs",
                 "suricata", "-c", self.state + "/nids/suricata.yaml", "--af-packet"],
                stdout=said, stderr=said)
        self.wait_for(lambda: "Engine started" in self.said(), 20)

    def said(self):
        with open(self.state + "/said") as f:
            return f.read()

    def wait_for(self, what, seconds):
        until = time.monotonic() + seconds
        while not what():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, "in vain: " + self.said()
            time.sleep(0.02)

    def send(self, n, per_s, size=300, to=40125):
        """Begins to send; the source ports."""
        ports = range(self.next_port, self.next_port + n)
        self.next_port += n
        p = subprocess.Popen(["ip", "netns", "exec", FAR, "python3", "-c", SENDER, str(ports[0]), str(n), str(per_s),
                              str(size), str(to)])
        return p, ports

    def eve(self):
        return self.log + "/eve.json"

    def rotate(self):
        self.files += 1
        os.rename(self.eve(), f"{self.log}/eve.{self.files}.json")
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: os.path.exists(self.eve()), 35)

    def alerts(self, sid):
        """Source ports of this rule's alerts, in order, over all files; every line has to be whole."""
        found = []
        for name in [f"{self.log}/eve.{i + 1}.json" for i in range(self.files)] + [self.eve()]:
            with open(name) as f:
                for line in f:
                    e = json.loads(line)
                    if e["event_type"] == "alert" and e["alert"]["signature_id"] == sid:
                        found.append(e["src_port"])
        return found


@pytest.fixture(scope="module")
def nids():
    folder = tempfile.mkdtemp(prefix="skep-nids-")
    os.chmod(folder, 0o755)		# Suricata's user has to come through
    n = Nids(folder)
    try:
        for name in (GATEWAY, FAR):
            ip("netns", "add", name)
        ip("-n", GATEWAY, "link", "add", "br0", "type", "bridge")
        ip("-n", GATEWAY, "link", "add", "port", "type", "veth", "peer", "name", "far", "netns", FAR)
        ip("-n", GATEWAY, "link", "set", "port", "master", "br0", "up")
        ip("-n", GATEWAY, "link", "set", "br0", "up")
        ip("-n", FAR, "link", "set", "far", "up")
        ip("-n", FAR, "addr", "add", "203.0.113.9/24", "dev", "far")
        ip("-n", FAR, "route", "add", "10.10.10.0/24", "dev", "far")
        ip("-n", FAR, "neigh", "add", "10.10.10.80", "lladdr", "52:54:00:0a:0a:50", "dev", "far")
        n.prepare()
        n.start()
        yield n
    finally:
        if n.process and n.process.poll() is None:
            n.process.kill()
            n.process.wait()
        for name in (GATEWAY, FAR):
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        shutil.rmtree(folder)


def test_it_may_read_packets_and_nothing_else(nids):
    with open(f"/proc/{nids.process.pid}/status") as f:
        status = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
    assert set(status["Uid"].split()) == {str(UID)} and status["Groups"].strip() == ""
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 1 << 13	# CAP_NET_RAW
    assert int(status["VmRSS"].split()[0]) < 100 * 1024
    assert "E:" not in nids.said()


def test_rotation_loses_doubles_and_tears_nothing(nids):
    sender, ports = nids.send(6000, 3000)
    while sender.poll() is None:
        time.sleep(0.3)
        if sender.poll() is None:
            nids.rotate()
    assert nids.files >= 3
    nids.wait_for(lambda: len(nids.alerts(PROBE)) >= len(ports), 5)
    assert nids.alerts(PROBE) == list(ports)


def test_it_may_be_kept_from_running_for_seconds(nids):
    before = nids.alerts(PROBE)
    nids.process.send_signal(signal.SIGSTOP)
    sender, ports = nids.send(4000, 2000)
    sender.wait()
    time.sleep(1)
    nids.process.send_signal(signal.SIGCONT)
    nids.wait_for(lambda: len(nids.alerts(PROBE)) >= len(before) + len(ports), 5)
    assert nids.alerts(PROBE) == [*before, *ports]


def test_reload_takes_users_rules_and_refuses_broken_ones(nids):
    with open(nids.mine, "w") as f:
        f.write(f'alert udp any any -> any 7777 (msg:"mine"; dsize:20; sid:{OWN}; rev:1;)\n')
    r = nids.skep("rules", "reload", nids.honeynet)
    assert r.returncode == 0, r.stderr
    _, ports = nids.send(3, 100, size=20, to=7777)
    nids.wait_for(lambda: nids.alerts(OWN) == list(ports), 5)

    with open(nids.mine, "a") as f:
        f.write('alert udp any any -> any any (msg:"broken"; dsiez:20; sid:1000002; rev:1;)\n')
    r = nids.skep("rules", "reload", nids.honeynet)
    assert r.returncode == 2 and f"{nids.mine}:2: unknown rule keyword 'dsiez'" in r.stderr
    _, more = nids.send(3, 100, size=20, to=7777)
    nids.wait_for(lambda: nids.alerts(OWN) == [*ports, *more], 5)
    assert nids.process.poll() is None


def test_a_broken_rule_does_not_keep_it_from_starting(nids):
    nids.process.terminate()
    assert nids.process.wait(20) == 0
    shutil.copy(nids.mine, nids.rules + "/user.0.rules")
    nids.files += 1
    os.rename(nids.eve(), f"{nids.log}/eve.{nids.files}.json")
    nids.start()
    assert "dsiez" in nids.said()
    before = nids.alerts(OWN)
    _, ports = nids.send(3, 100, size=20, to=7777)
    nids.wait_for(lambda: nids.alerts(OWN) == [*before, *ports], 5)
