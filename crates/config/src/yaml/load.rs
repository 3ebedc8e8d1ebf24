//! Builds values from the events of the parser.

mod collections;

use std::io::BufReader;
use std::path::Path;
use std::rc::Rc;

use libyaml_safer::{EventData, Mark, Parser};
use rustc_hash::FxHashMap;
use taskgraph_value::{Str, Value};

use super::document::KeyLine;
use super::intern::Interner;
use super::prepare::Prepared;
use super::scalar::{PREFIX, Tag, construct, resolve};
use super::{Document, Error, ErrorKind};

/// Most levels of lists and mappings. Real files have about ten; recursive code must not run out of stack.
const DEEPEST: u32 = 64;
/// Most values that a document may stand for, with each alias counted as what it stands for.
const LARGEST: u64 = 5_000_000;
/// How much text the parser takes at a time; it needs four bytes of memory for each.
const CHUNK: usize = 4096;

/// Reads the only document of a text.
pub(super) fn load(text: &str, path: &Path) -> Result<Document, Error> {
    let prepared = Prepared::new(text);
    let mut parser = Parser::new();
    parser.set_input(BufReader::with_capacity(CHUNK, prepared.text.as_bytes()));
    parser.set_encoding(libyaml_safer::Encoding::Utf8);
    Loader {
        parser,
        prepared: &prepared,
        path,
        strings: Interner::default(),
        anchors: FxHashMap::default(),
        dates: false,
        values: 0,
        root: Vec::new(),
    }
    .document()
}

/// Keys and their lines, in the order written. Of a repeated key the last counts.
type Lines = Rc<Vec<(Str, u32)>>;

/// A value that was read.
#[derive(Clone)]
struct Node {
    value: Value,
    /// Set for the scalars `<<` and `=`, which are only something as keys.
    special: Option<Tag>,
    /// Levels of lists and mappings; none for a scalar.
    height: u32,
    /// How many values this is, with aliases counted as what they stand for.
    values: u64,
    /// The lines of a mapping's keys, if anybody may ask for them.
    lines: Option<Lines>,
}

/// What may be written before a node.
#[derive(Default)]
struct Properties {
    anchor: Option<String>,
    tag: Option<String>,
}

/// What a collection with its tag is read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seq,
    Pairs,
    Map,
}

struct Loader<'a> {
    parser: Parser<BufReader<&'a [u8]>>,
    prepared: &'a Prepared<'a>,
    path: &'a Path,
    strings: Interner,
    /// What anchors name; nothing while that is being read.
    anchors: FxHashMap<String, Option<Node>>,
    /// Whether any value so far is a date.
    dates: bool,
    /// How many values were read so far, with aliases counted as what they stand for.
    values: u64,
    /// Lines of the mappings in the outermost one.
    root: Vec<(Str, Lines)>,
}

