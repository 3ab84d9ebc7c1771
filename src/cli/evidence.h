/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The evidence, opened for reading. Each says on standard error what is wrong and what to do. */
#include <stdint.h>

#include "store/store.h"

int evidence_journal(void);		/* descriptor of the journal folder, or -1 */
int evidence_pcap(void);		/* of the folder of packets, or -1 */
int evidence_samples(void);		/* of the folder of samples, or -1 */
struct store *evidence_index(void);	/* or NULL */
/* evidence_session() - 0 and *@ret, or -1: no such session */
int evidence_session(struct store *s, uint64_t id, struct session *ret);
/* evidence_failed() - "WHAT: the database's words"; returns CLI_FAILED */
int evidence_failed(struct store *s, const char *what);

/* evidence_number() - a session's number as typed, "3" or "#3"; 0 or -EINVAL */
int evidence_number(const char *s, uint64_t *ret);

static inline void evidence_closep(struct store **s)
{
	store_close(*s);
}

#define _store_ __attribute__((cleanup(evidence_closep)))
