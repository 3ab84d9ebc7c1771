/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "record/chain_state.h"
#include "record/journal_files.h"
#include "state.h"

enum { TYPED_MAX = 256 };

/* --- told ------------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *words)
{
	_fd_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	char line[CHAIN_SECRET_TEXT + 1];
	int n = snprintf(line, sizeof(line), "%s\n", words);

	if (fd < 0 || write(fd, line, (size_t)n) != n || fsync(fd) < 0)
		die("key of the journal: %s: %s", path, strerror(errno));
	sodium_memzero(line, sizeof(line));
}

static void show(const char *words, const char *id)
{
	printf("\nThe journal is sealed, as chain %s. Its key, shown this once:\n\n    %s\n\n"
	       "Copy it down and keep it away from this machine. `skep verify` asks for it; without it nobody\n"
	       "can tell whether the record was changed.\n\n", id, words);
	fflush(stdout);
}

/* Told before the chain is made: a chain whose secret was lost would be worth nothing. */
static void tell(const uint8_t secret[CHAIN_SECRET], const char *file)
{
	char words[CHAIN_SECRET_TEXT], hex[CHAIN_ID_TEXT];
	_free_ char *name = NULL, *fallback = NULL;
	uint8_t id[CHAIN_ID];

	chain_secret_text(secret, words);
	chain_id(secret, id);
	name = xasprintf("chain-%s.key", chain_id_text(id, hex));
	fallback = state_path(name);
	if (!file && isatty(STDOUT_FILENO))
		show(words, hex);
	else {
		write_file(file ? file : fallback, words);
		log_warn("the journal's key is in %s: %skeep it away from this machine; `skep verify` needs it",
			 file ? file : fallback, file ? "" : "move it, and ");
	}
	sodium_memzero(words, sizeof(words));
}

/* Whether there is a chain to go on with. */
static bool has_chain(int journal)
{
	struct journal_files files;
	struct chain_state s;
	int r = chain_state_read(journal, &s);
	bool orphan = r == 0 && s.orphan;

	sodium_memzero(&s, sizeof(s));
	if (r == 0 && !orphan)
		return true;
	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		die("%s: %s", CHAIN_STATE_FILE, strerror(-r));
	r = journal_files(journal, NULL, &files);
	if (r < 0)
		die("journal: %s", strerror(-r));
	if (files.n)
		log_warn("the journal %s: a new chain begins, with a key of its own",
			 orphan ? "was gone on with under a key nobody knows" : "is there, but the state of its chain is not");
	journal_files_fini(&files);
	return false;
}

void secret_begin(const char *file)
{
	_free_ char *path = state_path(STATE_JOURNAL);
	_fd_ int journal = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t secret[CHAIN_SECRET];
	int r;

	if (journal < 0 || sodium_init() < 0)
		die("%s: %s", path, strerror(errno));
	if (has_chain(journal)) {
		if (file)
			log_warn("%s is not written: the journal has its key already", file);
		return;
	}
	randombytes_buf(secret, sizeof(secret));
	tell(secret, file);
	r = chain_state_make(journal, secret, false);
	sodium_memzero(secret, sizeof(secret));
	if (r < 0)
		die("%s/%s: %s", path, CHAIN_STATE_FILE, strerror(-r));
}

/* --- asked for -------------------------------------------------------------------------------- */

/* One line; true if there was one. */
static bool read_line(int fd, char ret[TYPED_MAX])
{
	size_t n = 0;

	while (n + 1 < TYPED_MAX && read(fd, ret + n, 1) == 1 && ret[n] != '\n')
		n++;
	ret[n] = '\0';
	return n;
}

static bool ask(char ret[TYPED_MAX])
{
	_fd_ int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	struct termios before, quiet;
	bool ok;

	if (tty < 0 || tcgetattr(tty, &before) < 0) {
		log_error("there is no terminal to ask for the key on: use --key FILE");
		return false;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	dprintf(tty, "Key of the journal: ");
	tcsetattr(tty, TCSAFLUSH, &quiet);
	ok = read_line(tty, ret);
	tcsetattr(tty, TCSAFLUSH, &before);
	dprintf(tty, "\n");
	if (!ok)
		log_error("no key was typed");
	return ok;
}

static bool read_file(const char *file, char ret[TYPED_MAX])
{
	bool standard = !strcmp(file, "-");
	_fd_ int fd = standard ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	bool ok = (standard || fd >= 0) && read_line(standard ? STDIN_FILENO : fd, ret);

	if (!standard && fd < 0)
		log_error("%s: %s", file, strerror(errno));
	else if (!ok)
		log_error("%s: there is no key in it", standard ? "standard input" : file);
	return ok;
}

int secret_read(const char *file, uint8_t ret[CHAIN_SECRET])
{
	char typed[TYPED_MAX];
	int r = -1;

	if (file ? read_file(file, typed) : ask(typed)) {
		r = sodium_init() < 0 ? -1 : chain_secret_parse(typed, ret);
		if (r < 0)
			log_error("this is no key, or it is mistyped: eight groups of four letters and digits, "
				  "the last ones check the others");
	}
	sodium_memzero(typed, sizeof(typed));
	return r < 0 ? -1 : 0;
}
