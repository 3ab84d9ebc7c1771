# SPDX-License-Identifier: GPL-2.0-or-later
"""The record of a real honeynet against its key: as it stands, and after somebody was at it."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import pytest

from conftest import APACHE, SKEP


def journal_of(skep):
    return os.path.join(skep.state, "evidence", "journal")


def verify(skep, *args, check=False):
    return skep.run("verify", "--key", skep.key, *args, check=check)


def findings(skep, *args):
    r = json.loads(verify(skep, "--json", *args).stdout)
    return r, [f["what"] for f in r["findings"]]


def busy(skep):
    """Something to record."""
    skep.lab("curl", "-s", "--max-time", "5", f"http://{APACHE}/", check=False)


@pytest.fixture
def copy(skep, tmp_path):
    """A copy of the evidence, taken while nothing is written."""
    busy(skep)
    for _ in range(20):
        shutil.rmtree(tmp_path / "evidence", ignore_errors=True)
        shutil.copytree(os.path.join(skep.state, "evidence"), tmp_path / "evidence")
        if not findings(skep, "--journal", str(tmp_path / "evidence" / "journal"))[1]:
            return tmp_path / "evidence" / "journal"
        time.sleep(0.2)
    raise AssertionError("no copy of the evidence is whole")


def lines_of(journal):
    path = sorted(journal.glob("*.ndjson"))[0]
    return path, path.read_bytes().splitlines(keepends=True)


def test_the_live_record_is_ok_while_it_is_written(skep):
    load = skep.start("lab", "exec", "--", "sh", "-c",
                      f"for i in 1 2 3 4 5 6 7 8; do curl -s --max-time 3 http://{APACHE}/ >/dev/null; done")
    records = 0
    while True:
        r, what = findings(skep)
        assert r["ok"] and not what, r
        assert r["records"] >= records
        records = r["records"]
        if load.poll() is not None:
            break
    assert records > 0 and records <= len(skep.events())
    r = verify(skep, check=True)
    assert re.match(r"ok: \d+ records, \S+Z to \S+Z, chain [0-9a-f]{16}", r.stdout)


def test_the_first_record_says_that_the_chain_begins(skep):
    first = skep.events()[0]
    assert first["event_type"] == "chain" and first["state"] == "begins" and first["chain"]["n"] == 1
    assert findings(skep)[0]["chain"] in first["reason"]


def test_nobody_but_its_owner_reads_the_key(skep):
    assert os.stat(skep.key).st_mode & 0o777 == 0o600
    state = os.path.join(journal_of(skep), "chain.state")
    assert os.stat(state).st_mode & 0o777 == 0o600
    assert os.stat(state).st_uid == os.stat(journal_of(skep)).st_uid
    with open(skep.key) as f:
        key = f.read().strip()
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}", key)
    log = os.path.join(skep.state, "log", "skep.log")
    with open(log, errors="replace") as f:
        assert key not in f.read()


def test_a_killed_recorder_leaves_no_gap(skep):
    for _ in range(3):
        busy(skep)
        skep.kill_roles("recorder")
    busy(skep)
    r, what = findings(skep)
    assert r["ok"] and not what, r
    assert not [e for e in skep.events("--kind", "chain") if e["state"] != "begins"]


def test_a_changed_command_is_found(skep, copy):
    path, lines = lines_of(copy)
    at = next(i for i, line in enumerate(lines) if json.loads(line)["event_type"] == "exec")
    lines[at] = lines[at].replace(b'"pid":', b'"pid":1', 1)
    path.write_bytes(b"".join(lines))
    r, what = findings(skep, "--journal", str(copy))
    assert what == ["changed"] and not r["ok"]
    f = r["findings"][0]
    assert f["file"] == path.name and f["line"] == at + 1 and f["byte"] == sum(map(len, lines[:at]))
    assert f["seq"] == json.loads(lines[at])["seq"] and f["first"] == json.loads(lines[at])["chain"]["n"]
    words = verify(skep, "--journal", str(copy))
    assert words.returncode == 1 and words.stdout.startswith(f"{path.name}:{at + 1}, byte ") and "changed" in words.stdout


def test_a_removed_record_is_found(skep, copy):
    path, lines = lines_of(copy)
    n = json.loads(lines.pop(len(lines) // 2))["chain"]["n"]
    path.write_bytes(b"".join(lines))
    r, what = findings(skep, "--journal", str(copy))
    assert what == ["removed"] and r["findings"][0]["first"] == n


def test_a_cut_end_is_found(skep, copy):
    path = sorted(copy.glob("*.ndjson"))[-1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    r, what = findings(skep, "--journal", str(copy))
    assert what[0] in ("cut", "removed") and r["findings"][0]["first"] == json.loads(lines[-1])["chain"]["n"]


def test_a_lost_state_is_found(skep, copy):
    (copy / "chain.state").unlink()
    assert findings(skep, "--journal", str(copy))[1] == ["state-missing"]


def test_a_mistyped_and_a_wrong_key_are_told_apart(skep, copy, tmp_path):
    with open(skep.key) as f:
        key = f.read()
    typo = tmp_path / "typo"
    typo.write_text(("B" if key[0] == "A" else "A") + key[1:])
    r = skep.run("verify", "--key", str(typo), check=False)
    assert r.returncode == 1 and "mistyped" in r.stderr
    wrong = tmp_path / "wrong"
    wrong.write_text(key_of_zeroes() + "\n")
    r = skep.run("verify", "--key", str(wrong), check=False)
    assert r.returncode == 1 and "wrong-key" in r.stdout


def key_of_zeroes():
    """Sixteen zero bytes and their check part, as record/chain.c writes them."""
    check = hashlib.blake2b(b"skep chain secret check", key=bytes(16), digest_size=16).digest()[:4]
    bits = int.from_bytes(bytes(16) + check, "big")
    return "-".join("".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> (155 - 5 * i) & 31] for i in range(g, g + 4))
                    for g in range(0, 32, 4))


def test_a_key_comes_over_standard_input_too(skep):
    with open(skep.key) as f:
        r = subprocess.run([SKEP, "verify", "--key", "-"], env=skep.env, stdin=f, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert r.returncode == 0 and r.stdout.startswith("ok: ")


def test_without_terminal_it_says_how_to_give_the_key(skep):
    r = skep.run("verify", check=False, start_new_session=True)
    assert r.returncode == 1 and "--key" in r.stderr
