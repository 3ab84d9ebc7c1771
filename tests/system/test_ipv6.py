# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 beside IPv4: a honeynet of two honeypots, each with an address of both families.

Whoever is about IPv6 is in this file: it has the one honeynet that has it.
"""
import base64
import json
import os
import re

import pytest

from conftest import APACHE, DNS, LOGIN, as_root_in_guest, bash_in_guest, fresh, wait_for

GATE6, APACHE6, DNS6 = "2001:db8:10::a0a:a01", "2001:db8:10::a0a:a51", "2001:db8:10::a0a:a35"
ATTACKER, ATTACKER6 = "198.51.100.66", "2001:db8:ffff::66"
SERVER, SERVER6 = "203.0.113.80", "2001:db8:113::80"

HONEYNET = """
name: six
network: 10.10.10.0/24
network6: 2001:db8:10::/64
firewall: { name: Firewall, address: 10.10.10.1 }
honeypots:
  - { name: Apache, address: 10.10.10.81, image: apache, hostname: www }
  - { name: DNS, address: 10.10.10.53, image: dns, hostname: ns1 }
groups: [{ name: honeynet, members: [Apache, DNS] }]
rules:
  - { source: any, destination: honeynet, action: accept }
  - { source: honeynet, destination: any, action: accept }
guard: { mode: "off" }
"""

# Who comes to the server, to one connection.
ANSWERING = """
import socket
s = socket.create_server(("%s", 8080), family=socket.AF_INET6)
print("listening", flush=True)
c, who = s.accept()
print(who[0], c.recv(100).decode(), flush=True)
""" % SERVER6


@pytest.fixture(scope="module")
def net():
    with fresh("-2") as s:
        s.file = os.path.join(s.state, "honeynet.yaml")
        with open(s.file, "w") as f:
            f.write(HONEYNET)
        s.up(s.file)
        for address in (APACHE6, DNS6):		# who is up answers by IPv4
            wait_for(lambda: s.lab("ping", "-6", "-c", "1", "-W", "1", address, check=False).returncode == 0, 30, 0.2)
        yield s


def test_each_has_an_address_of_both_families(net):
    assert {(h["address"], h["address6"]) for h in net.status()["honeypots"]} == {(APACHE, APACHE6), (DNS, DNS6)}
    assert re.search(rf"^Apache +10\.10\.10\.81 .*\n +{APACHE6}$", net.run("status").stdout, re.M)


def type_in(net, address, *lines):
    """A login by ssh in which these lines are typed; what is shown."""
    script = os.path.join(net.state, "typing.exp")
    typing = "".join(f'expect "\\\\$ "\nsend {{{line}}}\nsend "\\r"\n' for line in (*lines, "exit"))
    with open(script, "w") as f:
        f.write(LOGIN.replace("expect eof", typing + "expect eof"))
    return net.lab("expect", script, address, "", check=False).stdout


@pytest.fixture(scope="module")
def visit(net):
    """An intruder who comes by IPv6, looks around and calls his server by it; and his session when it has ended."""
    server = net.start("lab", "exec", "--", "python3", "-c", ANSWERING, stdout=-1)
    assert server.stdout.readline() == "listening\n"
    shown = type_in(net, APACHE6, "id -un", f"echo hello >/dev/tcp/{SERVER6}/8080", f"echo >/dev/udp/{SERVER6}/4000",
                    f"echo >/dev/udp/::ffff:{SERVER}/4000", f"ping -6 -c 1 {SERVER6}", f"echo >/dev/tcp/{DNS6}/22")
    came = server.communicate(timeout=30)[0]

    def ended():
        """the session has ended"""
        return [s for s in net.json("sessions") if s["src_ip"] == ATTACKER6 and s["dest_port"] == 22 and s["end"]]
    return {"shown": shown, "came": came, "session": wait_for(ended, 20, 0.2)[0]}


def of_session(net, visit, kind):
    return [e for e in net.json("session", str(visit["session"]["id"])) if e["event_type"] == kind]


def test_a_visit_is_a_session(net, visit):
    s = visit["session"]
    assert (s["honeypot"], s["src_ip"], s["dest_ip"], s["user"]) == ("Apache", ATTACKER6, APACHE6, "webadmin")
    assert re.search(r"^webadmin\r?$", visit["shown"], re.M)
    assert ["id", "-un"] in [e["process"]["args"] for e in of_session(net, visit, "exec")]
    accepted = [e for e in net.json("logins") if e["session"] == s["id"]]
    assert [(e["user"], e["secret"], e["result"], e["src_ip"]) for e in accepted] == [
        ("webadmin", "meridian1", "accepted", ATTACKER6)]


def test_what_was_typed_and_shown_is_there(net, visit):
    typed = b"".join(base64.b64decode(e["tty"]["bytes"]) for e in of_session(net, visit, "tty_in")).decode()
    assert "id -un\r" in typed
    assert "webadmin" in net.run("replay", str(visit["session"]["id"]), "--no-wait").stdout


def test_the_flow_is_the_sessions(net, visit):
    s = visit["session"]

    def flow():
        """the flow of its connection"""
        return [e for e in net.events("--kind", "flow")
                if (e["src_ip"], e["src_port"], e["dest_port"]) == (ATTACKER6, s["src_port"], 22)]
    f = wait_for(flow, 20, 0.2)[0]
    assert (f["dest_ip"], f["honeypot"], f["session"]) == (APACHE6, "Apache", s["id"]) and f["community_id"].startswith("1:")
    assert (f["verdict"]["action"], f["verdict"]["reason"]) == ("accept", "rule 0")


def test_what_the_honeypot_opens_is_his(net, visit):
    """Who asked for it, what the gateway said to it, and the flow: one process of one session."""
    assert visit["came"] == f"{APACHE6} hello\n\n"
    asked = next(e for e in of_session(net, visit, "connect") if e["dest_ip"] == SERVER6)
    said = next(e for e in of_session(net, visit, "verdict") if e["dest_ip"] == SERVER6)
    assert (said["src_ip"], said["dest_port"], said["verdict"]["action"], said["honeypot"]) == (APACHE6, 8080, "accept", "Apache")
    assert said["process"]["entity_id"] == asked["process"]["entity_id"]

    def flow():
        """the flow of it"""
        return [e for e in of_session(net, visit, "flow") if e["dest_ip"] == SERVER6]
    assert wait_for(flow, 20, 0.2)[0]["process"]["entity_id"] == asked["process"]["entity_id"]


def test_whatever_he_sends_is_his(net, visit):
    """Datagrams and pings too; by a mapped address it is IPv4, on the wire and in the record."""
    sent = {(e["proto"], e["dest_ip"]) for kind in ("connect", "send") for e in of_session(net, visit, kind)}
    said = {(e["proto"], e["src_ip"], e["dest_ip"], e.get("dest_port")) for e in of_session(net, visit, "verdict")}
    assert {("UDP", SERVER6), ("UDP", SERVER), ("IPv6-ICMP", SERVER6)} <= sent
    assert {("UDP", APACHE6, SERVER6, 4000), ("UDP", APACHE, SERVER, 4000)} <= {s for s in said if s[0] == "UDP"}
    assert ("IPv6-ICMP", APACHE6, SERVER6) in {s[:3] for s in said} and "1 received" in visit["shown"]


def test_the_neighbour_he_turns_to_is_visited_by_a_honeypot(net, visit):
    """From one honeypot to the other: a session there, and a verdict here."""
    def visited():
        """a session at the other one"""
        return [s for s in net.json("sessions") if s["honeypot"] == "DNS" and s["src_ip"] == APACHE6]
    assert wait_for(visited, 20, 0.2)[0]["dest_ip"] == DNS6
    said = [e for e in of_session(net, visit, "verdict") if e["dest_ip"] == DNS6]
    assert [(e["src_ip"], e["dest_port"], e["verdict"]["action"]) for e in said] == [(APACHE6, 22, "accept")]


def test_the_packets_of_the_session(net, visit):
    """By its number, and by an address of its own."""
    def packets(*words):
        return json.loads(net.run("pcap", "--count", "--json", "--session", str(visit["session"]["id"]), *words).stdout)["packets"]
    wait_for(lambda: packets("--filter", f"ip6 host {SERVER6} and icmp6") == 2, 20, 0.2)	# a block takes a moment to be full
    visited, opened = packets("--filter", f"ip6 host {ATTACKER6} and tcp port 22"), packets("--address", f"[{SERVER6}]:8080")
    assert visited > 20 and opened >= 6 and packets("--filter", f"udp port 4000 and host {SERVER}") == 1
    assert packets() > visited + opened


def test_the_policy_on_paper_says_the_same_of_his_packets(net, visit, tmp_path):
    path = str(tmp_path / "session.pcap")
    net.run("pcap", "--session", str(visit["session"]["id"]), "-o", path)
    *rows, total = net.json("policy", "test", "-f", net.file, path)
    by = {(r["src_ip"], r["dest_ip"], r["service"]): r["by"] for r in rows if not r["dropped"]}
    assert by[ATTACKER6, APACHE6, "tcp:22"] == "rule 0" and total["packets"] > 20 and total["not_ip"] == 0
    assert {by[APACHE6, SERVER6, s] for s in ("tcp:8080", "udp:4000", "icmpv6")} == {"rule 1"} == {by[APACHE, SERVER, "udp:4000"]}
    said = net.run("policy", "explain", "-f", net.file, "apache", SERVER6, "tcp", "8080").stdout
    assert f"{APACHE6} (Apache) to {SERVER6}" in said and "rule 1 accepts it" in said


@pytest.mark.parametrize("where, source", [(f"[{APACHE6}]", ATTACKER6), (APACHE, ATTACKER)])
def test_a_server_of_both_families_is_visited_by_either(net, where, source):
    """It listens on ::, to which IPv4 visitors have mapped addresses; they are told as what they are."""
    assert "Meridian" in net.lab("curl", "-sS", "--max-time", "20", f"http://{where}/").stdout

    def visits():
        """a session of his on port 80"""
        return [s for s in net.json("sessions") if s["src_ip"] == source and s["dest_port"] == 80]
    assert wait_for(visits, 20, 0.2)[0]["dest_ip"] == where.strip("[]")


def test_a_name_server_answers_by_either(net):
    for where in (DNS6, DNS):
        assert net.lab("dig", f"@{where}", "+time=10", "www.meridian-tool.example", "A", "+short").stdout == f"{APACHE}\n"


def test_neighbours_find_each_other(net):
    """No router advertisement, no double looked for: addresses are what the file says, and each knows the others'."""
    shown = as_root_in_guest(net, APACHE, f"ping -6 -q -c 1 -W 5 {DNS6}; ping -6 -q -c 1 -W 5 {GATE6}; "
                             "ip -6 -o addr show dev eth0; ip -6 route; ip -6 neigh; "
                             f"ip -6 route add {DNS6}/128 via {GATE6}; ping -6 -q -c 2 -W 5 {DNS6}")
    shown = shown.replace("\r", "")
    assert shown.count(" 1 received") == 2 and shown.count(" 2 received") == 1
    assert set(re.findall(r"inet6 (\S+)", shown)) == {f"{APACHE6}/64", "fe80::5054:ff:fe0a:a51/64"}
    assert f"default via {GATE6} dev eth0" in shown and " ra " not in shown
    assert re.search(rf"^{GATE6} dev eth0 lladdr 00:00:5e:00:01:0a router ", shown, re.M)
    assert re.search(rf"^{DNS6} dev eth0 lladdr 52:54:00:0a:0a:35 ", shown, re.M)

    def frames(what):
        return json.loads(net.run("pcap", "--count", "--json", "--filter", what).stdout)["packets"]
    wait_for(lambda: frames(f"ip6 host {DNS6} and ip6[40] == 128") >= 3, 20, 0.2)
    assert frames("ip6 and ip6[40] == 137") == 0, "the gateway tells nobody of a shorter way"
    assert re.search(rf"^{APACHE6} lladdr 52:54:00:0a:0a:51 ", net.gateway("ip", "-6", "neigh", "show", "dev", "br0").stdout, re.M)


