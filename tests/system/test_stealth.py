# SPDX-License-Identifier: GPL-2.0-or-later
"""What tells an intruder that he is in a honeypot: `skep doctor --stealth` in a copy, and by other words in a running one."""
import os
import re

import pytest

from conftest import APACHE, as_root_in_guest

TELLS = 26
KNOWN = {"addresses", "timing", "modules"}		# docs/deception.md says why


@pytest.fixture(scope="module")
def looked(skep):
    """The rows of one honeypot, and the score."""
    running = skep.status()["roles"]
    *rows, score = skep.json("doctor", "--stealth", "Apache")
    assert skep.status()["roles"] == running, "a copy disturbs nobody"
    return {r["tell"]: r for r in rows}, score


def test_nothing_tells_but_what_cannot_be_hidden(looked):
    rows, score = looked
    assert len(rows) == score["tells"] == TELLS
    assert {t for t, r in rows.items() if r["result"] == "found"} == set()
    assert {t for t, r in rows.items() if r["result"] == "known"} <= KNOWN
    assert score["hidden"] >= TELLS - len(KNOWN) and score["found"] == 0


def test_what_cannot_be_hidden_is_seen(looked):
    """The look is no blind one: it finds what is there."""
    rows, _ = looked
    assert "39 bits" in rows["addresses"]["evidence"] and "ns" in rows["timing"]["evidence"]


def test_no_copy_is_left(skep, looked):
    assert not [f for f in os.listdir(skep.state + "/run") if f.startswith("stealth")]


def test_the_story_is_one(skep):
    shown = as_root_in_guest(skep, APACHE, "systemd-detect-virt; lscpu; cat /proc/interrupts /proc/iomem; readlink -f /sys/block/vda; "
                             "head -1 /proc/stat; dmesg --color=never")
    flags = open("/proc/cpuinfo", encoding="utf-8").read()
    model = re.search(r"^model name\s*: (.*)$", flags, re.M)
    assert model and model.group(1) in shown
    if re.search(r"^flags.*\bhypervisor\b", flags, re.M):
        assert "\nkvm" in shown.replace("\r", "") and "Hypervisor detected: KVM" in shown
    assert "/sys/devices/platform/virtio-mmio.0/virtio0/block/vda" in shown
    assert re.search(r"IO-APIC +5-edge +virtio0", shown) and "d0000000-d0000fff : virtio-mmio.0" in shown
    assert int(re.search(r"^cpu +(\d+)", shown, re.M).group(1)) > 0, "user time is counted"


def test_a_program_is_never_in_the_same_place(skep):
    shown = as_root_in_guest(skep, APACHE, "for i in 1 2 3 4; do head -1 /proc/self/maps; done")
    places = re.findall(r"^([0-9a-f]+)-[0-9a-f]+ r", shown, re.M)
    assert len(places) == 4 and len(set(places)) == 4
