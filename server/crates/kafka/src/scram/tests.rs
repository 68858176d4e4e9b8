use super::*;
use proptest::prelude::*;

/// RFC 5802's example with SHA-512 in place of SHA-1; the proofs were computed with Python's hashlib and hmac.
const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL";
const SERVER_FIRST: &[u8] = b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const CLIENT_FINAL: &str = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,\
    p=2DPRkY/paa4cNj+P/H5T+ZazP3AiZ8gu75XUVI0U47H3I/Mt843X8Ds/x7L0g/qpmjczm7c31CQyaywf7Xcdcw==";
const SERVER_FINAL: &[u8] =
    b"v=9IWKfl51LGt8AtAGKQakt1mItxRTd6QTaGM2gJCA1zFQrygyPJHCc3T4Go0POqWzIbdbW6dxBcJJsBVnr0DJOw==";

/// What a server that knows `password` says last, for stand-ins.
pub(crate) fn server_final(password: &str, salt: &[u8], iterations: u32, signed: &str) -> String {
    let salted = salted_password(password, salt, iterations);
    let server_key = hmac(salted.as_slice(), b"Server Key");
    format!("v={}", STANDARD.encode(hmac(&server_key, signed.as_bytes())))
}

fn exchange() -> Exchange {
    Exchange::with_nonce("user", NONCE.to_owned())
}

#[test]
fn the_known_exchange_comes_out_as_known() {
    let exchange = exchange();
    assert_eq!(exchange.first_message(), b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    let (proof, proven) = exchange.prove("pencil", SERVER_FIRST).unwrap();
    assert_eq!(String::from_utf8(proof).unwrap(), CLIENT_FINAL);
    proven.verify(SERVER_FINAL).unwrap();
}

#[test]
fn a_server_without_the_password_is_not_believed() {
    let (_, proven) = exchange().prove("pencil", SERVER_FIRST).unwrap();
    let mut forged = SERVER_FINAL.to_vec();
    forged[10] = if forged[10] == b'A' { b'B' } else { b'A' };
    assert_eq!(proven.verify(&forged), Err(ScramError::NotGenuine));
    assert_eq!(proven.verify(b"v="), Err(ScramError::NotGenuine));
    assert_eq!(proven.verify(b""), Err(ScramError::Malformed("last message")));
    assert_eq!(proven.verify(b"e=unknown-user"), Err(ScramError::Refused("unknown-user".to_owned())));
}

#[test]
fn a_foreign_or_unextended_nonce_is_refused() {
    let foreign = b"r=somebodyelse123456789012345678901234,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    assert_eq!(exchange().prove("pencil", foreign).err(), Some(ScramError::ForeignNonce));
    let replayed = format!("r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    assert_eq!(exchange().prove("pencil", replayed.as_bytes()).err(), Some(ScramError::ForeignNonce));
}

#[test]
fn neither_weak_nor_endless_hashing_is_accepted() {
    for (iterations, accepted) in
        [(0, false), (1, false), (4095, false), (4096, true), (65_536, true), (65_537, false), (u32::MAX, false)]
    {
        let first = format!("r={NONCE}server,s=W22ZaJ0SNY7soEsUEjb6gQ==,i={iterations}");
        let outcome = exchange().prove("pencil", first.as_bytes());
        assert_eq!(outcome.is_ok(), accepted, "{iterations}");
    }
}

#[test]
fn names_escape_what_ends_fields() {
    assert_eq!(escape("a,b=c"), "a=2Cb=3Dc");
    assert_eq!(escape("payments.app"), "payments.app");
}

#[test]
fn nonces_differ_and_fit_the_message() {
    let first = Exchange::begin("u").nonce;
    assert_ne!(first, Exchange::begin("u").nonce);
    assert!(first.len() >= 24 && first.bytes().all(|b| b.is_ascii_graphic() && b != b','));
}

proptest! {
    #[test]
    fn whatever_a_server_says_is_survived(first in proptest::collection::vec(any::<u8>(), 0..120), last in proptest::collection::vec(any::<u8>(), 0..120)) {
        prop_assert!(exchange().prove("pencil", &first).is_err());
        let proven = Proven { server_signature: [7; DIGEST] };
        prop_assert!(proven.verify(&last).is_err());
    }
}
