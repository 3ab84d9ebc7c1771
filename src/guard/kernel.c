/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wshadow"
#include "guard.skel.h"
#pragma GCC diagnostic pop

struct kernel {
	struct guard_bpf *bpf;
	struct ring_buffer *records;
	kernel_record_fn *on_record;
	void *arg;
};

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level, (void)fmt, (void)args;
	return 0;	/* that a level is refused is an answer, not an error */
}

static int on_sample(void *arg, void *data, size_t n)
{
	struct kernel *k = arg;

	if (n >= sizeof(struct guard_record))
		k->on_record(k->arg, data);
	return 0;
}

static int load(struct guard_bpf *b, const struct kernel_options *o)
{
	int r;

	b->rodata->by_lsm = o->lsm;
	b->rodata->scope_cgroup = o->scope.id;
	b->rodata->scope_level = o->scope.level;
	b->rodata->honeypot_uid = o->honeypot_uid;
	b->rodata->honeypot_uids = o->honeypot_uids;
	b->bss->enforce_shells = o->enforce;
	r = bpf_program__set_autoload(b->progs.guard_deny, o->lsm);
	return r < 0 ? r : guard_bpf__load(b);
}

int kernel_open(const struct kernel_options *o, kernel_record_fn *on_record, void *arg, struct kernel **ret)
{
	struct kernel *k = xcalloc(1, sizeof(*k));
	int r = -ENOMEM;

	libbpf_set_print(silent);
	*k = (struct kernel){ .bpf = guard_bpf__open(), .on_record = on_record, .arg = arg };
	if (k->bpf)
		r = load(k->bpf, o);
	if (r == 0)
		k->records = ring_buffer__new(bpf_map__fd(k->bpf->maps.records), on_sample, k, NULL);
	if (r == 0)
		r = k->records ? guard_bpf__attach(k->bpf) : -ENOMEM;
	if (r < 0) {
		kernel_close(k);
		return r;
	}
	*ret = k;
	return 0;
}

void kernel_close(struct kernel *k)
{
	if (!k)
		return;
	ring_buffer__free(k->records);
	guard_bpf__destroy(k->bpf);
	free(k);
}

int kernel_fd(const struct kernel *k)
{
	return ring_buffer__epoll_fd(k->records);
}

void kernel_read(struct kernel *k)
{
	ring_buffer__consume(k->records);
}

/* --- lists -------------------------------------------------------------------------------------- */

static bool listed(const struct guard_files *f, const struct guard_key *k)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].key.ino == k->ino && f->at[i].key.dev == k->dev)
			return true;
	return false;
}

/* Here and below first the new ones, then the stale ones: at no moment is one missing. */
static void map_replace(int map, const struct guard_files *f, bool folders)
{
	struct guard_key key, next;
	bool more;

	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].bits == folders)
			bpf_map_update_elem(map, &f->at[i].key, &f->at[i].bits, BPF_ANY);
	more = bpf_map_get_next_key(map, NULL, &next) == 0;
	while (more) {
		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		if (!listed(f, &key))
			bpf_map_delete_elem(map, &key);
	}
}

void kernel_files(struct kernel *k, const struct guard_files *f)
{
	map_replace(bpf_map__fd(k->bpf->maps.files), f, false);
	map_replace(bpf_map__fd(k->bpf->maps.folders), f, true);
}

void kernel_allow(struct kernel *k, const uint64_t *cgroup, size_t n)
{
	int map = bpf_map__fd(k->bpf->maps.allowed_cgroups);
	uint32_t yes = 1;
	uint64_t key, next;
	bool more;

	for (size_t i = 0; i < n; i++)
		bpf_map_update_elem(map, &cgroup[i], &yes, BPF_ANY);
	more = bpf_map_get_next_key(map, NULL, &next) == 0;
	while (more) {
		bool stale = true;

		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		for (size_t i = 0; i < n; i++)
			stale &= cgroup[i] != key;
		if (stale)
			bpf_map_delete_elem(map, &key);
	}
}

void kernel_enforce(struct kernel *k, bool on)
{
	k->bpf->bss->enforce_shells = on;
}

/* --- lineage ------------------------------------------------------------------------------------ */

void kernel_tell(struct kernel *k, pid_t pid, const struct guard_lineage *l)
{
	_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd >= 0)
		bpf_map_update_elem(bpf_map__fd(k->bpf->maps.lineage), &pidfd, l, BPF_NOEXIST);
}

int kernel_ask(struct kernel *k, pid_t pid, struct guard_lineage *ret)
{
	_fd_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || bpf_map_lookup_elem(bpf_map__fd(k->bpf->maps.lineage), &pidfd, ret) < 0)
		return -ENOENT;
	return 0;
}

void kernel_counts(struct kernel *k, uint64_t ret[COUNTS])
{
	int cpus = libbpf_num_possible_cpus();
	_free_ uint64_t *each = xcalloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*each));

	for (uint32_t i = 0; cpus > 0 && i < COUNTS; i++) {
		ret[i] = 0;
		if (bpf_map_lookup_elem(bpf_map__fd(k->bpf->maps.counts), &i, each) == 0)
			for (int c = 0; c < cpus; c++)
				ret[i] += each[c];
	}
}
