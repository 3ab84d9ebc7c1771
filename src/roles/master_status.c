/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How everything is, as the master knows it: the JSON text that `skep status` gets. */
#include "master.h"

#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "model/twin.h"

static void status_instance(const struct master *m, uint32_t i, struct text *t)
{
	struct addr a = addr4(m->pot[i].visitor);
	char visitor[ADDR_TEXT];

	text_addf(t, ",\"instance_of\":\"%s\"", m->plan->net.honeypot[m->plan->net.honeypot[i].instance_of].name);
	if (m->pot[i].visitor)
		text_addf(t, ",\"visitor\":\"%s\"", addr_text(&a, visitor));
}

/* What it may send out in a period, by the file or by hand; bytes in bytes. */
static void status_limits(const struct master *m, uint32_t i, struct text *t)
{
	const struct containment *c = &m->plan->net.containment;

	text_add(t, ",\"limits\":{");
	for (uint32_t b = 0; b < BUDGETS; b++) {
		bool own = m->own[i].set >> b & 1;
		uint64_t limit = own ? m->own[i].limit[b] : budget_file(c, b);

		text_addf(t, "%s\"%s\":%lu", b ? "," : "", budget_name[b], limit << (b == BUDGET_BYTES ? 20 : 0));
	}
	text_addf(t, "},\"by_hand\":%s", m->own[i].set ? "true" : "false");
}

static void status_honeypots(const struct master *m, struct text *t)
{
	const struct honeynet *n = &m->plan->net;
	const char *comma = "";

	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		struct addr a = addr4(n->honeypot[i].address), six = twin_pot(n, i);
		char address[ADDR_TEXT];

		if (!honeypot_there(n, i))
			continue;
		text_addf(t, "%s{\"place\":%u,\"name\":", comma, i);
		comma = ",";
		text_json(t, n->honeypot[i].name, strlen(n->honeypot[i].name));
		text_addf(t, ",\"address\":\"%s\"", addr_text(&a, address));
		if (six.family)
			text_addf(t, ",\"address6\":\"%s\"", addr_text(&six, address));
		text_add(t, ",\"image\":");
		text_json(t, n->honeypot[i].image, strlen(n->honeypot[i].image));
		text_addf(t, ",\"hostname\":\"%s\",\"state\":\"%s\",\"since_us\":%lu,\"why\":", n->honeypot[i].hostname,
			  honeypot_state_name(m->pot[i].state), m->pot[i].since_us);
		text_json(t, m->pot[i].why, strlen(m->pot[i].why));
		if (n->honeypot[i].is_instance)
			status_instance(m, i, t);
		status_limits(m, i, t);
		text_add(t, ",\"services\":[");
		for (uint32_t k = 0; k < m->plan->n_probes[i]; k++)
			text_addf(t, "%s\"%s:%u\"", k ? "," : "", m->plan->probe[i][k].name, m->plan->probe[i][k].port);
		text_add(t, "]}");
	}
}

static void status_roles(const struct master *m, struct text *t)
{
	for (enum role_id i = 0; i < ROLES; i++)
		if (role_is_wanted(m->plan, i))
			text_addf(t, "%s{\"name\":\"%s\",\"pid\":%d,\"state\":\"%s\",\"restarts\":%u}", i ? "," : "",
				  role_table[i].name, m->child[i].pid,
				  !m->child[i].pid ? "dead" : m->child[i].ready ? "running" : "starting", m->child[i].restarts);
}

static void status_services(const struct master *m, struct text *t)
{
	for (enum service_id i = 0; i < SERVICES; i++) {
		bool wanted = service_wanted(m->plan, i);
		const char *why = wanted ? m->service[i].why : i == SERVICE_INLINE ? m->plan->net.nids.prevention.lacks : "";

		text_addf(t, "%s{\"name\":\"%s\",\"wanted\":%s,\"state\":\"%s\",\"since_us\":%lu,\"why\":", i ? "," : "",
			  service_name(i), wanted ? "true" : "false", service_state_name(wanted ? m->service[i].state : SERVICE_OFF),
			  m->service[i].since_us);
		text_json(t, why, strlen(why));
		text_addc(t, '}');
	}
}

