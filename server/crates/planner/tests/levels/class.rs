//! An enum of Java as it is compiled: its constants with what they are made from, from the initialiser of its class.

use std::collections::BTreeMap;

/// What is handed to a constructor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Int(i32),
    Text(String),
    /// The static field of that name.
    Field(String),
    /// Whatever a static method of that class answers.
    Call(String),
}

/// A constant of an enum; its name and place are left out of what it is made from.
pub(crate) struct Constant {
    pub(crate) name: String,
    pub(crate) items: Vec<Item>,
}

#[derive(Clone)]
enum Entry {
    Text(String),
    Int(i32),
    /// A class or a string: where its text is.
    Names(usize),
    /// A field, a method, or a name with its type.
    Pair(usize, usize),
    Other,
}

pub(crate) struct Class {
    pool: Vec<Entry>,
    initialiser: Vec<u8>,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn number(&mut self, bytes: usize) -> usize {
        self.take(bytes).iter().fold(0, |number, byte| (number << 8) | usize::from(*byte))
    }
}

impl Class {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut reader = Reader(bytes);
        assert_eq!(reader.take(4), [0xca, 0xfe, 0xba, 0xbe]);
        reader.take(4);
        let pool = pool(&mut reader);
        reader.take(6);
        let interfaces = reader.number(2);
        reader.take(2 * interfaces);
        let mut class = Self { pool, initialiser: Vec::new() };
        let fields = reader.number(2);
        for _ in 0..fields {
            class.member(&mut reader);
        }
        let methods = reader.number(2);
        for _ in 0..methods {
            let (name, code) = class.member(&mut reader);
            if name == "<clinit>" {
                class.initialiser = code.expect("an initialiser has code");
            }
        }
        class
    }

    /// The name of a field or method, and its code.
    fn member(&self, reader: &mut Reader<'_>) -> (String, Option<Vec<u8>>) {
        reader.take(2);
        let name = self.text(reader.number(2)).to_owned();
        reader.take(2);
        let mut code = None;
        for _ in 0..reader.number(2) {
            let attribute = self.text(reader.number(2)).to_owned();
            let length = reader.number(4);
            let mut content = Reader(reader.take(length));
            if attribute == "Code" {
                content.take(4);
                let length = content.number(4);
                code = Some(content.take(length).to_vec());
            }
        }
        (name, code)
    }

    fn text(&self, at: usize) -> &str {
        match &self.pool[at] {
            Entry::Text(text) => text,
            Entry::Names(at) => self.text(*at),
            Entry::Int(_) | Entry::Pair(..) | Entry::Other => panic!("no text at {at}"),
        }
    }

    /// Class and name of a field or method.
    fn member_of(&self, at: usize) -> (&str, &str) {
        let Entry::Pair(class, named) = self.pool[at] else { panic!("no member at {at}") };
        let Entry::Pair(name, _) = self.pool[named] else { panic!("no name at {named}") };
        (self.text(class), self.text(name))
    }

    pub(crate) fn constants(&self) -> Vec<Constant> {
        self.run().0
    }

    /// Of which constant a static field is another name.
    pub(crate) fn alias(&self, field: &str) -> Option<String> {
        self.run().1.remove(field)
    }

    /// Follows the initialiser up to the first instruction of which nothing is expected, behind all that is.
    fn run(&self) -> (Vec<Constant>, BTreeMap<String, String>) {
        let mut constants = Vec::new();
        let mut aliases = BTreeMap::new();
        let mut items: Vec<Item> = Vec::new();
        let mut code = Reader(&self.initialiser);
        while !code.0.is_empty() {
            let operation = code.number(1);
            match operation {
                // iconst_m1 to iconst_5, bipush, sipush
                2..=8 => items.push(Item::Int(i32::try_from(operation).unwrap() - 3)),
                16 => items.push(Item::Int(i32::from(code.take(1)[0].cast_signed()))),
                17 => items.push(Item::Int(i32::from(u16::try_from(code.number(2)).unwrap().cast_signed()))),
                // ldc, ldc_w
                18 | 19 => {
                    let at = code.number(operation - 17);
                    items.push(match &self.pool[at] {
                        Entry::Int(number) => Item::Int(*number),
                        _ => Item::Text(self.text(at).to_owned()),
                    });
                }
                // dup, aastore
                89 | 83 => {}
                // new
                187 => {
                    code.take(2);
                    items.clear();
                }
                // invokespecial
                183 => {
                    code.take(2);
                    if let [Item::Text(name), Item::Int(_), rest @ ..] = &items[..] {
                        constants.push(Constant { name: name.clone(), items: rest.to_vec() });
                    }
                    items.clear();
                }
                // getstatic, putstatic
                178 => items.push(Item::Field(self.member_of(code.number(2)).1.to_owned())),
                179 => {
                    let field = self.member_of(code.number(2)).1.to_owned();
                    if let [Item::Field(constant)] = &items[..] {
                        aliases.insert(field, constant.clone());
                    }
                    items.clear();
                }
                // invokevirtual, anewarray
                182 | 189 => drop(code.take(2)),
                // invokestatic
                184 => items.push(Item::Call(self.member_of(code.number(2)).0.to_owned())),
                _ => break,
            }
        }
        (constants, aliases)
    }
}

fn pool(reader: &mut Reader<'_>) -> Vec<Entry> {
    let count = reader.number(2);
    let mut pool = vec![Entry::Other];
    while pool.len() < count {
        let entry = match reader.number(1) {
            1 => {
                let length = reader.number(2);
                Entry::Text(String::from_utf8_lossy(reader.take(length)).into_owned())
            }
            3 => Entry::Int(u32::try_from(reader.number(4)).unwrap().cast_signed()),
            4 => {
                reader.take(4);
                Entry::Other
            }
            // Numbers of eight bytes take two places.
            5 | 6 => {
                reader.take(8);
                pool.push(Entry::Other);
                Entry::Other
            }
            7 | 8 | 16 | 19 | 20 => Entry::Names(reader.number(2)),
            9..=12 | 17 | 18 => Entry::Pair(reader.number(2), reader.number(2)),
            15 => {
                reader.take(3);
                Entry::Other
            }
            other => panic!("an entry of kind {other}"),
        };
        pool.push(entry);
    }
    pool
}
