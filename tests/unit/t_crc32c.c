/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known answers of RFC 3720 appendix B.4 (there in byte order of the wire), and the check value
 * of the CRC catalogue for "123456789".
 */
#include "lib/base/crc32c.c" /* both ways of computing it, whatever this CPU has */
#include "lib/base/rng.h"
#include "tests/unit/test.h"

/* Bit by bit from the polynomial: slow, and independent of both fast ways. */
static uint32_t by_bits(uint32_t crc, const uint8_t *p, size_t len)
{
	crc = ~crc;
	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

TEST_NAMED(rfc3720, "RFC 3720 B.4: 32 bytes of zeros, ones, up, down, and a SCSI read")
{
	static const uint8_t scsi[48] = {
		0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00,
		0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, 0x18, 0x28, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	uint8_t b[32] = { 0 };

	CHECK_EQ(mmt_crc32c(0, b, 32), 0x8a9136aa);
	memset(b, 0xff, 32);
	CHECK_EQ(mmt_crc32c(0, b, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		b[i] = (uint8_t)i;
	CHECK_EQ(mmt_crc32c(0, b, 32), 0x46dd794e);
	for (int i = 0; i < 32; i++)
		b[i] = (uint8_t)(31 - i);
	CHECK_EQ(mmt_crc32c(0, b, 32), 0x113fdb5c);
	CHECK_EQ(mmt_crc32c(0, scsi, 48), 0xd9963a56);
}

TEST_NAMED(check_value, "check value of \"123456789\", and of nothing")
{
	CHECK_EQ(mmt_crc32c(0, "123456789", 9), 0xe3069283);
	CHECK_EQ(mmt_crc32c(0, "", 0), 0);
	CHECK_EQ(mmt_crc32c(0x1234, "", 0), 0x1234);
}

TEST_NAMED(lengths, "every length and alignment to 80 agrees with the polynomial, bit by bit")
{
	struct mmt_rng r = { 1 };
	uint8_t b[96];

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)mmt_rng_next(&r);
	for (size_t at = 0; at < 16; at++)
		for (size_t n = 0; n <= 80; n++)
			CHECK_EQ(mmt_crc32c(0, b + at, n), by_bits(0, b + at, n));
	for (size_t n = 0; n <= 80; n++)
		CHECK_EQ(~by_table(~0u, b, n), by_bits(0, b, n));
}

TEST_NAMED(long_runs, "long runs, in parts at once or not, agree with the polynomial, bit by bit")
{
	static uint8_t b[20000];
	struct mmt_rng r = { 2 };

	for (size_t i = 0; i < sizeof(b); i++)
		b[i] = (uint8_t)mmt_rng_next(&r);
	for (size_t n = 6000; n <= sizeof(b); n = n * 8 / 7 + 1) {
		CHECK_EQ(mmt_crc32c(0, b, n), by_bits(0, b, n));
		CHECK_EQ(~by_table(~0x1234u, b, n), by_bits(0x1234, b, n));
		CHECK_EQ(mmt_crc32c(0x1234, b + n % 7, n - 7), by_bits(0x1234, b + n % 7, n - 7));
	}
	for (size_t n = 6135; n < 6160; n++)
		CHECK_EQ(mmt_crc32c(0, b, n), by_bits(0, b, n));
}

TEST_NAMED(pieces, "a sum carried over any cut equals the sum of the whole")
{
	const char *text = "The quick brown fox jumps over the lazy dog";
	uint32_t whole = mmt_crc32c(0, text, strlen(text));

	for (size_t cut = 0; cut <= strlen(text); cut++)
		CHECK_EQ(mmt_crc32c(mmt_crc32c(0, text, cut), text + cut, strlen(text) - cut),
			 whole);
}

TEST_NAMED(flips, "every single-bit flip of 64 bytes changes the sum")
{
	uint8_t b[64] = { 0 };
	uint32_t sum = mmt_crc32c(0, b, sizeof(b));

	for (size_t bit = 0; bit < 8 * sizeof(b); bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK(mmt_crc32c(0, b, sizeof(b)) != sum);
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

TEST_MAIN
