/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a self-test found: a table or JSON, the same JSON as a signed file, packets that leaked as a pcap file beside it,
 * and an event that has the file's SHA-256. The event is sealed as every line of the journal is, and with it the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
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
#include "record/named_file.h"
#include "record/signature.h"
#include "report/stamp.h"
#include "report/table.h"
#include "selftest.h"
#include "selftest_kept.h"
#include "state.h"

enum { SNAPLEN = 65535 };

/* What the report is made of, beside the judge. */
struct report {
	const struct standin *standin;
	enum between between;
	uint64_t at_us;
	char *path, *pcap;		/* @pcap: NULL, nothing leaked */
	char pcap_sum[65];
	struct signer signer;
};

static const char *const betweens[] = { [BETWEEN_NOTHING] = "", [BETWEEN_RESTART] = "restart", [BETWEEN_CRASH] = "crash" };

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

/* is_asked() - it is no attempt by IPv6 in a honeynet without */
static bool is_asked(const struct judge *j, size_t row)
{
	return row == N_ATTEMPTS || terms_ask(&j->terms, (enum attempt_id)row);
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

		if (!is_asked(j, i))
			continue;
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

static void put_noticed(const struct judge *j, struct text *t)
{
	static const char *const head[] = { "NOTICED", "TIMES", "WHAT AN INTRUDER COULD NOTICE" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(1), .whole = BIT(2) };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (enum notice_kind k = 0; k < N_NOTICES; k++) {
		table_adds(&table, notice_name(k));
		table_addu(&table, j->notice.seen[k]);
		table_adds(&table, notice_words(k));
	}
	text_addc(t, '\n');
	table_put(&table, t);
}

/* One sentence for people and for the record. */
static void put_sentence(const struct judge *j, enum between b, struct text *t)
{
	static const char all[] = "and of each budget all arrived, to the packet";
	static const struct { const char *exact, *between; } words[] = {
		[BETWEEN_NOTHING] = { all, "" }, [BETWEEN_RESTART] = { all, ", the honeynet ended and started again in between" },
		[BETWEEN_CRASH] = { "and of what was left of the budgets nothing arrived",
				    ", the honeynet killed and started again in between" },
	};
	uint64_t tried = 0;
	size_t asked = 0, missing = 0;

	for (size_t i = 0; i < N_ATTEMPTS; i++) {
		if (!is_asked(j, i))
			continue;
		tried += j->row[i].tried;
		asked++;
		missing += !j->row[i].was_tried;
	}
	if (judge_leaks(j))
		text_addf(t, "%zu leaks in %zu attempts", judge_leaks(j), asked);
	else
		text_addf(t, "%zu attempts contained, %s", asked - missing,
			  judge_exact(j) ? words[b].exact : "and no more than the budgets arrived");
	text_addf(t, "; %lu packets were tried%s", tried, words[b].between);
	if (missing)
		text_addf(t, "; %zu attempts were not made, so nothing is proved", missing);
}

static void put_json_row(const char *key, const char *name, const struct judged *r, const char *words, struct text *t)
{
	text_addf(t, "{\"%s\":\"%s\",\"tried\":%lu,\"allowed\":%lu,\"arrived\":%lu,\"verdict\":\"%s\"}\n", key, name, r->tried,
		  r->allowed, r->arrived, words);
}

static void put_json(const struct report *r, const struct judge *j, struct text *t)
{
	char address[ADDR_TEXT], at[STAMP_TEXT], rules[65];
	struct addr own = addr4(r->standin->address);
	_text_ struct text words = { 0 };

	for (size_t i = 0; i < JUDGE_ROWS; i++)
		if (is_asked(j, i))
			put_json_row("attempt", judge_name(i), &j->row[i], verdict(j, i), t);
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		put_json_row("budget", charge_name(c),
			     &(struct judged){ .allowed = j->budget[c], .arrived = j->charged[c] }, budget_verdict(j, c), t);
	put_json_row("budget", "bytes", &(struct judged){ .allowed = j->bytes_allowed, .arrived = j->bytes },
		     j->bytes > j->bytes_allowed ? "LEAK" : "contained", t);
	put_sentence(j, r->between, &words);
	selftest_rules(&r->standin->before->net, rules);
	text_addf(t, "{\"contained\":%s,\"exact\":%s,\"leaks\":%zu,\"between\":\"%s\",\"address\":\"%s\",\"like\":\"%s\",\"time\":\"%s\","
		     "\"key\":\"%s\",\"words\":",
		  judge_contained(j) ? "true" : "false", judge_exact(j) ? "true" : "false", judge_leaks(j), betweens[r->between],
		  addr_text(&own, address), r->standin->like, stamp_text(r->at_us, at), r->signer.key);
	text_json(t, text_str(&words), words.len);
	text_addf(t, ",\"rules_sha256\":\"%s\",\"listened\":%s,\"noticed\":{", rules, judge_listened(j) ? "true" : "false");
	for (enum notice_kind k = 0; k < N_NOTICES; k++)
		text_addf(t, "%s\"%s\":%lu", k ? "," : "", notice_name(k), j->notice.seen[k]);
	text_add(t, "},\"leaked_packets\":");
	if (r->pcap) {
		text_json(t, r->pcap, strlen(r->pcap));
		text_addf(t, ",\"leaked_packets_sha256\":\"%s\",\"not_kept\":%lu", r->pcap_sum, j->not_kept);
	} else
		text_add(t, "null");
	text_add(t, "}\n");
}

/* --- kept ------------------------------------------------------------------------------------- */

static int write_leaks(const struct judge *j, const char *path)
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
	if (to)
		pcap_dump_close(to);
	if (as)
		pcap_close(as);
	return ok ? 0 : -EIO;
}

