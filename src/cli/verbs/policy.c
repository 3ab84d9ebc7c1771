/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep policy - the rulebase: shown, compiled, asked about a packet. Nothing runs for that. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/names.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/rulebase.h"
#include "cli/running.h"
#include "cli/state.h"
#include "cli/trial.h"
#include "config/config.h"
#include "config/value.h"
#include "model/twin.h"
#include "policy/explain.h"
#include "policy/policy.h"

static int load(const char *file, struct honeynet *ret)
{
	_free_ char *standard = data_path(DATA_HONEYNET);
	_diag_ struct diag d = { 0 };
	int r = config_load(file ? file : standard, ret, &d);

	r = r == 0 ? names_find(ret, &d) : r;
	if (r < 0)
		diag_print(&d, file ? file : standard, stderr);
	return r == 0 ? CLI_OK : r == -EINVAL ? CLI_USAGE : CLI_FAILED;
}

/* --- show ------------------------------------------------------------------------------------- */

/* with_counts() - of the honeynet that runs: its rules, not those its file has by now, and the kernel's count of each */
static int with_counts(bool json)
{
	_fd_ int control = control_must();
	_text_ struct text listing = { 0 }, t = { 0 };
	const struct plan *p = running_plan(control);
	int r = running_rules(control, &listing);

	if (r < 0) {
		log_error("skep does not answer: %s", strerror(-r));
		return CLI_FAILED;
	}
	rulebase_put(&p->net, text_str(&listing), json, &t);
	rulebase_nat(&p->net, text_str(&listing), json, &t);
	names_put(&p->net, json, &t);
	plan_unmap(p);
	return out_all(&t, CLI_OK);
}

static int show(const struct honeynet *n, bool json)
{
	_text_ struct text t = { 0 };

	rulebase_put(n, "", json, &t);
	rulebase_nat(n, "", json, &t);
	names_put(n, json, &t);
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

/* Who is meant by a word: what he has of each family; an address is of one */
struct party {
	struct addr four, six;
};

/* read_party() - an address, or the name of the firewall or of a honeypot */
static bool read_party(const struct honeynet *n, const char *s, struct party *ret)
{
	struct addr a;

	if (addr_parse(s, &a) == 0) {
		*(a.family == 4 ? &ret->four : &ret->six) = a;
		return true;
	}
	if (!strcasecmp(s, n->firewall_name)) {
		*ret = (struct party){ addr4(n->firewall_address), twin_of(n, n->firewall_address) };
		return true;
	}
	for (uint32_t i = 0; i < n->n_honeypots; i++) {
		if (strcasecmp(s, n->honeypot[i].name))
			continue;
		*ret = (struct party){ addr4(n->honeypot[i].address), twin_pot(n, i) };
		return true;
	}
	return false;
}

/* read_ends() - both in one family: IPv4 if they have it, unless @six is asked for */
static int read_ends(const struct honeynet *n, char **word, bool six, struct packet_about *ret)
{
	struct party end[2] = { 0 };

	for (int i = 0; i < 2; i++)
		if (!read_party(n, word[i], &end[i]))
			return cli_wrong("policy", "%s: no address, nor a honeypot's or the firewall's name", word[i]);
	six |= !end[0].four.family || !end[1].four.family;
	for (int i = 0; i < 2; i++)
		if (!(six ? end[i].six : end[i].four).family)
			return cli_wrong("policy", "%s: it has no IPv6 address, and the rest is of IPv6", word[i]);
	ret->source = addr_to_number(six ? &end[0].six : &end[0].four);
	ret->destination = addr_to_number(six ? &end[1].six : &end[1].four);
	return CLI_OK;
}

static bool read_proto(const char *s, uint8_t *ret)
{
	const struct protoent *known = getprotobyname(s);
	uint64_t number;

	if (!strcmp(s, "icmpv6"))	/* which /etc/protocols calls ipv6-icmp */
		*ret = IPPROTO_ICMPV6;
	else if (known)
		*ret = (uint8_t)known->p_proto;
	else if (value_count(s, &number) && number <= UINT8_MAX)
		*ret = (uint8_t)number;
	else
		return false;
	return true;
}

enum { HIGH_PORT = 49152 };	/* where a connection comes from, if nobody says otherwise */

static int read_number(const char *verb, const char *word, uint64_t max, uint64_t *ret)
{
	return value_count(word, ret) && *ret <= max ? CLI_OK : cli_wrong(verb, "%s: no number up to %llu", word, (unsigned long long)max);
}

static int read_source_port(const char *verb, const char *word, void *into)
{
	uint64_t v = 0;
	int r = read_number(verb, word, UINT16_MAX, &v);

	*(uint16_t *)into = (uint16_t)v;
	return r;
}

static int read_type(const char *verb, const char *word, void *into)
{
	uint64_t v = 0;
	int r = read_number(verb, word, UINT8_MAX, &v);

	*(int16_t *)into = (int16_t)v;
	return r;
}

/* read_flags() - "syn", "syn,ack" */
static int read_flags(const char *verb, const char *word, void *into)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg" };	/* by their bit */
	uint8_t flags = 0;

	for (const char *at = word; *at;) {
		size_t len = strcspn(at, ","), k = 0;

		while (k < nitems(names) && (len != 3 || strncmp(at, names[k], 3)))
			k++;
		if (k == nitems(names))
			return cli_wrong(verb, "%s: no flags of TCP, such as syn,ack", word);
		flags |= (uint8_t)BIT(k);
		at += len + (at[len] == ',');
	}
	*(uint8_t *)into = flags;
	return CLI_OK;
}

