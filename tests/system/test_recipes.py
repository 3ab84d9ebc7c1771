# SPDX-License-Identifier: GPL-2.0-or-later
"""Recipes beside the paper's four, a recipe of one's own, root file systems that lie ready: each really booted, and spoken to."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, SKEP, fresh, wait_for

FTP, TELNET, MYSQL, SMB, SQUID, REDIS = (f"10.10.10.{n}" for n in (21, 23, 33, 45, 128, 63))
OWN, FOLDER, TAR, EXT4 = (f"10.10.10.{n}" for n in (70, 101, 102, 103))

HONEYNET = """
name: recipes
network: 10.10.10.0/24
firewall: { name: Firewall, address: 10.10.10.1 }
honeypots:
  - { name: Ftp, address: 10.10.10.21, image: ftp }
  - { name: Telnet, address: 10.10.10.23, image: telnet }
  - { name: MySQL, address: 10.10.10.33, image: mysql, memory: 128 MiB }
  - { name: Smb, address: 10.10.10.45, image: smb }
  - { name: Squid, address: 10.10.10.128, image: squid }
  - { name: Redis, address: 10.10.10.63, image: redis }
  - { name: Own, address: 10.10.10.70, image: recipes/backup }
  - { name: Folder, address: 10.10.10.101, image: ./folder, services: http tcp 80, memory: 32 MiB }
  - { name: Tar, address: 10.10.10.102, image: ./root.tar.xz, services: [http tcp 80], memory: 32 MiB }
  - { name: Ext4, address: 10.10.10.103, image: ./root.ext4, services: [http tcp 80], memory: 32 MiB }
rules:
  - { source: any, destination: any, action: accept }
nids: { enabled: false }
packets: { enabled: false }
guard: { mode: "off" }
"""


def readme_example():
    """The shell commands of images/README.md, but for the last: `up` does the same."""
    with open(os.path.join(ROOT, "images/README.md")) as f:
        commands = re.search(r"```sh\n(.*?)```", f.read(), re.S).group(1)
    return commands.replace("sudo skep image build", "echo")


def make_root(folder, page):
    """A whole system: busybox is init, web server and what sets the address."""
    for below in ("bin", "sbin", "dev", "proc", "sys", "www", "etc/init.d", "var/run",
                  "etc/network/if-pre-up.d", "etc/network/if-up.d"):
        os.makedirs(os.path.join(folder, below))
    shutil.copy("/bin/busybox", os.path.join(folder, "bin"))
    for name in ("bin/sh", "bin/mount", "bin/ip", "sbin/ifup"):
        os.symlink("/bin/busybox", os.path.join(folder, name))
    os.symlink("../bin/busybox", os.path.join(folder, "sbin/init"))
    files = {
        "etc/inittab": "::sysinit:/etc/init.d/rcS\n::respawn:/bin/busybox httpd -f -h /www\n",
        "etc/init.d/rcS": "#!/bin/sh\nmount -t proc proc /proc\nifup -a\n",
        "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
        "www/index.html": page + "\n",
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    os.chmod(os.path.join(folder, "etc/init.d/rcS"), 0o755)


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    folder = tmp_path_factory.mktemp("honeynet")
    subprocess.run(["sh", "-euc", readme_example()], cwd=folder, check=True)
    for name in ("folder", "tar", "ext4"):
        make_root(folder / name, f"made from {name}")
    subprocess.run(["tar", "-C", folder / "tar", "-cJf", folder / "root.tar.xz", "."], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", folder / "ext4", folder / "root.ext4", "16M"], check=True)
    (folder / "net.yaml").write_text(HONEYNET)
    with fresh("-recipes") as s:
        s.up(str(folder / "net.yaml"))
        yield s


def python(net, script, *args):
    return net.lab("/usr/bin/python3", "-c", script, *args, timeout=60).stdout


def login(net, **want):
    return wait_for(lambda: [r for r in net.json("logins") if all(r[k] == v for k, v in want.items())], 10, 0.2)


def test_ftp_gives_and_takes_files(net):
    said = python(net, """
