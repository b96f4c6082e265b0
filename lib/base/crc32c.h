/* SPDX-License-Identifier: GPL-2.0-only */
/* CRC-32C (Castagnoli, reflected polynomial 0x82f63b78, RFC 3720 appendix B.4). */
#ifndef MMT_BASE_CRC32C_H
#define MMT_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* CRC of @len bytes following those already summed in @crc (0 to begin). */
uint32_t mmt_crc32c(uint32_t crc, const void *buf, size_t len);

#endif
