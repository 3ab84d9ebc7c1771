/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts: hostile text in every form of a message, findings into messages, and the spool through crashes. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "alert/gather.h"
#include "alert/send.h"
#include "alert/spool.h"
#include "alert/syslog_socket.h"
#include "base/mem.h"

static struct honeynet net = { .name = "paper", .n_honeypots = 1, .honeypot = { { .name = "www" } } };
static const struct alert_conf conf = { .least = SEVERITY_WARNING, .group_s = 60, .per_hour = 3 };
#define S 1000000ull

static struct note note_at(uint64_t seq, uint64_t at_us, const char *name, const char *source)
{
	struct event e = { .kind = EV_FINDING, .at_us = at_us, .start_us = at_us - S, .code = 10, .honeypot = 0,
			   .severity = SEVERITY_WARNING, .reason = span_of(name), .state = span_of("begun"),
			   .message = span_of("10 ports of www in 3 s") };
	struct note n;

	if (source)
		assert_int_equal(addr_parse(source, &e.src), 0);
	note_of(&e, &net, seq, &n);
	return n;
}

/* --- hostile text ----------------------------------------------------------------------------- */

/* Header lines end at the first empty line; none may be begun by what was quoted. */
static void look_at_mail(const struct text *mail)
{
	static const char *const headers[] = { "Date: ", "From: ", "To: ", "Subject: ", "Message-ID: ", "Auto-Submitted: ",
					       "MIME-Version: ", "Content-Type: ", "Content-Transfer-Encoding: " };
	const char *at = mail->at, *end = strstr(mail->at, "\r\n\r\n") + 2, *stop;
	size_t n = 0;

	for (; at < end; at = stop + 2) {
		stop = strstr(at, "\r\n");
		assert_true(n < nitems(headers) && !strncmp(at, headers[n], strlen(headers[n])));
		n++;
	}
	assert_int_equal(n, nitems(headers));
	for (at = mail->at; (stop = strstr(at, "\r\n")); at = stop + 2) {
		assert_true(stop - at <= 998);
		for (const char *c = at; c < stop; c++) {
			assert_true((unsigned char)*c >= 0x20);
			assert_true(at >= end || (unsigned char)*c < 0x7f);
		}
	}
	assert_int_equal(*at, '\0');
	assert_int_equal(strlen(mail->at), mail->len);
}

static void nothing_quoted_leaves_its_field(void **state)
{
	static char long_text[10 * 1024];
	const struct span rows[] = {
		span_of("a\r\nBcc: victim@example.org\r\n\r\nbody"), span_of("a\nSubject: b"), span_of("a\r\n.\r\nMAIL FROM:<x>"),
		span_of("\x1b]0;title\x07\x9b" "31m"), span_of("\xff\xfe\xc0\x80"), span_of("caf\xc3\xa9 \xe2\x80\xae txt"),
		{ "a\0b\tc", 5 }, span_of("\",\"x\":\"\\"), span_of("=?utf-8?B?aGk=?="), { long_text, sizeof(long_text) },
		span_of(""), span_of("."),
	};

	(void)state;
	memset(long_text, '\xc3', sizeof(long_text));
	for (size_t i = 0; i < nitems(rows); i++) {
		struct event e = { .kind = EV_FINDING, .at_us = S, .severity = SEVERITY_CRITICAL, .reason = rows[i],
				   .state = rows[i], .message = rows[i], .honeypot = -1 };
		_free_ struct message *m = xcalloc(1, sizeof(*m)), *again = xcalloc(1, sizeof(*m));
		_text_ struct text mail = { 0 }, json = { 0 }, line = { 0 }, file = { 0 };
		json_t *o;

		*m = (struct message){ .id = 7, .made_us = 2 * S, .severity = SEVERITY_CRITICAL, .n = 2,
				       .entry = { { .first_us = S, .times = 1 }, { .first_us = S, .times = 9 } } };
		note_of(&e, &net, 7, &m->entry[0].note);
		m->entry[1].note = m->entry[0].note;
		message_mail(m, "paper", &(struct mail_ends){ "skep@example.org", "admin@example.org" }, &mail);
		look_at_mail(&mail);
		message_json(m, "paper", &json);
		o = json_loadb(json.at, json.len, 0, NULL);
		assert_non_null(o);
		assert_int_equal(json_array_size(json_object_get(o, "findings")), 2);
		json_decref(o);
		message_syslog(m, 1, "paper", &line);
		assert_true(!strncmp(line.at, "<34>1 1970-01-01T00:00:01Z paper skep - finding - critical: ", 58));
		assert_null(strpbrk(line.at, "\r\n\t\x1b"));
		assert_true(line.len <= 1024);
		message_write(m, &file);
		assert_int_equal(message_read(file.at, file.len, again), 0);
		assert_memory_equal(m, again, sizeof(*m));
	}
}

