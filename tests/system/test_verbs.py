# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs as a user meets them."""
import glob
import os
import re
import subprocess

import pytest

from conftest import ROOT, SKEP, Skep

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


def test_unknown_verb_is_a_usage_error():
    r = subprocess.run([SKEP, "stauts"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert r.returncode == 2 and "status" in r.stdout


@pytest.mark.parametrize("verb", ["check", "up", "down", "status", "doctor", "events", "sessions", "session", "replay", "logins",
                                  "console", "lab", "kernel", "image", "access", "conformance", "verify", "pcap", "rules",
                                  "db", "guard"])
def test_every_verb_helps(verb):
    r = subprocess.run([SKEP, verb, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert r.returncode == 0 and f"skep {verb}" in r.stdout


def test_without_a_honeynet_it_says_what_to_do(tmp_path):
    s = Skep(str(tmp_path))
    for verb in (["status"], ["sessions"], ["lab", "shell"]):
        r = s.run(*verb, check=False)
        assert r.returncode == 1 and "skep up" in r.stderr


def test_a_second_up_changes_nothing(skep):
    pids = [r["pid"] for r in skep.status()["roles"]]
    r = skep.up()
    assert "stands already" in r.stderr and r.stdout.count(" up ") == 4
    r = skep.run("up", "--fresh", check=False)
    assert r.returncode == 1 and "stands already" in r.stderr
    assert [r["pid"] for r in skep.status()["roles"]] == pids


def test_console_shows_a_login(skep):
    r = skep.run("console", "apache", check=False, timeout=20)
    assert "login:" in r.stdout
