/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep policy - the rulebase: shown, compiled, asked about a packet. Nothing runs for that. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/state.h"
#include "cli/trial.h"
#include "config/config.h"
#include "config/value.h"
#include "net/gateway.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include "report/table.h"

static int load(const char *file, struct honeynet *ret)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	_diag_ struct diag d = { 0 };
	int r = config_load(file ? file : standard, ret, &d);

	if (r < 0)
		diag_print(&d, file ? file : standard, stderr);
	return r == 0 ? CLI_OK : r == -EINVAL ? CLI_USAGE : CLI_FAILED;
}

/* --- show ------------------------------------------------------------------------------------- */

static const char *object_name(const struct honeynet *n, const struct object_ref *o)
{
	switch (o->kind) {
	case OBJECT_FIREWALL: return n->firewall_name;
	case OBJECT_HONEYPOT: return n->honeypot[o->index].name;
	case OBJECT_GROUP:    return n->group[o->index].name;
	default:	      return "any";
	}
}

/* Names one after another, as words of a cell or of a list of JSON */
struct names {
	struct text *to;
	bool json;
	uint32_t n;
};

static void put_name(struct names *l, const char *name)
{
	text_add(l->to, l->n++ ? l->json ? "," : ", " : "");
	if (l->json)
		text_json(l->to, name, strlen(name));
	else
		text_add(l->to, name);
}

static void put_objects(const struct honeynet *n, const struct object_ref *o, uint32_t many, struct names l)
{
	for (uint32_t i = 0; i < many; i++)
		put_name(&l, object_name(n, &o[i]));
}

static void put_services(const struct honeynet *n, const struct rule *r, struct names l)
{
	if (!r->n_services)
		put_name(&l, "any");
	for (uint32_t i = 0; i < r->n_services; i++)
		put_name(&l, n->service[r->service[i]].name);
}

static const char *action_name(enum action a)
{
	return a == ACTION_ACCEPT ? "accept" : "drop";
}

static void show_json(const struct honeynet *n, struct text *t)
{
	for (uint32_t i = 0; i < n->n_rules; i++) {
		const struct rule *r = &n->rule[i];

		text_addf(t, "{\"rule\":%u,\"line\":%u,\"source\":[", i, r->line);
		put_objects(n, r->source, r->n_sources, (struct names){ t, true, 0 });
		text_add(t, "],\"destination\":[");
		put_objects(n, r->destination, r->n_destinations, (struct names){ t, true, 0 });
		text_add(t, "],\"service\":[");
		put_services(n, r, (struct names){ t, true, 0 });
		text_addf(t, "],\"action\":\"%s\",\"log\":%s}\n", action_name(r->action), r->log ? "true" : "false");
	}
}

static void show_table(const struct honeynet *n, struct text *t)
{
	static const char *const head[] = { "#", "SOURCE", "DESTINATION", "SERVICE", "ACTION", "LOG" };
	_table_ struct table table = { .columns = nitems(head), .right = BIT(0) };

	for (size_t i = 0; i < nitems(head); i++)
		table_adds(&table, head[i]);
	for (uint32_t i = 0; i < n->n_rules; i++) {
		_text_ struct text source = { 0 }, destination = { 0 }, service = { 0 };
		const struct rule *r = &n->rule[i];

		put_objects(n, r->source, r->n_sources, (struct names){ &source, false, 0 });
		put_objects(n, r->destination, r->n_destinations, (struct names){ &destination, false, 0 });
		put_services(n, r, (struct names){ &service, false, 0 });
		table_addu(&table, i);
		table_adds(&table, text_str(&source));
		table_adds(&table, text_str(&destination));
		table_adds(&table, text_str(&service));
		table_adds(&table, action_name(r->action));
		table_adds(&table, r->log ? "yes" : "no");
	}
	table_put(&table, t);
}

static int show(const struct honeynet *n, bool json)
{
	_text_ struct text t = { 0 };

	if (json)
		show_json(n, &t);
	else
		show_table(n, &t);
	return out_all(&t, CLI_OK);
}

static int compile(const struct honeynet *n)
{
	_text_ struct text t = { 0 };

	policy_compile(n, &t);
	return out_all(&t, CLI_OK);
}

static int lint(const struct honeynet *n)
{
	_text_ struct text t = { 0 };

	policy_lint(n, true, &t);
	return out_all(&t, CLI_OK);
}

/* --- explain ---------------------------------------------------------------------------------- */

