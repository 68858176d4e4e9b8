//! A jar, as far as classes are read from it.

use super::class::Class;
use flate2::read::DeflateDecoder;
use std::{collections::BTreeMap, fs, io::Read, path::Path};

/// Classes by name, such as `org/apache/kafka/server/common/Feature`, not read yet.
pub(crate) struct Jar(BTreeMap<String, Vec<u8>>);

impl Jar {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let u32_at = |at: usize| u16_at(at) | (u16_at(at + 2) << 16);
        let end = (0..bytes.len() - 21).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06")).expect("a zip file");
        let mut at = u32_at(end + 16);
        let mut classes = BTreeMap::new();
        for _ in 0..u16_at(end + 10) {
            let (method, packed) = (u16_at(at + 10), u32_at(at + 20));
            let name_ends = at + 46 + u16_at(at + 28);
            let name = std::str::from_utf8(&bytes[at + 46..name_ends]).unwrap();
            let header = u32_at(at + 42);
            let data = header + 30 + u16_at(header + 26) + u16_at(header + 28);
            if let Some(class) = name.strip_suffix(".class") {
                let packed = &bytes[data..data + packed];
                let mut unpacked = Vec::new();
                match method {
                    0 => unpacked.extend_from_slice(packed),
                    8 => drop(DeflateDecoder::new(packed).read_to_end(&mut unpacked).unwrap()),
                    other => panic!("{name} is packed by method {other}"),
                }
                classes.insert(class.to_owned(), unpacked);
            }
            at = name_ends + u16_at(at + 30) + u16_at(at + 32);
        }
        Self(classes)
    }

    pub(crate) fn find(&self, name: &str) -> Option<Class> {
        self.0.get(name).map(|bytes| Class::read(bytes))
    }

    pub(crate) fn class(&self, name: &str) -> Class {
        self.find(name).unwrap_or_else(|| panic!("there is no class {name}"))
    }
}
