/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tags.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>

#include "base/mem.h"
#include "netns.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wshadow"
#include "tags.skel.h"
#pragma GCC diagnostic pop

struct tags {
	struct tags_bpf *bpf;
};

int tags_open(struct tags **ret)
{
	struct tags *t = xcalloc(1, sizeof(*t));
	int r;

	libbpf_set_print(NULL);		/* that a machine cannot is an answer, not an error */
	t->bpf = tags_bpf__open();
	r = t->bpf ? tags_bpf__load(t->bpf) : -ENOMEM;
	if (r < 0) {
		tags_close(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct tags *tags_close(struct tags *t)
{
	if (t)
		tags_bpf__destroy(t->bpf);
	free(t);
	return NULL;
}

int tags_attach(const struct tags *t, const char *name)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(name), .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, o, .handle = 1, .priority = 1, .prog_fd = bpf_program__fd(t->bpf->progs.skep_tags));
	int r;

	if (!hook.ifindex)
		return -errno;
	r = bpf_tc_hook_create(&hook);
	return r < 0 && r != -EEXIST ? r : bpf_tc_attach(&hook, &o);
}

int tags_try(void)
{
	_fd_ int ns = netns_new();
	int back = ns < 0 ? ns : netns_enter(ns), r;
	struct tags *t = NULL;

	if (back < 0)
		return back;
	r = tags_open(&t);
	r = r < 0 ? r : tags_attach(t, "lo");
	tags_close(t);
	netns_leave(back);
	return r;
}
