# SPDX-License-Identifier: GPL-2.0-or-later
"""Our rules, each against traffic made for it, in one run of the real Suricata for each set, with the real configuration.

Every case has a honeypot and a far address of its own, so an alert tells by its addresses which case it is of.
"""
import ipaddress
import json
import os
import re
import shutil
import subprocess

import pytest

import inline_cases
from cases import CASES
from traffic import Pcap, Talk

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "etc", "rules")
SKEP = os.environ.get("SKEP", os.path.join(ROOT, "build", "skep"))
TEST_NET = "[10.10.0.0/16,2001:db8:10::/64]"	# more honeypots than a honeynet has
# file: its cases, what each rule begins with, what it does, and the mode of the prevention, if it is one of its
SETS = {
    "skep.rules": (CASES, "alert", "allowed", None),
    "drop.rules": (inline_cases.cases(9101000), "drop", "blocked", "drop"),
    "replace.rules": (inline_cases.cases(9102000), "alert", "allowed", "replace"),
}
ALL = [(name, i) for name, rows in SETS.items() for i in range(len(rows[0]))]

pytestmark = pytest.mark.skipif(not shutil.which("suricata"), reason="no suricata: tools/suricata installs it")


def pot(i):
    return f"10.10.{100 + i // 250}.{1 + i % 250}"


def who(text):
    """The same of his address of either family."""
    return int(ipaddress.ip_address(text)) & 0xffffffff


def far(i, case):
    return case[4] or f"198.18.{i // 250}.{1 + i % 250}"


def case_name(name, i):
    case = SETS[name][0][i]
    return f"{case[0]} {'fires' if case[1] else 'quiet'}"


def suricata(folder, name):
    """Over all cases of a set; what it found."""
    cases, _, deed, mode = SETS[name]
    pcap = Pcap(folder / "all.pcap")
    for i, case in enumerate(cases):
        talk = Talk(pcap, far(i, case), pot(i))
        for step in case[2]:
            step(talk)
        pcap.wait(1)
    pcap.close()
    honeynet, config = folder / "honeynet.yaml", folder / "suricata.yaml"
    with open(os.path.join(ROOT, "etc", "honeynet.yaml")) as f:
        text = re.sub(r"^    mode: drop$", f"    mode: {mode or 'off'}", f.read(), flags=re.M)
        honeynet.write_text(text + "network6: 2001:db8:10::/64\n")
    with open(config, "w") as f:
        subprocess.run([SKEP, "rules", "config", *["--inline"] * bool(mode), honeynet], stdout=f, check=True,
                       env=dict(os.environ, SKEP_DATA=ROOT))
    r = subprocess.run(["suricata", "-r", folder / "all.pcap", "-c", config, "-l", folder, "--runmode", "single",
                        *["--simulate-ips"] * bool(mode), "--set", f"vars.address-groups.HOME_NET={TEST_NET}",
                        "--set", "unix-command.enabled=no"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert r.returncode == 0 and "error parsing signature" not in r.stdout, r.stdout
    found = [set() for _ in cases]
    case_of = {who(pot(i)): i for i in range(len(cases))}
    with open(folder / "eve.json") as f:
        for line in f:
            e = json.loads(line)
            if e["event_type"] == "alert":
                assert e["alert"]["action"] == deed
                i = case_of.get(who(e["src_ip"]), case_of.get(who(e["dest_ip"])))
                found[i].add(e["alert"]["signature_id"])
    return found


@pytest.fixture(scope="session")
def alerts(tmp_path_factory):
    """For each set and each of its cases the rules it fired."""
    return {name: suricata(tmp_path_factory.mktemp("rules"), name) for name in SETS}


def rules(name):
    with open(os.path.join(RULES, name)) as f:
        return [line for line in f if not line.startswith("#") and line.strip()]


def sids(name):
    return [int(re.search(r"\bsid:(\d+);", line).group(1)) for line in rules(name)]


@pytest.mark.parametrize("name", SETS)
def test_every_rule_has_both_cases(name):
    assert len(sids(name)) == len(set(sids(name)))
    for fires in (True, False):
        assert {c[0] for c in SETS[name][0] if c[1] == fires} == set(sids(name))


@pytest.mark.parametrize("name", SETS)
def test_every_rule_is_whole(name):
    """In our range, with a text, a class that our list knows, and a revision."""
    with open(os.path.join(RULES, "classification.config")) as f:
        classes = set(re.findall(r"^config classification: ([^,]+),", f.read(), re.M))
    for line in rules(name):
        assert re.match(SETS[name][1] + r' \S+ \S+ \S+ -> \S+ \S+ \(msg:"[a-z]', line), line
        assert re.search(r"classtype:([a-z-]+); ", line).group(1) in classes, line
        assert 9100001 <= int(re.search(r" sid:(\d+); rev:\d+;\)$", line).group(1)) <= 9199999, line
        assert name != "replace.rules" or "; replace:" in line, line


@pytest.mark.parametrize("name,i", ALL, ids=[case_name(*one) for one in ALL])
def test_rule(alerts, name, i):
    assert alerts[name][i] == SETS[name][0][i][3]
