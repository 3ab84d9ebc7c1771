/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store says to its database, SQLite or MariaDB: one table. */
#include "driver.h"

#include "base/mem.h"

#define SESSION "SELECT s.id, s.epoch, s.conn, s.honeypot, h.name, s.src, s.src_port, s.dest, "           \
		"s.dest_port, s.user, s.began, s.ended, s.last, s.commands, s.tty_bytes "                 \
		"FROM session s LEFT JOIN honeypot h ON h.id = s.honeypot "
/* The same words for both, or each its own. */
#define SAME(in, out, text) { in, out, { text, text } }
#define EACH(in, out, sqlite, mariadb) { in, out, { sqlite, mariadb } }

#define SESSION_OUT "nnnnttntntnnnnn"

const struct statement store_statement[STATEMENTS] = {
	[Q_RECORD] = SAME("nntnnntnn", "", "INSERT INTO record(seq, at, kind, honeypot, session, verdict, file, start, "
					"len) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_RECORD_SESSION] = SAME("nn", "", "INSERT INTO record_session(session, seq) VALUES (?, ?)"),
	[Q_RECORD_VERDICT] = SAME("nn", "", "INSERT INTO record_verdict(verdict, seq) VALUES (?, ?)"),
	[Q_PROCESS] = SAME("nnnnnnnnnttttn", "",
			"INSERT INTO process(seq, honeypot, session, epoch, entity, parent, pid, uid, euid, tty, "
			"executable, args, cwd, began) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_TERMINAL] = SAME("nnnnnntb", "",
			 "INSERT INTO terminal(seq, honeypot, session, at, what, echo, tty, bytes) "
			 "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_CONNECTION] = SAME("ntnnnnntntnnn", "",
			   "INSERT INTO connection(seq, kind, honeypot, session, epoch, conn, entity, src, src_port, "
			   "dest, dest_port, proto, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_FILE] = SAME("nnnnnnttnntn", "",
		     "INSERT INTO file(seq, honeypot, session, epoch, entity, at, action, path, size, kept, sha256, "
		     "refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_SYSLOG] = SAME("nnntnnnntttttnttnn", "",
		       "INSERT INTO syslog(seq, at, honeypot, src, src_port, proto, facility, severity, host, app, procid, "
		       "msgid, said, malformed, message, file, start, len) "
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_FLOW] = SAME("nnntntnntttnnnnnn", "",
		     "INSERT INTO flow(seq, honeypot, session, src, src_port, dest, dest_port, proto, community, action, "
		     "reason, packets_to, packets_back, bytes_to, bytes_back, began, ended) "
		     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_ALERT] = SAME("nnnntntnntnttntt", "",
		      "INSERT INTO alert(seq, at, honeypot, session, src, src_port, dest, dest_port, proto, community, "
		      "sid, signature, category, severity, action, message) "
		      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_LOGIN] = SAME("nnnnttttt", "",
		      "INSERT INTO login(seq, at, honeypot, session, service, method, user, secret, result) "
		      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
	[Q_SESSION_ADD] = EACH("nnnntntntnn", "",
			    "INSERT INTO session(id, honeypot, epoch, conn, src, src_port, dest, dest_port, user, "
			    "began, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			    "INSERT INTO session(id, honeypot, epoch, conn, src, src_port, dest, dest_port, user, "
			    "began, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE id = id"),
	[Q_VERDICT_ADD] = SAME("nnnttnnnttnn", "",
			    "INSERT INTO verdict(id, honeypot, session, src, dest, src_port, dest_port, proto, action, "
			    "reason, packets, first, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"),
	[Q_PROCESS_EXIT] = SAME("nnnnnn", "",
			     "UPDATE process SET ended = ?, status = ? WHERE entity = ? AND honeypot = ? AND epoch = ? "
			     "AND ended = 0 AND seq < ?"),
	[Q_CONNECTION_END] = SAME("nnnnn", "",
			       "UPDATE connection SET ended = ? WHERE conn = ? AND honeypot = ? AND epoch = ? "
			       "AND kind = 'accept' AND ended = 0 AND seq < ?"),
	[Q_SESSION_TOUCH] = EACH("nnnn", "",
			      "UPDATE session SET last = max(last, ?), commands = commands + ?, "
			      "tty_bytes = tty_bytes + ? WHERE id = ?",
			      "UPDATE session SET last = greatest(last, ?), commands = commands + ?, "
			      "tty_bytes = tty_bytes + ? WHERE id = ?"),
	[Q_SESSION_USER] = SAME("tn", "", "UPDATE session SET user = ? WHERE id = ? AND user = ''"),
	[Q_SESSION_END] = SAME("nn", "", "UPDATE session SET ended = ? WHERE id = ? AND ended = 0"),
	[Q_VERDICT_MORE] = EACH("nn", "", "UPDATE verdict SET packets = packets + 1, last = max(last, ?) WHERE id = ?",
			     "UPDATE verdict SET packets = packets + 1, last = greatest(last, ?) WHERE id = ?"),
	[Q_ORIGIN_ADD] = EACH("tnnn", "",
			   "INSERT INTO origin(source, honeypot, epoch, seq) VALUES (?, ?, ?, ?) "
			   "ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
			   "INSERT INTO origin(source, honeypot, epoch, seq) VALUES (?, ?, ?, ?) "
			   "ON DUPLICATE KEY UPDATE seq = greatest(seq, VALUES(seq))"),
	[Q_PROGRESS] = SAME("nntnn", "", "REPLACE INTO progress(one, seq, at, file, start, len) VALUES (1, ?, ?, ?, ?, ?)"),
	[Q_SESSIONS_END] = SAME("nn", "", "UPDATE session SET ended = ? WHERE honeypot = ? AND ended = 0"),
	[Q_END_OLD] = EACH("n", "", "UPDATE session SET ended = max(last, 1) WHERE ended = 0 AND began < ?",
			"UPDATE session SET ended = greatest(last, 1) WHERE ended = 0 AND began < ?"),
	[Q_HONEYPOT_ADD] = SAME("t", "", "INSERT INTO honeypot(name) VALUES (?)"),
	[Q_HONEYPOT] = SAME("t", "n", "SELECT id FROM honeypot WHERE name = ?"),
	[Q_DEPLOY] = EACH("nnnttttttn", "",
		       "INSERT INTO deployment(epoch, honeypot, idx, hostname, address, mac, recipe, image, kernel, "
		       "memory_mb) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		       "INSERT INTO deployment(epoch, honeypot, idx, hostname, address, mac, recipe, image, kernel, "
		       "memory_mb) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE idx = idx"),
	[Q_DEPLOYED] = SAME("", "nn",
			 "SELECT idx, honeypot FROM deployment d "
			 "WHERE epoch = (SELECT max(epoch) FROM deployment WHERE idx = d.idx)"),
	[Q_DEPLOYMENT] = SAME("n", "n", "SELECT count(*) FROM deployment WHERE epoch >= ?"),
	[Q_VERDICT_FIND] = SAME("ttnnnnttnn", "nn",
			     "SELECT id, last FROM verdict WHERE src = ? AND dest = ? AND src_port = ? AND dest_port = ? "
			     "AND proto = ? AND honeypot = ? AND action = ? AND reason = ? AND last BETWEEN ? AND ? "
			     "ORDER BY id DESC LIMIT 1"),
	[Q_LAST] = SAME("", "nntnn", "SELECT seq, at, file, start, len FROM progress"),
	[Q_ORIGIN] = SAME("tnn", "n", "SELECT seq FROM origin WHERE source = ? AND honeypot = ? AND epoch = ?"),
	[Q_SESSION_OF] = SAME("n", "nn", "SELECT dest_port, user <> '' FROM session WHERE id = ?"),
	[Q_RESTORE] = SAME("n", SESSION_OUT,
			SESSION "WHERE s.ended = 0 OR s.ended >= ? OR s.id = (SELECT max(id) FROM session) "
				"ORDER BY s.id"),
	[Q_SESSIONS] = SAME("nnnnnntt", SESSION_OUT,
			 SESSION "WHERE s.id BETWEEN ? AND ? AND s.began BETWEEN ? AND ? "
				 "AND (? = 0 OR s.user <> '') AND (? = 0 OR s.ended = 0) "
				 "AND (? = '' OR h.name = ?) ORDER BY s.id"),
	/* The session's own flow at the gateway: from a SYN that waited to what came just after the end. */
	[Q_PLACES] = SAME("nn", "ntnn",
		       "SELECT e.seq AS seq, e.file, e.start, e.len FROM record_session p JOIN record e ON e.seq = p.seq "
		       "WHERE p.session = ? UNION "
		       "SELECT e.seq, e.file, e.start, e.len FROM session s JOIN verdict v ON v.src = s.src "
		       "AND v.dest = s.dest AND v.src_port = s.src_port AND v.dest_port = s.dest_port AND v.proto = 6 "
		       "JOIN record_verdict p ON p.verdict = v.id JOIN record e ON e.seq = p.seq WHERE s.id = ? "
		       "AND e.at >= s.began - 130000000 AND (s.ended = 0 OR e.at <= s.ended + 10000000) "
		       "ORDER BY seq"),
	[Q_TTY] = SAME("n", "nnntb",
		    "SELECT seq, at, what, tty, bytes FROM terminal WHERE session = ? AND session > 0 ORDER BY seq"),
	[Q_LOGINS] = SAME("nn", "nntntnttttt",
		       "SELECT l.seq, l.at, coalesce(h.name, ''), l.session, coalesce(s.src, ''), coalesce(s.src_port, 0), "
		       "l.service, l.method, l.user, l.secret, l.result FROM login l "
		       "LEFT JOIN honeypot h ON h.id = l.honeypot LEFT JOIN session s ON s.id = l.session "
		       "WHERE l.session BETWEEN ? AND ? ORDER BY l.seq"),
	[Q_LOGINS_TALLY] = SAME("nnn", "tttnn",
			     "SELECT CASE WHEN ? > 0 THEN l.user ELSE '' END AS who, "
			     "CASE WHEN ? > 0 THEN l.secret ELSE '' END AS what, "
			     "CASE WHEN ? > 0 THEN coalesce(s.src, '') ELSE '' END AS whence, "
			     "count(*) AS tries, sum(CASE WHEN l.result = 'accepted' THEN 1 ELSE 0 END) "
			     "FROM login l LEFT JOIN session s ON s.id = l.session "
			     "GROUP BY who, what, whence ORDER BY tries DESC, who, what, whence"),
	[Q_FILES] = SAME("nnttnn", "nntnttnnt",
		      "SELECT f.seq, f.at, h.name, f.session, f.action, f.path, f.size, f.kept, f.sha256 "
		      "FROM file f LEFT JOIN honeypot h ON h.id = f.honeypot WHERE (? = 0 OR f.session = ?) "
		      "AND (? = '' OR h.name = ?) AND f.at BETWEEN ? AND ? ORDER BY f.seq"),
};
