/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pcap_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

enum {
	BUFFER = 1024 * 1024,
	WRITE_BYTES = 128 * 1024,	/* at least, of one write; few enough to be still in the cache */
	ROW_BYTES = 256 * 1024,		/* packets a row of the index is about; the last row grows up to it */
};

struct pcap_file {
	int fd, index;
	char name[PCAP_NAME_SIZE];
	struct pcap_index_head head;
	struct pcap_index_row row, before;	/* the last one committed, and the one before it */
	uint64_t rows;				/* before the last one */
	uint64_t first_ns, last_ns;		/* of all committed rows */
	uint64_t written;			/* bytes of packets in the file, also such that do not count yet */
	struct pcap_index_row next;		/* what is added since the commit */
	size_t used;
	uint8_t *buffer;
	uint64_t hashed;
	crypto_hash_sha256_state sum;
};

/* read_some() - as many of @n bytes as there are; how many, or -errno */
static ssize_t read_some(int fd, void *p, size_t n, uint64_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, (uint8_t *)p + got, n - got, (off_t)(at + got));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		if (k == 0)
			break;
		got += (size_t)k;
	}
	return (ssize_t)got;
}

/* --- the index -------------------------------------------------------------------------------- */

static int write_head(int index, const struct pcap_index_head *h)
{
	_text_ struct text t = { 0 };

	pcap_index_head_put(&t, h);
	return file_write_at(index, t.at, t.len, 0);
}

/* note_row() - @r's packets follow the committed ones: a row of their own, or the last one grows */
static int note_row(struct pcap_file *f, const struct pcap_index_row *r)
{
	bool grows = f->rows && f->row.end - f->before.end < ROW_BYTES;
	struct pcap_index_row row = *r, before = grows ? f->before : f->row;
	uint64_t rows = f->rows + !grows;
	_text_ struct text t = { 0 };
	int e;

	if (grows && f->row.first_ns && (!row.first_ns || f->row.first_ns < row.first_ns))
		row.first_ns = f->row.first_ns;
	if (grows && f->row.last_ns > row.last_ns)
		row.last_ns = f->row.last_ns;
	pcap_index_row_put(&t, &row);
	e = file_write_at(f->index, t.at, t.len, PCAP_INDEX_HEAD + (rows - 1) * PCAP_INDEX_ROW);
	if (e < 0)
		return e;
	f->before = before;
	f->row = row;
	f->rows = rows;
	return 0;
}

static void note_times(uint64_t *first, uint64_t *last, uint64_t from, uint64_t to)
{
	if (from && (!*first || from < *first))
		*first = from;
	if (to > *last)
		*last = to;
}

/* Reads rows as long as they make sense; what follows is written anew. */
static int read_rows(struct pcap_file *f, uint64_t size)
{
	struct pcap_index_row row;
	uint8_t b[PCAP_INDEX_ROW * 512];
	ssize_t n;

	do {
		struct cursor c;

		n = read_some(f->index, b, sizeof(b), PCAP_INDEX_HEAD + f->rows * PCAP_INDEX_ROW);
		if (n < 0)
			return (int)n;
		for (c = cursor_of(b, (size_t)n); pcap_index_row_get(&c, &f->row, size, &row); f->rows++) {
			f->before = f->row;
			f->row = row;
			note_times(&f->first_ns, &f->last_ns, row.first_ns, row.last_ns);
		}
		if (cursor_left(&c))
			break;
	} while (n == sizeof(b));
	return 0;
}

/* --- recovery --------------------------------------------------------------------------------- */

static void add_to(struct pcap_index_row *r, const struct packet *p)
{
	uint64_t at = p->at_ns ? p->at_ns : 1;	/* 0 would say that the row has no packets */

	r->end += PCAP_PACKET_HEAD + p->bytes.len;
	r->packets++;
	note_times(&r->first_ns, &r->last_ns, at, at);
}

static void begin_row(struct pcap_file *f)
{
	f->next = f->row;
	f->next.first_ns = f->next.last_ns = 0;
	f->used = 0;
	f->written = f->row.end;
}

