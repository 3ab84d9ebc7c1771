/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The one list of event kinds. Enum, journal names and documentation are made from it; a number is
 * part of no format, a name is: never rename one.
 */
#define EVENT_KINDS(X)                                                                   \
	X(BOOT,     "boot",     "A honeypot's kernel started.")                          \
	X(EXEC,     "exec",     "A program was run in a honeypot.")                      \
	X(EXIT,     "exit",     "A process of a honeypot ended.")                        \
	X(ACCEPT,   "accept",   "A honeypot accepted a TCP connection.")                 \
	X(CLOSE,    "close",    "A connection a honeypot had accepted is gone.")         \
	X(CONNECT,  "connect",  "A process of a honeypot asked for a connection.")       \
	X(LISTEN,   "listen",   "A process of a honeypot listens on a port.")            \
	X(MODULE,   "module",   "A kernel module was given to a honeypot's kernel.")     \
	X(TTY_IN,   "tty_in",   "Bytes typed at a terminal of a honeypot.")              \
	X(TTY_OUT,  "tty_out",  "Bytes shown on a terminal of a honeypot.")              \
	X(HALT,     "halt",     "A honeypot's kernel stops: power off, restart, panic.") \
	X(VERDICT,  "verdict",  "The gateway decided about a packet that a rule logs.")  \
	X(HONEYPOT, "honeypot", "A honeypot changed its state.")                         \
	X(GATE,     "gate",     "Forwarding was opened or closed.")                      \
	X(ROLE,     "role",     "One of skep's own processes started or died.")          \
	X(CHAIN,    "chain",    "The journal's chain of seals began, or does not fit.")  \
	X(LOST,     "lost",     "Events of one source are missing; see count.")          \
	X(SYSLOG,   "syslog",   "A message reached the log server.")                     \
	X(FLOW,     "flow",     "A connection through the gateway has ended.")           \
	X(ALERT,    "alert",    "A rule of the NIDS matched.")                           \
	X(FINDING,  "finding",  "What skep concludes from events: a scan, a flood.")     \
	X(GUARD,    "guard",    "A program of this machine broke the guard's rules.")    \
	X(PCAP,     "pcap",     "A file of captured packets is complete.")               \
	X(ADMIN,    "admin",    "An administrator did something; never the intruder.")

enum event_kind {
#define X(id, name, doc) EV_##id,
	EVENT_KINDS(X)
#undef X
	EV_KINDS
};
