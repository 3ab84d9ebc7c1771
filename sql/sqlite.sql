-- SPDX-License-Identifier: GPL-2.0-or-later
-- The index, as SQLite keeps it. Made from the journal; may be thrown away and made again.
-- Times are microseconds UTC since 1970, 0 none. Compiled into the program by meson, which drops
-- these comments: no double quotes and no two dashes in here.
-- A change of a table is a new number in src/store/driver.h: an older index is made again.

CREATE TABLE honeypot (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE COLLATE NOCASE
);

-- The deployment record: what stood since when (epoch). idx: place in the plan.
CREATE TABLE deployment (
	epoch INTEGER NOT NULL,
	honeypot INTEGER NOT NULL REFERENCES honeypot(id),
	idx INTEGER NOT NULL,
	hostname TEXT NOT NULL,
	address TEXT NOT NULL,
	mac TEXT NOT NULL,
	recipe TEXT NOT NULL,
	image TEXT NOT NULL,
	kernel TEXT NOT NULL,
	memory_mb INTEGER NOT NULL,
	PRIMARY KEY (epoch, honeypot)
) WITHOUT ROWID;

-- How far the journal is in: the newest event, and its line. One row.
CREATE TABLE progress (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	seq INTEGER NOT NULL,
	at INTEGER NOT NULL,
	file TEXT NOT NULL,
	start INTEGER NOT NULL,
	len INTEGER NOT NULL
);

-- Every event but the messages of the log server, and where its line stands. honeypot 0: none.
CREATE TABLE record (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	verdict INTEGER,
	file TEXT NOT NULL,
	start INTEGER NOT NULL,
	len INTEGER NOT NULL
);

-- The records of a session, of a verdict: tables, since MariaDB has no index over some rows only.
CREATE TABLE record_session (
	session INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (session, seq)
) WITHOUT ROWID;
CREATE TABLE record_verdict (
	verdict INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (verdict, seq)
) WITHOUT ROWID;