/* keep_whole() - rows for the whole packets behind the last row */
static int keep_whole(struct pcap_file *f)
{
	struct packet p;
	int r = 0;

	do {
		ssize_t n = read_some(f->fd, f->buffer, BUFFER, f->row.end);
		struct cursor c = cursor_of(f->buffer, n < 0 ? 0 : (size_t)n);

		if (n < 0)
			return (int)n;
		begin_row(f);
		while (pcap_packet_get(&c, &p))
			add_to(&f->next, &p);
		if (f->next.end == f->row.end)
			return 0;
		note_times(&f->first_ns, &f->last_ns, f->next.first_ns, f->next.last_ns);
		r = note_row(f, &f->next);
	} while (r == 0);
	return r;
}

static int recover(struct pcap_file *f, uint64_t ring)
{
	_text_ struct text t = { 0 };
	uint8_t head[PCAP_INDEX_HEAD];
	struct cursor c;
	struct stat st;
	ssize_t n = read_some(f->index, head, sizeof(head), 0);
	int r = 0;

	if (n < 0 || fstat(f->fd, &st) < 0)
		return n < 0 ? (int)n : -errno;
	c = cursor_of(head, (size_t)n);
	f->row = pcap_index_start;
	if (pcap_index_head_get(&c, &f->head) == 0)
		r = read_rows(f, (uint64_t)st.st_size);
	else
		r = write_head(f->index, &f->head);
	if (r == 0 && (f->head.ring != ring || !ring))
		r = keep_whole(f);
	if (r < 0 || ftruncate(f->fd, (off_t)f->row.end) < 0)
		return r < 0 ? r : -errno;
	pcap_head_put(&t);
	return file_write_at(f->fd, t.at, t.len, 0);
}

/* --- life ------------------------------------------------------------------------------------- */

static struct pcap_file *file_new(const char *name)
{
	struct pcap_file *f = xcalloc(1, sizeof(*f));

	f->fd = f->index = -1;
	str_copy(f->name, name, sizeof(f->name));
	f->row = pcap_index_start;
	f->buffer = xcalloc(BUFFER, 1);
	crypto_hash_sha256_init(&f->sum);
	return f;
}

struct pcap_file *pcap_file_close(struct pcap_file *f)
{
	if (f) {
		close_fd(&f->fd);
		close_fd(&f->index);
		free(f->buffer);
		free(f);
	}
	return NULL;
}

/* The index comes first: a file of packets is never without the name of its ring. */
static int make(struct pcap_file *f, int dirfd)
{
	_text_ struct text t = { 0 };
	int r;

	f->index = pcap_open_part(dirfd, f->name, ".index", O_RDWR | O_CREAT | O_TRUNC);
	r = f->index < 0 ? f->index : write_head(f->index, &f->head);
	if (r < 0)
		return r;
	f->fd = pcap_open_part(dirfd, f->name, ".pcap", O_RDWR | O_CREAT | O_EXCL);
	if (f->fd < 0)
		return f->fd;
	pcap_head_put(&t);
	return file_write_at(f->fd, t.at, t.len, 0);
}

int pcap_file_make(int dirfd, const char *name, const struct pcap_index_head *head, struct pcap_file **ret)
{
	struct pcap_file *f = file_new(name);
	int r;

	f->head = *head;
	f->row.block = head->block;
	r = make(f, dirfd);
	if (r < 0) {
		pcap_file_close(f);
		return r;
	}
	begin_row(f);
	*ret = f;
	return 0;
}

