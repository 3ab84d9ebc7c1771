/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"

#define MAGIC_NS 0xa1b23c4du		/* of pcap with nanoseconds */
#define INDEX_MAGIC 0x31786469706b73ULL	/* "skpidx1" */

enum { LINKTYPE_ETHERNET = 1, NS = 1000000000, PART_MAX = 99999 };

const struct pcap_index_row pcap_index_start = { .end = PCAP_HEAD };

void pcap_head_put(struct text *t)
{
	put_u32(t, MAGIC_NS);
	put_u16(t, 2);
	put_u16(t, 4);
	put_u64(t, 0);		/* zone, accuracy */
	put_u32(t, PACKET_BYTES_MAX);
	put_u32(t, LINKTYPE_ETHERNET);
}

bool pcap_head_good(const void *head)
{
	_text_ struct text ours = { 0 };

	pcap_head_put(&ours);
	return !memcmp(head, ours.at, PCAP_HEAD);
}

void pcap_packet_head(const struct packet *p, uint8_t ret[PCAP_PACKET_HEAD])
{
	const uint32_t h[] = { htole32((uint32_t)(p->at_ns / NS)), htole32((uint32_t)(p->at_ns % NS)),
			       htole32((uint32_t)p->bytes.len), htole32(p->wire_len) };

	_Static_assert(sizeof(h) == PCAP_PACKET_HEAD, "the format's head of a packet");
	memcpy(ret, h, sizeof(h));
}

/* No packet is empty: what a lost power supply leaves as zeros is none. */
bool pcap_packet_get(struct cursor *c, struct packet *ret)
{
	struct cursor at = *c;
	uint64_t s = get_u32(&at);
	uint32_t ns = get_u32(&at), len = get_u32(&at), wire = get_u32(&at);

	if (at.bad || ns >= NS || !len || len > PACKET_BYTES_MAX + 4 || len > wire || cursor_left(&at) < len)
		return false;
	*ret = (struct packet){ .at_ns = s * NS + ns, .wire_len = wire, .bytes = get_span(&at, len) };
	*c = at;
	return true;
}

static void pad(struct text *t, size_t begin, size_t size)
{
	while (t->len - begin < size)
		text_addc(t, '\0');
}

void pcap_index_head_put(struct text *t, const struct pcap_index_head *h)
{
	size_t begin = t->len;

	put_u64(t, INDEX_MAGIC);
	put_u64(t, h->ring);
	put_u64(t, h->block);
	put_u64(t, h->told_epoch);
	put_u64(t, h->told_seq);
	put_u8(t, h->told);
	pad(t, begin, PCAP_INDEX_HEAD);
}

int pcap_index_head_get(struct cursor *c, struct pcap_index_head *ret)
{
	struct span s = get_span(c, PCAP_INDEX_HEAD);
	struct cursor in = cursor_of(s.at, s.len);
	uint64_t magic = get_u64(&in);
	struct pcap_index_head h = { .ring = get_u64(&in) };

	h.block = get_u64(&in);
	h.told_epoch = get_u64(&in);
	h.told_seq = get_u64(&in);
	h.told = get_u8(&in);
	if (in.bad || magic != INDEX_MAGIC)
		return -EBADMSG;
	*ret = h;
	return 0;
}

void pcap_index_row_put(struct text *t, const struct pcap_index_row *r)
{
	size_t begin = t->len;

	put_u64(t, r->end);
	put_u64(t, r->packets);
	put_u64(t, r->lost);
	put_u64(t, r->first_ns);
	put_u64(t, r->last_ns);
	put_u64(t, r->block);
	pad(t, begin, PCAP_INDEX_ROW);
}

bool pcap_index_row_get(struct cursor *c, const struct pcap_index_row *before, uint64_t size,
			struct pcap_index_row *ret)
{
	struct span s = get_span(c, PCAP_INDEX_ROW);
	struct cursor in = cursor_of(s.at, s.len);
	struct pcap_index_row r = { .end = get_u64(&in) };

	r.packets = get_u64(&in);
	r.lost = get_u64(&in);
	r.first_ns = get_u64(&in);
	r.last_ns = get_u64(&in);
	r.block = get_u64(&in);
	if (in.bad || r.end < before->end || r.end > size || r.packets < before->packets || r.lost < before->lost ||
	    r.first_ns > r.last_ns || r.block < before->block)
		return false;
	*ret = r;
	return true;
}

/* --- names ------------------------------------------------------------------------------------ */

void pcap_name(uint64_t us, unsigned part, char ret[PCAP_NAME_SIZE])
{
	time_t s = (time_t)(us / 1000000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(ret, PCAP_NAME_SIZE, "%Y-%m-%dT%H", &tm);
	if (part > 1)
		snprintf(ret + n, PCAP_NAME_SIZE - n, "_%u", part);
}

int pcap_name_read(const char *s, uint64_t *ret_us, unsigned *ret_part)
{
	struct tm tm = { 0 };
	uint64_t us;
	unsigned part = 1;
	char made[PCAP_NAME_SIZE];
	size_t n = strcspn(s, ".");

	if (sscanf(s, "%4d-%2d-%2dT%2d_%u", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &part) < 4)
		return -EINVAL;
	if (tm.tm_year < 1970 || tm.tm_year > 2200 || part < 1 || part > PART_MAX)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	us = (uint64_t)timegm(&tm) * 1000000;
	/* What we would not have named so is not ours. */
	pcap_name(us, part, made);
	if (strlen(made) != n || strncmp(made, s, n) || (s[n] && strcmp(s + n, ".pcap")))
		return -EINVAL;
	*ret_us = us;
	*ret_part = part;
	return 0;
}

int pcap_open_part(int dirfd, const char *name, const char *suffix, int flags)
{
	char path[PCAP_NAME_SIZE + 8];
	int fd;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	fd = openat(dirfd, path, flags | O_NOFOLLOW | O_CLOEXEC, 0640);
	return fd < 0 ? -errno : fd;
}

static int by_time(const void *a, const void *b)
{
	const struct pcap_name *x = a, *y = b;

	if (x->hour_us != y->hour_us)
		return x->hour_us < y->hour_us ? -1 : 1;
	return x->part < y->part ? -1 : x->part > y->part;
}

struct listing {
	struct pcap_names names;
	int dirfd;
};

static int add_name(void *arg, const char *s)
{
	struct listing *l = arg;
	struct pcap_names *n = &l->names;
	struct pcap_name at = { 0 };
	size_t len = strcspn(s, ".");
	struct stat st;

	if (strcmp(s + len, ".pcap") || pcap_name_read(s, &at.hour_us, &at.part) < 0 ||
	    fstatat(l->dirfd, s, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	memcpy(at.name, s, len);
	at.bytes = (uint64_t)st.st_size;
	n->at = xrealloc(n->at, n->n + 1, sizeof(*n->at));
	n->at[n->n++] = at;
	return 0;
}

int pcap_names(int dirfd, struct pcap_names *ret)
{
	struct listing l = { .dirfd = dirfd };
	int r = folder_each(dirfd, add_name, &l);

	if (r < 0) {
		pcap_names_fini(&l.names);
		return r;
	}
	if (l.names.n)
		qsort(l.names.at, l.names.n, sizeof(*l.names.at), by_time);
	*ret = l.names;
	return 0;
}

void pcap_names_fini(struct pcap_names *n)
{
	free(n->at);
	*n = (struct pcap_names){ 0 };
}
