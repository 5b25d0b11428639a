//! A checksum that is the same in every version of Rust.

/// Returns the hash of Fowler, Noll and Vo (FNV-1a, 64 bits): the same in every version of Rust.
pub(crate) fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
