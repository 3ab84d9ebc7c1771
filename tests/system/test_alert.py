# SPDX-License-Identifier: GPL-2.0-or-later
"""Scans and alerts with a real mail server, a webhook and a log server, none of which is ever up when it should be."""
import email
import email.policy
import http.server
import json
import re
import socket
import threading

import pytest

aiosmtpd_controller = pytest.importorskip("aiosmtpd.controller", reason="needs the package python3-aiosmtpd")

from conftest import APACHE, ONE_HONEYPOT, as_root_in_guest, conformance, fresh, wait_for

ATTACKER = "198.51.100.66"
NOBODY = "203.0.113.254"        # whom `skep conformance` keeps out for a moment
MORE = """\
scan: {{ probes: 15, window: 10s }}
alert:
  group: 2s
  mail_to: admin@example.org
  mail_from: skep@example.org
  mail_server: smtp://localhost:{mail}
  syslog: udp://127.0.0.1:{syslog}
  webhook: http://127.0.0.1:{webhook}/hook
"""


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mail:
    """A mail server that can be taken down and put up again at its port, or refuse."""

    def __init__(self):
        self.port, self.got, self.refuse, self.server = free_port(), [], None, None

    async def handle_DATA(self, server, session, envelope):
        if self.refuse:
            return self.refuse
        self.got.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 taken"

    def up(self):
        self.server = aiosmtpd_controller.Controller(self, hostname="127.0.0.1", port=self.port)
        self.server.start()

    def down(self):
        if self.server:
            self.server.stop()
        self.server = None

    def subjects(self):
        return [m["Subject"] for _, m in self.got]


class Hook:
    def __init__(self):
        got = self.got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Syslog:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port, self.lines = self.socket.getsockname()[1], []

    def read(self):
        try:
            while True:
                self.lines.append(self.socket.recv(65536).decode())
        except BlockingIOError:
            return self.lines


class Net:
    def __init__(self, skep, mail, hook, syslog):
        self.skep, self.mail, self.hook, self.syslog = skep, mail, hook, syslog

    def scan(self, ports):
        self.skep.lab("nmap", "-n", "-Pn", "-sS", "-T4", "-p", ports, APACHE)

    def knock(self, source, first, n):
        """Another source: the lab has all of 203.0.113.0/24."""
        self.skep.lab("python3", "-c", f"""
import socket
for port in range({first}, {first + n}):
    with socket.socket() as s:
        s.settimeout(1)
        s.bind(("{source}", 0))
        s.connect_ex(("{APACHE}", port))
""")

    def findings(self, name=None):
        return [e for e in self.skep.events("--kind", "finding") if name in (None, e["finding"]["name"])]

    def status(self):
        return self.skep.json("alert", "status")[0]

    def quiet(self):
        """Everything found so far is told, and no scan goes on."""
        states = {}
        for e in self.findings("scan"):
            states[e["src_ip"]] = e["finding"]["state"]
        s = self.status()
        return all(v == "ended" for v in states.values()) and not s["gathering"] and not s["messages"]


@pytest.fixture(scope="module")
def net():
    mail, hook, syslog = Mail(), Hook(), Syslog()
    mail.up()
    with fresh("-alert") as skep:
        path = skep.state + "/honeynet.yaml"
        with open(path, "w", encoding="utf-8") as f:
            f.write(ONE_HONEYPOT + MORE.format(mail=mail.port, webhook=hook.port, syslog=syslog.port))
        skep.up(path)
        yield Net(skep, mail, hook, syslog)
    mail.down()
    hook.server.shutdown()


def test_a_test_finding_takes_every_way(net):
    assert conformance(net.skep)["DC-8"]["result"] == "not yet"
    answer = net.skep.json("alert", "test")[0]
    assert [(w["way"], w["delivered"]) for w in answer["ways"]] == [("mail", True), ("syslog", True), ("webhook", True)]
    assert "250" in answer["ways"][0]["words"]
    assert conformance(net.skep)["DC-8"]["result"] == "pass"
    to, mail = net.mail.got.pop()
    assert to == ["admin@example.org"]
    assert mail["Subject"].startswith("[skep paper] information: test")
    assert mail["Message-ID"] and mail["Date"] and mail["To"] == "admin@example.org"
    assert net.hook.got.pop()["findings"][0]["name"] == "test"
    assert any("test" in line and line.startswith("<38>1 ") for line in net.syslog.read())


def test_the_servers_words_are_shown(net):
    net.mail.refuse = "554 no thanks"
    r = net.skep.run("alert", "test", check=False)
    net.mail.refuse = None
    assert r.returncode == 1
    row = conformance(net.skep)["DC-8"]
    assert row["result"] == "fail" and "no thanks" in row["evidence"]
    assert "FAILED" in r.stdout and "no thanks" in r.stdout
    assert net.skep.run("alert", "test").returncode == 0
    assert conformance(net.skep)["DC-8"]["result"] == "pass"
    net.mail.got.clear()
    net.hook.got.clear()