static void a_subject_tells_the_matter(void **state)
{
	_text_ struct text one = { 0 }, many = { 0 };
	struct note n = note_at(1, 5 * S, "scan", "198.51.100.66");
	_free_ struct message *m = xcalloc(1, sizeof(*m));

	(void)state;
	*m = (struct message){ .severity = SEVERITY_WARNING, .n = 1, .entry = { { n, S, 1 } } };
	message_subject(m, "paper", &one);
	assert_string_equal(one.at, "[skep paper] warning: scan from 198.51.100.66 (10 ports of www in 3 s)");
	m->n = 2;
	m->more = 40;
	m->entry[1] = (struct entry){ note_at(2, 6 * S, "login", NULL), S, 2 };
	message_subject(m, "paper", &many);
	assert_string_equal(many.at, "[skep paper] warning: 43 findings: scan from 198.51.100.66, login at www");
}

static void damaged_lines_are_no_notes(void **state)
{
	static const char *const rows[] = {
		"", "1", "1\t2\t3\t4\t2\ta\tb\tc\td", "x\t2\t3\t4\t2\ta\tb\tc\td\te", "1\t2\t3\t4\t9\ta\tb\tc\td\te",
		"1\t2\t3\t99999999999\t2\ta\tb\tc\td\te", "1\t2\t3\t4\t2\ta\x01\tb\tc\td\te",
		"1\t2\t3\t4\t2\ta\tb\tc\td\te\tf", "-1\t2\t3\t4\t2\ta\tb\tc\td\te", "99999999999999999999999\t2\t3\t4\t2\ta\tb\tc\td\te",
	};
	struct note n;

	(void)state;
	assert_int_equal(note_read("1\t2\t3\t4\t2\ta\tb\tc\td\te", 19, &n), 0);
	for (size_t i = 0; i < nitems(rows); i++)
		if (note_read(rows[i], strlen(rows[i]), &n) == 0)
			fail_msg("row %zu was taken", i);
}

/* --- gathering -------------------------------------------------------------------------------- */

static void a_thousand_findings_are_one_message(void **state)
{
	_free_ struct gather *g = xcalloc(1, sizeof(*g));
	_free_ struct message *m = xcalloc(1, sizeof(*m));

	(void)state;
	gather_init(g, &conf);
	assert_int_equal(gather_due(g), UINT64_MAX);
	for (unsigned i = 0; i < 1000; i++) {
		struct note n = note_at(i + 1, 100 * S + i, "scan", "198.51.100.66");

		assert_true(gather_give(g, &n, 100 * S + i));
	}
	assert_int_equal(gather_due(g), 160 * S);
	gather_take(g, 160 * S, m);
	assert_int_equal(m->n, 1);
	assert_int_equal(m->entry[0].times, 1000);
	assert_int_equal(m->entry[0].first_us, 100 * S);
	assert_int_equal(m->id, 1000);
	assert_int_equal(gather_due(g), UINT64_MAX);
}

static void what_is_less_is_not_told_and_what_is_worst_hurries(void **state)
{
	_free_ struct gather *g = xcalloc(1, sizeof(*g));
	struct note n = note_at(1, S, "scan", "198.51.100.66");

	(void)state;
	gather_init(g, &conf);
	n.severity = SEVERITY_INFORMATION;
	assert_false(gather_give(g, &n, 100 * S));
	n.severity = SEVERITY_WARNING;
	assert_true(gather_give(g, &n, 100 * S));
	n.severity = SEVERITY_CRITICAL;
	assert_true(gather_give(g, &n, 120 * S));
	assert_true(gather_due(g) <= 121 * S);
}

