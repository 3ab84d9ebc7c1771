# SPDX-License-Identifier: GPL-2.0-or-later
"""Data control's two layers, the rules and the brake: each holds without the other, without both nothing passes.

Whoever would mend one is stopped meanwhile. What is done then needs nobody: it goes into the namespaces by itself.
"""
import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import APACHE, ONE_HONEYPOT, alive, conformance, fresh, log_in, script_as_root_in_guest, wait_for

SERVER = "203.0.113.80"
TCP, UDP = 4, 8         # the rules let so many out, the brake so many, for all tests together:
PINGS = 3               # of a session
BRAKE_TCP, BRAKE_UDP = 5, 10
HONEYNET = ONE_HONEYPOT + f"containment: {{ tcp: {TCP}, udp: {UDP}, session: {{ icmp: {PINGS} }} }}\n"
SECOND = "10.10.10.82"

# Says what the outside gets of the honeypot's: protocol, and the port or for TCP also the first number of a connection and
# its source.
ARRIVALS = """
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
s.bind(("eth0", 0x800))
print("ready", flush=True)
while True:
    p = s.recv(2048)
    h = (p[0] & 15) * 4
    if p[16:20] != socket.inet_aton("%s"):
        continue
    if p[9] == 6 and p[h + 13] & 0x12 == 2:
        print("tcp", *struct.unpack("!HxxI", p[h:h + 8]), socket.inet_ntoa(p[12:16]), flush=True)
    if p[9] == 17:
        print("udp", *struct.unpack("!HHxx", p[h:h + 6]), len(p), flush=True)
    if p[9] == 1:
        print("icmp", flush=True)
""" % SERVER


# From a port of the bridge, in somebody's name who is nobody.
SPOOF = """
import socket, struct, sys
mac = bytes.fromhex(sys.argv[1].replace(":", ""))
udp = struct.pack("!HHHH", 9, 9, 12, 0) + b"spam"
for i in range(20):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 32, i, 0, 64, 17, 0, socket.inet_aton("10.10.10.99"), socket.inet_aton("%s"))
    s = sum(struct.unpack("!10H", ip))
    s = ~((s & 0xffff) + (s >> 16)) & 0xffff
    ip = ip[:10] + struct.pack("!H", s) + ip[12:]
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    raw.bind(("spoof0", 0))
    raw.send(mac + b"\\x02\\0\\0\\0\\0\\1" + b"\\x08\\0" + ip + udp)
""" % SERVER


def connect(n):
    return f"for i in $(seq {n}); do (exec 3<>/dev/tcp/{SERVER}/$((2000 + i))) & done; sleep 3; kill $(jobs -p)"


def datagrams(n):
    return f"for i in $(seq {n}); do echo x >/dev/udp/{SERVER}/$((2000 + i)); done"


class Net:
    """A honeynet whose gateway and lab are entered without asking it."""

    def __init__(self, skep):
        self.skep = skep
        self.inside = [skep.start("lab", "exec", *place, "--", "sleep", "3600") for place in ([], ["--gateway"])]
        wait_for(lambda: all(os.path.exists(f"/proc/{p.pid}") and open(f"/proc/{p.pid}/comm").read() == "sleep\n"
                             for p in self.inside), 10)
        skep.lab = self.lab     # as log_in() goes in

    def enter(self, where, *command, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "timeout": 60, **more}
        check = more.pop("check", True)
        r = subprocess.run(["nsenter", f"--net=/proc/{self.inside[where].pid}/ns/net", *command], text=True,
                           errors="replace", **more)
        assert not check or r.returncode == 0, r.stdout
        return r

    def lab(self, *command, **more):
        return self.enter(0, *command, **more)

    def gateway(self, *command):
        return self.enter(1, *command)

    def guest(self, script):
        return log_in(self.skep, APACHE, f"bash -c '{script}' 2>/dev/null; echo done-with-it")

    def brake(self):
        return self.skep.status()["brake"]

    def refused(self, reason):
        return sum(e["control"]["packets"] for e in self.skep.events("--kind", "control")
                   if e["control"]["action"] == "refused" and e["control"]["reason"] == reason)

    def told(self, action, reason):
        return [e for e in self.skep.events("--kind", "control")
                if e["control"]["action"] == action and reason in e["control"]["reason"]]

    def is_open(self):
        return self.lab("curl", "-s", "-m", "2", f"http://{APACHE}/", check=False).returncode == 0

    @contextlib.contextmanager
    def arrivals(self):
        """What arrives within, as a list of lines that is complete afterwards."""
        p = subprocess.Popen(["nsenter", f"--net=/proc/{self.inside[0].pid}/ns/net", "/usr/bin/python3", "-c", ARRIVALS],
                             stdout=subprocess.PIPE, text=True)
        assert p.stdout.readline() == "ready\n"
        lines = []
        try:
            yield lines
            time.sleep(0.5)
        finally:
            p.terminate()
            lines += p.communicate(timeout=20)[0].splitlines()

    @contextlib.contextmanager
    def stopped(self, *roles):
        """And the master, who would replace a keeper that stands still."""
        pids = [self.skep.status()["pid"]] * ("brake" in roles) + [self.skep.pid(role) for role in roles]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                if alive(pid):
                    os.kill(pid, signal.SIGCONT)

    @contextlib.contextmanager
    def without_rules(self):
        """Flushed, and nobody mends them until the end of it; then they are mended within a moment, and it is told."""
        before = len(self.told("mended", "rules"))
        with self.stopped("priv"):
            self.gateway("nft", "flush", "ruleset")
            assert "chain forward" not in self.gateway("nft", "list", "ruleset").stdout
            yield
        wait_for(lambda: "chain forward" in self.gateway("nft", "list", "ruleset").stdout, 5)
        wait_for(lambda: len(self.told("mended", "rules")) > before, 10)
        wait_for(self.is_open, 10)


