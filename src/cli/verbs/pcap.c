/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep pcap - the packets of any selection as a pcap file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/evidence.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/pcap_pick.h"
#include "record/pcap_read.h"
#include "report/stamp.h"


struct request {
	struct pcap_pick pick;
	uint64_t session;
	const char *file;	/* NULL standard output */
	bool count, json;
};

struct extract {
	const struct request *rq;
	uint64_t packets, bytes, first_ns, last_ns;
};

static int each(void *arg, const struct packet *p)
{
	struct extract *x = arg;
	uint8_t head[PCAP_PACKET_HEAD];

	if (!pcap_picks(&x->rq->pick, p))
		return 0;
	x->packets++;
	x->bytes += p->bytes.len;
	x->first_ns = x->first_ns && x->first_ns < p->at_ns ? x->first_ns : p->at_ns;
	x->last_ns = x->last_ns > p->at_ns ? x->last_ns : p->at_ns;
	if (x->rq->count)
		return 0;
	pcap_packet_head(p, head);
	out_bytes(head, sizeof(head));
	out_bytes(p->bytes.at, p->bytes.len);
	return out_gone() ? -EPIPE : 0;
}

/* --- the result ------------------------------------------------------------------------------- */

static void say(const struct extract *x, const struct pcap_seen *seen)
{
	char first[STAMP_TEXT], last[STAMP_TEXT];
	_text_ struct text t = { 0 };

	if (x->rq->json) {
		text_addf(&t, "{\"packets\":%llu,\"bytes\":%llu,\"files\":%llu", (unsigned long long)x->packets,
			  (unsigned long long)x->bytes, (unsigned long long)seen->files);
		if (x->packets)
			text_addf(&t, ",\"first\":\"%s\",\"last\":\"%s\"", stamp_json(x->first_ns / 1000, first),
				  stamp_json(x->last_ns / 1000, last));
		text_add(&t, "}\n");
		out_text(&t);
		return;
	}
	text_addf(&t, "%llu packets, %llu bytes", (unsigned long long)x->packets, (unsigned long long)x->bytes);
	if (x->packets)
		text_addf(&t, ", %s to %s", stamp_text(x->first_ns / 1000, first), stamp_text(x->last_ns / 1000, last));
	text_addf(&t, ", from %llu file%s\n", (unsigned long long)seen->files, seen->files == 1 ? "" : "s");
	if (x->rq->count)
		out_text(&t);
	else
		fputs(text_str(&t), stderr);
}

/* Nothing was found: because there is nothing, not for this time, or not such packets? */
static int explain(const struct request *rq, const struct pcap_seen *seen)
{
	char from[STAMP_TEXT], to[STAMP_TEXT];

	if (!seen->first_ns) {
		log_error("no packets are stored yet; is `packets: enabled:` true in the honeynet file?");
		return CLI_FAILED;
	}
	if (rq->pick.since_ns <= seen->last_ns && rq->pick.until_ns >= seen->first_ns)
		return CLI_OK;
	log_error("nothing is stored for that time: there are packets from %s to %s",
		  stamp_text(seen->first_ns / 1000, from), stamp_text(seen->last_ns / 1000, to));
	return CLI_FAILED;
}

static int extract(const struct request *rq)
{
	const struct pcap_window w = { rq->pick.since_ns, rq->pick.until_ns };
	struct pcap_seen seen = { 0 };
	struct extract x = { .rq = rq };
	_text_ struct text head = { 0 };
	_fd_ int folder = evidence_pcap();
	int r, code;

	if (folder < 0)
		return CLI_FAILED;
	out_begin();
	pcap_head_put(&head);
	if (!rq->count)
		out_text(&head);
	r = pcap_scan(folder, &w, each, &x, &seen);
	if (r < 0 && !out_gone())
		log_error("reading the packets: %s", strerror(-r));
	if (seen.damaged)
		log_warn("%llu places cannot be read: packets are missing there", (unsigned long long)seen.damaged);
	code = r < 0 ? CLI_FAILED : x.packets ? CLI_OK : explain(rq, &seen);
	if (code == CLI_OK)
		say(&x, &seen);
	return out_end(code);
}

/* --- the request ------------------------------------------------------------------------------ */

/* Packets are no text: they go where they harm no terminal. */
static int open_output(const struct request *rq)
{
	_fd_ int fd = -1;

	if (rq->count)
		return CLI_OK;
	if (!rq->file || !strcmp(rq->file, "-"))
		return isatty(STDOUT_FILENO) ? cli_wrong("pcap", "where to? -o FILE, or a pipe") : CLI_OK;
	fd = open(rq->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		return CLI_OK;
	log_error("%s: %s", rq->file, strerror(errno));
	return CLI_FAILED;
}

static int run(struct request *rq)
{
	_store_ struct store *store = rq->session ? evidence_index() : NULL;
	_fd_ int journal = store ? evidence_journal() : -1;
	int r;

	if (rq->session && (!store || journal < 0 ||
			    pcap_pick_session(&rq->pick, store, journal, rq->session, now_us()) < 0))
		return CLI_FAILED;
	r = open_output(rq);
	return r ? r : extract(rq);
}

static int read_time(const char *verb, const char *word, void *into)
{
	uint64_t us, *ret_ns = into;
	int r = cli_read_time(verb, word, &us);

	if (r == CLI_OK)
		*ret_ns = us * 1000;
	return r;
}

static int read_flow(const char *verb, const char *word, void *into)
{
	struct pcap_pick *pick = into;

	pick->community = word;
	return strncmp(word, "1:", 2) ? cli_wrong(verb, "%s is no community id: they begin with 1:", word) : CLI_OK;
}

static int read_address(const char *verb, const char *word, void *into)
{
	return pcap_pick_address(into, word) < 0 ?
	       cli_wrong(verb, "%s is no address; try 10.10.10.80, 10.10.10.80:22 or [::1]:22", word) : CLI_OK;
}

static int read_filter(const char *verb, const char *word, void *into)
{
	struct pcap_pick *pick = into;
	_free_ char *why = NULL;

	if (pick->filtered)
		return cli_wrong(verb, "one filter only: (THIS) and (THAT)");
	return pcap_pick_filter(pick, word, &why) < 0 ? cli_wrong(verb, "the filter: %s", why) : CLI_OK;
}

int verb_pcap(int argc, char **argv)
{
	struct request rq = { 0 };
	const struct cli_option options[] = {
		{ "session", .read = cli_read_session, .into = &rq.session },
		{ "flow", .read = read_flow, .into = &rq.pick },
		{ "address", .read = read_address, .into = &rq.pick },
		{ "since", .read = read_time, .into = &rq.pick.since_ns },
		{ "until", .read = read_time, .into = &rq.pick.until_ns },
		{ "filter", .read = read_filter, .into = &rq.pick },
		{ "output", 'o', .word = &rq.file },
		{ "count", .flag = &rq.count },
		{ "json", .flag = &rq.json },
		{ 0 },
	};
	int r;

	pcap_pick_init(&rq.pick);
	r = cli_options(&argc, &argv, "pcap", options);
	if (r < 0 && argc)
		r = cli_wrong("pcap", "%s: not understood; a session: --session N", argv[0]);
	if (r < 0 && rq.json && !rq.count)
		r = cli_wrong("pcap", "--json goes with --count");
	if (r < 0)
		r = run(&rq);
	pcap_pick_fini(&rq.pick);
	return r;
}
