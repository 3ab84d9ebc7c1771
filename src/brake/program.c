/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wshadow"
#include "brake.skel.h"
#pragma GCC diagnostic pop

enum { WAYS = 2, HANDLE = 1, PRIORITY = 1 };

struct program {
	struct brake_bpf *bpf;
	int device;
	int fd[WAYS];
	uint32_t id[WAYS];
};

/* The way out is attached last: whoever finds it there finds both. */
static const enum bpf_tc_attach_point ways[WAYS] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level, (void)fmt, (void)args;
	return 0;	/* that a machine cannot is an answer, not an error */
}

/* attached() - the id of the program on this way, 0 none */
static uint32_t attached(int device, enum bpf_tc_attach_point way)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device, .attach_point = way);
	LIBBPF_OPTS(bpf_tc_opts, o, .handle = HANDLE, .priority = PRIORITY);

	return bpf_tc_query(&hook, &o) < 0 ? 0 : o.prog_id;
}

static uint32_t id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) < 0 ? 0 : info.id;
}

/* --- taking over what was counted --------------------------------------------------------------- */

/* A map of another build's form is not taken: its counts are nothing to us. */
static void reuse(struct brake_bpf *b, uint32_t id)
{
	_fd_ int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);
	struct bpf_map *map;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return;
	map = bpf_object__find_map_by_name(b->obj, info.name);
	if (map && bpf_map__type(map) == (enum bpf_map_type)info.type && bpf_map__key_size(map) == info.key_size &&
	    bpf_map__value_size(map) == info.value_size && bpf_map__max_entries(map) == info.max_entries)
		bpf_map__reuse_fd(map, fd);
}

static void reuse_maps_of(struct brake_bpf *b, uint32_t program)
{
	_fd_ int fd = bpf_prog_get_fd_by_id(program);
	uint32_t id[16] = { 0 }, size;
	struct bpf_prog_info info = { .map_ids = (uintptr_t)id, .nr_map_ids = nitems(id) };

	size = sizeof(info);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return;
	for (uint32_t i = 0; i < info.nr_map_ids && i < nitems(id); i++)
		reuse(b, id[i]);
}

static int load(struct program *p)
{
	int r;

	for (size_t i = 0; i < WAYS; i++) {
		uint32_t id = attached(p->device, ways[i]);

		if (id)
			reuse_maps_of(p->bpf, id);
	}
	r = brake_bpf__load(p->bpf);
	if (r < 0)
		return r;
	p->fd[0] = bpf_program__fd(p->bpf->progs.brake_in);
	p->fd[1] = bpf_program__fd(p->bpf->progs.brake_out);
	for (size_t i = 0; i < WAYS; i++)
		p->id[i] = id_of(p->fd[i]);
	return p->id[0] && p->id[1] ? 0 : -EIO;
}

int program_open(const char *device, struct program **ret)
{
	struct program *p;
	int at = (int)if_nametoindex(device), r;

	if (!at)
		return -errno;
	libbpf_set_print(silent);
	p = xcalloc(1, sizeof(*p));
	p->device = at;
	p->bpf = brake_bpf__open();
	r = p->bpf ? load(p) : -ENOMEM;
	if (r < 0) {
		program_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

struct program *program_close(struct program *p)
{
	if (p)
		brake_bpf__destroy(p->bpf);
	free(p);
	return NULL;
}

/* --- on the device ------------------------------------------------------------------------------ */

int program_attach(struct program *p)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = p->device, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int r = bpf_tc_hook_create(&hook);

	if (r == -EEXIST)
		r = 0;
	for (size_t i = 0; r == 0 && i < WAYS; i++) {
		LIBBPF_OPTS(bpf_tc_opts, o, .handle = HANDLE, .priority = PRIORITY, .prog_fd = p->fd[i], .flags = BPF_TC_F_REPLACE);

		hook.attach_point = ways[i];
		r = bpf_tc_attach(&hook, &o);
	}
	return r;
}

bool program_attached(const struct program *p)
{
	return attached(p->device, ways[0]) == p->id[0] && attached(p->device, ways[1]) == p->id[1];
}

/* --- maps --------------------------------------------------------------------------------------- */

int program_alive(struct program *p, uint64_t now_ns)
{
	uint32_t first = 0;

	return bpf_map_update_elem(bpf_map__fd(p->bpf->maps.brake_alive), &first, &now_ns, BPF_ANY);
}

int program_six(struct program *p, const struct brake_six *six)
{
	uint32_t first = 0;

	return bpf_map_update_elem(bpf_map__fd(p->bpf->maps.brake_six), &first, six, BPF_ANY);
}

static bool listed(const struct brake_machine *at, uint32_t n, uint32_t key)
{
	for (uint32_t i = 0; i < n; i++)
		if (htonl(at[i].address) == key)
			return true;
	return false;
}

/* Who is gone may send nothing; what it has used stays, should it come again. */
static void drop_others(int caps, const struct brake_machine *at, uint32_t n)
{
	uint32_t key, next;
	bool more = bpf_map_get_next_key(caps, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(caps, &key, &next) == 0;
		if (!listed(at, n, key))
			bpf_map_delete_elem(caps, &key);
	}
}

int program_caps(struct program *p, const struct brake_machine *at, uint32_t n)
{
	int caps = bpf_map__fd(p->bpf->maps.brake_caps), used = bpf_map__fd(p->bpf->maps.brake_used), r = 0;
	static const struct brake_used none;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t key = htonl(at[i].address);
		int e = bpf_map_update_elem(used, &key, &none, BPF_NOEXIST);

		if (e == 0 || e == -EEXIST)
			e = bpf_map_update_elem(caps, &key, &at[i].caps, BPF_ANY);
		r = r < 0 ? r : e;
	}
	drop_others(caps, at, n);
	return r;
}

int program_used(const struct program *p, uint32_t address, struct brake_used *ret)
{
	uint32_t key = htonl(address);

	return bpf_map_lookup_elem_flags(bpf_map__fd(p->bpf->maps.brake_used), &key, ret, BPF_F_LOCK);
}

void program_sum(const struct program *p, uint64_t *ret_passed, uint64_t *ret_refused)
{
	int used = bpf_map__fd(p->bpf->maps.brake_used);
	uint32_t key, *before = NULL, next;

	*ret_passed = *ret_refused = 0;
	while (bpf_map_get_next_key(used, before, &next) == 0) {
		struct brake_used u;

		key = next;
		before = &key;
		if (bpf_map_lookup_elem_flags(used, &key, &u, BPF_F_LOCK) < 0)
			continue;
		*ret_passed += key == BRAKE_GATEWAY ? 0 : u.passed;
		for (int w = 0; w < BRAKE_WHYS; w++)
			*ret_refused += u.refused[w];
	}
}
