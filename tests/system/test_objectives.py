# SPDX-License-Identifier: GPL-2.0-or-later
"""Objectives: what an intruder does is held against them as it is recorded."""
import os
import subprocess

from conftest import APACHE, ROOT, SKEP, as_root_in_guest, bash_in_guest, wait_for

OWN = """objectives:
  - {name: known and harmless, severity: clear, kind: exec, when: {command: "* quiet"}}
  - {name: a word of ours, severity: critical, kind: exec, when: {command: "*xyzzy*"}, unless: {executable: "*/sudo"}}
"""


def findings(skep, name):
    return [e for e in skep.events("--kind", "finding") if e["finding"]["name"] == name]


def honeynet_with(path, objectives):
    with open(os.path.join(ROOT, "etc", "honeynet.yaml")) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(f"{text}\nobjectives: {objectives}\n")


def test_an_intruder_meets_the_shipped_ones(skep):
    as_root_in_guest(skep, APACHE, "cp /usr/bin/id /tmp/met-it; /tmp/met-it; rm /tmp/met-it")
    found = wait_for(lambda: findings(skep, "program run from a folder anyone can write to"), 20, 0.5)[-1]
    assert found["honeypot"] == "Apache" and found["session"] and found["finding"]["severity"] == "priority"
    assert "met-it" in found["message"] and found["src_ip"] == "198.51.100.66"
    (run,) = [e for e in skep.events("--kind", "exec") if e["process"].get("executable") == "/tmp/met-it"]
    assert run["session"] == found["session"]


def test_errors_have_their_place(tmp_path):
    own, net = tmp_path / "own.yaml", tmp_path / "net.yaml"
    own.write_text("objectives:\n  - {name: x, severity: clear, kind: exce}\n")
    honeynet_with(net, own)
    for verb in (["check", str(net)], ["objectives", "check", str(net)], ["objectives", "reload", str(net)]):
        r = subprocess.run([SKEP, *verb], capture_output=True, text=True)
        assert r.returncode == 2, verb
        assert f"{own}:2:38: unknown kind of event exce; did you mean exec?" in r.stderr


def test_new_ones_are_used_at_once_and_for_good(skep, tmp_path):
    own, net = tmp_path / "own.yaml", tmp_path / "net.yaml"
    own.write_text(OWN)
    honeynet_with(net, own)
    assert skep.json("objectives", "list", str(net))[1]["name"] == "a word of ours"
    skep.run("objectives", "reload", str(net))
    try:
        bash_in_guest(skep, APACHE, "/bin/true xyzzy quiet\n/bin/true xyzzy loud\n")
        (found,) = wait_for(lambda: findings(skep, "a word of ours"), 20, 0.5)
        assert "xyzzy loud" in found["message"] and found["finding"]["severity"] == "critical"
        skep.kill_roles("recorder")
        before = len(findings(skep, "a word of ours"))
        bash_in_guest(skep, APACHE, "/bin/true xyzzy again\n")		# another session, so it is told again
        wait_for(lambda: len(findings(skep, "a word of ours")) > before, 20, 0.5)
    finally:
        skep.run("objectives", "reload")
