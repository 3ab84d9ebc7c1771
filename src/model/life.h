/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the role that puts honeypots back and who reads its words agree on: the begin of a state's reason. */

#define LIFE_PUT_BACK "it is put back: "	/* and why */
#define LIFE_RUINED "its disk is ruined: "	/* by somebody, for it did work; and what is seen of it */
