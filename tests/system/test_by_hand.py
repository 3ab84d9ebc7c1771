# SPDX-License-Identifier: GPL-2.0-or-later
"""Data control by hand: lockdown and fence, on what is open too. How they hold in the kernel: tests/unit/test_policy.c."""
import os

import pytest

from conftest import APACHE, ROXEN, as_root_in_guest, new_period, wait_for



def answers(skep, address=APACHE):
    return skep.lab("curl", "-s", "-m", "3", f"http://{address}/", check=False).returncode == 0


def said(skep, *words):
    return [e for e in skep.events("--kind", "admin") if e["admin"].get("args") == list(words) and e["admin"]["action"] == "done"]


@pytest.fixture
def locked(skep):
    skep.run("lockdown", "on")
    yield
    skep.run("lockdown", "off")


def test_a_lockdown_closes_all(skep, locked):
    assert not answers(skep) and not answers(skep, ROXEN)
    assert skep.run("lockdown").stdout == "on\n" and skep.status()["containment"]["locked"]
    assert os.path.exists(os.path.join(skep.state, "lockdown")), "the next start begins with it"
    assert wait_for(lambda: said(skep, "lockdown", "on"), 10)
    refused = wait_for(lambda: [e for e in skep.events("--kind", "verdict") if e["verdict"]["reason"] == "lockdown"], 10)
    assert refused[0]["verdict"]["action"] == "drop"


def test_it_is_taken_back(skep):
    assert skep.run("lockdown").stdout == "off\n" and answers(skep)
    assert not os.path.exists(os.path.join(skep.state, "lockdown"))


def test_a_fence_is_put_up_and_taken_down(skep):
    new_period(skep)
    skep.run("fence", "add", "203.0.113.0/24")
    try:
        assert skep.run("fence", "list").stdout == "203.0.113.0/24\n"
        assert "in the fence already" in skep.run("fence", "add", "203.0.113.80", check=False).stderr
        as_root_in_guest(skep, APACHE, "timeout 3 curl -s http://203.0.113.80/")
        fenced = wait_for(lambda: [e for e in skep.events("--kind", "verdict", "--honeypot", "Apache")
                                   if e["verdict"]["reason"] == "fence"], 10)
        assert fenced[-1]["dest_ip"] == "203.0.113.80" and fenced[-1]["session"]
        assert {b["used"] for b in skep.json("budget", "Apache") if b["budget"] == "tcp"} == {0}, "no budget is asked"
    finally:
        skep.run("fence", "del", "203.0.113.0/24")
    assert not skep.run("fence", "list").stdout
    assert "by hand" in skep.run("fence", "del", "203.0.113.0/24", check=False).stderr
    assert said(skep, "fence", "add", "203.0.113.0/24") and said(skep, "fence", "del", "203.0.113.0/24")


@pytest.mark.parametrize("words", [("fence", "add", "2001:db8::/32"), ("block", "2001:db8::1")])
def test_without_ipv6_nothing_of_it_is_listed(skep, words):
    r = skep.run(*words, check=False)
    assert r.returncode == 1 and "no IPv6" in r.stderr


@pytest.mark.parametrize("words", [("lockdown", "maybe"), ("fence", "add", "10.0.0.1/8"), ("fence", "add"), ("fence", "list", "x")])
def test_what_makes_no_sense_is_said(skep, words):
    r = skep.run(*words, check=False)
    assert r.returncode == 2 and "usage" in r.stderr
