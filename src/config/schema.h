/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The tables of the honeynet file; objects.c knows what names mean and how objects fit together. */
#include "field.h"

extern const struct section honeynet_section;

extern const struct type type_network, type_members, type_objects, type_services, type_ports, type_weaknesses, type_honeytokens;

void firewall_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void honeypot_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void group_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void service_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void rule_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void scan_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
void alert_done(struct reader *r, const struct node *n, void *obj, uint32_t index);
