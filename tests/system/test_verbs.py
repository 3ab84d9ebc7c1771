# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs as a user meets them."""
import glob
import json
import os
import re
import socket
import subprocess

import pytest

from conftest import ROOT, SKEP, Skep, wait_for

BROKEN = sorted(glob.glob(os.path.join(ROOT, "tests", "broken", "*.yaml")))


def test_there_are_twenty_broken_files():
    assert len(BROKEN) >= 20


@pytest.mark.parametrize("path", BROKEN, ids=os.path.basename)
def test_check_says_where_and_what(path):
    r = subprocess.run([SKEP, "check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert r.returncode == 2
    assert re.search(rf"^{re.escape(path)}:\d+:\d+: \S", r.stdout, re.M), r.stdout


def test_check_likes_the_papers_honeynet():
    r = subprocess.run([SKEP, "check", os.path.join(ROOT, "etc", "honeynet.yaml")], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, timeout=20)
    assert r.returncode == 0


def explained(*words):
    return subprocess.run([SKEP, "policy", "explain", "-f", os.path.join(ROOT, "tests", "golden", "policy", "six.yaml"), *words],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)


@pytest.mark.parametrize("words, said", [
    (("a", "b", "icmp"), "10.0.0.2 (a) to 10.0.0.3 (b), ping"),
    (("a", "b", "icmpv6"), "2001:db8:10::a00:2 (a) to 2001:db8:10::a00:3 (b), ping"),
    (("a", "2001:db8:40::1", "udp", "9"), "2001:db8:10::a00:2 (a) to 2001:db8:40::1, UDP"),
    (("192.0.2.9", "a", "udp", "9"), "to 10.0.0.2 (a)"),
    (("2001:db8:40::1", "gate", "icmpv6", "--type", "139"), "to 2001:db8:10::a00:1 (gate), ICMPv6")])
def test_explain_asks_about_either_family(words, said):
    r = explained(*words)
    assert r.returncode == 0 and said in r.stdout, r.stdout


@pytest.mark.parametrize("words", [("a", "2001:db8:40::1", "icmp"), ("10.0.0.2", "2001:db8:40::1", "tcp", "80"),
                                   ("10.0.0.2", "b", "icmpv6"), ("many", "2001:db8:40::1", "tcp", "80")], ids=" ".join)
def test_explain_asks_about_one_family_only(words):
    assert explained(*words).returncode == 2


def test_unknown_verb_is_a_usage_error():
    r = subprocess.run([SKEP, "stauts"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert r.returncode == 2 and "status" in r.stdout


@pytest.mark.parametrize("verb", ["check", "up", "down", "status", "doctor", "events", "sessions", "session", "replay", "logins",
                                  "console", "lab", "kernel", "image", "access", "conformance", "verify", "pcap", "rules",
                                  "db", "guard", "selftest"])
def test_every_verb_helps(verb):
    r = subprocess.run([SKEP, verb, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert r.returncode == 0 and f"skep {verb}" in r.stdout


def test_without_a_honeynet_it_says_what_to_do(tmp_path):
    s = Skep(str(tmp_path))
    for verb in (["status"], ["sessions"], ["lab", "shell"]):
        r = s.run(*verb, check=False)
        assert r.returncode == 1 and "skep up" in r.stderr


def test_doctor_reaches_for_servers_only_when_asked(tmp_path):
    path = tmp_path / "honeynet.yaml"
    with socket.socket() as server, open(os.path.join(ROOT, "etc", "honeynet.yaml")) as shipped:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0)
        port = server.getsockname()[1]
        alert = f"alert:\n  webhook: http://user@127.0.0.1:{port}/hook\n"
        path.write_text(re.sub("^alert:\n", alert, shipped.read(), flags=re.M))

        def rows(*options):
            r = Skep(str(tmp_path)).run("doctor", "--json", *options, str(path), check=False)
            return {row["check"]: row for row in map(json.loads, r.stdout.splitlines())}
        row = rows()["webhook"]
        assert row["result"] == "ok" and "not tried" in row["text"]
        with pytest.raises(BlockingIOError):
            server.accept()
        row = rows("--reach")["webhook"]
        assert row["result"] == "ok" and "answers" in row["text"]
        server.accept()[0].close()
    found = rows("--reach")
    assert found["webhook"]["result"] == "bad" and "refused" in found["webhook"]["text"]
    assert found["mail"]["text"] == "mail: not configured" and found["openssl"]["result"] == "ok"


def test_status_shows_every_service(skep):
    shown = skep.run("status").stdout
    assert re.search(r"^suricata +up", shown, re.M)
    assert re.search(r"^mariadb +off +not in the honeynet file", shown, re.M) and re.search(r"^sshd +off", shown, re.M)
    assert [(s["name"], s["wanted"], s["state"]) for s in skep.status()["services"]] == [
        ("suricata", True, "up"), ("mariadb", False, "off"), ("prevention", True, "up")]
    assert re.search(r"^prevention: drop, up; \d+ dropped, \d+ rewritten$", shown, re.M)


def test_a_second_up_changes_nothing(skep):
    pids = [r["pid"] for r in skep.status()["roles"]]
    r = skep.up()
    assert "stands already" in r.stderr and r.stdout.count(" up ") == 4
    r = skep.run("up", "--fresh", check=False)
    assert r.returncode == 1 and "stands already" in r.stderr
    assert [r["pid"] for r in skep.status()["roles"]] == pids


def test_console_shows_a_login(skep):
    wait_for(lambda: "login:" in skep.run("console", "apache", check=False, timeout=20).stdout, 60, 1)