import ftplib, io, sys
f = ftplib.FTP(sys.argv[1], timeout=20)
print(f.getwelcome())
f.login()
print(f.nlst())
f.retrbinary("RETR pricelists/resellers.csv", lambda b: print(b.decode()))
f.storbinary("STOR incoming/offer.txt", io.BytesIO(b"an offer"))
f.quit()
f = ftplib.FTP(sys.argv[1], "ftpadmin", "drawings1", timeout=20)
print(f.pwd())
""", FTP)
    assert "Meridian" in said and "drawings" in said and "part;" in said and "/home/ftpadmin" in said
    assert login(net, user="ftpadmin", secret="drawings1")[0]["result"] == "accepted"


TELNET_CLIENT = """
import re, socket, sys
s = socket.create_connection((sys.argv[1], 23), 20)
s.settimeout(20)
seen = b""
ECHO = b"\\x01" if %s else None	# the server may do that, or the client does; all else is refused
def until(words):
    global seen
    while words not in seen:
        b = s.recv(4096)
        assert b, seen
        for what, option in re.findall(rb"\\xff([\\xfb\\xfd])(.)", b, re.S):
            s.sendall(b"\\xff" + (b"\\xfc" if what == b"\\xfd" else b"\\xfd" if option == ECHO else b"\\xfe") + option)
        seen += b
for words, answer in %s + ((b"login: ", b"labels"), (b"assword: ", b"operator"), (b"$ ", b"cat labels/*; echo the-$((41+1))-end")):
    until(words)
    seen = b""
    s.sendall(answer + b"\\r\\0")	# with a line feed behind it there would be two lines
until(b"the-42-end")
print(seen.decode(errors="replace"))
"""


def test_telnet_gives_a_shell(net):
    assert "MERIDIAN TOOL & DIE" in python(net, TELNET_CLIENT % (True, "()"), TELNET)
    assert login(net, user="labels", secret="operator")[0]["result"] == "accepted"


def test_a_client_that_shows_what_is_typed_hides_no_password(net):
    """The terminal does not echo at all then, so nobody turns that off to ask for a secret."""
    def accepted():
        return [r for r in net.json("logins") if r.get("secret") == "operator" and r["result"] == "accepted"]
    before = len(accepted())
    python(net, TELNET_CLIENT % (False, "((b'login: ', b'labels'), (b'assword: ', b'not-this-one'))"), TELNET)
    assert login(net, user="labels", secret="not-this-one")[0]["result"] == "refused"
    wait_for(lambda: len(accepted()) == before + 1, 10, 0.2)
    assert not [r for r in net.json("logins") if r.get("secret") == "labels"]


def test_mysql_has_the_companys_orders(net):
    def ask(user, password, words):
        return net.lab("mariadb", "-h", MYSQL, "-u", user, f"-p{password}", "-N", "-e", words, check=False, timeout=60)
    r = ask("erp", "erp", "SELECT name, SUM(quantity) FROM erp.orders JOIN erp.customer ON customer = id GROUP BY id;"
            "INSERT INTO erp.login VALUES ('guest', '', 'all'); SELECT COUNT(*) FROM erp.login")
    assert "Harrow Pressings\t2400" in r.stdout and r.stdout.endswith("\n5\n"), r.stderr
    assert "Access denied" in ask("erp", "wrong", "SELECT 1").stderr
    assert "mysql" in ask("root", "123456", "SELECT user FROM mysql.user").stdout
    wait_for(lambda: [e for e in net.events("--kind", "syslog", "--honeypot", "MySQL")
                      if "Access denied for user 'erp'" in e["message"]], 10, 0.2)


def test_smb_shares_its_files(net):
    assert "4471-02" in net.lab("curl", "-sS", "-u", "scanner:scanner", f"smb://{SMB}/drawings/LIST", timeout=60).stdout
    assert "Okafor" in net.lab("curl", "-sS", "-u", "nobody:", f"smb://{SMB}/office/shift%20plan.csv", timeout=60).stdout
    assert net.lab("curl", "-sS", "-u", "scanner:wrong", f"smb://{SMB}/drawings/LIST", check=False, timeout=60).returncode


def test_squid_fetches_for_anybody(net):
    r = net.lab("curl", "-sS", "-i", "--max-time", "20", "-x", f"http://{SQUID}:3128", f"http://{FOLDER}/")
    assert "proxy.meridian-tool.example" in r.stdout and "made from folder" in r.stdout


def test_redis_asks_for_no_password(net):
    said = net.lab("sh", "-c", f"printf 'HGET config:mail password\\r\\nQUIT\\r\\n' | nc -w 20 {REDIS} 6379").stdout
    assert "Vorrat-44" in said


def test_the_example_of_the_manual_is_a_honeypot(net):
    said = python(net, """
