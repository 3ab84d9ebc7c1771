/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judge.h"

#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "seen.h"

/* Rates and bursts that are in no honeynet file, said here once more: the judge does not ask who is judged. */
enum { REPLIES_PER_S = 50, REPLIES_BURST = 10, SYN_PER_S = 50, SYN_BURST = 100 };
enum { BY_ITSELF = N_ATTEMPTS };

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool is_syn(const struct seen *s)
{
	return s->proto == IPPROTO_TCP && (s->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN;
}

/* marked() - the attempt that a packet says it belongs to; -1 it says nothing */
static int marked(const uint8_t *f, size_t n)
{
	const uint8_t *at = memmem(f, n, ATTEMPT_MAGIC, ATTEMPT_MAGIC_SIZE);
	size_t behind = at ? (size_t)(at - f) + ATTEMPT_MAGIC_SIZE : n;

	return behind < n && f[behind] < N_ATTEMPTS ? f[behind] : -1;
}

static int row_of(const struct seen *s, const uint8_t *f, size_t n)
{
	int row = s->ip ? attempt_of(s->dest) : -1;

	return row >= 0 ? row : marked(f, n);
}

/* was_seen() - a connection from @src_port to @dest_port of @dest */
static bool was_seen(const struct judge *j, uint16_t row, uint16_t src_port, addr_number dest, uint16_t dest_port)
{
	for (size_t i = 0; i < j->n_flows; i++)
		if (j->flow[i].row == row && j->flow[i].src_port == src_port && j->flow[i].dest_port == dest_port &&
		    j->flow[i].dest == dest)
			return true;
	return false;
}

/* is_again() - that connection was seen before; if not, it is now */
static bool is_again(struct judge *j, uint16_t row, const struct seen *s)
{
	if (was_seen(j, row, s->src_port, s->dest, s->dest_port))
		return true;
	if (j->n_flows == JUDGE_FLOWS)
		return false;
	j->flow[j->n_flows].row = row;
	j->flow[j->n_flows].src_port = s->src_port;
	j->flow[j->n_flows].dest_port = s->dest_port;
	j->flow[j->n_flows++].dest = s->dest;
	return false;
}

static enum charge charge_of(const struct seen *s)
{
	return !s->ip ? CHARGE_NONE : s->proto == IPPROTO_TCP ? CHARGE_TCP : s->proto == IPPROTO_UDP ? CHARGE_UDP :
	       s->proto == IPPROTO_ICMP ? CHARGE_ICMP : CHARGE_OTHER;
}

static void keep(struct judge *j, uint16_t row, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	struct kept_frame *k;

	if (j->n_frames == JUDGE_FRAMES) {
		j->not_kept++;
		return;
	}
	k = &j->frame[j->n_frames++];
	*k = (struct kept_frame){ .at_us = at_us, .number = j->row[row].arrived, .len = (uint32_t)len, .row = row,
				  .captured = (uint16_t)(n < JUDGE_FRAME ? n : JUDGE_FRAME) };
	memcpy(k->bytes, f, k->captured);
}

static void arrived(struct judge *j, uint16_t row, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	struct judged *r = &j->row[row];

	if (!r->arrived++)
		r->first_us = at_us;
	r->last_us = at_us;
	keep(j, row, f, n, len, at_us);
}

/* A packet of an attempt, in the lab. What may not come at all is a leak by itself, and no budget's. */
static void in_lab(struct judge *j, uint16_t row, const struct seen *s, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	const struct attempt *a = &attempts[row];
	bool again = is_syn(s) && is_again(j, row, s), of_open = s->proto == IPPROTO_TCP && a->answered && !is_syn(s);
	enum charge c = charge_of(s);

	if (of_open || (again && a->pace == PACE_NONE) || (s->later && a->charge != CHARGE_NONE))
		return;
	arrived(j, row, f, n, len, at_us);
	if (a->charge != CHARGE_NONE && !again && !(a->pace == PACE_PACKETS && j->row[row].arrived > 1))
		j->charged[c]++;
}

/* Of what it sends to whom it knows itself, only what begins something. */
static void by_itself(struct judge *j, const struct seen *s, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	bool answers = (s->proto == IPPROTO_TCP && !is_syn(s)) || s->later ||
		       (s->proto == IPPROTO_ICMP && s->type != 8);

	if (!s->ip || !terms_is(&j->terms, s->src, j->terms.own) || answers || (is_syn(s) && is_again(j, BY_ITSELF, s)))
		return;
	arrived(j, BY_ITSELF, f, n, len, at_us);
	j->charged[charge_of(s)]++;
}

static uint16_t inside(const struct seen *s)
{
	return s->six ? ATTEMPT_SIX_INSIDE : ATTEMPT_INSIDE;
}

static uint16_t management(const struct seen *s)
{
	return s->six ? ATTEMPT_SIX_GATEWAY : ATTEMPT_GATEWAY;
}

/* is_unasked() - another honeypot's answer to what never came to it */
static bool is_unasked(const struct judge *j, const struct seen *s)
{
	return s->ip && s->proto == IPPROTO_TCP && terms_is(&j->terms, s->dest, j->terms.own) && s->dest_port == PORT_INSIDE &&
	       !terms_is_gateway(&j->terms, s->src) && !was_seen(j, inside(s), PORT_INSIDE, s->src, s->src_port);
}

static void at_own(struct judge *j, const struct seen *s, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	struct seen other = *s;

	notice_frame(&j->notice, &j->terms, s, f, n);
	if (is_unasked(j, s))
		notice_answer(&j->notice, s);
	if (!s->ip || !terms_is_gateway(&j->terms, s->src) || !terms_is(&j->terms, s->dest, j->terms.own) || s->dest_port != PORT_GATEWAY ||
	    (s->proto == IPPROTO_TCP && (s->flags & (TCP_SYN | TCP_RST)) != TCP_SYN))
		return;
	other.dest = s->src;	/* told apart by who answers */
	if (is_again(j, management(s), &other))
		return;
	arrived(j, management(s), f, n, len, at_us);
	j->notice.seen[NOTICE_PORTS]++;
}

/* Bridge and gateway may let through what is said by who says it, so only what is marked as another's counts. */
static void at_pot(struct judge *j, const struct seen *s, const uint8_t *f, size_t n, size_t len, uint64_t at_us)
{
	int row = marked(f, n);

	if (s->ip && terms_is(&j->terms, s->src, j->terms.own) && s->src_port == PORT_INSIDE && is_syn(s)) {
		if (!is_again(j, inside(s), s))
			arrived(j, inside(s), f, n, len, at_us);
		return;
	}
	if (row >= 0 && attempts[row].charge == CHARGE_NONE)
		arrived(j, (uint16_t)row, f, n, len, at_us);
}

void judge_begin(struct judge *j, const struct terms *t)
{
	memset(j, 0, sizeof(*j));
	j->terms = *t;
}

void judge_frame(struct judge *j, enum seen_at at, const uint8_t *frame, size_t n, size_t len, uint64_t at_us)
{
	struct seen s = seen_frame(frame, n);
	int row;

	if (at == SEEN_OWN) {
		at_own(j, &s, frame, n, len, at_us);
		return;
	}
	if (at == SEEN_POT) {
		at_pot(j, &s, frame, n, len, at_us);
		return;
	}
	row = row_of(&s, frame, n);
	if (row >= 0 || (s.ip && terms_is(&j->terms, s.src, j->terms.own)))
		j->bytes += s.bytes;
	if (row >= 0)
		in_lab(j, (uint16_t)row, &s, frame, n, len, at_us);
	else
		by_itself(j, &s, frame, n, len, at_us);
}

void judge_tried(struct judge *j, enum attempt_id a, uint64_t times)
{
	j->row[a].tried += times;
	j->row[a].was_tried = true;
}

void judge_go(struct judge *j, uint64_t now_us)
{
	if (!j->since_us)
		j->since_us = now_us;
}

void judge_used_up(struct judge *j)
{
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		j->terms.limit[c] = least(j->terms.limit[c], j->charged[c]);
	j->terms.bytes = least(j->terms.bytes, j->bytes);
}

/* --- the verdict ------------------------------------------------------------------------------ */

/* at_pace() - the most that a bucket lets through between the first and the last that came */
static uint64_t at_pace(const struct judge *j, const struct judged *r, enum pace pace)
{
	uint32_t per_s = pace == PACE_SYN ? SYN_PER_S : pace == PACE_REPLIES ? REPLIES_PER_S : j->terms.packets_per_s;
	uint32_t burst = pace == PACE_SYN ? SYN_BURST : pace == PACE_REPLIES ? REPLIES_BURST : per_s / 10 > 10 ? per_s / 10 : 10;

	return burst + (r->last_us - r->first_us) * per_s / 1000000 + 1;
}

static uint64_t allowed(const struct judge *j, size_t row, uint64_t left[CHARGES])
{
	const struct judged *r = &j->row[row];
	enum charge c = judge_charge(row);
	uint64_t most;

	if (row == BY_ITSELF)		/* of whatever kind: the budgets' own rows tell */
		return r->arrived;
	if (attempts[row].pace != PACE_NONE)
		return c == CHARGE_NONE || left[c] ? least(at_pace(j, r, attempts[row].pace), r->tried) : 0;
	if (c == CHARGE_NONE)
		return 0;
	if (row == ATTEMPT_DNS_TUNNEL && j->terms.resolvers)
		return 0;
	most = least(r->tried, left[c]);
	return most;
}

/* What is left of its budget behind this attempt. */
static void take(const struct judge *j, size_t row, uint64_t left[CHARGES])
{
	enum charge c = judge_charge(row);
	uint64_t n = row < N_ATTEMPTS && attempts[row].pace != PACE_NONE ? j->row[row].arrived > 0 : j->row[row].arrived;

	if (row < N_ATTEMPTS)
		left[c] -= least(left[c], n);
}

void judge_end(struct judge *j, uint64_t now_us)
{
	uint64_t us = now_us - j->since_us, periods = 1 + (j->terms.period_us ? us / j->terms.period_us : 0), left[CHARGES];

	for (enum charge c = 0; c < CHARGES; c++)
		left[c] = j->budget[c] = j->terms.limit[c] * (c == CHARGE_GATEWAY ? 1 : periods);
	j->bytes_allowed = j->terms.bytes * periods;
	for (size_t i = 0; i < JUDGE_ROWS; i++) {
		j->row[i].allowed = allowed(j, i, left);
		take(j, i, left);
	}
}

bool judge_leaked(const struct judge *j, size_t row)
{
	return j->row[row].arrived > j->row[row].allowed;
}

size_t judge_leaks(const struct judge *j)
{
	size_t n = 0;

	for (size_t i = 0; i < JUDGE_ROWS; i++)
		n += judge_leaked(j, i);
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		n += j->charged[c] > j->budget[c];
	return n + (j->bytes > j->bytes_allowed);
}

static bool all_tried(const struct judge *j)
{
	for (enum attempt_id i = 0; i < N_ATTEMPTS; i++)
		if (terms_ask(&j->terms, i) && !j->row[i].was_tried)
			return false;
	return true;
}

bool judge_contained(const struct judge *j)
{
	return all_tried(j) && !judge_leaks(j);
}

bool judge_listened(const struct judge *j)
{
	return all_tried(j) && j->notice.hops && j->notice.whole;
}

bool judge_exact(const struct judge *j)
{
	for (enum charge c = CHARGE_TCP; c <= CHARGE_OTHER; c++)
		if (j->charged[c] != j->budget[c])
			return false;
	return judge_contained(j);
}

bool judge_is_leak(const struct judge *j, const struct kept_frame *f)
{
	return f->number > j->row[f->row].allowed;
}

const char *judge_name(size_t row)
{
	return row < N_ATTEMPTS ? attempts[row].name : "by-itself";
}

enum charge judge_charge(size_t row)
{
	return row < N_ATTEMPTS ? attempts[row].charge : CHARGE_NONE;
}