CREATE TABLE session (
	id INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	conn INTEGER NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	dest TEXT NOT NULL,
	dest_port INTEGER NOT NULL,
	user TEXT NOT NULL,
	began INTEGER NOT NULL,
	ended INTEGER NOT NULL DEFAULT 0,
	last INTEGER NOT NULL,
	commands INTEGER NOT NULL DEFAULT 0,
	tty_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX session_open ON session(honeypot) WHERE ended = 0;
CREATE INDEX session_ended ON session(ended);
CREATE INDEX session_began ON session(began);

-- One row for each program run; a process that runs another program has another row.
-- status: as wait(2) has it. args: a JSON list.
CREATE TABLE process (
	seq INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	parent INTEGER NOT NULL,
	pid INTEGER NOT NULL,
	uid INTEGER NOT NULL,
	euid INTEGER NOT NULL,
	tty TEXT NOT NULL,
	executable TEXT NOT NULL,
	args TEXT NOT NULL,
	cwd TEXT NOT NULL,
	began INTEGER NOT NULL,
	ended INTEGER NOT NULL DEFAULT 0,
	status INTEGER
);
CREATE INDEX process_entity ON process(entity, honeypot, epoch);
CREATE INDEX process_session ON process(session) WHERE session > 0;

-- The dialogue: what was shown (what 1) and typed (2), new sizes (3: rows and columns in bytes, as 24x80).
-- tty: a terminal, or stdio, or tcp and the number of a stream: what was said without one.
CREATE TABLE terminal (
	seq INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	at INTEGER NOT NULL,
	what INTEGER NOT NULL,
	echo INTEGER NOT NULL,
	tty TEXT NOT NULL,
	bytes BLOB NOT NULL
);
CREATE INDEX terminal_session ON terminal(session) WHERE session > 0;

-- The view of the honeypot: accept, connect, listen, bind, send. ended: an accepted connection is gone.
CREATE TABLE connection (
	seq INTEGER PRIMARY KEY,
	kind TEXT NOT NULL,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	conn INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	dest TEXT NOT NULL,
	dest_port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	at INTEGER NOT NULL,
	ended INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX connection_conn ON connection(conn, honeypot, epoch);
CREATE INDEX connection_session ON connection(session) WHERE session > 0;

-- What intruders brought, wrote, ran: written, run, module. sha256: of the kept bytes, empty if there are none.
CREATE TABLE file (
	seq INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	at INTEGER NOT NULL,
	action TEXT NOT NULL,
	path TEXT NOT NULL,
	size INTEGER NOT NULL,
	kept INTEGER NOT NULL,
	sha256 TEXT NOT NULL,
	refused INTEGER NOT NULL
);
CREATE INDEX file_sha256 ON file(sha256);
CREATE INDEX file_session ON file(session) WHERE session > 0;

-- The view of the gateway. Packets of one flow that met the same fate shortly after each other
-- (a SYN that is tried again) are one row.
CREATE TABLE verdict (
	id INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	action TEXT NOT NULL,
	reason TEXT NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	dest TEXT NOT NULL,
	dest_port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	packets INTEGER NOT NULL,
	first INTEGER NOT NULL,
	last INTEGER NOT NULL
);
CREATE INDEX verdict_flow ON verdict(src, dest, src_port, dest_port, proto);
CREATE INDEX verdict_session ON verdict(session) WHERE session > 0;

-- How far each source was heard.
CREATE TABLE origin (
	source TEXT NOT NULL,
	honeypot INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	PRIMARY KEY (source, honeypot, epoch)
) WITHOUT ROWID;

-- Who tried to log in, where and with what. result: accepted, refused, unknown.
CREATE TABLE login (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	service TEXT NOT NULL,
	method TEXT NOT NULL,
	user TEXT NOT NULL,
	secret TEXT NOT NULL,
	result TEXT NOT NULL
);
CREATE INDEX login_session ON login(session) WHERE session > 0;

-- What reached the log server: who sent it (src) and who it says it is (host, app, procid, said), and where
-- its line stands. They come by the ten thousand a second: one row each, and no more than one index.
CREATE TABLE syslog (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	honeypot INTEGER NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	facility INTEGER NOT NULL,
	severity INTEGER NOT NULL,
	host TEXT NOT NULL,
	app TEXT NOT NULL,
	procid TEXT NOT NULL,
	msgid TEXT NOT NULL,
	said TEXT NOT NULL,
	malformed INTEGER NOT NULL,
	message TEXT NOT NULL,
	file TEXT NOT NULL,
	start INTEGER NOT NULL,
	len INTEGER NOT NULL
);
CREATE INDEX syslog_at ON syslog(at);

-- All events together: each one's line in the journal.
CREATE VIEW line AS
SELECT seq, at, kind, honeypot, file, start, len FROM record
UNION ALL SELECT seq, at, 'syslog', honeypot, file, start, len FROM syslog;

-- Connections through the gateway that ended. to: what went to dest, back: what came to src.
CREATE TABLE flow (
	seq INTEGER PRIMARY KEY,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	dest TEXT NOT NULL,
	dest_port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	community TEXT NOT NULL,
	action TEXT NOT NULL,
	reason TEXT NOT NULL,
	packets_to INTEGER NOT NULL,
	packets_back INTEGER NOT NULL,
	bytes_to INTEGER NOT NULL,
	bytes_back INTEGER NOT NULL,
	began INTEGER NOT NULL,
	ended INTEGER NOT NULL
);
CREATE INDEX flow_src ON flow(src, began);
CREATE INDEX flow_community ON flow(community);
CREATE INDEX flow_session ON flow(session) WHERE session > 0;

-- What the NIDS saw. sid: number of the rule; severity: 1 is worst.
CREATE TABLE alert (
	seq INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	honeypot INTEGER NOT NULL,
	session INTEGER NOT NULL,
	src TEXT NOT NULL,
	src_port INTEGER NOT NULL,
	dest TEXT NOT NULL,
	dest_port INTEGER NOT NULL,
	proto INTEGER NOT NULL,
	community TEXT NOT NULL,
	sid INTEGER NOT NULL,
	signature TEXT NOT NULL,
	category TEXT NOT NULL,
	severity INTEGER NOT NULL,
	action TEXT NOT NULL,
	message TEXT NOT NULL
);
CREATE INDEX alert_sid ON alert(sid);
CREATE INDEX alert_session ON alert(session) WHERE session > 0;