import socket, sys
s = socket.create_connection((sys.argv[1], 873), 20)
s.sendall(b"@RSYNCD: 31.0\\n#list\\n")
while b := s.recv(4096):
    print(b.decode())
""", OWN)
    assert "@RSYNCD: " in said and "backup" in said and "@RSYNCD: EXIT" in said


@pytest.mark.parametrize("address, name", [(FOLDER, "folder"), (TAR, "tar"), (EXT4, "ext4")])
def test_a_root_file_system_is_a_honeypot(net, address, name):
    assert net.lab("curl", "-sS", "--max-time", "20", f"http://{address}/").stdout == f"made from {name}\n"
    wait_for(lambda: [e for e in net.events("--kind", "accept") if e["dest_ip"] == address and e["dest_port"] == 80], 10, 0.2)


# --- what is not there, or not enough

BROKEN = """name: broken
network: 10.10.10.0/24
firewall: {{ name: Firewall, address: 10.10.10.1 }}
honeypots:
  - {{ name: a, address: 10.10.10.2, image: {image} }}
rules: [{{ source: any, destination: any, action: accept }}]
"""


def skep(folder, *words):
    """With a state of its own, without a honeynet."""
    return subprocess.run([SKEP, *words], env=dict(os.environ, SKEP_STATE=str(folder / "state")), text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("image, words", [
    ("apachee", "image: apachee: there is no such recipe"),
    ("./nowhere", "image: {}/./nowhere: No such file or directory"),
    ("./empty", "image: expected a service by tcp that says when the honeypot is up"),
    ("./empty, services: dns udp 53", "image: expected a service by tcp"),
    ("./wrong", "image: {}/wrong/services:2: expected NAME tcp|udp PORT"),
])
def test_check_says_what_is_wrong_with_an_image(tmp_path, image, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/packages").write_text("# none\n")
    (tmp_path / "wrong/services").write_text("ssh tcp 22\nhttp 80\n")
    (tmp_path / "net.yaml").write_text(BROKEN.format(image=image))
    r = skep(tmp_path, "check", tmp_path / "net.yaml")
    assert r.returncode == 2 and f"net.yaml:5:44: {words.format(tmp_path)}" in r.stderr


def test_what_a_root_lacks_is_said(tmp_path, spare):
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (tmp_path / "net.yaml").write_text(BROKEN.format(image="./root, services: ssh tcp 22"))
    r = spare.run("up", str(tmp_path / "net.yaml"), check=False)
    assert r.returncode == 2 and "net.yaml:5:44: image: " in r.stderr and "it has no /sbin/init" in r.stderr
    (root / "sbin").mkdir()
    shutil.copy("/bin/busybox", root / "sbin/init")
    r = skep(tmp_path, "image", "build", root)
    assert r.returncode == 1 and "nothing in it would set the address of eth0" in r.stderr
    (tmp_path / "words.tar").write_text("no tar\n")
    for path, words in ((tmp_path / "words.tar", "expected a folder, a tar or a file of ext4"), ("/", "is mounted in it")):
        r = skep(tmp_path, "image", "build", path)
        assert r.returncode and words in r.stderr


def test_a_change_of_a_root_is_another_image(tmp_path):
    root, file = tmp_path / "root", tmp_path / "root.ext4"
    make_root(root, "one")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, file, "8M"], check=True)

    def image(path):
        r = skep(tmp_path, "image", "build", path)
        assert r.returncode == 0, r.stderr
        return r.stdout.strip()
    for path, change in ((root, lambda: os.chmod(root / "www/index.html", 0o600)),
                         (file, lambda: subprocess.run(["tune2fs", "-L", "other", file], check=True, stdout=subprocess.DEVNULL))):
        before = image(path)
        assert image(path) == before
        change()
        assert image(path) != before and os.path.exists(before)
