# SPDX-License-Identifier: GPL-2.0-or-later
"""Budgets over the ends of the honeynet, and by hand. How they count: tests/unit/test_budgets.c, with packets really sent."""
import base64
import os
import signal

import pytest

from conftest import APACHE, ONE_HONEYPOT, alive, as_root_in_guest, bash_in_guest, wait_for


def budgets(skep):
    return {b["budget"]: b for b in skep.json("budget", "apache")}


def calls_out(skep):
    as_root_in_guest(skep, APACHE, "timeout 3 curl -s http://203.0.113.80/")


def refuses(skep, how):
    """From now on; who answers is there."""
    def sink():
        """the sink runs"""
        return next((r["pid"] for r in skep.status()["roles"] if r["name"] == "sink" and r["state"] == "running"), 0)
    before = sink()
    path = os.path.join(skep.state, f"{how}.yaml")
    with open(path, "w") as f:
        f.write(ONE_HONEYPOT + f"containment: {{ refuse: {how} }}\n")
    skep.run("reload", path)
    wait_for(lambda: sink() not in (0, before), 15)


def test_no_end_gives_a_fresh_budget(spare):
    path = os.path.join(spare.state, "honeynet.yaml")
    with open(path, "w") as f:
        f.write(ONE_HONEYPOT)
    spare.up(path)
    calls_out(spare)
    used = wait_for(lambda: budgets(spare)["tcp"]["used"], 10)
    assert budgets(spare)["tcp"]["limit"] == 20 and budgets(spare)["destinations"]["used"] == 1

    spare.run("budget", "apache", "set", f"tcp={used + 1}", "bytes=1MiB")
    said = wait_for(lambda: [e for e in spare.events("--kind", "admin") if "set" in e["admin"].get("args", [])], 10)
    assert said[0]["admin"]["args"] == ["budget", "Apache", "set", f"tcp={used + 1}"]
    assert said[0]["admin"]["action"] == "done" and said[0]["admin"]["user"] == "root"
    assert budgets(spare)["tcp"]["limit"] == used + 1 and budgets(spare)["bytes"]["limit"] == 1 << 20

    spare.down()
    spare.up(path)
    assert budgets(spare)["tcp"]["used"] == used and budgets(spare)["tcp"]["limit"] == used + 1
    assert 0 < budgets(spare)["tcp"]["resets_in_ms"] < 3600 * 1000
    assert budgets(spare)["destinations"]["used"] == 1
    calls_out(spare)
    calls_out(spare)
    assert wait_for(lambda: budgets(spare)["tcp"]["left"] == 0, 10) and budgets(spare)["tcp"]["used"] == used + 1
    spare.run("reload", path)
    assert budgets(spare)["tcp"]["limit"] == used + 1, "what is set by hand is no matter of the file's"
    spare.run("budget", "apache", "set", "tcp=file")
    assert budgets(spare)["tcp"]["left"] == 20 - used - 1

    # What its budget refuses is answered all the same, by the gateway itself, and the lab sees nothing of it.
    spare.run("budget", "apache", "set", f"tcp={used + 1}")
    refuses(spare, "pretend")
    spare.lab("nft", "add table inet seen; add chain inet seen c { type filter hook prerouting priority -400; }; "
              f"add rule inet seen c ip saddr {APACHE} tcp flags & (syn | ack) == syn counter")
    said = bash_in_guest(spare, APACHE, "exec 3<>/dev/tcp/203.0.113.99/25; echo EHLO guest >&3; timeout 9 head -n 2 <&3; "
                         "exec 3>&-; timeout 9 curl -s http://203.0.113.98/x.sh")
    assert "220 mx1 ESMTP" in said and "250-mx1" in said and "404 Not Found" in said
    smtp = wait_for(lambda: [e for e in spare.events("--kind", "sink") if e["dest_port"] == 25], 15)[0]
    assert smtp["honeypot"] == "Apache" and smtp["dest_ip"] == "203.0.113.99" and smtp["sink"]["action"] == "pretend"
    assert base64.b64decode(smtp["sink"]["bytes"]) == b"EHLO guest\n" and smtp["session"] and smtp["process"]["name"] == "bash"
    flow = wait_for(lambda: [e for e in spare.events("--kind", "flow") if e["dest_ip"] == "203.0.113.99"], 20)[0]
    assert flow["dest_port"] == 25 and flow["verdict"] == {"action": "drop", "reason": "budget tcp"}
    asked = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x01\0\x01"
    spare.run("budget", "apache", "set", "udp=0")
    said = bash_in_guest(spare, APACHE, "exec 3<>/dev/udp/203.0.113.96/53; for i in 1 2; do printf '" +
                         "".join(f"\\x{b:02x}" for b in asked) + "' >&3; timeout 2 dd bs=512 count=1 <&3 2>/dev/null | od -An -v -tx1; done")
    assert (asked[:2] + b"\x81\x82" + asked[4:]).hex(" ") in " ".join(said.split()), said
    name = wait_for(lambda: [e for e in spare.events("--kind", "sink") if e["dest_port"] == 53], 15)
    assert len(name) == 1 and name[0]["dest_ip"] == "203.0.113.96" and name[0]["proto"] == "UDP", name
    assert base64.b64decode(name[0]["sink"]["bytes"]) == asked and name[0]["session"] and name[0]["process"]["name"] == "bash"
    refuses(spare, "tarpit")
    said = bash_in_guest(spare, APACHE, "exec 3<>/dev/tcp/203.0.113.97/25 && echo it stands; echo HELO >&3; timeout 3 head -c 9 <&3 | "
                         "sed s/^/says:/")
    assert "it stands" in said and "says:" not in said
    held = wait_for(lambda: [e for e in spare.events("--kind", "sink") if e["dest_ip"] == "203.0.113.97"], 15)[0]
    assert held["sink"]["action"] == "tarpit" and base64.b64decode(held["sink"]["bytes"]) == b"HELO\n"
    assert " packets 0 " in spare.lab("nft", "list", "table", "inet", "seen").stdout
    assert budgets(spare)["tcp"]["used"] == used + 1
    spare.lab("nft", "delete", "table", "inet", "seen")

    priv, master = spare.pid("priv"), spare.status()["pid"]
    os.kill(master, signal.SIGKILL)
    wait_for(lambda: not alive(priv) and not alive(master), 15)
    spare.up(path)
    assert {name: b["left"] for name, b in budgets(spare).items() if name not in ("destinations", "lateral")} == dict.fromkeys(
        ("tcp", "udp", "icmp", "other", "bytes"), 0), "nobody knows what was used in the last moments"


@pytest.mark.parametrize("words", [("Apache", "set"), ("Apache", "set", "tcp"), ("Apache", "set", "tcp=10001"),
                                   ("Apache", "set", "bytes=40"), ("Apache", "set", "bytes=0MiB"), ("Apache", "set", "sctp=4")])
def test_what_makes_no_sense_is_said(skep, words):
    r = skep.run("budget", *words, check=False)
    assert r.returncode == 2 and "usage" in r.stderr


def test_who_is_not_there_has_no_budget(skep):
    r = skep.run("budget", "Nobody", "set", "tcp=4", check=False)
    assert r.returncode == 1 and "no honeypot named Nobody" in r.stderr