def reaches(net, address):
    return net.lab("curl", "-sS", "-o", "/dev/null", "--max-time", "2", f"http://[{address}]/", check=False).returncode == 0


def test_who_is_blocked_is_out_by_ipv6(net):
    """An address, or the whole network of 64 bits that whoever has one address has; but nobody of our own."""
    assert reaches(net, APACHE6)
    for who in (ATTACKER6, "2001:db8:ffff::/64"):
        net.run("block", who, "for", "10m")
        assert not reaches(net, APACHE6)
        net.run("unblock", who)
        assert reaches(net, APACHE6)
    for own in (APACHE6, GATE6, "2001:db8:10::/64", "2001:db8:ffff::1", "fe80::1", "ff02::1", "::1"):
        assert net.run("block", own, check=False).returncode == 1
    assert net.run("block", "2001:db8:ffff::/48", check=False).returncode == 2
    said = [e["admin"]["args"] for e in net.events("--kind", "admin")
            if e["admin"]["args"][:1] == ["block"] and e["admin"]["action"] == "done"]
    assert said == [["block", ATTACKER6, "for", "600s"], ["block", "2001:db8:ffff::/64", "for", "600s"]]


def test_the_fence_by_hand(net):
    net.run("fence", "add", "2001:db8:113::/48")
    listed = net.run("fence", "list").stdout.split()
    net.run("fence", "del", "2001:db8:113::/48")
    assert listed == ["2001:db8:113::/48"]