def of(protocol, lines):
    return {line for line in lines if line.startswith(protocol)}


@pytest.fixture(scope="module")
def net():
    with fresh("-2") as s:
        path = os.path.join(s.state, "honeynet.yaml")
        with open(path, "w") as f:
            f.write(HONEYNET)
        s.up(path)
        s.file = path
        n = Net(s)
        try:
            yield n
        finally:
            for p in n.inside:
                p.kill()
                p.wait()


def test_both_stand(net):
    brake = net.brake()
    assert brake["kind"] == "counts" and brake["holds"], brake
    assert re.search(r"^second layer: counts, holds;", net.skep.run("status").stdout, re.M)
    assert re.search(r"^ok +second layer: counts", net.skep.run("doctor", net.skep.file, check=False).stdout, re.M)
    assert net.told("holds", "counted")
    row = conformance(net.skep)["DC-2"]
    assert row["result"] == "pass" and "the brake (counts)" in row["evidence"]
    assert net.is_open()


# By root: what his own packet socket sees of a ping; then how many bytes the device says it sent of a frame of his own, without and with
# a tag of his.
LOOK = r"""
use Socket;
sub file { open my $f, "/sys/class/net/eth0/$_[0]"; my $line = <$f>; chomp $line; return $line }
my $mac = pack "H12", file("address") =~ s/://gr;
my ($i, %seen, $said) = file("ifindex");
socket my $s, 17, SOCK_RAW, 0x300 or die;
system "ping -c 1 -W 1 SERVER >/dev/null";
eval {
    local $SIG{ALRM} = sub { die };
    alarm 1;
    while (my $from = recv $s, my $frame, 2048, 0) {
        $seen{sprintf "%04x", unpack "x12 n", $frame} = 1 if unpack("x10 C", $from) == 4;
    }
};
my $ip = pack "C2 n3 C2 n a4 a4 a20", 0x45, 0, 40, 1, 0, 64, 17, 0, inet_aton("APACHE"), inet_aton("SERVER"), "";
for my $own ("", pack "n2", 0x8100, 5) {
    my $frame = "\xff" x 6 . $mac . $own . pack("n", 0x800) . $ip;
    my @bytes = sort { $a <=> $b } map {
        my $before = file("statistics/tx_bytes");
        send $s, $frame, 0, pack "S n i S C C a8", 17, 0x800, $i, 1, 0, 6, "\xff" x 6;
        file("statistics/tx_bytes") - $before;
    } 1 .. 5;
    $said .= "; $bytes[0] of " . length $frame;
}
print "saw ", join("+", sort keys %seen), "$said.\n";
"""


