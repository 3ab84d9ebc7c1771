# SPDX-License-Identifier: GPL-2.0-or-later
"""The log server and the flow records: each message and each connection once, whoever dies."""
import collections
import json
import glob
import os
import re
import subprocess
import time

import pytest

from conftest import APACHE, bash_in_guest, new_period, wait_for

GATEWAY = "10.10.10.1"
ATTACKER = "198.51.100.66"


def logged(skep, word):
    """The log server's events whose message begins with @word and a number, and these numbers."""
    events = [e for e in skep.events("--kind", "syslog") if e.get("message", "").startswith(word + " ")]
    return events, [int(e["message"].split()[1]) for e in events]


def lost(skep, source):
    return [e for e in skep.events("--kind", "lost") if e["capture"]["source"] == source]


@pytest.mark.parametrize("proto,end", [("udp", ""), ("tcp", "\\n")])
def test_every_message_of_a_honeypot_arrives(skep, proto, end):
    n = 2000
    script = f"exec 3>/dev/{proto}/{GATEWAY}/514\n" \
             f"for ((i = 1; i <= {n}; i++)); do printf '<13>Nov 23 01:02:03 liar t[7]: guest{proto} %d{end}' $i >&3; done\n"
    assert "done-with-it" in bash_in_guest(skep, APACHE, script)
    wait_for(lambda: logged(skep, f"guest{proto}")[1][-1:] == [n], 20, 1)
    events, numbers = logged(skep, f"guest{proto}")
    assert numbers == list(range(1, n + 1))
    first = events[0]
    assert {e["honeypot"] for e in events} == {"Apache"}, "the tap says who it is, not the message"
    assert first["syslog"] == {"facility": 1, "severity": 5, "hostname": "liar", "appname": "t", "procid": "7",
                               "timestamp": "Nov 23 01:02:03"}
    assert (first["src_ip"], first["dest_ip"], first["dest_port"]) == (APACHE, GATEWAY, 514)
    assert first["proto"] == proto.upper() and "community_id" in first and "session" not in first


def test_the_guests_own_daemon_logs_here(skep):
    """rsyslog in the guest, as its identity configures it."""
    assert "done-with-it" in bash_in_guest(skep, APACHE, "logger -t skep-check -p auth.warning own 4711")
    wait_for(lambda: logged(skep, "own")[1] == [4711], 20, 1)
    (e,), _ = logged(skep, "own")
    assert e["honeypot"] == "Apache" and e["syslog"]["appname"] == "skep-check"
    assert (e["syslog"]["facility"], e["syslog"]["severity"]) == (4, 4) and e["syslog"]["hostname"] == "www"


def test_no_rule_logs_each_message(skep):
    """A datagram that is a message is its own record."""
    before = len(skep.events("--kind", "verdict"))
    script = f"exec 3>/dev/udp/{GATEWAY}/514\nfor ((i = 1; i <= 5000; i++)); do printf '<13>x: y' >&3; done\n"
    assert "done-with-it" in bash_in_guest(skep, APACHE, script)
    time.sleep(2)
    verdicts = skep.events("--kind", "verdict")[before:]
    assert len([e for e in verdicts if e.get("dest_port") == 514 and e["proto"] == "UDP"]) < 50


SENDER = """
import socket, sys, time
word, n, per_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[4], 0))
s.connect(("10.10.10.1", 514))
began = time.monotonic()
for i in range(1, n + 1):
    s.send(b"<13>Nov 23 01:02:03 gw t: %s %d" % (word.encode(), i))
    ahead = i / per_s - (time.monotonic() - began)
    if ahead > 0.01:
        time.sleep(ahead)
"""


def send_from_gateway(skep, word, n, per_s, source=GATEWAY):
    return skep.start("lab", "exec", "--gateway", "--", "/usr/bin/python3", "-c", SENDER, word, str(n), str(per_s), source)


def test_who_sends_too_much_is_limited_and_counted(skep):
    """From an address that is no honeypot's: 20,000 a second, and each one beyond is counted."""
    n = 100000
    assert send_from_gateway(skep, "flood", n, 10 ** 6, "198.51.100.1").wait(timeout=60) == 0

    def counted():
        """recorded and missing together are what was sent"""
        return len(logged(skep, "flood")[1]) + sum(e["lost"]["count"] for e in lost(skep, "syslog")) == n
    wait_for(counted, 30, 1)
    _, numbers = logged(skep, "flood")
    assert len(numbers) >= 20000 and numbers == sorted(set(numbers))
    reasons = {e["reason"] for e in lost(skep, "syslog")}
    assert "more messages than one source may send" in reasons