impl Loader<'_> {
    fn document(mut self) -> Result<Document, Error> {
        self.next()?;
        let (start, _) = self.next()?;
        if matches!(start, EventData::StreamEnd) {
            return Ok(Document::default());
        }
        let (event, mark) = self.next()?;
        let node = self.node(event, mark, 1)?;
        self.plain_value(&node, mark)?;
        self.next()?;
        let (end, mark) = self.next()?;
        if !matches!(end, EventData::StreamEnd) {
            return Err(self.error(mark, ErrorKind::SecondDocument));
        }
        let mut lines = FxHashMap::<Str, KeyLine>::default();
        for (key, line) in node.lines.iter().flat_map(|lines| lines.iter()) {
            lines.insert(key.clone(), KeyLine { line: *line, inner: FxHashMap::default() });
        }
        for (key, inner) in self.root {
            if let Some(line) = lines.get_mut(&key) {
                line.inner = inner.iter().cloned().collect();
            }
        }
        Ok(Document { value: node.value, lines, has_dates: self.dates })
    }

    fn error(&self, mark: Mark, kind: ErrorKind) -> Error {
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        let (line, column) = (Some(number(mark.line)), Some(number(mark.column)));
        Error { path: self.path.to_owned(), line, column, kind }
    }

    fn next(&mut self) -> Result<(EventData, Mark), Error> {
        match self.parser.parse() {
            Ok(mut event) => {
                if let EventData::Scalar { value, style, .. } = &mut event.data {
                    self.prepared.restore(value, *style, event.end_mark.index);
                }
                Ok((event.data, event.start_mark))
            }
            Err(error) => {
                let kind = ErrorKind::Syntax { problem: error.problem(), context: error.context() };
                Err(match error.problem_mark() {
                    Some(mark) => self.error(mark, kind),
                    None => Error { path: self.path.to_owned(), line: None, column: None, kind },
                })
            }
        }
    }

    /// Counts values, each alias as what it stands for.
    fn count(&mut self, values: u64, mark: Mark) -> Result<(), Error> {
        self.values = self.values.saturating_add(values);
        if self.values > LARGEST {
            return Err(self.error(mark, ErrorKind::TooLarge { limit: LARGEST }));
        }
        Ok(())
    }

    /// Reads the node that starts with an event. `depth` is the level that it has if it is a list or mapping.
    fn node(&mut self, event: EventData, mark: Mark, depth: u32) -> Result<Node, Error> {
        match event {
            EventData::Alias { anchor } => self.alias(anchor, mark, depth),
            EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                self.count(1, mark)?;
                let node = self.scalar(tag, &value, plain_implicit, mark)?;
                if let Some(anchor) = anchor {
                    self.open_anchor(&anchor, mark)?;
                    self.anchors.insert(anchor, Some(node.clone()));
                }
                Ok(node)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let kind = self.kind(tag.as_deref(), Kind::Seq, mark)?;
                self.sequence(Properties { anchor, tag }, kind, mark, depth)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                self.kind(tag.as_deref(), Kind::Map, mark)?;
                self.mapping(Properties { anchor, tag }, mark, depth, false)
            }
            // The parser puts nothing else where a node belongs.
            _ => Err(self.error(mark, ErrorKind::Syntax { problem: "expected a value", context: None })),
        }
    }

    fn alias(&mut self, anchor: String, mark: Mark, depth: u32) -> Result<Node, Error> {
        let node = match self.anchors.get(&anchor) {
            Some(Some(node)) => node.clone(),
            Some(None) => return Err(self.error(mark, ErrorKind::RecursiveAlias { anchor })),
            None => return Err(self.error(mark, ErrorKind::UndefinedAlias { anchor })),
        };
        if (depth - 1).saturating_add(node.height) > DEEPEST {
            return Err(self.error(mark, ErrorKind::TooDeep { limit: DEEPEST }));
        }
        self.count(node.values, mark)?;
        Ok(node)
    }

    fn open_anchor(&mut self, anchor: &str, mark: Mark) -> Result<(), Error> {
        if self.anchors.insert(anchor.to_owned(), None).is_some() {
            return Err(self.error(mark, ErrorKind::DuplicateAnchor { anchor: anchor.to_owned() }));
        }
        Ok(())
    }

    fn scalar(&mut self, tag: Option<String>, text: &str, plain: bool, mark: Mark) -> Result<Node, Error> {
        let tag = match tag.as_deref().filter(|tag| *tag != "!") {
            None if plain => resolve(text),
            None => Tag::Str,
            Some(tag) => match tag.strip_prefix(PREFIX).and_then(Tag::named) {
                Some(tag) => tag,
                None => return Err(self.error(mark, wrong_tag(tag, "a scalar"))),
            },
        };
        let value = match tag {
            Tag::Str | Tag::Merge | Tag::Value => Value::Str(self.strings.intern(text)),
            tag => construct(tag, text).map_err(|kind| self.error(mark, kind))?,
        };
        self.dates |= matches!(value, Value::Date(_));
        let special = matches!(tag, Tag::Merge | Tag::Value).then_some(tag);
        Ok(Node { value, special, height: 0, values: 1, lines: None })
    }

    /// What a list or mapping is, by its tag.
    fn kind(&self, tag: Option<&str>, found: Kind, mark: Mark) -> Result<Kind, Error> {
        let Some(tag) = tag.filter(|tag| *tag != "!") else { return Ok(found) };
        match (tag.strip_prefix(PREFIX), found) {
            (Some("seq"), Kind::Seq) => Ok(Kind::Seq),
            (Some("omap" | "pairs"), Kind::Seq) => Ok(Kind::Pairs),
            (Some("map"), Kind::Map) => Ok(Kind::Map),
            (_, Kind::Map) => Err(self.error(mark, wrong_tag(tag, "a mapping"))),
            _ => Err(self.error(mark, wrong_tag(tag, "a list"))),
        }
    }

    /// `<<` and `=` are nothing but keys.
    fn plain_value(&self, node: &Node, mark: Mark) -> Result<(), Error> {
        let tag = match node.special {
            None => return Ok(()),
            Some(Tag::Merge) => "merge",
            Some(_) => "value",
        };
        Err(self.error(mark, ErrorKind::UnknownTag { tag: format!("{PREFIX}{tag}") }))
    }

    /// Starts a list or mapping.
    fn open(&mut self, properties: &Properties, mark: Mark, depth: u32) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(self.error(mark, ErrorKind::TooDeep { limit: DEEPEST }));
        }
        self.count(1, mark)?;
        match &properties.anchor {
            Some(anchor) => self.open_anchor(anchor, mark),
            None => Ok(()),
        }
    }

    fn close(&mut self, properties: Properties, node: Node) -> Node {
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, Some(node.clone()));
        }
        node
    }
}

/// Why a tag cannot be on what was found.
fn wrong_tag(tag: &str, found: &'static str) -> ErrorKind {
    let expected = match tag.strip_prefix(PREFIX) {
        Some("set") => return ErrorKind::UnsupportedTag { tag: "!!set" },
        Some("binary") => return ErrorKind::UnsupportedTag { tag: "!!binary" },
        Some("seq" | "omap" | "pairs") => "a list",
        Some("map") => "a mapping",
        Some("null" | "bool" | "int" | "float" | "timestamp" | "str") => "a scalar",
        _ => return ErrorKind::UnknownTag { tag: tag.to_owned() },
    };
    ErrorKind::WrongTag { tag: tag.to_owned(), expected, found }
}