/* keep_leaks() - the packets that leaked, and their hash for the report */
static void keep_leaks(const struct judge *j, struct report *r)
{
	_fd_ int fd = -1;
	int e;

	if (!judge_leaks(j))
		return;
	r->pcap = xstrdup(r->path);
	strcpy(strrchr(r->pcap, '.'), ".pcap");
	e = write_leaks(j, r->pcap);
	fd = e < 0 ? -1 : open(r->pcap, O_RDONLY | O_CLOEXEC);
	if (e == 0)
		e = fd < 0 ? -errno : named_file_hash(fd, r->pcap_sum);
	if (e < 0) {
		log_error("%s: the packets that leaked cannot be kept: %s", r->pcap, strerror(-e));
		free(r->pcap);
		r->pcap = NULL;
	}
}

/* sign() - the report, beside it; 0 or -errno */
static int sign(const struct report *r, const struct text *what)
{
	_free_ char *beside = xasprintf("%s" SIGNATURE_SUFFIX, r->path);
	_text_ struct text signature = { 0 };

	if (!r->signer.key[0])
		return -ENOKEY;
	signature_put(&r->signer, what, &signature);
	return file_replace(beside, &signature);
}

/* record() - in the journal; 0 or -errno */
static int record(const struct report *r, const struct judge *j, const char *sum, int control)
{
	const char *sudo = getenv("SUDO_USER");
	_text_ struct text words = { 0 }, t = { 0 };
	struct event e = { .kind = EV_SELFTEST, .honeypot = -1, .user = span_of(sudo ? sudo : "root"),
			   .state = span_of(judge_leaks(j) ? "leaked" : judge_contained(j) ? "contained" : "unproved"),
			   .code = (uint32_t)judge_leaks(j), .path = span_of(r->path) };
	int n;

	put_sentence(j, r->between, &words);
	for (size_t i = 0; i < JUDGE_ROWS; i++)
		if (judge_leaked(j, i))
			text_addf(&words, "; %s: %lu arrived, %lu may", judge_name(i), j->row[i].arrived, j->row[i].allowed);
	e.reason = (struct span){ text_str(&words), words.len };
	memcpy(e.sha256, sum, sizeof(e.sha256));
	event_pack(&t, &e);
	n = control_ask(control, MSG_ADMIN, &t, 5000, NULL, NULL);
	return n == 1 ? 0 : n ? n : -EPIPE;
}

static void put_text(const struct report *r, const struct judge *j, const char *sum, struct text *t)
{
	put_table(j, t);
	put_budgets(j, t);
	put_noticed(j, t);
	text_addf(t, "\n%s, like %s in the rules: ", STANDIN_NAME, r->standin->like);
	put_sentence(j, r->between, t);
	text_addf(t, ".\nReport: %s\nSHA-256, in the journal: %s\nSigned beside it, with key %s\n", r->path, sum, r->signer.key);
	if (r->pcap)
		text_addf(t, "Packets that leaked: %s\n", r->pcap);
}

/* begin() - where the report is kept, and who signs it: what was found is worth more than its signature */
static void begin(struct report *r)
{
	_free_ char *folder = state_path(STATE_SELFTEST), *key = state_path(STATE_SELFTEST_KEY);
	char at[STAMP_TEXT];
	int e;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		die("%s: %s", folder, strerror(errno));
	e = signer_open(key, &r->signer);
	if (e < 0)
		log_error("%s: %s", key, e == -EBADMSG ? "there is no key in it" : strerror(-e));
	r->at_us = now_us();
	r->path = xasprintf("%s/%s.json", folder, stamp_text(r->at_us, at));
}

int selftest_report(const struct standin *s, const struct judge *j, enum between b, bool json)
{
	struct report r = { .standin = s, .between = b };
	_text_ struct text kept = { 0 }, said = { 0 };
	_fd_ int control = control_must();
	char sum[65];
	int e, signing;

	begin(&r);
	keep_leaks(j, &r);
	put_json(&r, j, &kept);
	selftest_hash(&kept, sum);
	e = file_replace(r.path, &kept);
	if (e < 0)
		log_error("%s: %s", r.path, strerror(-e));
	if (e == 0)
		e = record(&r, j, sum, control);
	if (e < 0)
		log_error("the report is not in the record: %s", strerror(-e));
	signing = sign(&r, &kept);
	if (signing < 0)
		log_error("the report is not signed: %s", strerror(-signing));
	if (json)
		text_addn(&said, text_str(&kept), kept.len);
	else
		put_text(&r, j, sum, &said);
	signer_fini(&r.signer);
	free(r.path);
	free(r.pcap);
	return out_all(&said, e == 0 && signing == 0 && judge_contained(j) ? CLI_OK : CLI_FAILED);
}