def test_each_session_has_its_own_budget(net):
    def ping(n):
        return f"ping -c {n} -i 0.2 -W 1 {SERVER}"

    assert net.skep.status()["containment"]["sessions_apart"]
    assert re.search(r"^ok +sessions: ", net.skep.run("doctor", net.skep.file, check=False).stdout, re.M)
    with net.arrivals() as lines:
        net.guest(ping(6))
        net.guest(ping(PINGS - 1))
    assert lines.count("icmp") == PINGS + PINGS - 1
    refused = [e for e in net.skep.events("--kind", "verdict") if e["verdict"]["reason"] == "budget session"]
    assert len(refused) == 6 - PINGS and len({e["session"] for e in refused}) == 1 and refused[0]["session"], refused
    rows = {(b["budget"], b.get("session")): b for b in net.skep.json("budget", "Apache")}
    sessions = {name[1]: b for name, b in rows.items() if name[0] == "icmp" and name[1]}
    assert {b["used"] for b in sessions.values()} == {PINGS, PINGS - 1} and len(sessions) == 2
    assert sessions[refused[0]["session"]]["left"] == 0
    assert rows["icmp", None]["used"] == PINGS + PINGS - 1, "what a session is refused costs its honeypot nothing"


def test_a_guest_does_not_see_its_tags(net):
    """And its own are no way past ours."""
    look = LOOK.replace("SERVER", SERVER).replace("APACHE", APACHE)
    with net.arrivals() as lines:
        said = script_as_root_in_guest(net.skep, APACHE, f"cat >/tmp/.p <<'END'\n{look}\nEND\nperl /tmp/.p; rm /tmp/.p\n")
    assert re.search(r"saw 0800(\+0806)?; 54 of 54; 58 of 58\.", said), said
    assert lines.count("icmp") == 1
    wait_for(lambda: [e for e in net.skep.events("--kind", "verdict") if e["verdict"]["reason"] == "not-ip"], 10)


def test_normally_the_rules_decide(net):
    with net.arrivals() as lines:
        net.guest(connect(20))
    assert len(of("tcp", lines)) == TCP
    assert net.brake()["refused"] == 0 and net.brake()["passed"] > 0


def test_without_rules_the_brake_holds(net):
    with net.without_rules(), net.arrivals() as lines:
        net.guest(connect(30))
    assert len(of("tcp", lines)) == BRAKE_TCP - TCP, "with what has left before, exactly its cap"
    wait_for(lambda: net.refused("brake tcp") >= 30 - BRAKE_TCP, 25)    # it is told once in ten seconds
    assert net.told("tampered", "rules")

    def found():
        """the findings about it, the first of them critical"""
        names = {(e["finding"]["name"], e["finding"]["severity"]) for e in net.skep.events("--kind", "finding")}
        return names >= {("control", "critical"), ("second layer", "priority")}
    wait_for(found, 10)
    with net.arrivals() as lines:       # whose budgets begin anew; the brake's do not
        net.guest(connect(10))
    assert not of("tcp", lines)


def test_without_its_keeper_nothing_passes(net):
    with net.stopped("brake"):
        time.sleep(2.5)
        assert not net.is_open()
        with net.arrivals() as lines:
            net.lab("ping", "-c", "5", "-i", "0.2", "-W", "1", APACHE, check=False)
        assert not lines
        assert "chain forward" in net.gateway("nft", "list", "ruleset").stdout
    wait_for(net.is_open, 5)
    wait_for(lambda: net.brake()["holds"] and net.refused("brake closed"), 15)


def test_a_keeper_who_stands_still_is_replaced(net):
    pid = net.skep.pid("brake")
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: net.told("closed", "stands still"), 20)
    wait_for(lambda: net.skep.pid("brake") != pid and net.brake()["holds"] and net.is_open(), 15)


def test_its_keeper_is_killed_again_and_again(net):
    """With no rules either: what gets out is what one brake lets out."""
    with net.without_rules(), net.arrivals() as lines:
        for _ in range(4):
            net.skep.kill_roles("brake")
            wait_for(net.is_open, 10)
            net.guest(datagrams(40))
    assert len(of("udp", lines)) == BRAKE_UDP
    wait_for(lambda: net.refused("brake udp") >= 4 * 40 - BRAKE_UDP, 25)
    assert next(r["restarts"] for r in net.skep.status()["roles"] if r["name"] == "brake") >= 4


def test_without_both_nothing_passes(net):
    with net.without_rules(), net.stopped("brake"):
        time.sleep(2.5)
        with net.arrivals() as lines:
            assert not net.is_open()
            net.lab("ping", "-c", "5", "-i", "0.2", "-W", "1", APACHE, check=False)
        assert not lines