static int read_packet(const struct honeynet *n, int argc, char **argv, struct packet_about *ret)
{
	uint64_t port = 0;
	bool ports;
	int r;

	if (!read_proto(argv[2], &ret->proto))
		return cli_wrong("policy", "%s: no protocol: tcp, udp, icmp, icmpv6 or a number", argv[2]);
	r = read_ends(n, argv, ret->proto == IPPROTO_ICMPV6, ret);
	if (r != CLI_OK)
		return r;
	if (ret->proto == IPPROTO_ICMP && !number_is_4(ret->source))
		return cli_wrong("policy", "of IPv6 it is icmpv6");
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
	if (e->nat >= 0)
		text_addf(t, "\"nat\":%d,", e->nat);
	if (e->reason != N_REASONS)
		text_addf(t, "\"reason\":\"%s\",", reason_name(e->reason));
	if (e->budget != N_REASONS)
		text_addf(t, "\"budget\":{\"name\":\"%s\",\"limit\":%u},", reason_name(e->budget), e->limit);
	text_add(t, "\"text\":");
	text_json(t, words, strlen(words));
	text_add(t, "}\n");
}

static int ask(const struct honeynet *n, int argc, char **argv, bool json, struct packet_about *p)
{
	_text_ struct text words = { 0 }, t = { 0 };
	struct explanation e;
	int r = read_packet(n, argc, argv, p);

	if (r != CLI_OK)
		return r;
	explain(n, p, &e);
	explain_text(n, p, &e, &words);
	if (json)
		explanation_json(&e, text_str(&words), &t);
	return out_all(json ? &t : &words, CLI_OK);
}

int verb_policy(int argc, char **argv)
{
	_free_ struct honeynet *n = xcalloc(1, sizeof(*n));
	const char *file = NULL;
	bool json = false, counters = false;
	struct packet_about p = { .icmp_type = -1, .at_us = now_us(), .source_port = HIGH_PORT };
	const struct cli_option options[] = {
		{ "file", 'f', .word = &file }, { "json", .flag = &json }, { "counters", .flag = &counters },
		{ "at", .read = cli_read_time, .into = &p.at_us }, { "source-port", .read = read_source_port, .into = &p.source_port },
		{ "flags", .read = read_flags, .into = &p.tcp_flags }, { "type", .read = read_type, .into = &p.icmp_type }, { 0 }
	};
	int r = cli_options(&argc, &argv, "policy", options);

	if (r >= 0)
		return r;
	if (!argc)
		return cli_wrong("policy", "show, compile, lint, explain or test?");
	if (counters)
		return argc == 1 && !strcmp(argv[0], "show") && !file ? with_counts(json) :
		       cli_wrong("policy", "--counters is for show, and for the honeynet that runs");
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
		return ask(n, argc - 1, argv + 1, json, &p);
	if (argc == 2 && !strcmp(argv[0], "test"))
		return trial_run(n, argv[1], json);
	return cli_wrong("policy", NULL);
}
