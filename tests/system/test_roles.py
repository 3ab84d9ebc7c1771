# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens when a process dies: forwarding stops, the role comes back, nothing is lost or doubled."""
import collections
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import APACHE, alive, as_root_in_guest, kill9, processes, wait_for


class Pings:
    """Twenty echo requests a second to a honeypot; when the answers came."""

    def __init__(self, skep, seconds):
        self.process = skep.start("lab", "exec", "--", "ping", "-D", "-n", "-i", "0.05", "-w", str(seconds), APACHE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def times(self):
        out, _ = self.process.communicate(timeout=60)
        return [float(t) for t in re.findall(r"^\[(\d+\.\d+)\] \d+ bytes from", out, re.M)]


def check_numbers(skep):
    """seq has no gap and no double, and neither has any source's own numbering."""
    events = skep.events()
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    seen = collections.defaultdict(list)
    for e in events:
        c = e.get("capture", {})
        if c.get("seq") and c["source"] != "nids":	# its numbers are places in files
            seen[(c["source"], c["epoch"], e.get("honeypot") if c["source"] == "guest" else None)].append(c["seq"])
    assert seen
    for source, numbers in seen.items():
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), source
    # a sender that was cut by its rate limit has another test
    assert not [e for e in events if e["event_type"] == "lost" and "rate" not in e["reason"]]
    return len(events)


@pytest.mark.parametrize("role", ["capture", "recorder"])
def test_a_death_closes_the_gate_for_a_moment(skep, role):
    pid = skep.pid(role)
    before = len(skep.events())
    pings = Pings(skep, 9)
    time.sleep(2)
    # work for every source while it dies
    busy = skep.start("lab", "exec", "--", "sh", "-c",
                      f"for i in 1 2 3 4 5 6 7 8 9 10 11 12; do curl -s --max-time 2 http://{APACHE}/ >/dev/null; done")
    killed = time.time()
    kill9(pid)
    times = pings.times()
    busy.wait(timeout=60)

    assert any(t < killed for t in times)
    stopped = [t for t in times if killed + 0.02 < t]
    # later ones there may be: a busy machine's
    assert [a for a, b in zip(times, times[1:]) if b - a > 0.15 and b > killed and a < killed + 2], \
        "forwarding did not stop within 2 s"
    assert stopped and times[-1] > killed + 4, "forwarding did not resume"
    new = wait_for(lambda: next((r["pid"] for r in skep.status()["roles"]
                                 if r["name"] == role and r["state"] == "running"), None), 10)
    assert new != pid
    assert len(skep.events()) > before
    check_numbers(skep)


@pytest.mark.parametrize("role", ["capture", "recorder"])
def test_forwarding_stays_closed_while_it_is_gone(skep, role):
    """The master is stopped, so nobody starts the role again: not one packet passes."""
    master = skep.status()["pid"]
    pid = skep.pid(role)
    pings = Pings(skep, 8)
    time.sleep(1.5)
    os.kill(master, signal.SIGSTOP)
    try:
        killed = time.time()
        kill9(pid)
        time.sleep(4)
        resumed = time.time()
    finally:
        os.kill(master, signal.SIGCONT)
    times = pings.times()
    assert any(t < killed for t in times)
    assert not [t for t in times if killed + 2 < t < resumed]
    assert [t for t in times if t > resumed]
    check_numbers(skep)


def test_many_deaths_lose_nothing(skep):
    for _ in range(3):
        for role in ("capture", "recorder"):
            load = skep.start("lab", "exec", "--", "sh", "-c",
                              f"for i in 1 2 3; do curl -s --max-time 3 http://{APACHE}/ >/dev/null; done")
            skep.kill_roles(role)
            load.wait(timeout=60)
    time.sleep(1)
    check_numbers(skep)


def test_master_dies_and_everything_with_it(spare):
    spare.up()
    status = spare.status()
    pids = [r["pid"] for r in status["roles"]]
    guests = [pid for pid, line in processes() if line.startswith("linux ") and uid_of(pid) in honeypot_uids()
              and descends_from(pid, pids)]
    assert len(guests) >= 4
    kill9(status["pid"])
    wait_for(lambda: not any(alive(p) for p in pids + guests), 5)
    assert spare.run("status", check=False).returncode == 1
    # and the next start works as if nothing had been
    spare.up()
    assert all(h["state"] == "up" for h in spare.status()["honeypots"])
    spare.down()


