/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attempts.h"

#include "model/gate.h"

const struct attempt attempts[N_ATTEMPTS] = {
#define X(id, name, charge, pace, answered, six, words) [ATTEMPT_##id] = { name, CHARGE_##charge, PACE_##pace, answered, six, words },
	ATTEMPTS(X)
#undef X
};

const char *charge_name(enum charge c)
{
	static const char *const names[CHARGES] = {
		[CHARGE_NONE] = "nothing", [CHARGE_TCP] = "tcp", [CHARGE_UDP] = "udp", [CHARGE_ICMP] = "icmp",
		[CHARGE_OTHER] = "other", [CHARGE_GATEWAY] = "gateway", [CHARGE_INSIDE] = "inside",
	};

	return names[c];
}

bool attempt_is_small(enum attempt_id a)
{
	return a == ATTEMPT_PATH || a == ATTEMPT_PING || a == ATTEMPT_SCTP || a == ATTEMPT_FRAGMENTS || a == ATTEMPT_FTP;
}

static int attempt_of4(uint32_t address)
{
	uint32_t silent = (address - ATTEMPT_SILENT) >> 8, server = address - ATTEMPT_SERVER;

	if (address >= ATTEMPT_SILENT && silent < N_ATTEMPTS && !attempts[silent].answered && !attempts[silent].six)
		return (int)silent;
	if (address >= ATTEMPT_SERVER && server < N_ATTEMPTS && attempts[server].answered)
		return (int)server;
	return -1;
}

int attempt_of(addr_number address)
{
	addr_number six = (address ^ ATTEMPT_SILENT6) >> 64;

	if (number_is_4(address))
		return attempt_of4((uint32_t)address);
	return six < N_ATTEMPTS && attempts[six].six ? (int)six : -1;
}

uint16_t attempt_port(unsigned i)
{
	static const uint16_t ports[] = { GATE_SINK_PORT, 21, 22, 23, 25, 53, 67, 69, 80, 110, 111, 123, 135, 137, 139, 143, 161, 389, 443,
					  445, 512, 513, 873, 1433, 2049, 2222, 2375, 3306, 3389, 5432, 6379, 8080, 8443, 9200, 11211,
					  27017, 0 };

	return ports[i];
}
