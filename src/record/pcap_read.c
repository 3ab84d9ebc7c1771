/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { BUFFER = 1024 * 1024 };

struct scan {
	const struct pcap_window *window;
	pcap_packet_fn *fn;
	void *arg;
	struct pcap_seen *seen;
	int fd;
	uint8_t *buffer;
};

static void note_time(struct pcap_seen *seen, uint64_t from, uint64_t to)
{
	if (from && (!seen->first_ns || from < seen->first_ns))
		seen->first_ns = from;
	if (to > seen->last_ns)
		seen->last_ns = to;
}

static int give(struct scan *s, struct cursor *c)
{
	struct packet p;
	int r = 0;

	while (r == 0 && pcap_packet_get(c, &p)) {
		note_time(s->seen, p.at_ns, p.at_ns);
		if (p.at_ns >= s->window->since_ns && p.at_ns <= s->window->until_ns)
			r = s->fn(s->arg, &p);
	}
	return r;
}

/* scan_range() - the packets from @at to @end; 1 if there is something else before the end */
static int scan_range(struct scan *s, uint64_t at, uint64_t end)
{
	while (at < end) {
		size_t want = end - at < BUFFER ? (size_t)(end - at) : BUFFER;
		ssize_t n = pread(s->fd, s->buffer, want, (off_t)at);
		struct cursor c = cursor_of(s->buffer, n < 0 ? 0 : (size_t)n);
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = give(s, &c);
		if (r)
			return r;
		if (cursor_left(&c) == (size_t)n)
			return 1;
		at += (size_t)n - cursor_left(&c);
	}
	return 0;
}

static bool fits(const struct scan *s, const struct pcap_index_row *r)
{
	return r->first_ns && r->first_ns <= s->window->until_ns && r->last_ns >= s->window->since_ns;
}

/*
 * scan_rows() - the parts the index says to be of our time; *@ret_end: where what it knows ends.
 * Where a part cannot be read, the next one begins anew.
 */
static int scan_rows(struct scan *s, const struct text *index, uint64_t size, uint64_t *ret_end)
{
	struct pcap_index_row row, before = pcap_index_start;
	struct pcap_index_head head;
	struct cursor c = cursor_of(index->at, index->len);
	bool read = false;
	int r = 0;

	if (pcap_index_head_get(&c, &head) < 0)
		c.bad = true;
	for (; r >= 0 && pcap_index_row_get(&c, &before, size, &row); before = row) {
		note_time(s->seen, row.first_ns, row.last_ns);
		if (!fits(s, &row))
			continue;
		read = true;
		r = scan_range(s, before.end, row.end);
		s->seen->damaged += r == 1;
	}
	s->seen->files += read;
	*ret_end = before.end;
	return r < 0 ? r : 0;
}

static int read_index(int dirfd, const char *name, struct text *t)
{
	_fd_ int fd = pcap_open_part(dirfd, name, ".index", O_RDONLY);
	char b[16 * 1024];
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, b, sizeof(b))) != 0) {
		if (n > 0)
			text_addn(t, b, (size_t)n);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int scan_file(struct scan *s, int dirfd, const char *name)
{
	_text_ struct text index = { 0 };
	_fd_ int fd = pcap_open_part(dirfd, name, ".pcap", O_RDONLY);
	uint8_t head[PCAP_HEAD];
	uint64_t end;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fd == -ENOENT ? 0 : fd < 0 ? fd : -errno;	/* its time was over meanwhile */
	if (pread(fd, head, sizeof(head), 0) != sizeof(head) || !pcap_head_good(head)) {
		s->seen->damaged++;
		return 0;
	}
	s->fd = fd;
	r = read_index(dirfd, name, &index);
	if (r < 0 && r != -ENOENT)
		return r;
	r = scan_rows(s, &index, (uint64_t)st.st_size, &end);
	if (r == 0 && end < (uint64_t)st.st_size)	/* being written, or its writer was killed */
		r = scan_range(s, end, (uint64_t)st.st_size);
	return r == 1 ? 0 : r;
}

int pcap_scan(int dirfd, const struct pcap_window *w, pcap_packet_fn *fn, void *arg, struct pcap_seen *seen)
{
	_pcap_names_ struct pcap_names names = { 0 };
	_free_ uint8_t *buffer = xcalloc(BUFFER, 1);
	struct scan s = { .window = w, .fn = fn, .arg = arg, .seen = seen, .buffer = buffer };
	int r = pcap_names(dirfd, &names);

	for (size_t i = 0; i < names.n && r == 0; i++)
		r = scan_file(&s, dirfd, names.at[i].name);
	return r;
}
