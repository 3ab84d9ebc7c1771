/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The requirements of "Honeynet Definitions, Requirements, and Standards" (Honeynet Research Alliance,
 * version 1.6), and how a honeynet stands to them.
 */
#include <stdbool.h>

#include "base/text.h"

#define REQUIREMENTS(X)                                                                                \
	X(DC_1, "DC-1", "automatic and manual control both exist")                                     \
	X(DC_2, "DC-2", "at least two independent layers of control")                                  \
	X(DC_3, "DC-3", "failure closes the net")                                                      \
	X(DC_4, "DC-4", "state is kept for all connections, in and out")                               \
	X(DC_5, "DC-5", "any activity the policy calls unauthorised can be controlled")                \
	X(DC_6, "DC-6", "control can be reconfigured at any time")                                     \
	X(DC_7, "DC-7", "control is hard for an intruder to notice")                                   \
	X(DC_8, "DC-8", "at least two ways of alerting")                                               \
	X(DC_9, "DC-9", "remote administration")                                                       \
	X(CA_1, "CA-1", "nothing captured is stored on a honeypot")                                    \
	X(CA_2, "CA-2", "the administrator's own activity is marked as such")                          \
	X(CA_3, "CA-3", "network, system, application and user activity is kept for a year")           \
	X(CA_4, "CA-4", "all of it can be seen remotely in real time")                                 \
	X(CA_5, "CA-5", "archiving is automatic")                                                      \
	X(CA_6, "CA-6", "a standard record of every honeypot deployed")                                \
	X(CA_7, "CA-7", "a standard write-up of every honeypot compromised")                           \
	X(CA_8, "CA-8", "sensor data in UTC")                                                          \
	X(CA_9, "CA-9", "what captures is itself secured")                                             \
	X(CO_1, "CO-1", "unique id and type for each site and honeypot")                               \
	X(CO_2, "CO-2", "transfer to a collector is confidential, intact and authentic")               \
	X(CO_3, "CO-3", "an organisation can anonymise its own addresses")                             \
	X(CO_4, "CO-4", "synchronised time")                                                           \
	X(AN_1, "AN-1", "one interface over flows, alerts and host data")                              \
	X(AN_2, "AN-2", "from an alert to process and keystrokes in a few steps")                      \
	X(AN_3, "AN-3", "the packets of any selection as a pcap")

enum requirement {
#define X(id, name, text) REQ_##id,
	REQUIREMENTS(X)
#undef X
	N_REQUIREMENTS
};

/* Zero is NOT YET: what was not looked at passes nothing. */
enum met { MET_NOT_YET, MET_PASS, MET_FAIL, METS };

struct standing {
	enum met met;
	struct text evidence;
};

struct conformance {
	struct standing of[N_REQUIREMENTS];
};

/* met() - what was seen of a requirement; what was said of it before goes */
void met(struct conformance *c, enum requirement r, enum met how, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* conformance_put() - two lines each and the sum of them; @json: an object a line */
void conformance_put(const struct conformance *c, bool json, struct text *t);
bool conformance_failed(const struct conformance *c);	/* one at least */
void conformance_fini(struct conformance *c);

#define _conformance_ __attribute__((cleanup(conformance_fini)))