/* read_party() - an address, or the name of the firewall or of a honeypot */
static bool read_party(const struct honeynet *n, const char *s, uint32_t *ret)
{
	struct addr a;

	if (addr_parse(s, &a) == 0 && a.family == 4) {
		*ret = addr_u32(&a);
		return true;
	}
	if (!strcasecmp(s, n->firewall_name)) {
		*ret = n->firewall_address;
		return true;
	}
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (strcasecmp(s, n->honeypot[i].name))
			continue;
		*ret = n->honeypot[i].address;
		return true;
	}
	return false;
}

static bool read_proto(const char *s, uint8_t *ret)
{
	const struct protoent *known = getprotobyname(s);
	uint64_t number;

	if (known)
		*ret = (uint8_t)known->p_proto;
	else if (value_count(s, &number) && number <= UINT8_MAX)
		*ret = (uint8_t)number;
	else
		return false;
	return true;
}

static int read_packet(const struct honeynet *n, int argc, char **argv, struct packet_about *ret)
{
	uint64_t port = 0;
	bool ports;

	*ret = (struct packet_about){ .icmp_type = -1 };
	for (int i = 0; i < 2; i++)
		if (!read_party(n, argv[i], i ? &ret->destination : &ret->source))
			return cli_wrong("policy", "%s: no IPv4 address, nor a honeypot's or the firewall's name", argv[i]);
	if (!read_proto(argv[2], &ret->proto))
		return cli_wrong("policy", "%s: no protocol: tcp, udp, icmp or a number", argv[2]);
	ports = ret->proto == IPPROTO_TCP || ret->proto == IPPROTO_UDP;
	if (ports != (argc == 4))
		return cli_wrong("policy", ports ? "which port?" : "only tcp and udp have a port");
	if (ports && (!value_count(argv[3], &port) || !port || port > UINT16_MAX))
		return cli_wrong("policy", "%s: no port", argv[3]);
	ret->port = (uint16_t)port;
	explain_from(n, ret);
	return CLI_OK;
}

static void explanation_json(const struct explanation *e, const char *words, struct text *t)
{
	text_addf(t, "{\"verdict\":\"%s\",", e->accept ? "accept" : "drop");
	if (e->rule >= 0)
		text_addf(t, "\"rule\":%d,", e->rule);
	if (e->reason != N_REASONS)
		text_addf(t, "\"reason\":\"%s\",", reason_name(e->reason));
	if (e->budget != N_REASONS)
		text_addf(t, "\"budget\":{\"name\":\"%s\",\"limit\":%u},", reason_name(e->budget), e->limit);
	text_add(t, "\"text\":");
	text_json(t, words, strlen(words));
	text_add(t, "}\n");
}

/* The address it has outside the honeynet */
static uint32_t gateway(void)
{
	struct addr a;

	addr_parse(LAB_GATEWAY, &a);
	return addr_u32(&a);
}

static int ask(const struct honeynet *n, int argc, char **argv, bool json)
{
	_text_ struct text words = { 0 }, t = { 0 };
	struct packet_about p;
	struct explanation e;
	int r = read_packet(n, argc, argv, &p);

	if (r != CLI_OK)
		return r;
	explain(n, gateway(), &p, &e);
	explain_text(n, &p, &e, &words);
	if (json)
		explanation_json(&e, text_str(&words), &t);
	return out_all(json ? &t : &words, CLI_OK);
}

int verb_policy(int argc, char **argv)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	const char *file = NULL;
	bool json = false;
	const struct cli_option options[] = { { "file", 'f', .word = &file }, { "json", .flag = &json }, { 0 } };
	int r = cli_options(&argc, &argv, "policy", options);

	if (r >= 0)
		return r;
	if (!argc)
		return cli_wrong("policy", "show, compile, lint, explain or test?");
	r = load(file, n);
	if (r != CLI_OK)
		return r;
	if (argc == 1 && !strcmp(argv[0], "show"))
		return show(n, json);
	if (argc == 1 && !strcmp(argv[0], "compile"))
		return compile(n);
	if (argc == 1 && !strcmp(argv[0], "lint"))
		return lint(n);
	if ((argc == 4 || argc == 5) && !strcmp(argv[0], "explain"))
		return ask(n, argc - 1, argv + 1, json);
	if (argc == 2 && !strcmp(argv[0], "test"))
		return trial_run(n, gateway(), argv[1], json);
	return cli_wrong("policy", NULL);
}
