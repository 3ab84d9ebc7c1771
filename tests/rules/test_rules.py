# SPDX-License-Identifier: GPL-2.0-or-later
"""Our NIDS rules, each against traffic made for it, in one run of the real Suricata with the real configuration.

Every case has a honeypot and a far address of its own, so an alert tells by its addresses which case it is of.
"""
import json
import os
import re
import shutil
import subprocess

import pytest

from cases import CASES
from traffic import Pcap, Talk

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RULES = os.path.join(ROOT, "etc", "rules", "skep.rules")
SKEP = os.environ.get("SKEP", os.path.join(ROOT, "build", "skep"))
TEST_NET = "[10.10.0.0/16]"	# more honeypots than a honeynet has

pytestmark = pytest.mark.skipif(not shutil.which("suricata"), reason="no suricata: tools/suricata installs it")


def pot(i):
    return f"10.10.{100 + i // 250}.{1 + i % 250}"


def far(i):
    return CASES[i][4] or f"198.18.{i // 250}.{1 + i % 250}"


def case_name(case):
    return f"{case[0]} {'fires' if case[1] else 'quiet'}"


@pytest.fixture(scope="session")
def alerts(tmp_path_factory):
    """For each case the set of rules it fired."""
    folder = tmp_path_factory.mktemp("rules")
    pcap = Pcap(folder / "all.pcap")
    for i, (_, _, steps, _, _) in enumerate(CASES):
        talk = Talk(pcap, far(i), pot(i))
        for step in steps:
            step(talk)
        pcap.wait(1)
    pcap.close()
    config = folder / "suricata.yaml"
    with open(config, "w") as f:
        subprocess.run([SKEP, "rules", "config"], stdout=f, check=True, env=dict(os.environ, SKEP_DATA=ROOT))
    r = subprocess.run(["suricata", "-r", folder / "all.pcap", "-c", config, "-l", folder, "--runmode", "single",
                        "--set", f"vars.address-groups.HOME_NET={TEST_NET}", "--set", "unix-command.enabled=no"],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert r.returncode == 0 and "error parsing signature" not in r.stdout, r.stdout
    found = [set() for _ in CASES]
    case_of = {pot(i): i for i in range(len(CASES))}
    with open(folder / "eve.json") as f:
        for line in f:
            e = json.loads(line)
            if e["event_type"] == "alert":
                i = case_of.get(e["src_ip"], case_of.get(e["dest_ip"]))
                found[i].add(e["alert"]["signature_id"])
    return found


def sids():
    with open(RULES) as f:
        return [int(s) for s in re.findall(r"^alert .*\bsid:(\d+);", f.read(), re.M)]


def test_every_rule_has_both_cases():
    assert len(sids()) == len(set(sids()))
    for fires in (True, False):
        assert {c[0] for c in CASES if c[1] == fires} == set(sids())


def test_every_rule_is_whole():
    """In our range, with a text, a class that our list knows, and a revision."""
    classes = set(re.findall(r"^config classification: ([^,]+),", open(os.path.join(os.path.dirname(RULES),
                                                                                    "classification.config")).read(), re.M))
    for line in open(RULES):
        if line.startswith("#") or not line.strip():
            continue
        assert re.match(r'alert \S+ \S+ \S+ -> \S+ \S+ \(msg:"[a-z]', line), line
        assert re.search(r"classtype:([a-z-]+); ", line).group(1) in classes, line
        assert 9100001 <= int(re.search(r" sid:(\d+); rev:\d+;\)$", line).group(1)) <= 9199999, line


@pytest.mark.parametrize("i", range(len(CASES)), ids=lambda i: case_name(CASES[i]))
def test_rule(alerts, i):
    assert alerts[i] == CASES[i][3]
