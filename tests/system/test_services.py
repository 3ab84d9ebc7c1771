# SPDX-License-Identifier: GPL-2.0-or-later
"""Four real systems answer, and look like what they are to be."""
import os
import socket

import pytest

from conftest import APACHE, DNS, ROXEN, SENDMAIL, wait_for


def test_four_honeypots_are_up(skep):
    status = skep.status()
    assert {(h["name"], h["address"], h["state"]) for h in status["honeypots"]} == {
        ("Roxen", ROXEN, "up"), ("DNS", DNS, "up"), ("Sendmail", SENDMAIL, "up"), ("Apache", APACHE, "up")}


def test_apache_serves_the_company(skep):
    r = skep.lab("curl", "-sS", "-i", "--max-time", "10", f"http://{APACHE}/")
    assert "Server: Apache" in r.stdout and "Meridian" in r.stdout


def test_roxen_serves_its_page(skep):
    r = skep.lab("curl", "-sS", "-i", "--max-time", "10", f"http://{ROXEN}/")
    assert "Server: Roxen" in r.stdout


def test_dns_answers_for_its_zone(skep):
    r = skep.lab("dig", f"@{DNS}", "+time=5", "+tries=2", "www.meridian-tool.example", "A")
    assert "status: NOERROR" in r.stdout and APACHE in r.stdout and " aa" in r.stdout


def test_anybody_gets_the_whole_zone(skep):
    zone = skep.lab("dig", f"@{DNS}", "+time=10", "meridian-tool.example", "axfr").stdout
    assert "XFR size: " in zone and "gw.meridian-tool.example." in zone and "intranet.meridian-tool.example." in zone
    assert "roxen.meridian-tool.example." in skep.lab("dig", f"@{DNS}", "+time=10", "10.10.10.in-addr.arpa", "axfr").stdout


def test_roxen_has_an_administration_port(skep):
    def ask(*words):
        return skep.lab("curl", "-sS", "-i", "--max-time", "10", *words, f"http://{ROXEN}:26300/ports/").stdout
    assert 'Basic realm="Roxen administration interface"' in ask()
    assert " 401 " in ask("-u", "administrator:wrong")
    page = ask("-u", "administrator:roxen")
    assert " 200 " in page and "Server: Roxen" in page and "*:26300" in page
    rows = wait_for(lambda: [r for r in skep.json("logins") if r["user"] == "administrator" and r["secret"] == "roxen"], 10, 0.2)
    assert (rows[0]["honeypot"], rows[0]["result"]) == ("Roxen", "accepted")
    assert [r["result"] for r in skep.json("logins") if r["user"] == "administrator" and r["secret"] == "wrong"] == ["refused"]


MAIL = """
import smtplib, sys
with smtplib.SMTP(sys.argv[1], 25, "attacker.example", 20) as s:
    for to in sys.argv[2:]:
        print(s.sendmail("spam@attacker.example", [to], f"To: {to}\\r\\nSubject: for {to}\\r\\n\\r\\nbuy\\r\\n"))
"""


def test_sendmail_takes_every_mail_and_sends_none(skep):
    sent = len(skep.events("--kind", "connect", "--honeypot", "Sendmail"))
    out = "victim@elsewhere.example"
    assert skep.lab("/usr/bin/python3", "-c", MAIL, SENDMAIL, out, "office@meridian-tool.example", timeout=60).stdout == "{}\n{}\n"

    def mailbox(user):
        return skep.run("diff", "Sendmail", "--get", f"/var/mail/{user}", check=False).stdout
    wait_for(lambda: f"Subject: for {out}" in mailbox("outgoing"), 20, 0.5)
    wait_for(lambda: "Subject: for office@meridian-tool.example" in mailbox("tlindqvist"), 20, 0.5)
    assert len(skep.events("--kind", "connect", "--honeypot", "Sendmail")) == sent


def test_sendmail_talks_smtp(skep):
    dialogue = "import socket,sys\ns=socket.create_connection((sys.argv[1],25),10)\nf=s.makefile('rw',newline='\\r\\n')\n" \
               "print(f.readline())\n" \
               "for c in ('EHLO attacker.example','MAIL FROM:<a@attacker.example>'," \
               "'RCPT TO:<postmaster@meridian-tool.example>','QUIT'):\n" \
               "  f.write(c+'\\n'); f.flush()\n" \
               "  while True:\n    l=f.readline(); print(l)\n    if l[3:4]!='-': break\n"
    r = skep.lab("/usr/bin/python3", "-c", dialogue, SENDMAIL)
    assert "Sendmail" in r.stdout and "250 2.1.5" in r.stdout and "221 2.0.0" in r.stdout


@pytest.mark.parametrize("address", [APACHE, DNS, ROXEN, SENDMAIL])
def test_ssh_answers_with_a_key_of_its_own(skep, address):
    r = skep.lab("ssh-keyscan", "-T", "10", "-t", "ed25519", address)
    assert "ssh-ed25519" in r.stdout


def test_no_two_share_an_identity(skep):
    keys = {skep.lab("ssh-keyscan", "-T", "10", "-t", "ed25519", a).stdout.split()[-1]
            for a in (APACHE, DNS, ROXEN, SENDMAIL)}
    ids = set()
    for name in ("Apache", "DNS", "Roxen", "Sendmail"):
        with open(os.path.join(skep.state, "identity", name, "etc/machine-id")) as f:
            ids.add(f.read())
    assert len(keys) == 4 and len(ids) == 4


def test_nothing_leads_out_of_the_machine(skep):
    """The lab's namespace has no route and no link to anything but the gateway."""
    links = skep.lab("ip", "-o", "link").stdout.splitlines()
    assert sorted(line.split(": ")[1].split("@")[0] for line in links) == ["eth0", "lo"]
    for where in (skep.lab, skep.gateway):
        routes = where("ip", "route").stdout
        assert all(line.split()[0] in ("default", "198.51.100.0/24", "10.10.10.0/24") for line in routes.splitlines())
    # An address of the lab's own networks answers, any other meets no route.
    outside = skep.lab("ip", "route", "get", "10.99.99.99", check=False)
    assert outside.returncode != 0 and "unreachable" in outside.stderr.lower()


def test_the_host_is_not_in_the_lab(skep):
    """What the host listens on is not reachable from there."""
    with socket.socket() as s:
        s.bind(("0.0.0.0", 0))
        s.listen()
        port = s.getsockname()[1]
        for address in ("127.0.0.1", "198.51.100.1", "10.10.10.1"):
            r = skep.lab("nc", "-z", "-w", "2", address, str(port), check=False)
            assert r.returncode != 0
