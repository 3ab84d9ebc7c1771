/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suricata's configuration, whole: what the package ships in /etc/suricata is not read, so an
 * administrator's own Suricata and ours do not meet.
 *
 * One capture thread, small pools: a honeynet's traffic is a few thousand packets a second at most,
 * and the honeypots want the memory. Checksums are not looked at: taps and bridges leave them to be
 * filled in by hardware that is not there. Full packets are written by skep itself.
 *
 * Prevention gets its packets from a queue of the kernel's, and decides about each. Whatever it cannot follow, for want of
 * memory or because a dialogue is none, it drops; but it is no judge of TCP, which is containment's business.
 */
#include "nids.h"

#include "base/addr.h"
#include "base/mem.h"

/* Names that rules from elsewhere use; in a honeynet every one of these servers is a honeypot. */
static const char *const servers[] = {
	"HTTP_SERVERS", "SMTP_SERVERS", "SQL_SERVERS", "DNS_SERVERS", "TELNET_SERVERS", "DC_SERVERS", "DNP3_SERVER",
	"DNP3_CLIENT", "MODBUS_CLIENT", "MODBUS_SERVER", "ENIP_CLIENT", "ENIP_SERVER",
};

static const char port_groups[] =
	"  port-groups:\n"
	"    HTTP_PORTS: \"[80,81,8000,8080]\"\n"
	"    SHELLCODE_PORTS: \"!80\"\n"
	"    ORACLE_PORTS: 1521\n"
	"    SSH_PORTS: 22\n"
	"    DNP3_PORTS: 20000\n"
	"    MODBUS_PORTS: 502\n"
	"    FILE_DATA_PORTS: \"[$HTTP_PORTS,110,143]\"\n"
	"    FTP_PORTS: 21\n"
	"    GENEVE_PORTS: 6081\n"
	"    VXLAN_PORTS: 4789\n"
	"    TEREDO_PORTS: 3544\n";

/* What our rules look into, and what costs next to nothing; the rest is off. */
static const struct { const char *name, *on; } protocols[] = {
	{ "http", "yes" },     { "tls", "yes" },   { "ssh", "yes" },	    { "smtp", "yes" },	 { "ftp", "yes" },
	{ "dns", NULL },       { "tftp", "yes" },  { "telnet", "yes" },	    { "imap", "detection-only" },
	{ "sip", "yes" },      { "snmp", "yes" },  { "ntp", "yes" },
	{ "smb", "no" },       { "dcerpc", "no" }, { "nfs", "no" },	    { "krb5", "no" },	 { "ikev2", "no" },
	{ "ike", "no" },       { "rdp", "no" },	   { "rfb", "no" },	    { "mqtt", "no" },	 { "http2", "no" },
	{ "quic", "no" },      { "dhcp", "no" },   { "modbus", "no" },	    { "dnp3", "no" },	 { "enip", "no" },
	{ "bittorrent-dht", "no" },
};

