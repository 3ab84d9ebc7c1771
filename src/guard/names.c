/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says, in words. */
#include "base/mem.h"
#include "guard.h"

static const struct { const char *name, *doc; } levels[LEVELS] = {
	[LEVEL_NONE] = { "none", "it sees nothing" },
	[LEVEL_DETECT] = { "detect", "a violation is seen, if its process lives long enough, not stopped" },
	[LEVEL_FANOTIFY] = { "fanotify", "known shells and interpreters are denied; what else breaks a rule is only seen" },
	[LEVEL_KILL] = { "kill", "the process is killed before the program's first instruction (BPF tracepoint)" },
	[LEVEL_DENY] = { "deny", "the program is not started (BPF LSM)" },
};

static const struct { const char *words; int severity; } rules[N_GUARD_RULES] = {
#define X(id, severity_, words_) [GUARD_##id] = { words_, severity_ },
	GUARD_RULES(X)
#undef X
};

static const char *const outcomes[OUTCOMES] = {
	[OUTCOME_DENIED] = "denied", [OUTCOME_KILLED] = "killed", [OUTCOME_DETECTED] = "detected",
	[OUTCOME_DRY] = "dry run: not stopped",
};

const char *guard_level_name(enum guard_level l)
{
	return l < LEVELS ? levels[l].name : "?";
}

const char *guard_level_doc(enum guard_level l)
{
	return l < LEVELS ? levels[l].doc : "?";
}

const char *guard_rule_words(uint32_t rule)
{
	return rule < N_GUARD_RULES ? rules[rule].words : "?";
}

int guard_rule_severity(uint32_t rule)
{
	return rule < N_GUARD_RULES ? rules[rule].severity : 0;
}

const char *guard_outcome_words(enum guard_outcome o)
{
	return o < OUTCOMES ? outcomes[o] : "?";
}
