/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collection and analysis: the standard's CO and AN rows. */
#include <poll.h>
#include <string.h>
#include <sys/timex.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conform.h"
#include "control.h"
#include "evidence.h"
#include "model/community.h"
#include "pcap_pick.h"
#include "record/pcap_read.h"

enum { HANDSHAKE = 3, PACKETS_WAIT_MS = 5000, STEP_MS = 200 };

static void unique_ids(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	json_t *pots = json_object_get(l->status, "honeypots"), *pot;
	size_t i;

	json_array_foreach(pots, i, pot) {
		for (size_t k = 0; k < i; k++)
			if (!strcasecmp(control_word(json_array_get(pots, k), "name"), control_word(pot, "name"))) {
				met(c, REQ_CO_1, MET_FAIL, "two honeypots are named %s", control_word(pot, "name"));
				return;
			}
		if (!*control_word(pot, "image")) {
			met(c, REQ_CO_1, MET_FAIL, "honeypot %s has no type", control_word(pot, "name"));
			return;
		}
	}
	met(c, REQ_CO_1, MET_NOT_YET, "%zu honeypots with a name and a type of their own; the site has no id yet", i);
}

static void synchronised(const struct tried *t, struct conformance *c)
{
	struct timex x = { 0 };
	int r = adjtimex(&x);

	(void)t;
	if (r < 0 || r == TIME_ERROR || (x.status & STA_UNSYNC))
		met(c, REQ_CO_4, MET_NOT_YET, "the kernel knows of no time service that keeps its clock, and nothing else is looked "
		    "at; all honeypots' events have this clock's time");
	else
		met(c, REQ_CO_4, MET_PASS, "the kernel's clock is kept by a time service, estimated error %ld us; all honeypots' "
		    "events have its time", x.esterror);
}

/* --- analysis --------------------------------------------------------------------------------- */

static void one_interface(const struct tried *t, struct conformance *c)
{
	const struct recall_way *w = &t->record.way;

	if (!w->from)
		met(c, REQ_AN_1, MET_NOT_YET, "no alert of a session since %.19sZ that could be looked at; `skep lab attack "
		    "break-in` makes some", t->record.since);
	else if (w->flow && w->host)
		met(c, REQ_AN_1, MET_PASS, "`skep session %llu` tells an alert, a flow and what the honeypot did",
		    (unsigned long long)w->from->session);
	else
		met(c, REQ_AN_1, w->ended ? MET_FAIL : MET_NOT_YET, "session %llu has an alert, but no %s",
		    (unsigned long long)w->from->session, w->host ? "flow" : "data of its honeypot");
}

static void alert_to_process(const struct tried *t, struct conformance *c)
{
	const struct recall_way *w = &t->record.way;

	if (!w->from)
		met(c, REQ_AN_2, MET_NOT_YET, "no alert of a session since %.19sZ that could be followed", t->record.since);
	else if (w->from->entity && !w->process)
		met(c, REQ_AN_2, MET_FAIL, "the alert \"%s\" names a process that session %llu does not have", w->from->signature,
		    (unsigned long long)w->from->session);
	else if (!w->process || !w->keys)
		met(c, REQ_AN_2, MET_NOT_YET, "alerts lead to sessions, but since %.19sZ to none in which somebody ran something and "
		    "typed", t->record.since);
	else
		met(c, REQ_AN_2, MET_PASS, "two steps: the alert \"%s\" names session %llu, `skep session` its processes, `skep "
		    "replay` its terminal, %llu bytes typed", w->from->signature, (unsigned long long)w->from->session,
		    (unsigned long long)w->keys);
}

struct picked {
	const struct pcap_pick *pick;
	unsigned n;
};

static int take_packet(void *arg, const struct packet *p)
{
	struct picked *found = arg;

	found->n += pcap_picks(found->pick, p);
	return 0;
}

/* How many packets of the connection that was opened there are; -1 they cannot be read. */
static int packets_of(const struct live *l)
{
	char id[COMMUNITY_ID_SIZE];
	struct pcap_pick pick;
	struct picked found = { .pick = &pick };
	struct pcap_seen seen = { 0 };
	_fd_ int folder = evidence_pcap();
	int r;

	pcap_pick_init(&pick);
	pick.since_ns = l->since_us * 1000;
	pick.community = community_id(&l->flow, id) ? id : NULL;
	r = folder < 0 ? -1 :
	    pcap_scan(folder, &(struct pcap_window){ pick.since_ns, UINT64_MAX }, take_packet, &found, &seen);
	pcap_pick_fini(&pick);
	return r < 0 ? -1 : (int)found.n;
}

/* They are in a file when their block is full, or has waited. */
static void packets_of_a_selection(const struct tried *t, struct conformance *c)
{
	const struct live *l = &t->live;
	uint64_t since = mono_us();
	int n = 0;

	if (!json_is_true(json_object_get(json_object_get(l->status, "packets"), "enabled"))) {
		met(c, REQ_AN_3, MET_NOT_YET, "`packets: enabled:` is false in the honeynet file");
		return;
	}
	if (!l->opened.done) {
		met(c, REQ_AN_3, MET_NOT_YET, "no connection could be opened whose packets could be asked for");
		return;
	}
	while (n >= 0 && (n = packets_of(l)) < HANDSHAKE && mono_us() - since < PACKETS_WAIT_MS * 1000ULL)
		poll(NULL, 0, STEP_MS);
	if (n < HANDSHAKE)
		met(c, REQ_AN_3, MET_FAIL, "a connection to %s was opened, and %d of its packets are stored", l->target,
		    n < 0 ? 0 : n);
	else
		met(c, REQ_AN_3, MET_PASS, "asked for the flow to %s by its community id: %d packets, as `skep pcap --flow` gives "
		    "them", l->target, n);
}

void conform_analysis(const struct tried *t, struct conformance *c)
{
	static void (*const checks[])(const struct tried *t, struct conformance *c) = {
		unique_ids, synchronised, one_interface, alert_to_process, packets_of_a_selection,
	};

	for (size_t i = 0; i < nitems(checks); i++)
		checks[i](t, c);
}