static void status_guard(const struct master *m, struct text *t)
{
	static const char *const modes[] = { [GUARD_DRY_RUN] = "dry-run", [GUARD_ON] = "on", [GUARD_OFF] = "off" };

	text_addf(t, "{\"level\":\"%s\",\"promise\":\"%s\",\"mode\":\"%s\",\"judged\":%lu,\"violations\":%lu,\"lost\":%lu}",
		  guard_level_name(m->guard.level), guard_level_doc(m->guard.level), modes[m->guard.mode],
		  m->guard.judged, m->guard.violations, m->guard.lost);
}

static void status_session(const struct own_budgets *o, struct text *t)
{
	const char *comma = "";

	for (uint32_t i = 0; i < BUDGETS; i++) {
		if (!(o->set >> i & 1))
			continue;
		text_addf(t, "%s\"%s\":%u", comma, budget_name[i], o->limit[i]);
		comma = ",";
	}
}

static void status_containment(const struct master *m, struct text *t)
{
	const struct containment *c = &m->plan->net.containment;

	text_addf(t, "{\"locked\":%s,\"period_s\":%u,\"tcp\":%u,\"udp\":%u,\"icmp\":%u,\"other\":%u,\"bytes\":%lu,\"packets_per_s\":%u,\"bandwidth\":%lu,"
		     "\"connections\":%u,\"destinations\":%u,\"lateral\":%u,\"isolation\":%s,\"resolvers\":%u,\"sessions_apart\":%s,\"session\":{",
		  m->locked ? "true" : "false", c->period_s, c->tcp, c->udp, c->icmp, c->other, (unsigned long)c->bytes_mb << 20, c->packets_per_s,
		  (unsigned long)c->bandwidth_kb << 10, c->connections, c->destinations,
		  c->lateral, c->isolation ? "true" : "false", c->n_resolvers, c->tagged ? "true" : "false");
	status_session(&c->session, t);
	text_add(t, "}}");
}

static void status_brake(const struct master *m, struct text *t)
{
	text_addf(t, "{\"kind\":\"%s\",\"promise\":\"%s\",\"holds\":%s,\"passed\":%lu,\"refused\":%lu}",
		  brake_kind_name(m->brake.kind), brake_kind_doc(m->brake.kind), brake_holds(m) ? "true" : "false",
		  m->brake.passed, m->brake.refused);
}

static void status_prevention(const struct master *m, struct text *t)
{
	static const char *const modes[] = { [INLINE_OFF] = "off", [INLINE_DROP] = "drop", [INLINE_REPLACE] = "replace" };
	const struct nids_conf *c = &m->plan->net.nids;
	bool runs = honeynet_prevents(&m->plan->net);

	text_addf(t, "{\"mode\":\"%s\",\"state\":\"%s\",\"lacks\":", modes[runs ? c->prevention.mode : INLINE_OFF],
		  service_state_name(runs ? m->service[SERVICE_INLINE].state : SERVICE_OFF));
	text_json(t, c->prevention.lacks, strlen(c->prevention.lacks));
	text_addf(t, ",\"dropped\":%lu,\"rewritten\":%lu}", m->prevented.dropped, m->prevented.rewritten);
}

void master_status(const struct master *m, struct text *t)
{
	text_addf(t, "{\"honeynet\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"since_us\":%lu,\"epoch\":%lu,\"honeypots\":[",
		  m->plan->net.name, m->stopping ? "stopping" : "running", getpid(), m->since_us, m->plan->epoch);
	status_honeypots(m, t);
	text_add(t, "],\"roles\":[");
	status_roles(m, t);
	text_add(t, "],\"services\":[");
	status_services(m, t);
	text_add(t, "],\"guard\":");
	status_guard(m, t);
	text_add(t, ",\"brake\":");
	status_brake(m, t);
	text_add(t, ",\"prevention\":");
	status_prevention(m, t);
	text_add(t, ",\"containment\":");
	status_containment(m, t);
	if (reload_waits_s(m) >= 0)
		text_addf(t, ",\"reload\":{\"taken_back_in_s\":%ld}", reload_waits_s(m));
	text_addf(t, ",\"packets\":{\"enabled\":%s,\"keep_s\":%u,\"size_mb\":%u}}",
		  m->plan->net.packets.enabled ? "true" : "false", m->plan->net.packets.keep_s, m->plan->net.packets.size_mb);
}