# What comes whole is said, and answered.
SERVING = """
import socket, sys
s = socket.create_server((sys.argv[1], 8000), family=socket.AF_INET6, backlog=8)
print("listening", flush=True)
while True:
    c, _ = s.accept()
    c.settimeout(3)
    asked = b""
    try:
        while not asked.endswith(b"\\r\\n\\r\\n"):
            asked += c.recv(4096) or b"/cut off\\r\\n\\r\\n"
        print(asked.decode().split()[1], flush=True)
        c.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nok")
    except OSError:
        pass
    c.close()
"""


def test_known_attacks_do_not_leave_by_ipv6(net):
    server = net.start("lab", "exec", "--", "python3", "-c", SERVING, SERVER6, stdout=-1)
    try:
        assert server.stdout.readline() == "listening\n"
        ask = ("exec 3<>/dev/tcp/%s/8000 && printf '%%s\\r\\n' 'GET %s HTTP/1.0' 'X-Test: %s' '' >&3 && timeout 3 cat <&3")
        asked = [("/harmless", "none"), ("/shock", "() { :;}; /bin/id"), ("/after", "none")]
        bash_in_guest(net, APACHE, "\n".join("timeout 5 bash -c " + json.dumps(ask % (SERVER6, path, header)) for path, header in asked))
        came = [server.stdout.readline() for _ in range(2)]
    finally:
        server.kill()
        server.wait()
    assert came == ["/harmless\n", "/after\n"]

    def stopped():
        """the alert of it"""
        return [e for e in net.events("--kind", "alert") if e["dest_ip"] == SERVER6 and e["alert"]["action"] == "blocked"]
    assert wait_for(stopped, 10, 0.2)[0]["src_ip"] == APACHE6


