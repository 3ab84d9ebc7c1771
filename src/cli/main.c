/* SPDX-License-Identifier: GPL-2.0-or-later */
/* skep: the table of verbs is the command line. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli.h"
#include "roles/roles.h"

const struct verb cli_verbs[] = {
	{ "up", verb_up, "build what is missing and start the honeynet",
	  "usage: skep up [--fresh] [--no-wait] [--foreground] [--store STORE] [--key-file KEYFILE] [FILE]\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --fresh            begin with new disks: what intruders left on the old ones is gone\n"
	  "  --no-wait          do not wait until every honeypot answers\n"
	  "  --foreground       stay, and log to standard error; Ctrl-C ends the honeynet\n"
	  "  --store STORE      sqlite, mariadb (a server of its own) or mariadb://..., whatever the file says\n"
	  "  --key-file KEYFILE the journal's key goes there, if it is made now, and not to the terminal\n" },
	{ "down", verb_down, "end it, leaving nothing behind", "usage: skep down\n" },
	{ "reload", verb_reload, "take over a changed honeynet file while it runs",
	  "usage: skep reload [--dry-run] [--confirm-within TIME] [--json] [--selftest] [FILE]\n"
	  "       skep reload --confirm [--selftest] | --back\n"
	  "  FILE               the honeynet file (the one it was started with)\n"
	  "  --dry-run          only show what is different from what runs\n"
	  "  --confirm-within TIME  take it back after 10s to 1d, unless it is confirmed by then\n"
	  "  --confirm          the last reload holds for good\n"
	  "  --back             take it back now\n"
	  "  --json             one JSON object\n"
	  "  --selftest         then do what skep selftest does\n"
	  "Honeypots that are not in the file any more are ended, and their disks kept: see skep help snapshot.\n" },
	{ "status", verb_status, "honeypots and processes, how they are",
	  "usage: skep status [--json]\n"
	  "  --json             one JSON object\n" },
	{ "doctor", verb_doctor, "what this machine can do, what is missing, how to mend it",
	  "usage: skep doctor [--reach] [--json] [FILE]\n"
	  "       skep doctor --stealth [--json] [HONEYPOT]\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --reach            connect to the servers that alerts go to\n"
	  "  --json             one JSON object a line\n"
	  "  --stealth          start a throw-away copy of each honeypot, and look for what tells that it is one\n"
	  "Exits 1 if something is missing that skep cannot do without, or something tells.\n" },
	{ "check", verb_check, "read the honeynet file, print every error",
	  "usage: skep check [--json] [FILE]\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --json             one JSON object\n"
	  "Exits 2 if the file has errors.\n" },
	{ "policy", verb_policy, "the rulebase: shown, compiled, asked about a packet",
	  "usage: skep policy show [--json] [-f FILE]      its rules\n"
	  "       skep policy show --counters [--json]     those of the honeynet that runs, with what matched each\n"
	  "       skep policy compile [-f FILE]            what the kernel is told: nftables' language\n"
	  "       skep policy lint [-f FILE]               rules that earlier ones decide, wholly or in part; unused names\n"
	  "       skep policy explain [--json] [-f FILE] SOURCE DESTINATION PROTOCOL [PORT]\n"
	  "                                                which rule or control decides, and why\n"
	  "       skep policy test [--json] [-f FILE] PCAP what it would have made of recorded packets\n"
	  "  -f, --file FILE    the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  SOURCE, DESTINATION  addresses of one family, or names of honeypots or the firewall\n"
	  "  PROTOCOL PORT      tcp or udp and its port, icmp or icmpv6 (a ping), or a number\n"
	  "  --source-port N    the port it comes from (49152)\n"
	  "  --flags FLAG,...   TCP's, of fin, syn, rst, psh, ack, urg (syn)\n"
	  "  --type N           ICMP's (8), ICMPv6's (128)\n"
	  "  --at TIME          when it comes (now): 2026-11-23T05:46, 05:46, 2h ago as 2h\n"
	  "  --counters         packets and bytes; of a connection its first packet counts\n"
	  "  --json             one JSON object (show, test: a line each)\n"
	  "explain is about the first packet of a connection, while the gate is open and no budget is used up; test remembers\n"
	  "connections and budgets, but follows no rates.\n" },
	{ "rules", verb_rules, "the rules of NIDS and prevention",
	  "usage: skep rules list [--json] [FILE]       which there are, skep's own and yours\n"
	  "       skep rules check [FILE]               have Suricata read them, print every error\n"
	  "       skep rules reload [FILE]              the same, then load them into the running Suricatas\n"
	  "       skep rules config [--inline] [FILE]   the configuration Suricata runs with; --inline: the prevention's\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder), which names your\n"
	  "                     rule files\n"
	  "  --json             one JSON object a line\n"
	  "check and reload exit 2 if there are errors.\n" },
	{ "objectives", verb_objectives, "which events of the honeypots matter, and how much",
	  "usage: skep objectives list [--json] [FILE]  which there are, in the order they are looked at\n"
	  "       skep objectives check [FILE]          read them, print every error\n"
	  "       skep objectives reload [FILE]         the same, then let the running honeynet use them\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder), which names your\n"
	  "                     files of objectives\n"
	  "  --json             one JSON object a line\n"
	  "All exit 2 if there are errors.\n" },
	{ "events", verb_events, "the record, event by event; -f follows it",
	  "usage: skep events [-f] [-n LAST] [--kind KIND]... [--honeypot NAME] [--session N]\n"
	  "                   [--since TIME] [--json]\n"
	  "  -f, --follow       wait for more, until interrupted\n"
	  "  -n, --last LAST    only the last LAST of them\n"
	  "  --kind KIND        only events of this kind; may be given several times\n"
	  "  --honeypot NAME    only of this honeypot\n"
	  "  --session N        only of this session\n"
	  "  --since TIME       only from TIME on: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --json             the lines of the journal as they are\n" },
	{ "sessions", verb_sessions, "who came",
	  "usage: skep sessions [--all] [--open] [--user-only] [--honeypot NAME] [--since TIME] [--json]\n"
	  "  --all              also connections without a login or a command\n"
	  "  --open             only those that are open now\n"
	  "  --user-only        only those in which somebody logged in\n"
	  "  --honeypot NAME    only of this honeypot\n"
	  "  --since TIME       only those that began at TIME or later: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --json             one JSON object a line; all sessions, unless filtered\n" },
	{ "session", verb_session, "what one of them did",
	  "usage: skep session [--typed] [--json] N\n"
	  "  --typed            also the lines typed at the first terminal\n"
	  "  --json             the session, then each of its events, one JSON object a line\n" },
	{ "logins", verb_logins, "who tried to log in, with which passwords and keys",
	  "usage: skep logins [--json] [N]\n"
	  "       skep logins --top WHAT [--json]\n"
	  "  N                  only those of session N\n"
	  "  --top WHAT         how often each user, secret, pair (of both) or source was tried\n"
	  "  --json             one JSON object a line\n" },
	{ "replay", verb_replay, "his terminal again",
	  "usage: skep replay [--speed X] [--max-wait S] [--no-wait] [--input] [--tty NAME] [--raw] N\n"
	  "  --speed X          X times as fast\n"
	  "  --max-wait S       never wait longer than S seconds (2)\n"
	  "  --no-wait          all of it at once\n"
	  "  --input            what was typed instead of what was shown\n"
	  "  --tty NAME         this terminal of the session, not its first; without a terminal: stdio, tcp/12\n"
	  "  --raw              the bytes as they were: DANGEROUS on a terminal\n" },
	{ "files", verb_files, "what they wrote and ran, and its bytes",
	  "usage: skep files [--honeypot NAME] [--since TIME] [--json] [SESSION]\n"
	  "       skep files get SHA256 > FILE          the bytes: hostile, do not run them\n"
	  "  SESSION            only of this session\n"
	  "  --honeypot NAME    only of this honeypot\n"
	  "  --since TIME       only from TIME on: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --json             one JSON object a line\n" },
	{ "pcap", verb_pcap, "the packets of a session, a flow, an address, a time",
	  "usage: skep pcap [--session N] [--flow ID] [--address IP[:PORT]] [--since TIME] [--until TIME]\n"
	  "                 [--filter EXPRESSION] [-o FILE] [--count [--json]]\n"
	  "  --session N        the session's connection and those its processes opened\n"
	  "  --flow ID          the flow with this community id, as in the record\n"
	  "  --address IP:PORT  from or to this address (and port)\n"
	  "  --since TIME       only from TIME on: 2026-11-23T05:46, 05:46 or 10m (UTC)\n"
	  "  --until TIME       only up to TIME\n"
	  "  --filter EXPRESSION  only what tcpdump would show with it: 'tcp port 80 and host 10.10.10.80'\n"
	  "  -o, --output FILE  the pcap file to write (standard output, unless it is a terminal)\n"
	  "  --count            write no packets, only how many there are\n"
	  "  --json             with --count: one JSON object\n"
	  "All that is given must hold.\n" },
	{ "verify", verb_verify, "whether the record is what was recorded",
	  "usage: skep verify [--key FILE] [--journal DIR] [--at-least N] [--json]\n"
	  "  --key FILE         the journal's key is in FILE, - is standard input; else it is asked for\n"
	  "  --journal DIR      this journal folder, for example a copy (with samples beside it)\n"
	  "  --at-least N       there were N records when it was verified before\n"
	  "  --json             one JSON object\n"
	  "Exits 1 if anything was changed, removed, added or cannot be read.\n" },
	{ "honeytokens", verb_honeytokens, "what was planted where, and what it is known by",
	  "usage: skep honeytokens [TEXT] [--json]\n"
	  "  TEXT               only those that are in it, or that it is a part of: whose is what turned up elsewhere?\n"
	  "  --json             one JSON object a line\n" },
	{ "scanners", verb_scanners, "who scanned, each source once",
	  "usage: skep scanners [--json]\n"
	  "  --json             one JSON object a line\n" },
	{ "block", verb_block, "keep a source out for a while",
	  "usage: skep block ADDRESS [for TIME]\n"
	  "  ADDRESS            one outside the honeynet, or an IPv6 network of 64 bits\n"
	  "  TIME               10m, 2h, up to 30d (1h)\n"
	  "What it has open is cut, too. The end of skep ends it.\n" },
	{ "unblock", verb_unblock, "let it in again", "usage: skep unblock ADDRESS\n" },
	{ "lockdown", verb_lockdown, "nothing in, nothing out, at once",
	  "usage: skep lockdown [on|off]                what is open is cut, too; without a word: whether it is on\n"
	  "It stays until it is taken back, over `skep down` and `skep up`, too.\n" },
	{ "fence", verb_fence, "networks that no honeypot ever reaches",
	  "usage: skep fence add NETWORK                192.0.2.0/24 or an address; what is open is cut, too\n"
	  "       skep fence del NETWORK\n"
	  "       skep fence list [--json]              those put there by hand; the honeynet file may have others\n"
	  "  --json             one JSON object a line\n" },
	{ "budget", verb_budget, "what each honeypot may still send out, and when that begins anew",
	  "usage: skep budget [--json] [HONEYPOT]\n"
	  "       skep budget HONEYPOT set NAME=LIMIT...   tcp=40, bytes=200MiB; udp=file: as in the honeynet file again\n"
	  "  --json             one JSON object a line\n"
	  "What is set holds at once, also in the period that goes on, and until it is taken back.\n" },
	{ "alert", verb_alert, "is what was found told, and by which ways",
	  "usage: skep alert test [--json]     tell a test finding by every way, now; what became of it\n"
	  "       skep alert status [--json]   what waits, what was sent, what failed\n"
	  "  --json             one JSON object\n"
	  "test exits 1 if a way failed.\n" },
	{ "reset", verb_reset, "give a honeypot a new disk and start it again",
	  "usage: skep reset HONEYPOT\nThe disk it had is kept: skep snapshot --list.\n" },
	{ "freeze", verb_freeze, "let a honeypot stand still", "usage: skep freeze HONEYPOT\n" },
	{ "thaw", verb_thaw, "let it go on", "usage: skep thaw HONEYPOT\n" },
	{ "snapshot", verb_snapshot, "keep a honeypot's disk as it is, and put it back",
	  "usage: skep snapshot HONEYPOT [--label TEXT]     keep it; prints its id\n"
	  "       skep snapshot --list [HONEYPOT] [--json]  which there are\n"
	  "       skep snapshot HONEYPOT --restore ID       the honeypot starts anew with it\n"
	  "       skep snapshot HONEYPOT --remove ID\n"
	  "The honeypot writes all it has, then stands still while its disk is copied.\n" },
	{ "diff", verb_diff, "what is different on a honeypot's disk from its image",
	  "usage: skep diff HONEYPOT [--json]\n"
	  "       skep diff HONEYPOT --get PATH > FILE   a file's bytes\n"
	  "It writes all it has, then stands still for a moment.\n" },
	{ "console", verb_console, "a honeypot's console; Ctrl-] leaves it", "usage: skep console HONEYPOT\n" },
	{ "guard", verb_guard, "who may start a root shell on this machine",
	  "usage: skep guard [status] [--json]          level, mode, and how many it judged\n"
	  "       skep guard on|dry-run|off             until `skep down`; the honeynet file says what it begins with\n"
	  "What it saw: skep events --kind guard\n" },
	{ "lab", verb_lab, "be the attacker",
	  "usage: skep lab shell                        a shell as the attacker\n"
	  "       skep lab exec [--gateway] -- COMMAND  a command as the attacker (or in the gateway)\n"
	  "       skep lab attack [NAME]                a scripted attack with real tools; which there are\n" },
	{ "access", verb_access, "administration from afar, by SSH",
	  "usage: skep access setup [FILE]              write and start an sshd of our own; again: renew it\n"
	  "       skep access status                    whether it runs, its host key, logins that are open\n"
	  "       skep access keys [FILE]               who may come in, with which key\n"
	  "       skep access stop [--sessions]         end it\n"
	  "  FILE               the honeynet file (etc/honeynet.yaml of the data folder)\n"
	  "  --sessions         also the logins that are open\n" },
	{ "conformance", verb_conformance, "the standard's requirements, one by one, on the running honeynet",
	  "usage: skep conformance [--json]\n"
	  "  --json             one JSON object a line\n"
	  "Exits 1 if a requirement is not met.\n" },
	{ "selftest", verb_selftest, "try from inside a throw-away honeypot all that must not get out",
	  "usage: skep selftest [--like HONEYPOT] [--restart | --crash] [--json] [FILE]\n"
	  "       skep selftest --verify REPORT [--key KEY]\n"
	  "  --like HONEYPOT    whose place in groups and rules the throw-away one has (the first)\n"
	  "  --restart          in the middle of it the honeynet is ended and started again: sessions end, budgets don't\n"
	  "  --crash            the same with the master killed: then all honeypots' budgets count as used\n"
	  "  --json             one JSON object a line\n"
	  "  FILE               the honeynet file to start if none runs (etc/honeynet.yaml of the data folder)\n"
	  "  --verify REPORT    whether a report that was kept is whole, and signed\n"
	  "  --key KEY          with this public key, in hexadecimal digits (that of the state folder)\n"
	  "Exits 0 only if everything was tried and contained.\n" },
	{ "db", verb_db, "the database made from the journal",
	  "usage: skep db status [--json]               where it is, how far it is, who may read it\n"
	  "       skep db rebuild [--force]             fill it from the journal\n"
	  "  --force            also if there are records in it, which go first\n"
	  "  --json             one JSON object\n" },
	{ "kernel", verb_kernel, "the honeypots' kernel",
	  "usage: skep kernel build                     if it is not built already; prints its folder\n" },
	{ "image", verb_image, "the honeypots' images",
	  "usage: skep image build [RECIPE|PATH]...     all recipes or some, or your own recipes and root file systems, if\n"
	  "                                             not built already; prints the files\n"
	  "       skep image list                       the recipes there are\n" },
	{ "completion", verb_completion, "the shell's completion",
	  "usage: skep completion bash\n"
	  "Try it: source <(skep completion bash)\n" },
	{ "help", verb_help, "this, or the usage of one verb", "usage: skep help [VERB]\n" },
	{ "version", verb_version, "which skep this is", "usage: skep version\n" },
	{ 0 },
};

enum { WORD_MAX = 24 };		/* longer ones are no slip of the pen */

