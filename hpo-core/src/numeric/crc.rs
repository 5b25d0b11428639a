//! 32-bit cyclic redundancy checks, which detect bytes that have changed since they were written.
//!
//! Both are reflected, begin with all ones and end inverted (Koopman, "32-bit cyclic redundancy
//! codes for internet applications", DSN 2002, compares the polynomials).

/// Returns the CRC-32 of IEEE 802.3 and ISO 3309, as zlib, gzip and PNG use it.
#[must_use]
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    remainder(&IEEE, bytes)
}

/// Returns Castagnoli's CRC-32C, as iSCSI, ext4 and `TFRecord` files use it.
#[must_use]
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    remainder(&CASTAGNOLI, bytes)
}

static IEEE: [u32; 256] = table(0xEDB8_8320);
static CASTAGNOLI: [u32; 256] = table(0x82F6_3B78);

/// Returns the remainder of every byte. `polynomial` has its bits reversed.
const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (polynomial & (remainder & 1).wrapping_neg());
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

fn remainder(table: &[u32; 256], bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |rest, byte| (rest >> 8) ^ table[usize::from(rest as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue() {
        // The `check` of CRC-32/ISO-HDLC and of CRC-32/ISCSI in the CRC RevEng catalogue.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!((crc32(b""), crc32c(b"")), (0, 0));
    }

    #[test]
    fn the_examples_of_the_iscsi_standard() {
        // RFC 3720, B.4: its bytes stand in the order of transmission, least significant first.
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(crc32c(&rising), 0x46DD_794E);
        assert_eq!(crc32c(&falling), 0x113F_DB5C);
    }
}