static void an_hour_has_only_so_many_messages_and_nothing_is_lost(void **state)
{
	_free_ struct gather *g = xcalloc(1, sizeof(*g));
	_free_ struct message *m = xcalloc(1, sizeof(*m));
	uint64_t now = 10000 * S, findings = 0;
	unsigned messages = 0;

	(void)state;
	gather_init(g, &conf);
	for (unsigned i = 0; i < 7200; i++, now += S) {	/* two hours, one a second, of a thousand sources */
		char source[32];
		struct note n;

		snprintf(source, sizeof(source), "192.0.%u.%u", i % 5, i % 200);
		n = note_at(i + 1, now, "scan", source);
		gather_give(g, &n, now);
		if (gather_due(g) > now)
			continue;
		gather_take(g, now, m);
		messages++;
		findings += m->more;
		for (uint32_t k = 0; k < m->n; k++)
			findings += m->entry[k].times;
	}
	assert_int_equal(messages, 6);
	findings += g->message.more;
	for (uint32_t k = 0; k < g->message.n; k++)
		findings += g->message.entry[k].times;
	assert_int_equal(findings, 7200);
}

/* --- the spool -------------------------------------------------------------------------------- */

static char folder[] = "/tmp/skep-test-alert-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	_free_ char *command = xasprintf("rm -r %s", folder);

	(void)state;
	return system(command);
}

static int fresh(void **state)
{
	_free_ char *command = xasprintf("rm -f %s/*", folder);

	(void)state;
	return system(command);
}

static int open_folder(void)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct seen {
	uint64_t last;
	unsigned n;
	uint32_t times[4096];
};

static void see(void *arg, const struct note *n)
{
	struct seen *s = arg;

	assert_true(n->seq > s->last);
	s->last = n->seq;
	s->n++;
	s->times[n->seq]++;
}

static void the_spool_remembers(void **state)
{
	static const unsigned ways = BIT(WAY_MAIL) | BIT(WAY_WEBHOOK);
	_free_ struct message *m = xcalloc(1, sizeof(*m)), *again = xcalloc(1, sizeof(*m));
	_free_ struct seen *seen = xcalloc(1, sizeof(*seen));
	_fd_ int dirfd = open_folder();
	struct note n = note_at(5, S, "scan", "198.51.100.66"), later = note_at(6, 2 * S, "login", NULL);
	struct spool *s;
	bool given_up;

	(void)state;
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(spool_last(s), 0);
	assert_int_equal(spool_take(s, &n), 0);
	assert_int_equal(spool_take(s, &n), 1);
	s = spool_close(s);
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(seen->n, 1);
	assert_int_equal(spool_last(s), 5);
	memset(seen, 0, sizeof(*seen));
	*m = (struct message){ .id = 5, .made_us = 3 * S, .n = 1, .entry = { { n, S, 1 } } };
	assert_int_equal(spool_put(s, m, ways), 0);
	assert_int_equal(spool_take(s, &later), 0);
	assert_int_equal(spool_told(s, 5, WAY_MAIL, true, 4 * S, &given_up), 0);
	assert_int_equal(spool_told(s, 5, WAY_WEBHOOK, false, 4 * S, &given_up), 0);
	s = spool_close(s);
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(seen->n, 1);
	assert_int_equal(seen->last, 6);
	assert_int_equal(spool_count(s), 1);
	assert_int_equal(spool_at(s, 0)->way[WAY_MAIL].state, DONE);
	assert_int_equal(spool_at(s, 0)->way[WAY_WEBHOOK].state, TO_DO);
	assert_int_equal(spool_at(s, 0)->way[WAY_WEBHOOK].next_us, 14 * S);
	assert_int_equal(spool_read(s, 0, again), 0);
	assert_memory_equal(m, again, sizeof(*m));
	assert_int_equal(spool_told(s, 5, WAY_WEBHOOK, false, 4 * S + GIVE_UP_S * S, &given_up), 0);
	assert_true(given_up);
	assert_int_equal(spool_count(s), 0);
	s = spool_close(s);
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(spool_count(s), 0);
	assert_int_equal(spool_last(s), 6);
	spool_close(s);
}

static void tries_come_ever_later_but_not_never(void **state)
{
	static const uint64_t want_s[] = { 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600 };
	_free_ struct message *m = xcalloc(1, sizeof(*m));
	_fd_ int dirfd = open_folder();
	struct spool *s;
	bool given_up;

	(void)state;
	assert_int_equal(spool_open(dirfd, see, NULL, &s), 0);
	m->id = 1;
	assert_int_equal(spool_put(s, m, BIT(WAY_MAIL)), 0);
	for (size_t i = 0; i < nitems(want_s); i++) {
		assert_int_equal(spool_told(s, 1, WAY_MAIL, false, 100 * S, &given_up), 0);
		assert_int_equal(spool_at(s, 0)->way[WAY_MAIL].next_us, (100 + want_s[i]) * S);
	}
	spool_close(s);
}

