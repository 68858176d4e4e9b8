use klamm_model::UnixMillis;
use rand::RngCore;

/// Crockford's alphabet in lower case: sorts like the number it stands for, and has no letters that are mistaken for digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Sorts before every id that was made at this moment or later, and after all earlier ones.
pub fn first_id_at(prefix: &str, at: UnixMillis) -> String {
    written(prefix, moment(at) << 80)
}

fn moment(at: UnixMillis) -> u128 {
    u128::try_from(at.0.max(0)).unwrap_or(0) & 0xffff_ffff_ffff
}

/// A new id such as `tok_01kb4…`: 48 bits of time, then 80 random bits. Later ids sort after earlier ones, and none
/// occurs anywhere else by chance.
pub fn new_id(prefix: &str, now: UnixMillis) -> String {
    let mut random = [0_u8; 10];
    rand::rng().fill_bytes(&mut random);
    let mut bits = moment(now);
    for byte in random {
        bits = bits << 8 | u128::from(byte);
    }
    written(prefix, bits)
}

fn written(prefix: &str, bits: u128) -> String {
    let mut id = String::with_capacity(prefix.len() + 27);
    id.push_str(prefix);
    id.push('_');
    for place in (0..26).rev() {
        let digit = usize::try_from(bits >> (place * 5) & 31).unwrap_or(0);
        id.push(char::from(ALPHABET[digit]));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = new_id("x", UnixMillis(1_700_000_000_000));
        let late = new_id("x", UnixMillis(1_700_000_000_001));
        assert!(early < late);
        let between = first_id_at("x", UnixMillis(1_700_000_000_001));
        assert!(early < between && between <= late);
        assert_eq!(early.len(), 28);
        assert_ne!(late, new_id("x", UnixMillis(1_700_000_000_001)));
    }
}