def uid_of(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1


FIRST_UID = 2002000000  # of roles, services and honeypots


def honeypot_uids():
    return range(2002001000, 2002001064)


def descends_from(pid, ancestors):
    while pid > 1:
        if pid in ancestors:
            return True
        try:
            with open(f"/proc/{pid}/stat") as f:
                pid = int(f.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def test_a_honeypot_that_reboots_comes_back(skep):
    before = len(skep.events("--kind", "boot", "--honeypot", "Apache"))
    as_root_in_guest(skep, APACHE, "systemctl reboot")

    def back():
        """another boot in the record, and all honeypots up"""
        return len(skep.events("--kind", "boot", "--honeypot", "Apache")) > before and \
            all(h["state"] == "up" for h in skep.status()["honeypots"])
    wait_for(back, 120, 1)
    assert skep.events("--kind", "halt", "--honeypot", "Apache")[-1]["code"] == 1, "not a restart"
    assert not [s for s in skep.json("sessions", "--open") if s["honeypot"] == "Apache"]
    assert as_root_in_guest(skep, APACHE, "hostname").count("www") >= 1, "it forgot its name"
    check_numbers(skep)


def kernels(skep, uid):
    """The processes of this honeynet's honeypot of that user; one in another honeynet has it, too."""
    master = skep.status()["pid"]
    return [pid for pid, line in processes()
            if line.startswith("linux ") and uid_of(pid) == uid and descends_from(pid, [master])]


def test_each_role_has_what_the_table_says(skep):
    uids, caps = {}, {}
    for role in skep.status()["roles"]:
        with open(f"/proc/{role['pid']}/status") as f:
            text = f.read()
        uids[role["name"]] = int(re.search(r"^Uid:\s+(\d+)", text, re.M).group(1))
        caps[role["name"]] = int(re.search(r"^CapEff:\s+(\w+)", text, re.M).group(1), 16)
        bound = int(re.search(r"^CapBnd:\s+(\w+)", text, re.M).group(1), 16)
        assert not bound & ~caps[role["name"]], "what it executes gets no more"
        assert re.search(r"^NoNewPrivs:\s+1", text, re.M)
        root = set(os.listdir(f"/proc/{role['pid']}/root/"))
        if role["name"] in ("guests", "capture", "brake"):
            assert not root
        elif role["name"] == "packets":
            assert all(re.fullmatch(r"[0-9T_-]+\.(pcap|index)", name) for name in root)
        elif role["name"] == "recorder":
            assert root <= {"journal", "samples", "escapes", "pcap", "index.db", "index.db-wal", "index.db-shm"}
    assert {name for name, uid in uids.items() if uid == 0} == {"priv", "services"}
    assert len(set(uids.values())) == len(uids) - 1
    assert {name for name, held in caps.items() if held} == {"priv", "services", "guard", "brake"}
    assert caps["brake"] == 1 << 12, "CAP_NET_ADMIN"


def test_a_honeypot_process_is_jailed(skep):
    roles = [r["pid"] for r in skep.status()["roles"]]
    guests = [p for p, line in processes() if line.startswith("linux ") and descends_from(p, roles)]
    firsts = [p for p in guests if uid_of(p) in honeypot_uids()]
    assert len({uid_of(p) for p in firsts}) == 4
    for pid in firsts:
        with open(f"/proc/{pid}/status") as f:
            text = f.read()
        assert re.search(r"^CapEff:\s+0+$", text, re.M) and re.search(r"^NoNewPrivs:\s+1", text, re.M)
        with open(f"/proc/{pid}/net/dev") as f:
            assert [line.split(":")[0].strip() for line in f.readlines()[2:]] == ["lo"]
        for ns in ("mnt", "pid", "net", "ipc", "uts", "cgroup"):
            assert os.readlink(f"/proc/{pid}/ns/{ns}") != os.readlink(f"/proc/self/ns/{ns}")


def is_of(skep, pid):
    """It has a user of skep's, or was started with this state folder: who else makes namespaces here is a stranger."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            return uid_of(pid) >= FIRST_UID or f"SKEP_STATE={skep.state}".encode() in f.read().split(b"\0")
    except OSError:
        return uid_of(pid) >= FIRST_UID


def namespaces(skep):
    found = set()
    for pid in (pid for pid, _ in processes() if is_of(skep, pid)):
        for kind in ("net", "mnt", "pid"):
            try:
                found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
            except OSError:
                continue
    return found


@pytest.mark.alone
def test_down_leaves_nothing(spare):
    rules = subprocess.run(["nft", "list", "ruleset"], stdout=subprocess.PIPE, text=True).stdout
    with open("/proc/self/mountinfo") as f:
        mounts = f.read()
    links = sorted(os.listdir("/sys/class/net"))
    before = namespaces(spare)
    spare.up()
    pids = [r["pid"] for r in spare.status()["roles"]] + [spare.status()["pid"]]
    assert len(namespaces(spare) - before) > 2 * len(spare.status()["honeypots"])
    spare.down()
    assert not any(alive(p) for p in pids)
    # Namespaces end a moment after their last process.
    wait_for(lambda: not (namespaces(spare) - before), 5)
    assert not [line for _, line in processes() if spare.state in line and "pytest" not in line]
    assert subprocess.run(["nft", "list", "ruleset"], stdout=subprocess.PIPE, text=True).stdout == rules
    with open("/proc/self/mountinfo") as f:
        assert f.read() == mounts
    assert sorted(os.listdir("/sys/class/net")) == links
    assert not os.path.exists("/run/netns") or not [n for n in os.listdir("/run/netns") if "skep" in n]
