use std::fmt::{Display, Write};

/// Metrics in the text format of Prometheus, version 0.0.4.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    text: String,
}

/// What kind of number a family holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Exposition {
    /// Begins a family of series; its lines follow.
    pub fn family(&mut self, name: &str, type_: Type, help: &str) {
        let type_ = match type_ {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
        };
        // Writing into a text cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {type_}");
    }

    /// One series with its value.
    pub fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (i, (key, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{}{key}=\"{text}\"", if i == 0 { '{' } else { ',' });
        }
        let _ = writeln!(self.text, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_name_cannot_break_out_of_its_quotes() {
        let mut out = Exposition::default();
        out.line("a", &[("b", "x\"} 1\nc{d=\"\\")], 2);
        assert_eq!(out.into_text(), "a{b=\"x\\\"} 1\\nc{d=\\\"\\\\\"} 2\n");
    }
}
