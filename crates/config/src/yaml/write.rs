//! YAML as PyYAML's `safe_dump(value, default_flow_style=False)` writes it, with and without `allow_unicode`.

use taskgraph_value::{Map, Value, python};

use super::scalar::{Tag, resolve};

/// Lines longer than this are broken at the next blank.
const WIDTH: usize = 80;
/// Keys from this length on are written after a `?`. Counted with the five characters of their tag, `!!str`.
const LONG_KEY: usize = 128 - "!!str".len();

/// Writes a value as YAML: sorted keys, a line for each item, no anchors.
///
/// ```
/// use taskgraph_config::yaml;
/// use taskgraph_value::map;
/// let value = map! { "steps" => vec!["yes".into(), 1.5.into()], "name" => "lint", "env" => map! {} };
/// assert_eq!(yaml::write(&value.into()), "env: {}\nname: lint\nsteps:\n- 'yes'\n- 1.5\n");
/// ```
pub fn write(value: &Value) -> String {
    emit(value, false)
}

/// As [`write()`], but characters that are not ASCII stay as they are where YAML allows it: what PyYAML writes with
/// `allow_unicode=True`.
///
/// ```
/// use taskgraph_config::yaml;
/// assert_eq!(yaml::write_unicode(&vec!["é".into()].into()), "- é\n");
/// assert_eq!(yaml::write(&vec!["é".into()].into()), "- \"\\xE9\"\n");
/// ```
pub fn write_unicode(value: &Value) -> String {
    emit(value, true)
}

fn emit(value: &Value, unicode: bool) -> String {
    let mut emitter = Emitter {
        out: String::new(),
        unicode,
        column: 0,
        after_blank: true,
        in_indentation: true,
        open_ended: false,
    };
    emitter.node(value, None, Place::Root);
    emitter.indent(0);
    if emitter.open_ended {
        emitter.out.push_str("...\n");
    }
    emitter.out
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    LongKey,
    MapValue,
}

struct Emitter {
    out: String,
    /// Whether characters that are not ASCII stay as they are.
    unicode: bool,
    column: usize,
    /// Whether a blank or the start of a line comes before.
    after_blank: bool,
    /// Whether the line so far is only indentation and the indicators of lists and keys.
    in_indentation: bool,
    /// Whether the end of the document must be marked.
    open_ended: bool,
}

impl Emitter {
    /// Writes text as it is.
    fn raw(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn indicator(&mut self, text: &str, blank_before: bool, blank_after: bool, indentation: bool) {
        if blank_before && !self.after_blank {
            self.raw(" ");
        }
        self.raw(text);
        self.after_blank = blank_after;
        self.in_indentation &= indentation;
        self.open_ended = false;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.after_blank = true;
        self.in_indentation = true;
    }

    /// Moves to a column, on a new line if need be.
    fn indent(&mut self, to: usize) {
        if !self.in_indentation || self.column > to || (self.column == to && !self.after_blank) {
            self.line_break();
        }
        if self.column < to {
            self.after_blank = true;
            self.out.extend(std::iter::repeat_n(' ', to - self.column));
            self.column = to;
        }
    }

    /// Writes a node. `outer` is the indentation of what it stands in.
    fn node(&mut self, value: &Value, outer: Option<usize>, place: Place) {
        let deeper = outer.map_or(0, |outer| outer + 2);
        match value {
            Value::List(list) if list.is_empty() => {
                self.indicator("[", true, true, false);
                self.indicator("]", false, false, false);
            }
            Value::Map(map) if map.is_empty() => {
                self.indicator("{", true, true, false);
                self.indicator("}", false, false, false);
            }
            Value::List(list) => {
                let beside_key = matches!(place, Place::MapValue | Place::LongKey) && !self.in_indentation;
                let indent = if beside_key { outer.unwrap_or(0) } else { deeper };
                for item in list {
                    self.indent(indent);
                    self.indicator("-", true, false, true);
                    self.node(item, Some(indent), Place::Item);
                }
            }
            Value::Map(map) => self.mapping(map, deeper),
            Value::Str(text) => self.string(text, outer.map_or(2, |outer| outer + 2), place),
            Value::Null => self.plain("null", 0, place),
            Value::Bool(true) => self.plain("true", 0, place),
            Value::Bool(false) => self.plain("false", 0, place),
            Value::Int(number) => self.plain(&number.to_string(), 0, place),
            Value::BigInt(text) => self.plain(text, 0, place),
            // Only a date and its time are separated by a blank, never as far right as to break the line there.
            Value::Date(text) => self.plain(text, outer.map_or(2, |outer| outer + 2), place),
            Value::Float(number) => self.plain(&float(*number), 0, place),
        }
    }

    fn mapping(&mut self, map: &Map, indent: usize) {
        let mut entries: Vec<_> = map.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        for (key, value) in entries {
            self.indent(indent);
            let long = key.is_empty() || key.contains(is_break) || key.chars().nth(LONG_KEY - 1).is_some();
            if long {
                self.indicator("?", true, false, true);
                self.string(key, indent + 2, Place::LongKey);
                self.indent(indent);
                self.indicator(":", true, false, true);
            } else {
                self.string(key, indent + 2, Place::Key);
                self.indicator(":", false, false, false);
            }
            self.node(value, Some(indent), Place::MapValue);
        }
    }

    fn string(&mut self, text: &str, indent: usize, place: Place) {
        let traits = Traits::of(text, self.unicode);
        if traits.plain && resolve(text) == Tag::Str {
            self.plain(text, indent, place);
        } else if traits.single_quoted {
            self.single_quoted(text, indent, place != Place::Key);
        } else {
            self.double_quoted(text, indent, place != Place::Key);
        }
    }

    /// Writes text that needs no quotes.
    fn plain(&mut self, text: &str, indent: usize, place: Place) {
        if place == Place::Root {
            self.open_ended = true;
        }
        if !self.after_blank {
            self.raw(" ");
        }
        self.after_blank = false;
        self.in_indentation = false;
        if place == Place::Key || self.column + text.len() <= WIDTH {
            self.raw(text);
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(' ').unwrap_or(rest.len());
            self.raw(&rest[..word]);
            rest = &rest[word..];
            let blanks = rest.len() - rest.trim_start_matches(' ').len();
            if blanks == 1 && self.column > WIDTH {
                self.indent(indent);
                self.after_blank = false;
                self.in_indentation = false;
            } else {
                self.raw(&rest[..blanks]);
            }
            rest = &rest[blanks..];
        }
    }

    /// Writes text, perhaps of several lines, that needs no escapes.
    fn single_quoted(&mut self, text: &str, indent: usize, split: bool) {
        self.indicator("'", true, false, false);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let at_start = rest.len() == text.len();
            let same = |c: char| rest.len() - rest.trim_start_matches(c).len();
            let taken = match first {
                ' ' => {
                    let blanks = same(' ');
                    if blanks == 1 && self.column > WIDTH && split && !at_start && rest.len() > 1 {
                        self.indent(indent);
                    } else {
                        self.raw(&rest[..blanks]);
                    }
                    blanks
                }
                first if is_break(first) => {
                    let breaks = rest.len() - rest.trim_start_matches(is_break).len();
                    if first == '\n' {
                        self.line_break();
                    }
                    for c in rest[..breaks].chars() {
                        self.line_break();
                        if c != '\n' {
                            self.out.pop();
                            self.out.push(c);
                        }
                    }
                    self.indent(indent);
                    breaks
                }
                '\'' => {
                    self.raw("''");
                    1
                }
                _ => {
                    let end = rest.find(|c| matches!(c, ' ' | '\'') || is_break(c)).unwrap_or(rest.len());
                    self.raw(&rest[..end]);
                    end
                }
            };
            rest = &rest[taken..];
        }
        self.indicator("'", false, false, false);
    }