/* With how much of a stream is looked at. */
static const char engine[] =
	"max-pending-packets: 512\n"
	"runmode: workers\n"
	"threading:\n"
	"  set-cpu-affinity: no\n"
	"  detect-thread-ratio: 1.0\n"
	"capture:\n"
	"  disable-offloading: no\n"
	"  checksum-validation: none\n"
	"detect:\n"
	"  profile: low\n"
	"  sgh-mpm-context: auto\n"
	"  inspection-recursion-limit: 3000\n"
	"mpm-algo: auto\n"
	"spm-algo: auto\n"
	"flow:\n"
	"  memcap: 16mb\n"
	"  hash-size: 8192\n"
	"  prealloc: 1000\n"
	"  emergency-recovery: 30\n"
	"  managers: 1\n"
	"  recyclers: 1\n"
	"stream:\n"
	"  memcap: 16mb\n"
	"  checksum-validation: no\n"
	"  prealloc-sessions: 512\n"
	"  inline: auto\n"
	"  drop-invalid: no\n"
	"  reassembly:\n"
	"    memcap: 32mb\n"
	"    depth: %s\n"
	"    toserver-chunk-size: 2560\n"
	"    toclient-chunk-size: 2560\n"
	"    randomize-chunk-size: no\n"
	"    segment-prealloc: 512\n"
	"host:\n"
	"  hash-size: 1024\n"
	"  prealloc: 256\n"
	"  memcap: 4mb\n"
	"ippair:\n"
	"  hash-size: 1024\n"
	"  prealloc: 256\n"
	"  memcap: 4mb\n"
	"defrag:\n"
	"  memcap: 4mb\n"
	"  hash-size: 1024\n"
	"  trackers: 1024\n"
	"  max-frags: 4096\n"
	"  prealloc: yes\n"
	"  timeout: 60\n"
	"pcre:\n"
	"  match-limit: 3500\n"
	"  match-limit-recursion: 1500\n"
	"host-os-policy:\n"
	"  linux: [0.0.0.0/0, \"::/0\"]\n"
	"asn1-max-frames: 256\n"
	"security:\n"
	"  lua:\n"
	"    allow-rules: false\n";

/* quoted() - a path as a YAML string: single quotes, doubled inside */
static void quoted(struct text *t, const char *s)
{
	text_addc(t, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			text_addc(t, '\'');
		text_addc(t, *s);
	}
	text_addc(t, '\'');
}

static void path(struct text *t, const char *key, const char *dir, const char *name)
{
	_text_ struct text whole = { 0 };

	text_addf(&whole, "%s%s%s", dir, name ? "/" : "", name ? name : "");
	text_add(t, key);
	quoted(t, text_str(&whole));
	text_addc(t, '\n');
}

static void variables(const struct nids *n, struct text *t)
{
	char s[NETWORK_TEXT];

	text_add(t, "vars:\n  address-groups:\n    HOME_NET: \"[");
	for (size_t i = 0; i < n->n_home; i++)
		text_addf(t, "%s%s", i ? "," : "", network_text(&n->home[i], s));
	text_add(t, "]\"\n    GATEWAY: \"[");
	for (size_t i = 0; i < n->n_home; i++)
		text_addf(t, "%s%s", i ? "," : "", addr_text(&n->gateway[i], s));
	text_add(t, "]\"\n    EXTERNAL_NET: \"!$HOME_NET\"\n    AIM_SERVERS: \"$EXTERNAL_NET\"\n");
	for (size_t i = 0; i < nitems(servers); i++)
		text_addf(t, "    %s: \"$HOME_NET\"\n", servers[i]);
	text_add(t, port_groups);
}

static void rule_files(const struct nids *n, struct text *t)
{
	text_add(t, "default-rule-path: /\nrule-files:\n");
	path(t, "  - ", n->rules_dir, n->own);
	for (size_t i = 0; i < n->n_rules; i++)
		path(t, "  - ", n->rules[i], NULL);
	path(t, "classification-file: ", n->rules_dir, NIDS_CLASSES);
	path(t, "reference-config-file: ", n->rules_dir, "reference.config");
	path(t, "threshold-file: ", n->rules_dir, "threshold.config");
}

