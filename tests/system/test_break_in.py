# SPDX-License-Identifier: GPL-2.0-or-later
"""Broken into with real tools; then the story is told."""
import base64
import glob
import hashlib
import os
import re
import shlex

import pytest

from conftest import APACHE, ROOT, as_root_in_guest, wait_for

ATTACKER = "198.51.100.66"


@pytest.fixture(scope="module")
def attack(skep):
    """`lab attack break-in`, and the intruder's session in its record."""
    r = skep.run("lab", "attack", "break-in", timeout=400)

    def found():
        """an ended ssh session with a root shell in it"""
        for s in skep.json("sessions"):
            if s["user"] == "webadmin" and s["end"] and s["commands"] > 10:
                return s
        return None
    return {"said": r.stdout + r.stderr, "session": wait_for(found, 20, 0.5)}


def commands_typed():
    with open(os.path.join(ROOT, "lab", "break-in.commands")) as f:
        return [line.strip() for line in f if line.strip() and not line.startswith("#")]


def session_events(skep, attack, kind=None):
    lines = skep.json("session", str(attack["session"]["id"]))
    return [e for e in lines if kind is None or e["event_type"] == kind]


def test_session_names_the_intruder(attack):
    s = attack["session"]
    assert (s["honeypot"], s["src_ip"], s["user"], s["dest_port"]) == ("Apache", ATTACKER, "webadmin", 22)
    assert s["start"] < s["end"] and s["duration_s"] > 1


def test_every_command_is_there_in_order(skep, attack):
    """Each line typed begins with a program (or a builtin of the shell, which runs nothing)."""
    builtins = {"cd", "exit", "export", "unset", "history"}
    ran = [(e["process"]["args"], e["process"]["user"]["effective"]["id"]) for e in session_events(skep, attack, "exec")]
    at = 0
    for line in commands_typed():
        words = shlex.split(line)
        if words[0] in builtins:
            continue
        for i in range(at, len(ran)):
            args = [a if n else os.path.basename(a) for n, a in enumerate(ran[i][0])]
            # A script is run as its interpreter; the words that were typed are at the end.
            if args[-len(words):] == [os.path.basename(words[0])] + words[1:] or ran[i][0][-len(words):] == words:
                at = i + 1
                break
        else:
            raise AssertionError(f"not there, or out of order: {line}\nafter: {ran[:at][-3:]}\nthen: {ran[at:][:10]}")


def test_the_way_to_root_shows(skep, attack):
    uids = [(e["process"]["args"][0], e["process"]["user"]["effective"]["id"])
            for e in session_events(skep, attack, "exec")]
    sudo = next(i for i, (name, _) in enumerate(uids) if name == "sudo")
    assert any(int(uid) >= 1000 for _, uid in uids[:sudo])
    assert any(int(uid) == 0 and "bash" in name for name, uid in uids[sudo:])


def test_replay_shows_the_screen(skep, attack):
    shown = skep.run("replay", str(attack["session"]["id"]), "--no-wait").stdout
    assert "uid=0(root)" in shown and "kit.tgz" in shown and "webadmin" in shown


def test_what_was_typed_is_there(skep, attack):
    typed = b"".join(base64.b64decode(e["tty"]["bytes"]) for e in session_events(skep, attack, "tty_in")
                     if e["tty"]["name"] == "pts/0").decode(errors="replace")
    for line in commands_typed()[:3]:
        assert line in typed


def test_module_is_captured(skep, attack):
    module = max(glob.glob(os.path.join(skep.state, "kernel", "*", "lab", "nosy.ko")), key=os.path.getmtime)
    with open(module, "rb") as f:
        want = hashlib.sha256(f.read()).hexdigest()
    hashes = {e["file"]["hash"]["sha256"] for e in session_events(skep, attack, "module") if "hash" in e.get("file", {})}
    assert hashes == {want}
    sample = os.path.join(skep.state, "evidence", "samples", want)
    with open(sample, "rb") as f:
        assert hashlib.sha256(f.read()).hexdigest() == want
    assert os.stat(sample).st_mode & 0o111 == 0