    /// Writes any text, with escapes.
    fn double_quoted(&mut self, text: &str, indent: usize, split: bool) {
        self.indicator("\"", true, false, false);
        let last = text.chars().count().saturating_sub(1);
        // Characters that are due but not written yet, all of them without an escape.
        let mut due = String::new();
        for (at, c) in text.chars().enumerate() {
            let as_it_is = match c {
                ' '..='~' => !matches!(c, '"' | '\\'),
                '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
                '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => self.unicode,
                _ => false,
            };
            let escaped = !as_it_is;
            if escaped {
                self.raw(&std::mem::take(&mut due));
                self.raw(&escape(c));
            }
            // PyYAML counts one column less after an escape, and looks at the character that follows one.
            let column = if escaped { self.column - 1 } else { self.column + due.chars().count() };
            let may_split = split && 0 < at && at < last && (c == ' ' || due.is_empty());
            if may_split && column > WIDTH {
                self.raw(&std::mem::take(&mut due));
                self.raw("\\");
                self.indent(indent);
                self.after_blank = false;
                self.in_indentation = false;
                let next = if escaped { text.chars().nth(at + 1) } else { Some(c) };
                if next == Some(' ') {
                    self.raw("\\");
                }
            }
            if !escaped {
                due.push(c);
            }
        }
        self.raw(&due);
        self.indicator("\"", false, false, false);
    }
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character that is not ASCII may stand in a document as it is.
fn is_printable(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10fffe}')
        && c != '\u{feff}'
}

fn blank_beside_break(text: &str) -> bool {
    let beside = |(a, b): (char, char)| (a == ' ' && is_break(b)) || (is_break(a) && b == ' ');
    text.chars().zip(text.chars().skip(1)).any(beside)
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return ".nan".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let text = python::float(number);
    // Without a point it would be read as text.
    if text.contains('.') { text } else { text.replacen('e', ".0e", 1) }
}

/// How a string may be written.
struct Traits {
    plain: bool,
    single_quoted: bool,
}

impl Traits {
    fn of(text: &str, unicode: bool) -> Traits {
        let bytes = text.as_bytes();
        if text.chars().any(|c| !(matches!(c, '\n' | ' '..='~') || unicode && is_printable(c))) {
            return Traits { plain: false, single_quoted: false };
        }
        let pair = |a: u8, b: u8| bytes.windows(2).any(|pair| pair == [a, b]);
        let lines = text.contains(is_break);
        let single_quoted = !lines || !blank_beside_break(text);
        let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
            return Traits { plain: true, single_quoted };
        };
        let second_blank = matches!(bytes.get(1), None | Some(b' '));
        let indicator = match first {
            b'?' | b':' | b'-' => second_blank,
            first => b" #,[]{}&*!|>'\"%@`".contains(&first),
        };
        let plain = !(lines
            || indicator
            || last == b' '
            || last == b':'
            || text.starts_with("---")
            || text.starts_with("...")
            || pair(b':', b' ')
            || pair(b' ', b'#'));
        Traits { plain, single_quoted }
    }
}
