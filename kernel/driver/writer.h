/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts records into the ring (capture.h). Plain C: the host's tests run this very code against the
 * host's reader.
 *
 * A sixteenth of the ring is for those who cannot wait. Bulk is dropped from the moment the ring is
 * full to three quarters until half of it is free again, so that one SKEP_LOST stands for many. What
 * was dropped is counted in the ring itself: the next kernel tells it if this one ends before. Contents of
 * files wait for room beyond the half that is theirs: who writes a large one does not make others unseen.
 *
 * A kernel may be killed between any two instructions. The next one goes on with the number after
 * that of the last record the reader can see.
 */
#ifndef PV_WRITER_H
#define PV_WRITER_H

#include "capture.h"

struct pv_field {
	const void *at;
	unsigned int len;
	unsigned short tag;
};

struct pv_writer {
	struct skep_ring *ring;
	char *data;
	int flooded;		/* bulk is dropped */
};

enum pv_verdict { PV_PUT, PV_DROPPED, PV_FULL };

enum pv_how {
	PV_ATOMIC = 1,		/* who makes it cannot wait: it may use the last sixteenth */
	PV_PATIENT = 2,		/* bulk, too, waits for room */
};

/* 0, or -1: @at is no ring of at most @len bytes */
int pv_writer_open(struct pv_writer *w, void *at, unsigned long long len);

/* Where the reader stands. */
unsigned long long pv_writer_tail(const struct pv_writer *w);

/* Gives @rec its length and, if it is put, its seq. Interrupts off: one at a time. */
enum pv_verdict pv_writer_try(struct pv_writer *w, struct skep_rec *rec, const struct pv_field *field,
			      unsigned int n_fields, unsigned int how);
void pv_writer_drop(struct pv_writer *w, const struct skep_rec *rec);

#endif
