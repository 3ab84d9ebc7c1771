# SPDX-License-Identifier: GPL-2.0-or-later
"""Full packet capture: every packet is in a file, whoever dies; the record says which file, with its hash."""
import hashlib
import json
import os
import re
import struct
import time

from conftest import APACHE, ROXEN, as_root_in_guest, conformance


def count(skep, *args):
    return json.loads(skep.run("pcap", "--count", "--json", *args).stdout)["packets"]


def sequence_numbers(skep, tmp_path, *args):
    """Of the echo requests among these packets, in the order of the file."""
    path = str(tmp_path / "out.pcap")
    skep.run("pcap", *args, "-o", path)
    with open(path, "rb") as f:
        data = f.read()
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D
    at, found = 24, []
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        icmp = frame[14 + (frame[14] & 15) * 4:]
        found.append(struct.unpack_from(">H", icmp, 6)[0])
        at += 16 + size
    return found


def test_every_packet_is_there_though_the_writer_dies(skep, tmp_path):
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 1))
    pings = skep.start("lab", "exec", "--", "ping", "-q", "-i", "0.01", "-c", "600", ROXEN)
    for _ in range(3):
        time.sleep(1)
        skep.kill_roles("packets")
    pings.wait(timeout=60)
    time.sleep(1.5)     # the last block, and a restart's pause
    requests = sequence_numbers(skep, tmp_path, "--since", began, "--address", ROXEN,
                                "--filter", "icmp[icmptype] == icmp-echo")
    assert requests == list(range(1, 601))
    assert not [e for e in skep.events("--kind", "lost")]


def test_a_session_and_what_it_opened(skep):
    as_root_in_guest(skep, APACHE, f"curl -s --max-time 5 http://{ROXEN}/")
    time.sleep(1.5)
    session = skep.json("sessions", "--user-only")[-1]
    number = str(session["session"] if "session" in session else session["id"])
    whole = count(skep, "--session", number)
    own = count(skep, "--session", number, "--filter", "tcp port 22")
    inside = count(skep, "--session", number, "--filter", f"host {APACHE} and host {ROXEN} and tcp port 80")
    assert own > 20
    assert inside >= 6, "what honeypots say to each other passes no routed interface"
    assert whole >= own + inside
    assert count(skep, "--session", number, "--address", f"{ROXEN}:80") == inside
    accept = next(e for e in skep.events("--session", number) if e["event_type"] == "accept")
    assert count(skep, "--flow", accept["community_id"]) == own


def test_what_is_wrong_is_said(skep):
    bad = skep.run("pcap", "--filter", "no such thing", "--count", check=False)
    assert bad.returncode == 2 and "the filter: " in bad.stderr
    none = skep.run("pcap", "--since", "2001-01-01", "--until", "2001-01-02", "--count", check=False)
    assert none.returncode == 1 and "nothing is stored for that time" in none.stderr
    assert skep.run("pcap", "--session", "999999", "--count", check=False).returncode == 1


def test_a_complete_file_is_told_with_its_hash(spare):
    spare.up()
    spare.lab("ping", "-q", "-i", "0.01", "-c", "100", APACHE)
    spare.down()
    told = spare.events("--kind", "pcap")
    assert len(told) in (1, 2)		# two, when the hour ended meanwhile
    text = json.dumps(told[0])
    name = re.search(r"[-0-9T_]+\.pcap", text).group(0)
    path = os.path.join(spare.state, "evidence", "pcap", name)
    with open(path, "rb") as f:
        assert hashlib.sha256(f.read()).hexdigest() in text
    assert not os.stat(path).st_mode & 0o137, "nobody else reads or changes it"
    assert count(spare, "--filter", f"icmp and host {APACHE}") >= 200
    spare.up()          # what is told stays as it is
    row = conformance(spare)["CA-5"]
    assert row["result"] == "pass" and os.path.basename(path) in row["evidence"], row
    with open(path, "r+b") as f:
        f.seek(-1, os.SEEK_END)
        last = f.read(1)
        f.seek(-1, os.SEEK_END)
        f.write(bytes([last[0] ^ 1]))
    row = conformance(spare)["CA-5"]
    assert row["result"] == "fail" and "not the file that was archived" in row["evidence"], row
    with open(path, "r+b") as f:
        f.seek(-1, os.SEEK_END)
        f.write(last)
    spare.down()
    told = spare.events("--kind", "pcap")
    assert len(told) >= 2 and len({json.dumps(e).split("sha256")[1] for e in told}) == len(told)