@pytest.mark.parametrize("roles", [["capture"], ["recorder"], ["capture", "recorder"]], ids="+".join)
def test_no_datagram_is_lost_or_doubled(skep, roles):
    n, word = 20000, "-".join(["kill"] + roles)
    before = lost(skep, "syslog")
    sender = send_from_gateway(skep, word, n, 4000)
    for _ in range(3):
        time.sleep(1)
        skep.kill_roles(*roles)
    assert sender.wait(timeout=60) == 0
    wait_for(lambda: logged(skep, word)[1][-1:] == [n], 20, 1)
    _, numbers = logged(skep, word)
    doubled = [i for i, k in collections.Counter(numbers).items() if k > 1]
    missing = sorted(set(range(1, n + 1)) - set(numbers))
    assert (doubled, missing) == ([], [])
    assert numbers == list(range(1, n + 1))
    assert lost(skep, "syslog") == before


def flows(skep, **want):
    return [e for e in skep.events("--kind", "flow") if all(e.get(k) == v for k, v in want.items())]


def curl(skep):
    """One request; (local port, bytes of the answer)."""
    out = skep.lab("curl", "-s", "-o", "/dev/null", "--max-time", "20", "-w", "%{local_port} %{size_download} %{size_header}",
                   f"http://{APACHE}/").stdout.split()
    return int(out[0]), int(out[1]) + int(out[2])


def test_a_flow_says_how_much_and_why(skep):
    port, size = curl(skep)
    want = {"src_ip": ATTACKER, "src_port": port, "dest_ip": APACHE, "dest_port": 80}
    wait_for(lambda: flows(skep, **want), 20, 1)
    (e,) = flows(skep, **want)
    flow = e["flow"]
    assert e["honeypot"] == "Apache" and e["proto"] == "TCP"
    # each packet has a header of 40 to 60 bytes, timestamps included
    assert 40 * flow["pkts_toclient"] <= flow["bytes_toclient"] - size <= 60 * flow["pkts_toclient"]
    assert flow["bytes_toserver"] > 40 * flow["pkts_toserver"] > 0
    assert flow["start"] < e["timestamp"]
    assert e["verdict"] == {"action": "accept", "reason": "rule 1"}
    # on a busy machine the gate may have been shut for its first SYN: that is a verdict, too
    (verdict,) = [v for v in skep.events("--kind", "verdict") if all(v.get(k) == x for k, x in want.items())
                  and v["verdict"]["action"] == "accept"]
    assert e["community_id"] == verdict["community_id"]
    (accept,) = [a for a in skep.events("--kind", "accept") if all(a.get(k) == x for k, x in want.items())]
    assert e["session"] == accept["session"]


def test_a_flow_that_leaves_knows_its_process(skep):
    new_period(skep)
    bash_in_guest(skep, APACHE, "echo knock >/dev/udp/203.0.113.80/7")
    (e,) = wait_for(lambda: flows(skep, src_ip=APACHE, dest_ip="203.0.113.80", dest_port=7), 60, 1)
    assert e["process"]["name"] == "bash" and e["session"]
    assert e["verdict"]["action"] == "accept" and re.match(r"rule \d+$", e["verdict"]["reason"])


@pytest.mark.parametrize("role", ["capture", "recorder"])
def test_flows_are_not_lost_or_doubled(skep, role):
    ports = []
    for i in range(12):
        ports.append(curl(skep)[0])
        if i in (3, 7):
            skep.kill_roles(role)
            time.sleep(1)	# forwarding goes on
    wait_for(lambda: {e["src_port"] for e in flows(skep, dest_ip=APACHE, dest_port=80)} >= set(ports), 30, 1)
    seen = collections.Counter((e["src_ip"], e["src_port"], e["dest_ip"], e.get("dest_port"), e["flow"]["start"])
                               for e in flows(skep) if "src_port" in e)
    assert not [k for k, n in seen.items() if n > 1]
    assert not lost(skep, "conntrack")


def test_what_is_open_at_the_end_is_recorded(spare):
    spare.up()
    open_one = spare.start("lab", "exec", "--", "nc", APACHE, "22", stdout=subprocess.DEVNULL)
    accepts = wait_for(lambda: [e for e in spare.events("--kind", "accept", "--honeypot", "Apache")
                                if e.get("src_ip") == ATTACKER and e["dest_port"] == 22], 30, 1)
    spare.down()
    open_one.kill()
    open_one.wait()
    found = []
    for path in glob.glob(os.path.join(spare.state, "evidence", "journal", "*.ndjson")):
        with open(path) as f:
            found += [e for e in map(json.loads, f) if e["event_type"] == "flow" and
                      e.get("src_port") == accepts[0]["src_port"] and e["dest_port"] == 22]
    assert len(found) == 1 and found[0]["session"] == accepts[0]["session"]
