//! What the journal holds, and what of it is not written yet. Plain maps: no client, no clock.

use super::line::Line;
use klamm_model::TopicName;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Lines in one ConfigMap: with the longest names there are, about a third of what etcd takes.
const LINES: usize = 500;
/// Under this key stands when the import of `import: once` was done. No object has such a uid.
const IMPORTED: &str = "imported-once";

/// Which of the journal's ConfigMaps.
pub(super) type Sheet = usize;

/// The journal of one cluster, as it is and as it is to be written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Book {
    lines: HashMap<String, (Sheet, Line)>,
    counts: BTreeMap<Sheet, usize>,
    imported: Option<String>,
    /// Keys whose line, or whose absence, is not written yet, with their ConfigMap.
    unwritten: BTreeMap<String, Sheet>,
    /// ConfigMaps there are.
    there: BTreeSet<Sheet>,
    /// Objects that are gone and whose topic is still to be decided about.
    gone: HashMap<TopicName, BTreeSet<String>>,
}

/// What is to be written to one ConfigMap.
#[derive(Debug, PartialEq)]
pub(super) enum Write {
    /// Make it, with everything that belongs into it.
    Create(Map<String, Value>),
    /// Change these keys; null takes one away.
    Patch(Map<String, Value>),
}

/// A page cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) key: String,
}

impl Book {
    /// Takes a ConfigMap as it was read. What cannot be understood is left where it stands.
    pub(super) fn read(&mut self, sheet: Sheet, data: &BTreeMap<String, String>) -> Vec<Unreadable> {
        self.there.insert(sheet);
        self.counts.entry(sheet).or_default();
        let mut unreadable = Vec::new();
        for (key, text) in data {
            if key == IMPORTED {
                self.imported = Some(text.clone());
                continue;
            }
            match serde_json::from_str(text) {
                Ok(line) => self.place(key.clone(), sheet, line),
                Err(_) => unreadable.push(Unreadable { key: key.clone() }),
            }
        }
        unreadable
    }

    fn place(&mut self, uid: String, sheet: Sheet, line: Line) {
        if let Some((old, _)) = self.lines.insert(uid, (sheet, line))
            && let Some(count) = self.counts.get_mut(&old)
        {
            *count = count.saturating_sub(1);
        }
        *self.counts.entry(sheet).or_default() += 1;
    }

    pub(super) fn line(&self, uid: &str) -> Option<&Line> {
        self.lines.get(uid).map(|(_, line)| line)
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = (&String, &Line)> {
        self.lines.iter().map(|(uid, (_, line))| (uid, line))
    }

    /// Writes a line, or writes it anew.
    pub(super) fn put(&mut self, uid: &str, line: Line) {
        if self.line(uid) == Some(&line) {
            return;
        }
        let sheet = self.lines.get(uid).map_or_else(|| self.sheet_with_room(), |(sheet, _)| *sheet);
        self.place(uid.to_owned(), sheet, line);
        self.unwritten.insert(uid.to_owned(), sheet);
    }

    /// Takes a line out.
    pub(super) fn drop_line(&mut self, uid: &str) {
        let Some((sheet, line)) = self.lines.remove(uid) else { return };
        if let Some(count) = self.counts.get_mut(&sheet) {
            *count = count.saturating_sub(1);
        }
        self.unwritten.insert(uid.to_owned(), sheet);
        self.ungone(uid, &line.topic);
    }

    fn ungone(&mut self, uid: &str, topic: &TopicName) {
        if let Some(gone) = self.gone.get_mut(topic) {
            gone.remove(uid);
            if gone.is_empty() {
                self.gone.remove(topic);
            }
        }
    }

    /// When the import was done that is done once.
    pub(super) fn imported(&self) -> Option<&str> {
        self.imported.as_deref()
    }

    pub(super) fn note_import(&mut self, when: String) {
        self.imported = Some(when);
        self.unwritten.insert(IMPORTED.to_owned(), 0);
    }

    /// The object of this uid is gone; answers which topic is to be looked at.
    pub(super) fn mark_gone(&mut self, uid: &str) -> Option<TopicName> {
        let topic = self.line(uid)?.topic.clone();
        self.gone.entry(topic.clone()).or_default().insert(uid.to_owned());
        Some(topic)
    }

    /// The object of this uid is there after all.
    pub(super) fn mark_seen(&mut self, uid: &str) {
        if !self.gone.is_empty()
            && let Some(topic) = self.line(uid).map(|line| line.topic.clone())
        {
            self.ungone(uid, &topic);
        }
    }

    pub(super) fn is_gone(&self, uid: &str) -> bool {
        self.line(uid).is_some_and(|line| self.gone.get(&line.topic).is_some_and(|gone| gone.contains(uid)))
    }

    /// Objects that are gone and spoke of this topic.
    pub(super) fn gone(&self, topic: &TopicName) -> Vec<(&String, &Line)> {
        let uids = self.gone.get(topic).into_iter().flatten();
        uids.filter_map(|uid| self.lines.get_key_value(uid)).map(|(uid, (_, line))| (uid, line)).collect()
    }

    /// Topics of objects that are gone.
    pub(super) fn bereft(&self) -> Vec<TopicName> {
        self.gone.keys().cloned().collect()
    }

    fn sheet_with_room(&self) -> Sheet {
        let with_room = self.counts.iter().find(|(_, count)| **count < LINES).map(|(sheet, _)| *sheet);
        with_room.unwrap_or_else(|| self.counts.keys().next_back().map_or(0, |last| last + 1))
    }

    /// What is to be written, by ConfigMap. It counts as written until [`Self::failed`] says otherwise.
    pub(super) fn take_unwritten(&mut self) -> BTreeMap<Sheet, (Vec<String>, Write)> {
        let mut sheets: BTreeMap<Sheet, Vec<String>> = BTreeMap::new();
        for (key, sheet) in std::mem::take(&mut self.unwritten) {
            sheets.entry(sheet).or_default().push(key);
        }
        sheets
            .into_iter()
            .map(|(sheet, keys)| {
                let write = if self.there.contains(&sheet) {
                    Write::Patch(keys.iter().map(|key| (key.clone(), self.text(key))).collect())
                } else {
                    Write::Create(self.sheet(sheet))
                };
                (sheet, (keys, write))
            })
            .collect()
    }

    /// The keys are still to be written.
    pub(super) fn failed(&mut self, sheet: Sheet, keys: Vec<String>) {
        self.unwritten.extend(keys.into_iter().map(|key| (key, sheet)));
    }

    /// Whether the ConfigMap is there, as the last answer said.
    pub(super) fn note_sheet(&mut self, sheet: Sheet, presence: Presence) {
        match presence {
            Presence::There => drop(self.there.insert(sheet)),
            Presence::Missing => drop(self.there.remove(&sheet)),
        }
    }

    fn text(&self, key: &str) -> Value {
        let text = match key {
            IMPORTED => self.imported.clone(),
            uid => self.line(uid).and_then(|line| serde_json::to_string(line).ok()),
        };
        text.map_or(Value::Null, Value::String)
    }

    fn sheet(&self, sheet: Sheet) -> Map<String, Value> {
        let of_sheet = self.lines.iter().filter(|(_, (of, _))| *of == sheet).map(|(uid, _)| uid.as_str());
        let imported = (sheet == 0 && self.imported.is_some()).then_some(IMPORTED);
        of_sheet.chain(imported).map(|key| (key.to_owned(), self.text(key))).collect()
    }
}

/// Whether a ConfigMap is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Missing,
}