static void a_half_written_line_counts_for_nothing(void **state)
{
	_free_ struct seen *seen = xcalloc(1, sizeof(*seen));
	_fd_ int dirfd = open_folder(), inbox = -1;
	struct note n = note_at(1, S, "scan", "198.51.100.66"), two = note_at(2, S, "scan", "198.51.100.66");
	struct spool *s;

	(void)state;
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(spool_take(s, &n), 0);
	s = spool_close(s);
	inbox = openat(dirfd, "inbox", O_WRONLY | O_APPEND);
	assert_int_equal(write(inbox, "2\t1000000\t0\t10\t2\tsc", 19), 19);
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(seen->n, 1);
	assert_int_equal(spool_last(s), 1);
	assert_int_equal(spool_take(s, &two), 0);
	s = spool_close(s);
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
	assert_int_equal(seen->n, 2);
	spool_close(s);
}

/* A child that takes findings and makes messages of them; it says each number it was sure of. */
static void work(int say)
{
	_free_ struct message *m = xcalloc(1, sizeof(*m));
	_fd_ int dirfd = open(folder, O_RDONLY | O_DIRECTORY);
	_free_ struct seen *seen = xcalloc(1, sizeof(*seen));
	struct spool *s;

	if (spool_open(dirfd, see, seen, &s) < 0)
		_exit(3);
	for (uint64_t seq = spool_last(s) + 1;; seq++) {
		struct note n = note_at(seq, seq * S, "scan", "198.51.100.66");

		if (spool_take(s, &n) < 0 || write(say, &seq, sizeof(seq)) != sizeof(seq))
			_exit(4);
		if (seq % 3)
			continue;
		*m = (struct message){ .id = seq, .made_us = S };	/* of all that is in the inbox */
		if (spool_put(s, m, BIT(WAY_MAIL)) < 0)
			_exit(5);
	}
}

/* Killed at any moment: every finding it was sure of is there, in the inbox or in a message, once. */
static void killed_at_any_time_nothing_is_lost_or_doubled(void **state)
{
	uint64_t sure = 0;

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		_free_ struct seen *seen = xcalloc(1, sizeof(*seen));
		_fd_ int dirfd = open_folder();
		struct spool *s;
		int say[2], status;
		uint64_t seq;
		pid_t pid;

		assert_int_equal(pipe(say), 0);
		pid = fork();
		if (!pid)
			work(say[1]);
		close(say[1]);
		usleep(5000 + round * 2500);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		while (read(say[0], &seq, sizeof(seq)) == sizeof(seq))
			sure = seq;
		close(say[0]);
		assert_int_equal(spool_open(dirfd, see, seen, &s), 0);
		assert_in_range(spool_last(s), sure, sure + 1);
		sure = spool_last(s);
		for (size_t i = 0; i < spool_count(s); i++)	/* a message has all up to its number */
			assert_true(spool_at(s, i)->id % 3 == 0);
		seq = spool_count(s) ? spool_at(s, spool_count(s) - 1)->id : 0;
		assert_int_equal(seq + seen->n, sure);
		for (uint64_t i = seq + 1; i <= sure; i++)
			assert_int_equal(seen->times[i], 1);
		spool_close(s);
		if (sure > 3000)
			break;
	}
	print_message("# %llu findings were taken\n", (unsigned long long)sure);
	assert_true(sure > 20);
}

static void a_secret_must_be_ours_alone(void **state)
{
	_free_ char *path = xasprintf("%s/secret", folder);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	struct login s;

	(void)state;
	assert_int_equal(write(fd, "skep\npass word\n", 15), 15);
	assert_int_equal(login_read(path, &s), 0);
	assert_string_equal(s.user, "skep");
	assert_string_equal(s.password, "pass word");
	fchmod(fd, 0644);
	assert_int_equal(login_read(path, &s), -EPERM);
	fchmod(fd, 0600);
	assert_int_equal(ftruncate(fd, 4), 0);
	assert_int_equal(login_read(path, &s), -EINVAL);
	assert_int_equal(login_read("/nowhere/secret", &s), -ENOENT);
	close(fd);
}

