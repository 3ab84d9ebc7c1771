/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files that make up story share: pieces of sentences, everything in them made safe. */
#include "story.h"

struct addr;

void part_safe(struct text *t, struct span s, size_t max);	/* "..." for what is beyond @max bytes */
void part_name(struct text *t, const char *s, size_t size);	/* up to its NUL */
void part_proto(struct text *t, uint8_t proto);			/* "tcp " */
void part_end_point(struct text *t, const struct addr *a, uint16_t port);
void part_who(const struct event *e, struct text *t);		/* "uid 33 as root" */
void part_process(const struct event *e, struct text *t);	/* "bash (pid 7, uid 33)" */
void part_peer(const struct event *e, struct text *t);		/* so the other one */

/* What processes of a honeypot do, beyond running and talking. */
void deed_fork(const struct event *e, struct text *t);
void deed_exec_failed(const struct event *e, struct text *t);
void deed_creds(const struct event *e, struct text *t);
void deed_namespace(const struct event *e, struct text *t);
void deed_bind(const struct event *e, struct text *t);
void deed_send(const struct event *e, struct text *t);
void deed_socket(const struct event *e, struct text *t);
void deed_file(const struct event *e, struct text *t);
void deed_content(const struct event *e, struct text *t);
void deed_mount(const struct event *e, struct text *t);
void deed_ptrace(const struct event *e, struct text *t);
void deed_signal(const struct event *e, struct text *t);
void deed_kernel(const struct event *e, struct text *t);
void deed_probe(const struct event *e, struct text *t);
void deed_stream(const struct event *e, struct text *t);
void deed_login(const struct event *e, struct text *t);
void deed_window(const struct event *e, struct text *t);
void deed_lineage(const struct event *e, struct text *t);
void deed_token(const struct event *e, struct text *t);