def test_both_families_are_contained_to_the_packet(net):
    r = net.run("selftest", "--json", check=False, timeout=600)
    lines = [json.loads(line) for line in r.stdout.splitlines()]
    rows, budgets = {x["attempt"]: x for x in lines if "attempt" in x}, {x["budget"]: x["arrived"] for x in lines if "budget" in x}
    assert r.returncode == 0 and lines[-1]["contained"] and lines[-1]["exact"] and not lines[-1]["leaks"], (rows, budgets, r.stderr)
    assert lines[-1]["listened"] and not any(lines[-1]["noticed"].values()), lines[-1]["noticed"]
    assert {b: budgets[b] for b in ("tcp", "udp", "icmp", "other")} == {"tcp": 20, "udp": 20, "icmp": 50, "other": 10}
    assert all(rows[a]["arrived"] > 0 for a in ("ipv6-connections", "connections", "icmpv6-echo", "icmp-echo", "ipv6-fragments",
                                                "fragments", "ipv6-options", "ipv6-protocols", "ipv6-honeypots"))
    assert all(rows[a]["tried"] > 0 and rows[a]["arrived"] == 0 for a in ("ipv6", "ipv6-spoofed", "ipv6-poisoning", "ipv6-fence",
                                                                          "ipv6-blacklist", "ipv6-syn-flood"))
    assert {b["budget"]: b["limit"] for b in net.json("budget", "Apache")}["destinations6"] == 100