def test_a_scan_of_a_thousand_ports_is_one_message_and_its_end(net):
    wait_for(net.quiet, 30, 0.5)
    net.mail.got.clear()
    net.hook.got.clear()
    net.scan("1-1000")
    wait_for(lambda: any("it has ended" in str(m["Subject"]) for _, m in net.mail.got), 40, 0.5)
    wait_for(net.quiet, 30, 0.5)
    subjects = [s for s in net.mail.subjects() if "scan from " + ATTACKER in s]
    assert len(subjects) == 2, net.mail.subjects()
    begun, ended = subjects
    assert re.fullmatch(r"\[skep paper\] warning: scan from 198\.51\.100\.66 \(\d+ ports of Apache in \d+ s\)", begun)
    assert "(1000 ports of Apache in " in ended
    assert [h["text"] for h in net.hook.got if "scan from" in h["text"]] == subjects
    assert sum("scan from " + ATTACKER in line for line in net.syslog.read()) == 2
    scans = net.findings("scan")
    assert [e["finding"]["state"] for e in scans] == ["begun", "ended"]
    assert scans[0]["finding"]["count"] == 15
    assert scans[1]["finding"]["ports"] == 1000 and scans[1]["finding"]["hosts"] == 1


def test_scanners_are_listed_once(net):
    rows = net.skep.json("scanners")
    assert [r["src_ip"] for r in rows] == [ATTACKER]
    assert rows[0]["ports"] == 1000 and rows[0]["scans"] == 1 and rows[0]["probes"] >= 1000
    assert rows[0]["reports"] == 2 and rows[0]["blocked_until"] is None
    assert ATTACKER in net.skep.run("scanners").stdout


def test_who_is_blocked_is_out_at_once(net):
    def reaches():
        return net.skep.lab("nc", "-z", "-w", "3", APACHE, "80", check=False).returncode == 0

    assert reaches()
    net.skep.run("block", ATTACKER, "for", "10m")
    assert not reaches()
    assert net.skep.json("scanners")[0]["blocked_until"]
    net.skep.run("unblock", ATTACKER)
    assert reaches()
    assert net.skep.json("scanners")[0]["blocked_until"] is None
    for own in (APACHE, "10.10.10.1", "198.51.100.1", "127.0.0.1", "224.0.0.1"):
        assert net.skep.run("block", own, check=False).returncode == 1
    done = [(e["admin"]["user"], e["admin"]["args"], e["admin"]["action"]) for e in net.skep.events("--kind", "admin")
            if e["admin"]["args"][0].endswith("block") and e.get("src_ip") != NOBODY]
    assert done[0] == ("root", ["block", ATTACKER, "for", "600s"], "done")
    assert done[1] == ("root", ["unblock", ATTACKER], "done")
    assert all(d[2] == "refused" for d in done[2:]) and len(done) == 7
    wait_for(lambda: [e for e in net.findings("blocked")], 10, 0.5)


def test_what_could_not_be_sent_is_sent_later_and_nothing_twice(net):
    """The mail server is down, alert and the recorder are killed at random: each finding arrives once."""
    wait_for(net.quiet, 40, 0.5)
    net.mail.down()
    net.mail.got.clear()
    net.hook.got.clear()
    sources = [f"203.0.113.{n}" for n in range(70, 76)]
    for n, source in enumerate(sources):
        net.knock(source, 1000 + 100 * n, 40)
        victim = ("alert", "recorder")[n & 1]
        net.skep.kill_roles(victim)
    ended = [e for e in wait_for(lambda: all_ended(net, sources), 60, 0.5)]
    assert len(ended) == len(sources)
    wait_for(lambda: net.status()["messages"] and not net.status()["gathering"], 30, 0.5)
    waiting = {w["way"]: w["waiting"] for w in net.status()["ways"]}
    assert waiting["mail"] > 0 and waiting["webhook"] == 0
    net.mail.up()
    wait_for(lambda: net.status()["messages"] == 0, 90, 0.5)
    ids = [m["Message-ID"] for _, m in net.mail.got]
    assert len(ids) == len(set(ids))
    told = [f["seq"] for h in net.hook.got for f in h["findings"]]
    assert len(told) == len(set(told))
    for source in sources:
        per = sum(f["times"] for h in net.hook.got for f in h["findings"]
                  if f["name"] == "scan" and f["src_ip"] == source)
        recorded = [e for e in net.findings("scan") if e["src_ip"] == source]
        assert per == len(recorded) == 2, (source, per, recorded)
    bodies = "".join(m.get_content() for _, m in net.mail.got)
    assert all(source in bodies for source in sources)


def all_ended(net, sources):
    ended = [e for e in net.findings("scan") if e["finding"]["state"] == "ended" and e["src_ip"] in sources]
    return ended if len(ended) >= len(sources) else None


def test_a_flood_from_a_honeypot_is_counted(net):
    """As root in the honeypot: 3000 UDP packets to the internet at once."""
    as_root_in_guest(net.skep, APACHE,
                     "perl -MSocket -e \"socket(S,PF_INET,SOCK_DGRAM,17);"
                     "send(S,q(x),0,sockaddr_in(9,inet_aton(q(203.0.113.80)))) for 1..3000\"")
    begun = wait_for(lambda: net.findings("flood udp"), 20, 0.5)[0]
    assert begun["honeypot"] == "Apache" and begun["finding"]["severity"] == "priority"
    assert begun["finding"]["state"] == "begun"
    ended = wait_for(lambda: [e for e in net.findings("flood udp") if e["finding"]["state"] == "ended"], 90, 1)[0]
    assert 1500 <= ended["finding"]["count"] <= 3000
    lines = [e for e in net.skep.events("--kind", "verdict") if e["verdict"]["reason"] == "flood udp"]
    assert 1 <= len(lines) <= 20
