/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a self-test found: a table or JSON, the same JSON as a file, packets that leaked as a pcap file beside it, and an
 * event that has the file's SHA-256. The event is sealed as every line of the journal is, and with it the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "control.h"
#include "model/event.h"
#include "out.h"
#include "report/stamp.h"
#include "report/table.h"
#include "selftest.h"
#include "state.h"

enum { SNAPLEN = 65535 };

#define STATE_SELFTEST "selftest"

static const char *verdict(const struct judge *j, size_t row)
{
	if (judge_leaked(j, row))
		return "LEAK";
	return row < N_ATTEMPTS && !j->row[row].was_tried ? "not tried" : "contained";
}

static const char *budget_verdict(const struct judge *j, enum charge c)
{
	return j->charged[c] > j->budget[c] ? "LEAK" : j->charged[c] == j->budget[c] ? "exact" : "contained";
}

static const char *words_of(size_t row)
{
	return row < N_ATTEMPTS ? attempts[row].words : "what the honeypot sent of itself; its budget's";
}

static void put_table(const struct judge *j, struct text *t)
{
	static const char *const head[] = { "ATTEMPT", "TRIED", "ALLOWED", "ARRIVED", "VERDICT", "WHAT" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(1) | BIT(2) | BIT(3), .whole = BIT(5) };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (size_t i = 0; i < JUDGE_ROWS; i++) {
		const struct judged *r = &j->row[i];

		table_adds(&table, judge_name(i));
		table_addu(&table, r->tried);
		table_addu(&table, r->allowed);
		table_addu(&table, r->arrived);
		table_adds(&table, verdict(j, i));
		table_adds(&table, words_of(i));
	}
	table_put(&table, t);
}

static void put_budgets(const struct judge *j, struct text *t)
{
	static const char *const head[] = { "BUDGET", "ALLOWED", "ARRIVED", "VERDICT" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(1) | BIT(2) };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++) {
		table_adds(&table, charge_name(c));
		table_addu(&table, j->budget[c]);
		table_addu(&table, j->charged[c]);
		table_adds(&table, budget_verdict(j, c));
	}
	table_adds(&table, "bytes");
	table_addu(&table, j->bytes_allowed);
	table_addu(&table, j->bytes);
	table_adds(&table, j->bytes > j->bytes_allowed ? "LEAK" : "contained");
	text_addc(t, '\n');
	table_put(&table, t);
}

/* One sentence for people and for the record. */
static void put_sentence(const struct judge *j, struct text *t)
{
	uint64_t tried = 0;
	size_t missing = 0;

	for (size_t i = 0; i < N_ATTEMPTS; i++) {
		tried += j->row[i].tried;
		missing += !j->row[i].was_tried;
	}
	if (judge_leaks(j))
		text_addf(t, "%zu leaks in %d attempts", judge_leaks(j), N_ATTEMPTS);
	else
		text_addf(t, "%d attempts contained, %s", N_ATTEMPTS - (int)missing,
			  judge_exact(j) ? "and of each budget all arrived, to the packet" : "and no more than the budgets arrived");
	text_addf(t, "; %lu packets were tried", tried);
	if (missing)
		text_addf(t, "; %zu attempts were not made, so nothing is proved", missing);
}

static void put_json_row(const char *key, const char *name, const struct judged *r, const char *words, struct text *t)
{
	text_addf(t, "{\"%s\":\"%s\",\"tried\":%lu,\"allowed\":%lu,\"arrived\":%lu,\"verdict\":\"%s\"}\n", key, name, r->tried,
		  r->allowed, r->arrived, words);
}

static void put_json(const struct standin *s, const struct judge *j, uint64_t at_us, const char *pcap, struct text *t)
{
	char address[ADDR_TEXT], at[STAMP_TEXT];
	struct addr own = addr4(s->address);
	_text_ struct text words = { 0 };

	for (size_t i = 0; i < JUDGE_ROWS; i++)
		put_json_row("attempt", judge_name(i), &j->row[i], verdict(j, i), t);
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		put_json_row("budget", charge_name(c),
			     &(struct judged){ .allowed = j->budget[c], .arrived = j->charged[c] }, budget_verdict(j, c), t);
	put_json_row("budget", "bytes", &(struct judged){ .allowed = j->bytes_allowed, .arrived = j->bytes },
		     j->bytes > j->bytes_allowed ? "LEAK" : "contained", t);
	put_sentence(j, &words);
	text_addf(t, "{\"contained\":%s,\"exact\":%s,\"leaks\":%zu,\"address\":\"%s\",\"like\":\"%s\",\"time\":\"%s\",\"words\":",
		  judge_contained(j) ? "true" : "false", judge_exact(j) ? "true" : "false", judge_leaks(j),
		  addr_text(&own, address), s->like, stamp_text(at_us, at));
	text_json(t, text_str(&words), words.len);
	text_add(t, ",\"leaked_packets\":");
	if (pcap)
		text_json(t, pcap, strlen(pcap));
	else
		text_add(t, "null");
	text_add(t, "}\n");
}