int pcap_file_open(int dirfd, const char *name, uint64_t ring, struct pcap_file **ret)
{
	struct pcap_file *f = file_new(name);
	int r;

	f->fd = pcap_open_part(dirfd, name, ".pcap", O_RDWR);
	f->index = f->fd < 0 ? f->fd : pcap_open_part(dirfd, name, ".index", O_RDWR | O_CREAT);
	r = f->index < 0 ? f->index : recover(f, ring);
	if (r < 0) {
		pcap_file_close(f);
		return r;
	}
	if (f->row.block < f->head.block)
		f->row.block = f->head.block;
	begin_row(f);
	*ret = f;
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int write_out(struct pcap_file *f)
{
	int r = file_write_at(f->fd, f->buffer, f->used, f->written);

	if (r < 0)
		return r;
	f->written += f->used;
	f->used = 0;
	return 0;
}

int pcap_file_add(struct pcap_file *f, const struct packet *p)
{
	size_t n = PCAP_PACKET_HEAD + p->bytes.len;
	int r = f->used + n > BUFFER || f->used >= WRITE_BYTES ? write_out(f) : 0;

	if (r < 0)
		return r;
	pcap_packet_head(p, f->buffer + f->used);
	memcpy(f->buffer + f->used + PCAP_PACKET_HEAD, p->bytes.at, p->bytes.len);
	f->used += n;
	add_to(&f->next, p);
	return 0;
}

int pcap_file_commit(struct pcap_file *f, uint64_t block, uint64_t lost)
{
	int r = write_out(f);

	f->next.block = block;
	f->next.lost = f->row.lost + lost;
	if (r == 0)
		r = note_row(f, &f->next);
	if (r < 0)
		return r;
	note_times(&f->first_ns, &f->last_ns, f->next.first_ns, f->next.last_ns);
	begin_row(f);
	return 0;
}

void pcap_file_rollback(struct pcap_file *f)
{
	begin_row(f);
	if (ftruncate(f->fd, (off_t)f->row.end) < 0)
		return;		/* the rows say where the file ends */
}

const char *pcap_file_name(const struct pcap_file *f)
{
	return f->name;
}

const struct pcap_index_head *pcap_file_head(const struct pcap_file *f)
{
	return &f->head;
}

uint64_t pcap_file_block(const struct pcap_file *f)
{
	return f->row.block;
}

struct pcap_totals pcap_file_totals(const struct pcap_file *f)
{
	return (struct pcap_totals){ f->row.end, f->row.packets, f->row.lost, f->first_ns, f->last_ns };
}

/* --- what was told ---------------------------------------------------------------------------- */

static int read_head(int index, struct pcap_index_head *ret)
{
	uint8_t head[PCAP_INDEX_HEAD];
	ssize_t n = read_some(index, head, sizeof(head), 0);
	struct cursor c = cursor_of(head, n < 0 ? 0 : (size_t)n);

	return n < 0 ? (int)n : pcap_index_head_get(&c, ret);
}

int pcap_file_told(int dirfd, const char *name, struct pcap_index_head *ret)
{
	_fd_ int index = pcap_open_part(dirfd, name, ".index", O_RDONLY);

	return index < 0 ? index : read_head(index, ret);
}

int pcap_file_tell(int dirfd, const char *name, uint64_t epoch, uint64_t seq, bool on_disk)
{
	_fd_ int index = pcap_open_part(dirfd, name, ".index", O_RDWR);
	struct pcap_index_head h;
	int r = index < 0 ? index : read_head(index, &h);

	if (r < 0)
		return r;
	h.told_epoch = epoch;
	h.told_seq = seq;
	h.told = on_disk;
	return write_head(index, &h);
}

/* --- the hash --------------------------------------------------------------------------------- */

uint64_t pcap_file_unhashed(const struct pcap_file *f)
{
	return f->row.end - f->hashed;
}

ssize_t pcap_file_hash(struct pcap_file *f, size_t max)
{
	uint64_t left = pcap_file_unhashed(f);
	size_t room = max < BUFFER ? max : BUFFER;
	ssize_t n = f->used ? -EBUSY : read_some(f->fd, f->buffer, left < room ? (size_t)left : room, f->hashed);

	if (n <= 0)
		return n;
	crypto_hash_sha256_update(&f->sum, f->buffer, (size_t)n);
	/* On its way to the disk by now, so that little is left to wait for at the end. */
	sync_file_range(f->fd, (off_t)f->hashed, n, SYNC_FILE_RANGE_WRITE);
	f->hashed += (uint64_t)n;
	return n;
}

int pcap_file_seal(struct pcap_file *f, char ret_sha256[65])
{
	unsigned char sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state = f->sum;

	if (f->hashed != f->row.end)
		return -EBUSY;
	if (fdatasync(f->fd) < 0 || fdatasync(f->index) < 0)
		return -errno;
	crypto_hash_sha256_final(&state, sum);
	sodium_bin2hex(ret_sha256, 65, sum, sizeof(sum));
	return 0;
}