def outbound(skep):
    """Each connection that left Apache by TCP, by its addresses and ports: the verdicts about it."""
    flows = {}
    for e in skep.events("--kind", "verdict", "--honeypot", "Apache"):
        if e.get("src_ip") == APACHE and e.get("proto") == "TCP" and e.get("dest_ip", "").startswith("203.0.113."):
            key = (e["src_port"], e["dest_ip"], e["dest_port"])
            flows.setdefault(key, set()).add((e["verdict"]["action"], e["verdict"]["reason"]))
    return flows


def test_exactly_twenty_leave(skep, attack):
    flows = outbound(skep)
    accepted = [k for k, v in flows.items() if any(a == "accept" for a, _ in v)]
    dropped = {k: v for k, v in flows.items() if k not in accepted}
    assert len(accepted) == 20, attack["said"][-2000:]
    assert len(dropped) == 21
    for verdicts in dropped.values():
        assert verdicts == {("drop", "budget tcp")}
    assert all(r == "rule 2" for k in accepted for a, r in flows[k] if a == "accept")
    tcp = next(b for b in skep.json("budget", "apache") if b["budget"] == "tcp")
    assert tcp["used"] == 20 and tcp["left"] == 0 and 0 < tcp["resets_in_ms"] < 3600000


def test_the_policy_on_paper_says_the_same_of_his_packets(skep, attack, tmp_path):
    path = str(tmp_path / "session.pcap")
    skep.run("pcap", "--session", str(attack["session"]["id"]), "-o", path)
    *rows, total = skep.json("policy", "test", path)
    out = [r for r in rows if r["src_ip"] == APACHE and r["service"].startswith("tcp:")]
    assert sum(r["passed"] for r in out) == 20
    assert sum(r["dropped"] for r in out if r["by"] == "budget tcp") >= 21
    assert total["packets"] > 100 and total["not_ip"] == 0


def test_a_dropped_packet_leads_to_its_process(skep, attack):
    drops = [e for e in skep.events("--kind", "verdict", "--honeypot", "Apache")
             if e.get("verdict", {}).get("reason") == "budget tcp"]
    linked = [e for e in drops if e.get("session") == attack["session"]["id"] and e.get("process", {}).get("pid")]
    assert drops and len(linked) == len(drops)


def test_hydra_and_nmap_left_their_connections(skep, attack):
    others = [s for s in skep.json("sessions", "--all") if s["src_ip"] == ATTACKER]
    assert len(others) > 10
    assert {s["honeypot"] for s in others} == {"Apache", "DNS", "Roxen", "Sendmail"}


def test_root_in_the_guest_sees_nothing_of_us(skep, attack):
    """As root in the honeypot, over ssh: every place where a capture tool would show."""
    places = ["dmesg", "cat /proc/cmdline", "ps axww", "lsmod; cat /proc/modules", "mount", "journalctl --no-pager",
              "cat /proc/1/environ", "ls /sys/module", "cat /sys/kernel/security/lsm", "ss -tulpn",
              "cat /proc/kallsyms 2>&1 | head -100000", "cat /proc/misc /proc/devices /proc/tty/ldiscs",
              "ls -R /proc/sys /sys/kernel 2>/dev/null"]
    look = "; ".join(f"echo; echo place {n}; {command}" for n, command in enumerate(places))
    shown = as_root_in_guest(skep, APACHE, look)
    seen = re.findall(r"^place (\d+)\r*$", shown, re.M)
    assert seen == [str(n) for n in range(len(places))], shown[-2000:]
    assert "systemd" in shown and "root=/dev/vda" in shown
    words = re.findall(r"[^\n]*(?:skep|honey|capture ring|hcap)[^\n]*", shown, re.I)
    assert not words