/* --- kept ------------------------------------------------------------------------------------- */

static bool write_leaks(const struct judge *j, const char *path)
{
	pcap_t *as = pcap_open_dead(DLT_EN10MB, SNAPLEN);
	pcap_dumper_t *to = as ? pcap_dump_open(as, path) : NULL;
	bool ok = to;

	for (size_t i = 0; to && i < j->n_frames; i++) {
		const struct kept_frame *k = &j->frame[i];
		struct pcap_pkthdr h = { .ts = { (time_t)(k->at_us / 1000000), (suseconds_t)(k->at_us % 1000000) },
					 .caplen = k->captured, .len = k->len };

		if (judge_is_leak(j, k))
			pcap_dump((u_char *)to, &h, k->bytes);
	}
	ok = ok && pcap_dump_flush(to) == 0;
	if (!ok)
		log_error("%s: the packets that leaked cannot be kept", path);
	if (to)
		pcap_dump_close(to);
	if (as)
		pcap_close(as);
	return ok;
}

static void hash(const struct text *t, char ret[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, (const unsigned char *)text_str(t), t->len);
	sodium_bin2hex(ret, 65, sum, sizeof(sum));
}

/* record() - in the journal; 0 or -errno */
static int record(const struct judge *j, const char *path, const char *sum, int control)
{
	const char *sudo = getenv("SUDO_USER");
	_text_ struct text words = { 0 }, t = { 0 };
	struct event e = { .kind = EV_SELFTEST, .honeypot = -1, .user = span_of(sudo ? sudo : "root"),
			   .state = span_of(judge_leaks(j) ? "leaked" : judge_contained(j) ? "contained" : "unproved"),
			   .code = (uint32_t)judge_leaks(j), .path = span_of(path) };
	int r;

	put_sentence(j, &words);
	for (size_t i = 0; i < JUDGE_ROWS; i++)
		if (judge_leaked(j, i))
			text_addf(&words, "; %s: %lu arrived, %lu may", judge_name(i), j->row[i].arrived, j->row[i].allowed);
	e.reason = (struct span){ text_str(&words), words.len };
	memcpy(e.sha256, sum, sizeof(e.sha256));
	event_pack(&t, &e);
	r = control_ask(control, MSG_ADMIN, &t, 5000, NULL, NULL);
	return r == 1 ? 0 : r ? r : -EPIPE;
}

int selftest_report(const struct standin *s, const struct judge *j, bool json)
{
	_free_ char *folder = state_path(STATE_SELFTEST), *path = NULL, *pcap = NULL;
	uint64_t at_us = now_us();
	char at[STAMP_TEXT], sum[65];
	_text_ struct text kept = { 0 }, said = { 0 };
	_fd_ int control = control_must();
	int r;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		die("%s: %s", folder, strerror(errno));
	stamp_text(at_us, at);
	path = xasprintf("%s/%s.json", folder, at);
	pcap = judge_leaks(j) ? xasprintf("%s/%s.pcap", folder, at) : NULL;
	if (pcap && !write_leaks(j, pcap)) {
		free(pcap);
		pcap = NULL;
	}
	put_json(s, j, at_us, pcap, &kept);
	hash(&kept, sum);
	r = file_replace(path, &kept);
	if (r < 0)
		log_error("%s: %s", path, strerror(-r));
	if (r == 0)
		r = record(j, path, sum, control);
	if (r < 0)
		log_error("the report is not in the record: %s", strerror(-r));
	if (json)
		text_addn(&said, text_str(&kept), kept.len);
	else {
		put_table(j, &said);
		put_budgets(j, &said);
		text_addf(&said, "\n%s, like %s in the rules: ", STANDIN_NAME, s->like);
		put_sentence(j, &said);
		text_addf(&said, ".\nReport: %s\nSHA-256, in the journal: %s\n", path, sum);
		if (pcap)
			text_addf(&said, "Packets that leaked: %s\n", pcap);
	}
	return out_all(&said, r == 0 && judge_contained(j) ? CLI_OK : CLI_FAILED);
}
