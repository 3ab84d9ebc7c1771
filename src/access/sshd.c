/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything is said, also what is OpenSSH's default: a default may change, this must not.
 *
 * Algorithms: one way each that has no known weakness, and a spare where the spare is as good.
 * Ciphers are AES-GCM alone: with it the prefix truncation of 2023 (Terrapin, CVE-2023-48795) is
 * impossible whatever the client knows. It brings its own integrity, so MACs are never used; the
 * list may not be empty. Keys are ed25519 on both sides.
 *
 * Two layers force the command: each key's command= in the key file, and PermitRootLogin, which
 * refuses a key that has none.
 */
#include "sshd.h"

#include <string.h>

#include "base/mem.h"
#include "key.h"

static const char *const fixed[] = {
	"# who",
	"PermitRootLogin forced-commands-only",
	"AllowUsers root",
	"StrictModes yes",
	"UsePAM no",
	"",
	"# how one proves it: with a key, and nothing else",
	"AuthenticationMethods publickey",
	"PubkeyAuthentication yes",
	"PasswordAuthentication no",
	"KbdInteractiveAuthentication no",
	"HostbasedAuthentication no",
	"PermitEmptyPasswords no",
	"AuthorizedKeysCommand none",
	"AuthorizedPrincipalsFile none",
	"TrustedUserCAKeys none",
	"MaxAuthTries 3",
	"LoginGraceTime 20",
	"MaxStartups 10:30:60",
	"PerSourceMaxStartups 5",
	"MaxSessions 4",
	"ClientAliveInterval 30",
	"ClientAliveCountMax 3",
	"",
	"# with what",
	"HostKeyAlgorithms ssh-ed25519",
	"PubkeyAcceptedAlgorithms ssh-ed25519,sk-ssh-ed25519@openssh.com",
	"CASignatureAlgorithms ssh-ed25519",
	"KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org",
	"Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com",
	"MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
	"Compression no",
	"",
	"# for what: one forced command, with or without a terminal",
	"DisableForwarding yes",
	"AllowTcpForwarding no",
	"AllowStreamLocalForwarding no",
	"AllowAgentForwarding no",
	"X11Forwarding no",
	"GatewayPorts no",
	"PermitOpen none",
	"PermitListen none",
	"PermitTunnel no",
	"PermitTTY yes",
	"PermitUserRC no",
	"PermitUserEnvironment no",
	"",
	"# what it tells",
	"Banner none",
	"PrintMotd no",
	"PrintLastLog no",
	"VersionAddendum none",
	"UseDNS no",
	"TCPKeepAlive no",
	"LogLevel VERBOSE",
};

bool sshd_path_fits(const char *path)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+,@:-";

	return *path == '/' && !path[strspn(path, fit)];
}

static void place(const struct sshd_place *p, struct text *t)
{
	char address[ADDR_TEXT];

	text_addf(t, p->address.family == 6 ? "ListenAddress [%s]:%u\n" : "ListenAddress %s:%u\n",
		  addr_text(&p->address, address), p->port);
	text_addf(t, "AddressFamily %s\n", p->address.family == 6 ? "inet6" : "inet");
	text_addf(t, "HostKey %s/" SSHD_HOST_KEY "\n", p->folder);
	text_addf(t, "AuthorizedKeysFile %s/" SSHD_KEYS "\n", p->folder);
	text_addf(t, "PidFile %s/" SSHD_PID "\n", p->folder);
	text_addf(t, "SetEnv SKEP_STATE=%s SKEP_DATA=%s\n\n", p->state, p->data);
}

void sshd_config(const struct sshd_place *p, struct text *ret)
{
	text_add(ret, "# Made by `skep access setup`, which writes it again: change the honeynet file instead.\n\n");
	place(p, ret);
	for (size_t i = 0; i < nitems(fixed); i++)
		text_addf(ret, "%s\n", fixed[i]);
}

void sshd_unit(const struct sshd_place *p, const char *sshd, struct text *ret)
{
	text_addf(ret, "# Made by `skep access setup`, which writes it again.\n\n"
		  "[Unit]\n"
		  "Description=Administration of the honeynet by SSH\n"
		  "After=network-online.target\n"
		  "Wants=network-online.target\n"
		  "RequiresMountsFor=%s\n\n"
		  "[Service]\n"
		  "Type=forking\n"
		  "PIDFile=%s/" SSHD_PID "\n"
		  "RuntimeDirectory=sshd\n"
		  "RuntimeDirectoryMode=0755\n"
		  "RuntimeDirectoryPreserve=yes\n"
		  "ExecStart=%s -f %s/" SSHD_CONFIG " -E %s/" SSHD_LOG "\n"
		  "KillMode=process\n"
		  "Restart=on-failure\n\n"
		  "[Install]\n"
		  "WantedBy=multi-user.target\n", p->folder, p->folder, sshd, p->folder, p->folder);
}

void sshd_key_line(const struct sshd_place *p, const char *role, const char *name, const struct access_key *k,
		   struct text *ret)
{
	text_addf(ret, "restrict,pty,command=\"%s access shell %s %s\" ", p->program, role, name);
	key_write(k, ret);
	text_addc(ret, '\n');
}
