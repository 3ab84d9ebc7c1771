/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The tables of the honeynet file; objects.c knows what names mean and how objects fit together. */
#include "field.h"

extern const struct section honeynet_section;

extern const struct type type_network, type_probes, type_members, type_objects, type_services, type_ports, type_networks,
	type_weaknesses, type_honeytokens;

/* object_find() - the firewall, a honeypot or a group; NULL */
const struct known *object_find(const struct reader *r, const char *name);
void derive_mac(uint32_t address, uint8_t ret[6]);

void firewall_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void honeypot_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void group_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void service_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void rule_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void scan_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void honeynet_done(struct reader *r, const struct node *n, void *obj, uint32_t index);	/* makes the instances */
void alert_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
