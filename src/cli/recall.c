/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recall.h"

#include <string.h>

#include "base/mem.h"
#include "evidence.h"
#include "record/chain.h"
#include "record/journal.h"
#include "record/line.h"
#include "report/stamp.h"

enum { HEAD = 128, TRIED = 32 };	/* bytes in which a line says its kind; sessions that are looked at */
#define DAY_US (24 * 3600 * 1000000ull)
#define TIMESTAMP "{\"timestamp\":\""

/* --- the journal ------------------------------------------------------------------------------ */

static int kind_of(const char *line, size_t len)
{
	static const char key[] = "\"event_type\":\"";
	const char *at = memmem(line, len < HEAD ? len : HEAD, key, sizeof(key) - 1), *end;
	char name[32] = "";

	if (!at)
		return -1;
	at += sizeof(key) - 1;
	end = memchr(at, '"', (size_t)(line + len - at));
	if (end && (size_t)(end - at) < sizeof(name))
		memcpy(name, at, (size_t)(end - at));
	return event_kind_find(name);
}

static void take_alert(struct recall *r, const struct event *e)
{
	struct recall_alert *a = &r->alert[r->alerts % RECALL_ALERTS];
	size_t n = e->reason.len < RECALL_WORDS ? e->reason.len : RECALL_WORDS - 1;

	if (!e->session)
		return;
	*a = (struct recall_alert){ .session = e->session, .entity = e->process.entity };
	memcpy(a->signature, e->reason.at, n);
	r->alerts++;
}

static void take_packet_file(struct recall *r, const struct event *e)
{
	if (e->path.len >= sizeof(r->packet_file) || memchr(e->path.at, '/', e->path.len) || !e->sha256[0])
		return;
	memcpy(r->packet_file, e->path.at, e->path.len);
	r->packet_file[e->path.len] = '\0';
	memcpy(r->sha256, e->sha256, sizeof(r->sha256));
}

static int each(void *arg, const struct place *at, const char *line, size_t len)
{
	struct recall *r = arg;
	_line_ struct line l = { 0 };
	size_t head = sizeof(TIMESTAMP) - 1;
	int kind = line && len >= head + strlen(r->since) ? kind_of(line, len) : -1;

	(void)at;
	/* Times are compared as the text they are. A file that was complete before is archived all the same. */
	if (kind < 0 || (kind != EV_PCAP && memcmp(line + head, r->since, strlen(r->since)) < 0))
		return 0;
	r->n[kind]++;
	if ((kind != EV_ALERT && kind != EV_PCAP && kind != EV_CHAIN) || line_read(line, len, NULL, &l) < 0)
		return 0;
	if (kind == EV_ALERT)
		take_alert(r, &l.event);
	else if (kind == EV_PCAP)
		take_packet_file(r, &l.event);
	else
		r->broken |= span_is(l.event.state, "broken");
	return 0;
}

static int first_line(void *arg, const struct place *at, const char *line, size_t len)
{
	struct recall *r = arg;
	struct seal seal;

	(void)at;
	if (line && seal_read(line, len, &seal) == 0)
		r->first = seal.n;
	return 1;
}

/* --- from an alert on ------------------------------------------------------------------------- */

struct walk {
	struct recall_way way;
	int journal;
	struct text line;
};

static int step(void *arg, uint64_t seq, const struct place *at)
{
	struct walk *w = arg;
	struct recall_way *way = &w->way;
	_line_ struct line l = { 0 };
	const struct event *e = &l.event;

	(void)seq;
	text_clear(&w->line);
	if (journal_read(w->journal, at, &w->line) < 0 || line_read(text_str(&w->line), w->line.len, NULL, &l) < 0)
		return 0;
	way->flow |= e->kind == EV_FLOW;
	way->host |= e->origin.source == SOURCE_GUEST;
	way->process |= e->kind == EV_EXEC && (!way->from->entity || e->process.entity == way->from->entity);
	way->keys += e->kind == EV_TTY_IN ? e->bytes.len : 0;
	return 0;
}

static int rank(const struct recall_way *w)
{
	return !w->from ? 0 : 1 + w->ended + (w->flow && w->host) + w->process + (w->keys > 0);
}

static int note_end(void *arg, const struct session *s)
{
	*(bool *)arg = s->end_us > 0;
	return 0;
}

static void walk(struct recall *r, struct store *store, int journal)
{
	uint64_t from = r->alerts > RECALL_ALERTS ? r->alerts - RECALL_ALERTS : 0, last = 0;
	unsigned tried = 0;

	for (uint64_t i = r->alerts; i-- > from && tried < TRIED && rank(&r->way) < 5;) {
		struct walk w = { .journal = journal, .way.from = &r->alert[i % RECALL_ALERTS] };
		uint64_t id = w.way.from->session;

		if (id == last)
			continue;
		last = id;
		tried++;
		if (store_sessions(store, &(struct store_filter){ .id = id }, note_end, &w.way.ended) > 0 &&
		    store_session_places(store, id, step, &w) >= 0 && rank(&w.way) > rank(&r->way))
			r->way = w.way;
		text_fini(&w.line);
	}
}

void recall(struct recall *r, uint64_t epoch, uint64_t now_us)
{
	uint64_t since = epoch > now_us - DAY_US ? epoch : now_us - DAY_US;
	_store_ struct store *store = evidence_index();
	_fd_ int journal = evidence_journal(), pcap = -1;
	char file[32];

	memset(r, 0, sizeof(*r));
	stamp_json(since, r->since);
	journal_file_at(now_us - DAY_US, file);
	if (journal < 0 || journal_scan(journal, file, 0, each, r) < 0 || journal_scan(journal, NULL, 0, first_line, r) < 0)
		return;
	r->read = true;
	if (r->packet_file[0] && (pcap = evidence_pcap()) >= 0)
		r->packet_file_is = named_file_is(pcap, r->packet_file, r->sha256);
	if (!store)
		return;
	store_deployed(store, epoch, &r->deployed);
	walk(r, store, journal);
}