def test_a_made_up_source_does_not_leave(net):
    """From the bridge, where no rule of ours is left to see it: the gateway would send it on."""
    before = net.refused("brake source")
    with net.without_rules(), net.arrivals() as lines:
        net.gateway("ip", "link", "add", "spoof0", "type", "veth", "peer", "name", "spoof1")
        try:
            net.gateway("sh", "-c", "ip link set spoof1 master br0 up && ip link set spoof0 up && ip link set br0 promisc on")
            net.gateway("/usr/bin/python3", "-c", SPOOF, json.loads(net.gateway("ip", "-j", "link", "show", "br0").stdout)[0]["address"])
        finally:
            net.gateway("ip", "link", "del", "spoof0")
    assert not of("udp", lines)
    wait_for(lambda: net.refused("brake source") - before >= 20, 25)


def test_taken_off_its_device_it_is_put_back(net):
    for deed in ("tc qdisc del dev wan0 clsact", "tc filter del dev wan0 egress"):
        before = len(net.told("tampered", "brake"))
        net.gateway("sh", "-c", deed)
        wait_for(lambda: len(net.told("tampered", "brake")) > before, 10)
        assert "brake_out" in net.gateway("tc", "filter", "show", "dev", "wan0", "egress").stdout
    with net.without_rules(), net.arrivals() as lines:
        net.guest(connect(10) + "; " + datagrams(10))
    assert not of("tcp", lines) | of("udp", lines), "what it has counted is still so"


def test_rules_that_are_changed_a_little_are_mended(net):
    used = net.skep.json("budget", "Apache")
    for deed in ("insert rule inet skep forward accept", "flush chain inet skep input", "flush table bridge skep_l2"):
        before = len(net.told("mended", "as it was"))
        net.gateway("nft", *deed.split())
        wait_for(lambda: len(net.told("mended", "as it was")) > before, 10)
    assert [b["used"] for b in net.skep.json("budget", "Apache")] == [b["used"] for b in used]
    wait_for(net.is_open, 5)


def test_what_was_said_by_hand_outlives_the_rules(net):
    net.skep.run("fence", "add", "203.0.113.0/24")
    net.skep.run("lockdown", "on")
    try:
        before = len(net.told("mended", "rules"))
        net.gateway("nft", "flush", "ruleset")
        wait_for(lambda: len(net.told("mended", "rules")) > before, 10)
        assert "203.0.113.0/24" in net.gateway("nft", "list", "set", "inet", "skep", "fence").stdout
        assert "ipv4" in re.search(r"elements.*", net.gateway("nft", "list", "set", "inet", "skep", "lockdown").stdout).group()
        assert not net.is_open()
    finally:
        net.skep.run("lockdown", "off")
        net.skep.run("fence", "del", "203.0.113.0/24")
    wait_for(net.is_open, 5)


def test_a_reload_gives_a_new_honeypot_its_caps(net):
    pid, refused = net.skep.pid("brake"), net.brake()["refused"]
    with open(net.skep.file, "w") as f:
        f.write(HONEYNET.replace("hostname: www }", "hostname: www }, "
                                 f"{{ name: Second, address: {SECOND}, image: apache, hostname: www2 }}")
                .replace("destination: Apache", "destination: any"))
    net.skep.run("reload", timeout=300)
    wait_for(lambda: all(h["state"] == "up" for h in net.skep.status()["honeypots"]), 120, 1)
    assert net.lab("curl", "-s", "-m", "5", f"http://{SECOND}/", check=False).returncode == 0
    assert net.skep.pid("brake") == pid and net.brake()["holds"]
    assert net.brake()["refused"] >= refused and net.is_open()


def test_a_limit_by_hand_holds_in_both(net):
    """Also with a keeper who comes later: he is told."""
    def send(limit):
        """How many get out, and how many the rules still allowed; the brake's cap of before was used up."""
        net.skep.run("budget", "Apache", "set", f"tcp={limit}")
        net.skep.kill_roles("brake")
        wait_for(net.is_open, 10)
        used = next(b["used"] for b in net.skep.json("budget") if b["honeypot"] == "Apache" and b["budget"] == "tcp")
        with net.arrivals() as lines:
            net.guest(connect(limit + 5))
        return len(of("tcp", lines)), limit - used
    arrived, left = send(20)
    assert arrived == left > BRAKE_TCP
    assert send(24) == (4, 4)


