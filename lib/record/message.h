/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of a fixed size, with a descriptor or without, over a socket pair. */
#ifndef MMT_RECORD_MESSAGE_H
#define MMT_RECORD_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Send @n bytes, and @fd with them if it is not negative. */
bool rec_message_send(int socket, const void *bytes, size_t n, int fd);
/* Wait for a message of exactly @n bytes; *@fd is what came with it, or -1. False: the other end
 * has gone, or it was none. */
bool rec_message_receive(int socket, void *bytes, size_t n, int *fd);

#endif