static void log_servers_are_understood(void **state)
{
	static const struct { const char *url, *host, *port; bool tcp; } rows[] = {
		{ "udp://127.0.0.1:514", "127.0.0.1", "514", false }, { "tcp://[::1]:6514", "::1", "6514", true },
		{ "tcp://log.example.org:1", "log.example.org", "1", true }, { "udp://x", NULL, NULL, false },
		{ "udp://:514", NULL, NULL, false }, { "udp://x:70000", NULL, NULL, false }, { "tls://x:1", NULL, NULL, false },
		{ "udp://x:", NULL, NULL, false },
	};
	char host[WORDS_SIZE], port[8];
	bool tcp;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		bool got = syslog_goal(rows[i].url, host, port, &tcp);

		if (got != (rows[i].host != NULL) || (got && (strcmp(host, rows[i].host) || strcmp(port, rows[i].port) ||
							      tcp != rows[i].tcp)))
			fail_msg("%s", rows[i].url);
	}
}

/* --- certificates ----------------------------------------------------------------------------- */

struct outcome {
	sd_event *loop;
	bool ok;
	char words[1024];
};

static void was_sent(void *arg, uint64_t token, enum way w, bool ok, const char *words)
{
	struct outcome *o = arg;

	assert_int_equal(token, 7);
	assert_int_equal(w, WAY_WEBHOOK);
	o->ok = ok;
	str_copy(o->words, words, sizeof(o->words));
	sd_event_exit(o->loop, 0);
}

static struct sockaddr_in here(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* One that nobody has: these tests may run twice at a time. */
static uint16_t free_port(void)
{
	struct sockaddr_in a = here(0);
	socklen_t len = sizeof(a);
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static bool listens(uint16_t port)
{
	struct sockaddr_in a = here(port);
	_fd_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

/* A server whose certificate nobody has signed; its pid. */
static pid_t untrusted_server(uint16_t port)
{
	_free_ char *make = xasprintf("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
				      "-subj /CN=localhost -keyout %s/key -out %s/cert >/dev/null 2>&1", folder, folder);
	_free_ char *serve = xasprintf("exec openssl s_server -accept 127.0.0.1:%u -key %s/key -cert %s/cert -www "
				       ">/dev/null 2>&1", port, folder, folder);
	pid_t pid;

	assert_int_equal(system(make), 0);
	pid = fork();
	if (!pid) {
		execl("/bin/sh", "sh", "-c", serve, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 300 && !listens(port); i++)
		usleep(100000);
	return pid;
}

static void a_stranger_with_a_certificate_gets_nothing(void **state)
{
	static const struct login none;
	struct alert_conf c = { 0 };
	uint16_t port = free_port();
	_free_ struct message *m = xcalloc(1, sizeof(*m));
	struct outcome o = { .ok = true };
	pid_t server = untrusted_server(port);
	struct sender *s;

	(void)state;
	snprintf(c.webhook, sizeof(c.webhook), "https://127.0.0.1:%u/hook", port);
	assert_int_equal(sd_event_new(&o.loop), 0);
	s = sender_new(o.loop, &c, &none, was_sent, &o);
	assert_int_equal(sender_try(s, 7, WAY_WEBHOOK, m, "paper"), 0);
	assert_true(sender_busy(s, WAY_WEBHOOK));
	assert_int_equal(sender_try(s, 8, WAY_WEBHOOK, m, "paper"), -EBUSY);
	sd_event_loop(o.loop);
	sender_free(s);
	sd_event_unref(o.loop);
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
	assert_false(o.ok);
	if (!strstr(o.words, "certificate"))
		fail_msg("another reason: %s", o.words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_quoted_leaves_its_field),
		cmocka_unit_test(a_subject_tells_the_matter),
		cmocka_unit_test(damaged_lines_are_no_notes),
		cmocka_unit_test(a_thousand_findings_are_one_message),
		cmocka_unit_test(what_is_less_is_not_told_and_what_is_worst_hurries),
		cmocka_unit_test(an_hour_has_only_so_many_messages_and_nothing_is_lost),
		cmocka_unit_test_setup(the_spool_remembers, fresh),
		cmocka_unit_test_setup(tries_come_ever_later_but_not_never, fresh),
		cmocka_unit_test_setup(a_half_written_line_counts_for_nothing, fresh),
		cmocka_unit_test_setup(killed_at_any_time_nothing_is_lost_or_doubled, fresh),
		cmocka_unit_test_setup(a_secret_must_be_ours_alone, fresh),
		cmocka_unit_test_setup(a_stranger_with_a_certificate_gets_nothing, fresh),
		cmocka_unit_test(log_servers_are_understood),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