PUBLIC = "198.51.100.10"
NAT = f"""
networks: [{{ name: public, addresses: {PUBLIC} }}]
services: [{{ name: http, protocol: tcp, ports: 80 }}, {{ name: proxy, protocol: tcp, ports: 8080 }}]
nat:
  - {{ source: Second, translated_source: public }}
  - {{ destination: public, service: proxy, translated_destination: Second, translated_service: http }}
"""

# Begins a connection, and asks for a page when it is told to.
ASKS = f"""
import socket
s = socket.create_connection(("{PUBLIC}", 8080), timeout=30)
print("connected", flush=True)
input()
s.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
print(s.recv(100).split()[1].decode())
"""


@pytest.fixture
def translated(net):
    """The honeypot that the reload before has added, behind an address at the uplink."""
    with open(net.skep.file) as f:
        plain = f.read()
    with open(net.skep.file, "w") as f:
        f.write(plain + NAT)
    said = net.skep.run("reload", "--dry-run").stdout
    assert ("~ nat\n  + NAT rule 0: Second -> any: any service: translated source 198.51.100.10\n"
            "  + NAT rule 1: any -> public: proxy: translated destination Second port 80\n") in said
    net.skep.run("reload")
    yield
    with open(net.skep.file, "w") as f:
        f.write(plain)
    if net.skep.json("reload", "--dry-run")[0]["parts"]:
        net.skep.run("reload")


def counted(net):
    """Connections of each NAT rule."""
    return {row["nat"]: row["connections"] for row in net.skep.json("policy", "show", "--counters") if "nat" in row}


def second_connects(net, n):
    log_in(net.skep, SECOND, f"bash -c '{connect(n)}' 2>/dev/null; echo done-with-it")


def test_an_address_of_nat_is_held_by_both(net, translated):
    page = net.lab("curl", "-s", "-m", "5", f"http://{PUBLIC}:8080/")
    assert page.stdout == net.lab("curl", "-s", "-m", "5", f"http://{SECOND}/").stdout
    assert net.lab("curl", "-s", "-m", "2", f"http://{PUBLIC}/", check=False).returncode     # no rule leads it anywhere

    with net.arrivals() as lines:       # its own budget, exactly, and nothing by its own address
        second_connects(net, 10)
    assert len(of("tcp", lines)) == TCP and all(line.endswith(f" {PUBLIC}") for line in of("tcp", lines))
    assert counted(net) == {0: TCP, 1: 1}

    with net.without_rules(), net.arrivals() as lines:      # nobody translates: it is capped by its own address
        second_connects(net, 30)
    assert len(of("tcp", lines)) == BRAKE_TCP and all(line.endswith(f" {SECOND}") for line in of("tcp", lines))

    with net.arrivals() as lines:       # the rules begin anew, the brake's count of the other address does not
        second_connects(net, 30)
    assert len(of("tcp", lines)) == BRAKE_TCP - TCP and all(line.endswith(f" {PUBLIC}") for line in of("tcp", lines))


def test_the_record_knows_who_is_behind_an_address(net, translated):
    asks = subprocess.Popen(["nsenter", f"--net=/proc/{net.inside[0].pid}/ns/net", "/usr/bin/python3", "-c", ASKS],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert asks.stdout.readline() == "connected\n"
        with open(net.skep.file) as f:
            text = f.read()
        with open(net.skep.file, "w") as f:
            f.write(text.split("nat:")[0])
        net.skep.run("reload")          # who is in there already goes on
        assert asks.communicate("go\n", timeout=30)[0] == "200\n"
    finally:
        asks.kill()
        asks.wait()
    assert net.lab("curl", "-s", "-m", "2", f"http://{PUBLIC}:8080/", check=False).returncode

    def flow():
        """the flow of that, from who came to the honeypot's own address and port"""
        return [e for e in net.skep.events("--kind", "flow", "--honeypot", "Second")
                if e["src_ip"] == "198.51.100.66" and (e["dest_ip"], e["dest_port"]) == (SECOND, 80) and e.get("session")]
    assert wait_for(flow, 30)
    assert not [e for e in net.skep.events("--kind", "flow") if PUBLIC in (e["src_ip"], e["dest_ip"]) and "honeypot" in e]