static void outputs(const struct nids *n, struct text *t)
{
	path(t, "default-log-dir: ", n->log_dir, NULL);
	text_addf(t, "stats:\n  enabled: yes\n  interval: %d\n  decoder-events: no\n  stream-events: no\n", NIDS_STATS_S);
	text_add(t, "outputs:\n"
		    "  - eve-log:\n"
		    "      enabled: yes\n"
		    "      filetype: regular\n"
		    "      filename: " NIDS_EVE "\n"
		    "      threaded: no\n"
		    "      community-id: yes\n"
		    "      community-id-seed: 0\n"
		    "      pcap-file: no\n"
		    "      types:\n"
		    "        - alert: {payload: no, packet: no, http-body: no, tagged-packets: no,\n"
		    "                  metadata: {app-layer: yes, flow: no, rule: {metadata: no, raw: no}}}\n");
	if (n->prevents)
		text_add(t, "        - drop: {alerts: no, flows: start}\n");
	text_add(t, "        - stats: {totals: yes, threads: no, deltas: yes}\n"
		    "logging:\n"
		    "  default-log-level: notice\n"
		    "  default-log-format: \"%D: %S: %M\"\n"
		    "  outputs:\n"
		    "    - console: {enabled: yes}\n"
		    "    - file: {enabled: no}\n");
	text_add(t, "unix-command:\n  enabled: yes\n");
	path(t, "  filename: ", n->run_dir, NIDS_SOCKET);
}

static void queue(struct text *t)
{
	text_add(t, "nfq:\n"
		    "  mode: accept\n"
		    "  fail-open: no\n"
		    "exception-policy: drop-flow\n");
}

static void listening(const struct nids *n, struct text *t)
{
	text_add(t, "af-packet:\n  - interface: ");
	quoted(t, n->interface);
	text_add(t, "\n"
		    "    threads: 1\n"
		    "    cluster-id: 99\n"
		    "    cluster-type: cluster_flow\n"
		    "    defrag: yes\n"
		    "    use-mmap: yes\n"
		    "    mmap-locked: no\n"
		    "    tpacket-v3: yes\n"
		    /* 127 blocks of 128 KiB, each of which holds a frame that was put together (64 KiB). A block is
		     * given away after the timeout however little is in it, so that their number times the timeout is
		     * how long Suricata may be kept from running: six seconds. */
		    "    ring-size: 10240\n"
		    "    block-size: 131072\n"
		    "    block-timeout: 50\n"
		    "    checksum-checks: no\n"
		    "    disable-promisc: no\n");
}

static void application(struct text *t)
{
	text_add(t, "app-layer:\n  protocols:\n");
	for (size_t i = 0; i < nitems(protocols); i++) {
		if (protocols[i].on)
			text_addf(t, "    %s: {enabled: %s}\n", protocols[i].name, protocols[i].on);
		else
			text_addf(t, "    %s: {tcp: {enabled: yes}, udp: {enabled: yes}}\n", protocols[i].name);
	}
}

void nids_config(const struct nids *n, struct text *ret_yaml)
{
	text_add(ret_yaml, "%YAML 1.1\n---\n# Made by skep: do not edit, it is written again at every start.\n");
	variables(n, ret_yaml);
	rule_files(n, ret_yaml);
	outputs(n, ret_yaml);
	if (n->prevents)
		queue(ret_yaml);
	else
		listening(n, ret_yaml);
	application(ret_yaml);
	text_addf(ret_yaml, engine, n->prevents ? "0" : "1mb");	/* 0: all of it, or an attack would only have to wait */
}

static size_t argv_of(const char *const *words, size_t n, const char **ret_argv, size_t max)
{
	if (n >= max)
		return 0;
	for (size_t i = 0; i < n; i++)
		ret_argv[i] = words[i];
	ret_argv[n] = NULL;
	return n;
}

size_t nids_argv(const struct nids *n, const char **ret_argv, size_t max)
{
	const char *watch[] = { "suricata", "-c", n->config, "--af-packet" };
	const char *prevent[] = { "suricata", "-c", n->config, "-q", NIDS_QUEUE };

	return n->prevents ? argv_of(prevent, nitems(prevent), ret_argv, max) : argv_of(watch, nitems(watch), ret_argv, max);
}

size_t nids_check_argv(const struct nids *n, const char *scratch, const char **ret_argv, size_t max)
{
	const char *words[] = { "suricata", "-T", "-c", n->config, "-l", scratch, "--simulate-ips" };

	return argv_of(words, nitems(words) - !n->prevents, ret_argv, max);
}
