use bytes::Bytes;
use leptos::server_fn::{ContentType, Decodes, Encodes, Format, FormatType, codec::Post};
use serde::{Serialize, de::DeserializeOwned};

/// JSON that is read as text. `leptos::server_fn`'s own reads it as bytes, while what came with the page is read as text: two
/// ways of reading are two copies of the code for every type, a fifteenth of the module that browsers load.
pub struct JsonText;

/// How answers of server functions are written.
pub(crate) type Answer = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(serde::de::Error::custom)?;
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_no_text_is_an_error() {
        let written = JsonText::encode(&vec!["ä", "\u{2028}"]).unwrap();
        let read: Vec<String> = JsonText::decode(written).unwrap();
        assert_eq!(read, ["ä", "\u{2028}"]);
        let read: Result<String, _> = JsonText::decode(Bytes::from_static(&[b'"', 0xff, b'"']));
        assert!(read.is_err());
    }
}
