# SPDX-License-Identifier: GPL-2.0-or-later
"""Conversations as packets of a pcap file: handshakes, data with acknowledgements, and ends.

A step is a function of a Talk. Talk knows who the two are: far (outside) and pot (the honeypot); steps begin
at far ("in") or at the honeypot ("out"). Checksums are left zero, as taps and bridges leave them.
"""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def address(text):
    return ipaddress.ip_address(text).packed


def twin(text):
    """The IPv6 address of who has this IPv4 one: honeypots' are in 2001:db8:10::/64, all others' beside it."""
    return f"2001:db8:{'10' if text.startswith('10.10.') else '11'}::{text}"


class Pcap:
    """A pcap file (libpcap's classic format, Ethernet) whose clock goes on by a millisecond a packet."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        self.now_ms = 1_790_000_000_000
        self.packets = 0

    def write(self, src, dst, proto, payload):
        if ":" in src:
            kind, ip = b"\x86\xdd", struct.pack(">IHBB", 6 << 28, len(payload), proto, 64)
        else:
            kind, ip = b"\x08\0", struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), self.packets & 0xffff, 0, 64, proto, 0)
        frame = b"\x52\x54\0\0\0\1\x52\x54\0\0\0\2" + kind + ip + address(src) + address(dst) + payload
        self.now_ms += 1
        self.packets += 1
        self.file.write(struct.pack("<IIII", self.now_ms // 1000, self.now_ms % 1000 * 1000, len(frame), len(frame)))
        self.file.write(frame)

    def wait(self, seconds):
        self.now_ms += int(seconds * 1000)

    def close(self):
        self.file.close()


class Talk:
    def __init__(self, pcap, far, pot):
        self.pcap, self.far, self.pot = pcap, far, pot
        self.port = 40000

    def ends(self, way):
        self.port += 1
        return (self.far, self.pot) if way == "in" else (self.pot, self.far)

    def tcp_packet(self, src, dst, sport, dport, seq, ack, flags, data=b""):
        head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 64240, 0, 0)
        self.pcap.write(src, dst, 6, head + data)


def tcp(way, port, *turns, close=True):
    """A whole connection; each turn is ">..." from the opener or "<..." from the one who listens (bytes)."""
    def step(t):
        a, b = t.ends(way)
        sport, seq, ack = t.port, 1000, 9000
        t.tcp_packet(a, b, sport, port, seq, 0, SYN)
        t.tcp_packet(b, a, port, sport, ack, seq + 1, SYN | ACK)
        seq, ack = seq + 1, ack + 1
        t.tcp_packet(a, b, sport, port, seq, ack, ACK)
        for turn in turns:
            data = turn[1:]
            for at in range(0, len(data), 1400):
                part = data[at:at + 1400]
                if turn[:1] == b">":
                    t.tcp_packet(a, b, sport, port, seq, ack, PSH | ACK, part)
                    seq += len(part)
                    t.tcp_packet(b, a, port, sport, ack, seq, ACK)
                else:
                    t.tcp_packet(b, a, port, sport, ack, seq, PSH | ACK, part)
                    ack += len(part)
                    t.tcp_packet(a, b, sport, port, seq, ack, ACK)
        if close:
            t.tcp_packet(a, b, sport, port, seq, ack, FIN | ACK)
            t.tcp_packet(b, a, port, sport, ack, seq + 1, FIN | ACK)
            t.tcp_packet(a, b, sport, port, seq + 1, ack + 1, ACK)
    return step


def bare(way, port, flags, answer=None):
    """One TCP packet that belongs to no connection, and perhaps what comes back."""
    def step(t):
        a, b = t.ends(way)
        t.tcp_packet(a, b, t.port, port, 1000, 0, flags)
        if answer:
            t.tcp_packet(b, a, port, t.port, 0, 1001, answer)
    return step


def udp(way, port, data):
    def step(t):
        a, b = t.ends(way)
        t.pcap.write(a, b, 17, struct.pack(">HHHH", t.port, port, 8 + len(data), 0) + data)
    return step


def icmp(way, kind, code=0, data=b""):
    def step(t):
        a, b = t.ends(way)
        t.pcap.write(a, b, 1, struct.pack(">BBHHH", kind, code, 0, 7, 1) + data)
    return step


def icmp6(way, kind, code=0, data=b""):
    """Of an error the data are the packet that it is about."""
    def step(t):
        a, b = map(twin, t.ends(way))
        t.pcap.write(a, b, 58, struct.pack(">BBHI", kind, code, 0, 0 if kind < 128 else 7 << 16 | 1) + data)
    return step


def unreachable6(way, port):
    """As unreachable()."""
    def step(t):
        a, b = map(twin, t.ends(way))
        about = struct.pack(">IHBB", 6 << 28, 9, 17, 64) + address(b) + address(a) + struct.pack(">HHHHB", t.port, port, 9, 0, 0)
        icmp6(way, 1, 4, about)(t)
    return step


def unreachable(way, port):
    """ "That UDP port is closed", about a packet that came the other way."""
    def step(t):
        a, b = t.ends(way)
        about = struct.pack(">BBHHHBBH4s4sHHHH", 0x45, 0, 29, 1, 0, 64, 17, 0, address(b), address(a), t.port, port, 9, 0)
        t.pcap.write(a, b, 1, struct.pack(">BBHI", 3, 3, 0, 0) + about)
    return step


def wait(seconds):
    return lambda t: t.pcap.wait(seconds)


def http(way, uri=b"/", *headers, method=b"GET", body=b"", status=b"200 OK", answer=b"hello\n", host=b"www.example",
         agent=b"Mozilla/5.0", port=80):
    head = b"%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n" % (method, uri, host, agent)
    head += b"".join(h + b"\r\n" for h in headers)
    if body:
        head += b"Content-Length: %d\r\n" % len(body)
    back = b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (status, len(answer))
    return tcp(way, port, b">" + head + b"\r\n" + body, b"<" + back + answer)


def ssh(way, software=b"OpenSSH_9.2p1"):
    return tcp(way, 22, b"<SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b">SSH-2.0-" + software + b"\r\n")


def smtp(way, *lines, port=25):
    """Lines of the client, each answered with 250; one that begins with b"<" is the server's answer instead."""
    turns = [b"<220 mail.example ESMTP\r\n", b">EHLO there.example\r\n", b"<250 mail.example\r\n"]
    for line in lines:
        if line.startswith(b"<"):
            turns[-1] = line + b"\r\n"
        else:
            turns += [b">" + line + b"\r\n", b"<250 2.0.0 ok\r\n"]
    return tcp(way, port, *turns)


def labels(name):
    return b"".join(bytes([len(part)]) + part for part in name.split(b".")) + b"\0"


def dns(way, name, kind=1, kind_class=1):
    return udp(way, 53, struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels(name) +
               struct.pack(">HH", kind, kind_class))


def dns_tcp(way, name, kind):
    message = struct.pack(">HHHHHH", 0x1234, 0x0100, 1, 0, 0, 0) + labels(name) + struct.pack(">HH", kind, 1)
    return tcp(way, 53, b">" + struct.pack(">H", len(message)) + message)


def tls(way, name):
    """A connection's first record: a ClientHello that names the server (RFC 8446, RFC 6066)."""
    sni = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 0, len(sni)) + sni
    hello = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0"
    hello += struct.pack(">H", len(extensions)) + extensions
    record = b"\x01" + struct.pack(">I", len(hello))[1:] + hello
    return tcp(way, 443, b">\x16\x03\x01" + struct.pack(">H", len(record)) + record)
