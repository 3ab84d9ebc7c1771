# SPDX-License-Identifier: GPL-2.0-or-later
"""A changed honeynet file taken over while the honeynet runs: who is in it already notices nothing."""
import glob
import json
import os
import re
import subprocess
import time

import pytest

from conftest import APACHE, ROOT, log_in, new_period, wait_for
from test_roles import check_numbers, kernels

EXTRA = "10.10.10.90"
SHIPPED = os.path.join(ROOT, "etc", "honeynet.yaml")
FIRST_UID = 2002001000

VISIT = """
set timeout 60
log_user 0
spawn ssh -tt -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ServerAliveInterval=5 \\
    -o ServerAliveCountMax=4 -o PreferredAuthentications=password webadmin@[lindex $argv 0] bash
expect "assword:"
send "meridian1\\r"
expect -re {[$] $}
while {[gets stdin line] >= 0} {
    send "$line\\r"
    expect -re {said-([0-9]+)-end}
    puts $expect_out(1,string)
    flush stdout
}
"""


class Visit:
    """Somebody who logged in before, and is in there all the time."""

    def __init__(self, skep):
        script = os.path.join(skep.state, "visit.exp")
        with open(script, "w") as f:
            f.write(VISIT)
        self.process = skep.start("lab", "exec", "--", "expect", script, APACHE, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)

    def says(self, command=":"):
        self.process.stdin.write(f"{command}; echo said-$((6*7))-end\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() == "42"

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def written(skep, name, *edits, extra=None):
    """The shipped honeynet file, edited, with the honeypot Extra if that has any words; its path."""
    with open(SHIPPED) as f:
        text = f.read()
    if extra is not None:
        edits += (("\n# Groups of objects", f"  - {{ name: Extra, address: {EXTRA}, image: apache, hostname: extra{extra} }}\n"
                   "\n# Groups of objects"), ("Sendmail, Apache]", "Sendmail, Apache, Extra]"))
    for old, new in edits:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = os.path.join(skep.state, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def pots(skep):
    """What must stay as it is: state, since when, place, by name."""
    return {h["name"]: (h["state"], h["since_us"], h["place"]) for h in skep.status()["honeypots"]}


def used(skep):
    """What honeypots have used of their budget of TCP connections, which limit it has, and how much time is left of it."""
    return {b["honeypot"]: (b["used"], b["limit"], b["resets_in_ms"]) for b in skep.json("budget")
            if b["budget"] == "tcp" and b["resets_in_ms"]}


def kernels_at(skep, place):
    return kernels(skep, FIRST_UID + place)


def groups(skep, place):
    return glob.glob(f"/sys/fs/cgroup/**/skep-{skep.pid('priv')}/{place}", recursive=True)


def reloads(skep, before=0):
    """What was reloaded, but for the @before that other tests had done already."""
    return [e for e in skep.events("--kind", "admin") if e["admin"].get("args", [""])[0] == "reload"][before:]


def forward(skep):
    """The rules that decide what passes, without their counters."""
    return skep.gateway("nft", "-s", "list", "table", "inet", "skep").stdout.split("chain", 1)[1]


def waits(skep):
    """In how many seconds the last reload is taken back; None: it is not."""
    return skep.status().get("reload", {}).get("taken_back_in_s")


def comes_in(skep, address):
    return skep.lab("curl", "-s", "-o", "/dev/null", "-m", "2", f"http://{address}/", check=False).returncode == 0


@pytest.fixture(scope="module")
def visit(skep):
    new_period(skep)
    v = Visit(skep)
    assert v.says("for i in 1 2 3; do : </dev/tcp/203.0.113.80/81; done")
    yield v
    v.end()


@pytest.fixture(scope="module")
def before(skep, visit):
    yield pots(skep), used(skep), len(reloads(skep))
    if waits(skep) is not None:		# a test that failed must not make the next folder's fail
        skep.run("reload", "--back")
    skep.run("reload", SHIPPED)


@pytest.fixture(scope="module")
def extra(skep, before):
    """What the first reload said."""
    path = written(skep, "extra.yaml", ("\n  tcp: 20\n", "\n  tcp: 25\n"), extra="")
    return json.loads(skep.run("reload", "--json", path).stdout)


def test_a_dry_run_only_shows(skep, before):
    path = written(skep, "dry.yaml", ("    image: sendmail\n    memory: 96", "    image: sendmail\n    memory: 128"), extra="")
    r = skep.run("reload", "--dry-run", path)
    assert re.search(r"^\+ Extra +10\.10\.10\.90 +apache, 96 MiB, host name extra$", r.stdout, re.M)
    assert re.search(r"^~ Sendmail +memory 96 MiB -> 128 MiB", r.stdout, re.M) and "~ groups" in r.stdout
    [said] = skep.json("reload", "--dry-run", path)
    assert said["added"] == ["Extra"] and said["removed"] == [] and said["dry_run"]
    assert said["changed"] == [{"name": "Sendmail", "changes": ["memory 96 MiB -> 128 MiB"]}]
    assert pots(skep) == before[0] and not reloads(skep, before[2])
    assert "nothing is different" in skep.run("reload").stdout


@pytest.mark.parametrize("old, new, said", [
    ("network: 10.10.10.0/24", "network: 10.10.0.0/16", "network: cannot change while the honeynet runs: skep down"),
    ("    image: dns\n", "    image: dns\n    colour: red\n", 'unknown key "colour"'),
    ("  buffer: 32 MiB", "  buffer: 64 MiB", "packets: buffer: cannot change")])
def test_a_file_that_cannot_be_changes_nothing(skep, before, old, new, said):
    path = written(skep, "broken.yaml", (old, new), extra="")
    rules = skep.gateway("nft", "-s", "list", "chain", "inet", "skep", "forward").stdout
    r = skep.run("reload", path, check=False)
    assert r.returncode == 2 and re.match(rf"{path}:\d+:\d+: {re.escape(said)}", r.stderr), r.stderr
    assert pots(skep) == before[0] and used(skep).keys() == before[1].keys() and not reloads(skep, before[2])
    assert skep.gateway("nft", "-s", "list", "chain", "inet", "skep", "forward").stdout == rules


def test_what_fails_leaves_what_was(skep, before):
    """When all of a first new honeypot is made: a file stands where the second one's snapshots would go."""
    in_the_way = os.path.join(skep.state, "snapshots", "Extra")
    os.makedirs(os.path.dirname(in_the_way), mode=0o700, exist_ok=True)
    open(in_the_way, "x").close()
    first = "  - { name: First, address: 10.10.10.91, image: apache }\n\n# Groups of objects"
    r = skep.run("reload", written(skep, "fails.yaml", ("\n# Groups of objects", first), extra=""), check=False)
    os.unlink(in_the_way)
    assert r.returncode == 1 and "nothing has changed: Extra: snapshots: Not a directory" in r.stderr
    assert pots(skep) == before[0] and used(skep)["Apache"][:2] == (3, 20)
    assert not groups(skep, 4) and "tap4" not in skep.gateway("ip", "-o", "link").stdout
    assert not glob.glob(os.path.join(skep.state, "disks", "First*"))
    [deed] = reloads(skep, before[2])
    assert deed["admin"]["action"] == "refused" and "Not a directory" in deed["admin"]["reason"]


def test_who_is_added_is_there(skep, visit, before, extra):
    assert extra["added"] == ["Extra"] and extra["parts"] == ["groups", "containment"]
    now = pots(skep)
    assert now.pop("Extra")[0] == "up" and now == before[0], "the others run on"
    assert skep.lab("curl", "-s", "-m", "10", f"http://{EXTRA}/").returncode == 0
    assert "extra" in log_in(skep, EXTRA, "hostname")
    assert [e for e in skep.events("--kind", "exec", "--honeypot", "Extra") if e.get("session")]
    assert skep.json("sessions")[-1]["honeypot"] == "Extra"
    deed = reloads(skep)[-1]
    assert deed["admin"]["action"] == "done" and deed["admin"]["reason"] == "added Extra; groups; containment"
    assert deed["admin"]["user"] == "root"


def test_who_was_in_there_notices_nothing(skep, visit, before, extra):
    assert visit.says()
    connections, limit, ms = used(skep)["Apache"]
    assert connections == 3 and limit == 20, "its budget goes on as it began"
    assert before[1]["Apache"][:2] == (3, 20) and ms < before[1]["Apache"][2]


def test_who_dies_comes_back_with_the_new_plan(skep, visit, extra):
    for role in ("recorder", "capture"):
        skep.kill_roles(role)
    assert visit.says()
    assert "extra" in wait_for(lambda: log_in(skep, EXTRA, "hostname"), 30)
    last = skep.json("sessions")[-1]
    assert last["honeypot"] == "Extra" and skep.run("session", str(last["id"])).returncode == 0
    check_numbers(skep)


def test_who_changes_is_another_one(skep, visit, before, extra):
    skep.run("reload", written(skep, "changed.yaml", extra="2, memory: 112 MiB"))
    now = pots(skep)
    assert now.pop("Extra")[0] == "up" and now == before[0]
    assert not kernels_at(skep, 4) and not groups(skep, 4) and kernels_at(skep, 5) and groups(skep, 5)
    assert "extra2" in log_in(skep, EXTRA, "hostname")
    assert [s["label"] for s in skep.json("snapshot", "--list", "Extra")] == ["before it was changed"]
    assert skep.run("diff", "Extra", "--get", "/etc/hostname").stdout == "extra2\n"
    assert reloads(skep)[-1]["admin"]["reason"] == "changed Extra; containment"


def test_of_who_is_removed_only_the_record_is_left(skep, visit, before, extra):
    assert "here" in log_in(skep, EXTRA, "echo here; sleep 1")
    skep.run("reload", SHIPPED)
    assert pots(skep) == before[0]
    assert not kernels_at(skep, 5) and not groups(skep, 5)
    assert "tap5" not in skep.gateway("ip", "-o", "link").stdout
    assert skep.lab("curl", "-s", "-m", "2", f"http://{EXTRA}/", check=False).returncode
    assert [s["label"] for s in skep.json("snapshot", "--list", "Extra")] == ["before it was changed", "before it was removed"]
    ended = [s for s in skep.json("sessions") if s["honeypot"] == "Extra"]
    assert len(ended) >= 3 and all(s["end"] for s in ended)
    assert "echo here" in skep.run("session", str(ended[-1]["id"])).stdout
    assert skep.events("--kind", "honeypot", "--honeypot", "Extra")[-1]["state"] == "removed"
    r = skep.run("reset", "Extra", check=False)
    assert r.returncode and "no honeypot named Extra" in r.stderr


LOCKED_OUT = ("    destination: honeynet\n    service: any\n    action: accept", "    destination: honeynet\n    service: any\n    action: drop")
BUDGET = ("\n  tcp: 20\n", "\n  tcp: 25\n")


def test_what_nobody_confirms_is_taken_back(skep, visit, before, extra):
    rules = forward(skep)
    path = written(skep, "locked-out.yaml", LOCKED_OUT, BUDGET)
    r = skep.run("reload", "--confirm-within", "10s", path)
    assert ("~ rules\n  - rule 1: any -> honeynet: any service: accept\n  + rule 1: any -> honeynet: any service: drop\n"
            "~ containment\n  tcp 20 -> 25\n") in r.stdout
    assert re.search("taken back in [0-9]+ s, unless `skep reload --confirm` comes", r.stderr), r.stderr
    assert not comes_in(skep, APACHE) and forward(skep) != rules
    assert reloads(skep)[-1]["admin"]["reason"] == "rules; containment; for 10 s, unless it is confirmed"
    r = skep.run("reload", written(skep, "meanwhile.yaml", extra="4"), check=False)
    assert r.returncode == 1 and "the last reload is not confirmed yet" in r.stderr
    wait_for(lambda: waits(skep) is None, 30)
    assert comes_in(skep, APACHE) and forward(skep) == rules
    deed = reloads(skep)[-1]
    assert deed["admin"]["action"] == "done" and deed["admin"]["args"] == ["reload", SHIPPED]
    assert deed["admin"]["reason"] == "taken back, as nobody confirmed it: rules; containment"
    assert visit.says() and pots(skep) == before[0]
    r = skep.run("reload", "--confirm", check=False)
    assert r.returncode == 1 and "no reload waits to be confirmed" in r.stderr


def test_what_is_confirmed_stays(skep, visit, before, extra):
    skep.run("reload", "--confirm-within", "10s", written(skep, "confirmed.yaml", BUDGET))
    assert 0 <= waits(skep) <= 10 and "the last reload is taken back in" in skep.run("status").stdout
    skep.run("reload", "--confirm")
    rules = forward(skep)
    assert waits(skep) is None and "taken back" not in skep.run("status").stdout
    assert reloads(skep)[-1]["admin"]["args"] == ["reload", "--confirm"]
    time.sleep(11)
    assert forward(skep) == rules and skep.json("reload", "--dry-run", SHIPPED)[0]["parts"] == ["containment"]
    skep.run("reload", SHIPPED)


def test_who_was_added_is_taken_back(skep, visit, before, extra):
    skep.run("reload", "--confirm-within", "1h", written(skep, "added.yaml", extra="3"))
    assert pots(skep)["Extra"][0] == "up" and 3000 < waits(skep) <= 3600
    place = pots(skep)["Extra"][2]
    assert "extra3" in log_in(skep, EXTRA, "hostname")
    skep.kill_roles("recorder")  # it is in nobody's head only
    skep.run("reload", "--back")
    assert pots(skep) == before[0] and waits(skep) is None
    assert not kernels_at(skep, place) and not groups(skep, place) and not comes_in(skep, EXTRA)
    assert reloads(skep)[-1]["admin"]["reason"] == "taken back, as was asked: removed Extra; groups"
    assert skep.events("--kind", "honeypot", "--honeypot", "Extra")[-1]["state"] == "removed"


def test_who_would_not_come_back_is_not_tried(skep, visit, before, extra):
    path = written(skep, "larger.yaml", ("    image: sendmail\n    memory: 96", "    image: sendmail\n    memory: 128"))
    n = len(reloads(skep))
    r = skep.run("reload", "--confirm-within", "10s", path, check=False)
    assert r.returncode == 1 and "Sendmail is removed or changed, and would not come back as it was" in r.stderr
    assert pots(skep) == before[0] and waits(skep) is None and len(reloads(skep)) == n


def test_after_all_that(skep, visit, before, extra):
    assert visit.says()
    assert used(skep)["Apache"][:2] == (3, 20)
    assert skep.run("verify", "--key", skep.key).returncode == 0
    check_numbers(skep)
