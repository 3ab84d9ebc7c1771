# SPDX-License-Identifier: GPL-2.0-or-later
"""What each attack of the lab must leave in the record: alerts, flows, syslog, findings, verdicts."""
import collections
import os
import re

import pytest

from conftest import APACHE, SENDMAIL, wait_for

ATTACKER = "198.51.100.66"


class Record:
    """What was recorded since an attack began."""

    def __init__(self, skep, name):
        self.skep = skep
        self.before = skep.events("-n", "1")[-1]["seq"]
        self.said = skep.run("lab", "attack", name, timeout=400).stdout

    def of(self, kind, **members):
        found = []
        for e in self.skep.events("--kind", kind):
            if e["seq"] > self.before and all(e.get(k) == v for k, v in members.items()):
                found.append(e)
        return found

    def signatures(self, **members):
        return {e["alert"]["signature"] for e in self.of("alert", **members)}

    def wait(self, kind, what, seconds=40, **members):
        """The events of a kind, once what() is true of them."""
        def there():
            found = self.of(kind, **members)
            return found if what(found) else None
        there.__doc__ = f"{kind} events {members} as expected"
        return wait_for(there, seconds, 0.5)


@pytest.fixture(scope="module")
def scan(skep):
    return Record(skep, "scan")


@pytest.fixture(scope="module")
def guesses(skep):
    return Record(skep, "brute-force")


@pytest.fixture(scope="module")
def injections(skep):
    return Record(skep, "web-injection")


@pytest.fixture(scope="module")
def flood(skep):
    return Record(skep, "flood")


def test_scan_is_alerted_found_and_every_probe_judged(scan):
    scan.wait("alert", lambda all: any("many closed TCP ports" in e["alert"]["signature"] for e in all), src_ip=ATTACKER)
    ports = {e["dest_port"] for e in scan.of("verdict", src_ip=ATTACKER, dest_ip=APACHE, proto="TCP")}
    assert len(ports) >= 1000
    found = scan.of("finding", src_ip=ATTACKER)
    assert [f for f in found if f["finding"]["name"] == "scan" and f["finding"]["state"] == "begun"]
    assert len([f for f in found if f["finding"]["name"] == "scan"]) < 10
    assert any(s["src_ip"] == ATTACKER for s in scan.skep.json("scanners"))


def test_scan_leaves_flows_with_rule_and_community_id(scan):
    flows = scan.wait("flow", lambda all: len(all) > 1, src_ip=ATTACKER, dest_ip=APACHE, dest_port=22)
    for f in flows:
        assert f["verdict"] == {"action": "accept", "reason": "rule 1"}
        assert f["community_id"].startswith("1:") and f["flow"]["pkts_toserver"] >= 1
        assert f["flow"]["start"] <= f["timestamp"]


def test_guessing_is_alerted_and_in_the_honeypots_own_log(guesses):
    guesses.wait("alert", lambda all: any("brute force: SSH" in e["alert"]["signature"] for e in all), dest_ip=APACHE)
    lines = guesses.wait("syslog", lambda all: sum("Failed password" in e.get("message", "") for e in all) >= 5,
                         honeypot="Apache")
    ours = [e for e in lines if "Failed password" in e.get("message", "")]
    assert all(e["src_ip"] == APACHE and e["syslog"]["appname"] == "sshd" for e in ours)
    assert all(ATTACKER in e["message"] for e in ours)
    assert guesses.of("alert", dest_ip=SENDMAIL)


def test_every_trick_of_the_web_is_alerted_in_its_session(injections):
    want = {"path traversal", "shellshock", "SQL injection", "log4shell", "cross-site scripting", "sqlmap", "nikto",
            "masscan", "secrets looked for", "command in a parameter", "php://"}

    def all_there():
        """every trick is alerted"""
        said = " | ".join(injections.signatures(src_ip=ATTACKER, dest_ip=APACHE))
        return not [w for w in want if w not in said]
    wait_for(all_there, 20, 0.5)
    alerts = injections.of("alert", src_ip=ATTACKER, dest_ip=APACHE, dest_port=80)
    accepted = {e["src_port"]: e["session"] for e in injections.of("accept", src_ip=ATTACKER, dest_port=80)}
    assert alerts and all(e["session"] == accepted[e["src_port"]] for e in alerts)
    assert any("etc/passwd" in e.get("message", "") for e in alerts)


def test_the_page_that_runs_what_it_is_told_is_his_work(injections):
    assert "/cgi-bin/netcheck.pl ran three commands as www-data" in injections.said
    ran = injections.wait("exec", lambda all: any(e["process"]["args"] == ["id"] for e in all), honeypot="Apache")
    [id] = [e for e in ran if e["process"]["args"] == ["id"]]
    accepted = {e["session"] for e in injections.of("accept", src_ip=ATTACKER, dest_port=80)}
    assert id["session"] in accepted and id["process"]["user"]["id"] == 33
    programs = {os.path.basename(e["process"]["executable"]) for e in ran if e.get("session") == id["session"]}
    assert {"perl", "dash", "ping", "id"} <= programs
    injections.wait("finding", lambda all: any(f["finding"]["name"] == "shell from a web server" or
                                               f["finding"]["name"] == "program run by a web server" for f in all))


def test_flood_is_cut_counted_and_told_once(flood):
    came = [int(n) for n in re.findall(r"(\d+) (?:SYNs|UDP|ICMP|with made-up)", flood.said)]
    assert len(came) == 4, flood.said
    assert came[0] <= 20 and came[1] <= 20 and came[2] <= 50 and came[3] == 0

    def counted():
        """each kind of flood is found, most of it cut, and all of what was made up"""
        most = collections.Counter()
        for f in flood.of("finding", honeypot="Roxen"):
            most[f["finding"]["name"]] = max(most[f["finding"]["name"]], f["finding"]["probes"])
        return most["spoof ip"] == 2000 and all(most[k] > 50 for k in ("flood syn", "flood udp", "flood icmp"))
    wait_for(counted, 120, 0.5)     # the end of a finding is told a minute after it
    assert len(flood.of("finding", honeypot="Roxen")) < 30
    # logged at first sight, not each packet: 8000 were sent
    assert len(flood.of("verdict", honeypot="Roxen")) < 4000
