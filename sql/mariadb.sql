-- SPDX-License-Identifier: GPL-2.0-or-later
-- The index, as MariaDB keeps it: the tables of sqlite.sql, and views with the names of the old world.
-- Times are microseconds UTC since 1970, 0 none. Compiled into the program by meson, which drops these
-- comments: no double quotes and no two dashes in here.
-- A change of a table is a new number in src/store/driver.h: an older index is made again. skep_version
-- comes first: what has one is ours, 0 means that it was not finished.

CREATE TABLE skep_version (
	number INT NOT NULL PRIMARY KEY
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;
INSERT INTO skep_version VALUES (0);

CREATE TABLE honeypot (
	id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
	name VARCHAR(64) NOT NULL UNIQUE COLLATE utf8mb4_general_nopad_ci
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The deployment record: what stood since when (epoch). idx: place in the plan.
CREATE TABLE deployment (
	epoch BIGINT NOT NULL,
	honeypot BIGINT NOT NULL,
	idx BIGINT NOT NULL,
	hostname VARCHAR(255) NOT NULL,
	address VARCHAR(45) NOT NULL,
	mac VARCHAR(17) NOT NULL,
	recipe VARCHAR(255) NOT NULL,
	image TEXT NOT NULL,
	kernel TEXT NOT NULL,
	memory_mb BIGINT NOT NULL,
	PRIMARY KEY (epoch, honeypot)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- How far the journal is in: the newest event, and its line. One row.
CREATE TABLE progress (
	one INT NOT NULL PRIMARY KEY CHECK (one = 1),
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL,
	file VARCHAR(32) NOT NULL,
	start BIGINT NOT NULL,
	len BIGINT NOT NULL
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- Every event but the messages of the log server, and where its line stands. honeypot 0: none.
CREATE TABLE record (
	seq BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	kind VARCHAR(32) NOT NULL,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	verdict BIGINT,
	file VARCHAR(32) NOT NULL,
	start BIGINT NOT NULL,
	len BIGINT NOT NULL
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The records of a session, of a verdict: tables, since there is no index over some rows only.
CREATE TABLE record_session (
	session BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (session, seq)
) ENGINE InnoDB;
CREATE TABLE record_verdict (
	verdict BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (verdict, seq)
) ENGINE InnoDB;

CREATE TABLE session (
	id BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	conn BIGINT NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	dest VARCHAR(45) NOT NULL,
	dest_port INT NOT NULL,
	user VARCHAR(255) NOT NULL,
	began BIGINT NOT NULL,
	ended BIGINT NOT NULL DEFAULT 0,
	last BIGINT NOT NULL,
	commands BIGINT NOT NULL DEFAULT 0,
	tty_bytes BIGINT NOT NULL DEFAULT 0,
	KEY session_ended (ended, honeypot),
	KEY session_began (began)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- One row for each program run; a process that runs another program has another row.
-- status: as wait(2) has it. args: a JSON list.
CREATE TABLE process (
	seq BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	entity BIGINT NOT NULL,
	parent BIGINT NOT NULL,
	pid BIGINT NOT NULL,
	uid BIGINT NOT NULL,
	euid BIGINT NOT NULL,
	tty VARCHAR(255) NOT NULL,
	executable MEDIUMTEXT NOT NULL,
	args MEDIUMTEXT NOT NULL,
	cwd MEDIUMTEXT NOT NULL,
	began BIGINT NOT NULL,
	ended BIGINT NOT NULL DEFAULT 0,
	status BIGINT,
	KEY process_entity (entity, honeypot, epoch),
	KEY process_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The dialogue: what was shown (what 1) and typed (2), new sizes (3: rows and columns in bytes, as 24x80).
-- tty: a terminal, or stdio, or tcp and the number of a stream: what was said without one.
CREATE TABLE terminal (
	seq BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	at BIGINT NOT NULL,
	what INT NOT NULL,
	echo INT NOT NULL,
	tty VARCHAR(255) NOT NULL,
	bytes MEDIUMBLOB NOT NULL,
	KEY terminal_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The view of the honeypot: accept, connect, listen, bind, send. ended: an accepted connection is gone.
CREATE TABLE connection (
	seq BIGINT NOT NULL PRIMARY KEY,
	kind VARCHAR(32) NOT NULL,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	conn BIGINT NOT NULL,
	entity BIGINT NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	dest VARCHAR(45) NOT NULL,
	dest_port INT NOT NULL,
	proto INT NOT NULL,
	at BIGINT NOT NULL,
	ended BIGINT NOT NULL DEFAULT 0,
	KEY connection_conn (conn, honeypot, epoch),
	KEY connection_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- What intruders brought, wrote, ran: written, run, module. sha256: of the kept bytes, empty if there are none.
CREATE TABLE file (
	seq BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	entity BIGINT NOT NULL,
	at BIGINT NOT NULL,
	action VARCHAR(16) NOT NULL,
	path MEDIUMTEXT NOT NULL,
	size BIGINT NOT NULL,
	kept BIGINT NOT NULL,
	sha256 VARCHAR(64) NOT NULL,
	refused INT NOT NULL,
	KEY file_sha256 (sha256),
	KEY file_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The view of the gateway. Packets of one flow that met the same fate shortly after each other
-- (a SYN that is tried again) are one row; id: the number of the first one.
CREATE TABLE verdict (
	id BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	action VARCHAR(255) NOT NULL,
	reason VARCHAR(1024) NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	dest VARCHAR(45) NOT NULL,
	dest_port INT NOT NULL,
	proto INT NOT NULL,
	packets BIGINT NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	KEY verdict_flow (src, dest, src_port, dest_port, proto),
	KEY verdict_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- How far each source was heard.
CREATE TABLE origin (
	source VARCHAR(32) NOT NULL,
	honeypot BIGINT NOT NULL,
	epoch BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (source, honeypot, epoch)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- Who tried to log in, where and with what. result: accepted, refused, unknown.
CREATE TABLE login (
	seq BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	service VARCHAR(64) NOT NULL,
	method VARCHAR(64) NOT NULL,
	user VARCHAR(1024) NOT NULL,
	secret TEXT NOT NULL,
	result VARCHAR(64) NOT NULL,
	KEY login_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- What reached the log server: who sent it (src) and who it says it is (host, app, procid, said), and where
-- its line stands. They come by the ten thousand a second: one row each, kept in the order of time, so
-- that time needs no index beside it.
CREATE TABLE syslog (
	seq BIGINT NOT NULL,
	at BIGINT NOT NULL,
	honeypot BIGINT NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	proto INT NOT NULL,
	facility INT NOT NULL,
	severity INT NOT NULL,
	host VARCHAR(255) NOT NULL,
	app VARCHAR(255) NOT NULL,
	procid VARCHAR(128) NOT NULL,
	msgid VARCHAR(64) NOT NULL,
	said VARCHAR(64) NOT NULL,
	malformed INT NOT NULL,
	message MEDIUMTEXT NOT NULL,
	file VARCHAR(32) NOT NULL,
	start BIGINT NOT NULL,
	len BIGINT NOT NULL,
	PRIMARY KEY (at, seq)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- All events together: each one's line in the journal.
CREATE VIEW line AS
SELECT seq, at, kind, honeypot, file, start, len FROM record
UNION ALL SELECT seq, at, 'syslog', honeypot, file, start, len FROM syslog;

-- Connections through the gateway that ended. to: what went to dest, back: what came to src.
CREATE TABLE flow (
	seq BIGINT NOT NULL PRIMARY KEY,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	dest VARCHAR(45) NOT NULL,
	dest_port INT NOT NULL,
	proto INT NOT NULL,
	community VARCHAR(32) NOT NULL,
	action VARCHAR(255) NOT NULL,
	reason VARCHAR(1024) NOT NULL,
	packets_to BIGINT NOT NULL,
	packets_back BIGINT NOT NULL,
	bytes_to BIGINT NOT NULL,
	bytes_back BIGINT NOT NULL,
	began BIGINT NOT NULL,
	ended BIGINT NOT NULL,
	KEY flow_src (src, began),
	KEY flow_community (community),
	KEY flow_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- What the NIDS saw. sid: number of the rule; severity: 1 is worst.
CREATE TABLE alert (
	seq BIGINT NOT NULL PRIMARY KEY,
	at BIGINT NOT NULL,
	honeypot BIGINT NOT NULL,
	session BIGINT NOT NULL,
	src VARCHAR(45) NOT NULL,
	src_port INT NOT NULL,
	dest VARCHAR(45) NOT NULL,
	dest_port INT NOT NULL,
	proto INT NOT NULL,
	community VARCHAR(32) NOT NULL,
	sid BIGINT NOT NULL,
	signature VARCHAR(1024) NOT NULL,
	category VARCHAR(256) NOT NULL,
	severity INT NOT NULL,
	action VARCHAR(255) NOT NULL,
	message TEXT NOT NULL,
	KEY alert_sid (sid),
	KEY alert_session (session)
) ENGINE InnoDB COLLATE utf8mb4_nopad_bin;

-- The old world: Modular Syslog (om_mysql) has one table, with the message as its line was.
CREATE VIEW syslogTB AS SELECT
	elt(facility + 1, 'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv',
	    'ftp', 'ntp', 'audit', 'alert', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6',
	    'local7') AS facility,
	elt(severity + 1, 'emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug') AS priority,
	date(timestamp('1970-01-01') + INTERVAL at MICROSECOND) AS date,
	time(timestamp('1970-01-01') + INTERVAL floor(at / 1000000) SECOND) AS time,
	if(host = '', src, host) AS host,
	concat(app, if(procid = '', '', concat('[', procid, ']')), if(app = '' AND procid = '', '', ': '), message)
		AS message,
	seq
FROM syslog;

-- Snort: an event is an alert of sensor sid, numbered cid; its rule is a row of signature.
CREATE VIEW event AS SELECT
	1 AS sid, seq AS cid, sid AS signature, timestamp('1970-01-01') + INTERVAL at MICROSECOND AS timestamp
FROM alert;
CREATE VIEW signature AS SELECT
	sid AS sig_id, max(signature) AS sig_name, crc32(max(category)) AS sig_class_id, min(severity) AS sig_priority,
	0 AS sig_rev, sid AS sig_sid, 1 AS sig_gid
FROM alert GROUP BY sid;
CREATE VIEW sig_class AS SELECT DISTINCT
	crc32(category) AS sig_class_id, category AS sig_class_name
FROM alert;
CREATE VIEW iphdr AS SELECT
	1 AS sid, seq AS cid, inet_aton(src) AS ip_src, inet_aton(dest) AS ip_dst, proto AS ip_proto
FROM alert;