/* Letters that must be changed, added or left out to make @b of @a; both are below WORD_MAX. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t corner = row[0]++;

		for (size_t k = 1; k <= n; k++) {
			size_t change = corner + (a[i] != b[k - 1]), add = row[k - 1] + 1, drop = row[k] + 1;

			corner = row[k];
			row[k] = change < add ? change : add;
			row[k] = row[k] < drop ? row[k] : drop;
		}
	}
	return row[n];
}

static int unknown(const char *word)
{
	const char *near = NULL;
	size_t best = 3;

	for (const struct verb *v = cli_verbs; v->name && strlen(word) < WORD_MAX; v++) {
		size_t d = strncmp(v->name, word, strlen(word)) ? distance(word, v->name) : 1;

		if (d < best) {
			best = d;
			near = v->name;
		}
	}
	if (near)
		log_error("there is no verb %s; did you mean %s?", word, near);
	else
		log_error("there is no verb %s; `skep help` lists them", word);
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "help";
	char *none[] = { NULL, NULL }, **args = argc > 1 ? argv + 1 : none;
	_free_ char *name = NULL;
	const struct verb *v;

	if (argc == 3 && !strcmp(argv[1], "role"))	/* how the master starts one: no verb for users */
		return role_run(argv[2]);
	log_plain(1);
	word = !strcmp(word, "--help") || !strcmp(word, "-h") ? "help" : !strcmp(word, "--version") ? "version" : word;
	v = cli_find(word);
	if (!v)
		return unknown(word);
	name = xasprintf("skep %s", word);
	args[0] = name;		/* getopt's messages begin with it */
	return v->run(argc > 1 ? argc - 1 : 1, args);
}
