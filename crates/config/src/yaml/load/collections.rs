//! Lists, mappings, and what `<<` merges into them.

use std::rc::Rc;

use libyaml_safer::{EventData, Mark};
use rustc_hash::FxHashMap;
use taskgraph_value::{Map, Str, Value, json, python};

use super::{Kind, Loader, Node, Properties};
use crate::yaml::scalar::Tag;
use crate::yaml::{Error, ErrorKind};

impl Loader<'_> {
    pub(super) fn sequence(
        &mut self,
        properties: Properties,
        kind: Kind,
        mark: Mark,
        depth: u32,
    ) -> Result<Node, Error> {
        self.open(&properties, mark, depth)?;
        let mut items = Vec::new();
        let (mut height, mut values) = (1, 1u64);
        loop {
            let (event, mark) = self.next()?;
            if matches!(event, EventData::SequenceEnd) {
                break;
            }
            let item = match kind {
                Kind::Pairs => self.pair(event, mark, depth + 1, &properties)?,
                _ => self.node(event, mark, depth + 1)?,
            };
            self.plain_value(&item, mark)?;
            height = height.max(item.height + 1);
            values = values.saturating_add(item.values);
            items.push(item.value);
        }
        let node = Node { value: Value::from(items), special: None, height, values, lines: None };
        Ok(self.close(properties, node))
    }

    /// Reads an item of an `!!omap`: a mapping with one entry, which becomes a list of its key and value.
    fn pair(&mut self, event: EventData, mark: Mark, depth: u32, list: &Properties) -> Result<Node, Error> {
        let wrong = |found| ErrorKind::WrongTag {
            tag: list.tag.clone().unwrap_or_default(),
            expected: "mappings with one key each",
            found,
        };
        let properties = match event {
            EventData::MappingStart { anchor, tag, .. } => Properties { anchor, tag },
            EventData::Alias { anchor } => {
                let node = self.alias(anchor, mark, depth)?;
                let Some((key, value)) = node.value.as_map().and_then(Map::single) else {
                    return Err(self.error(mark, wrong(node.value.type_name())));
                };
                let value = Value::from(vec![Value::from(key), value.clone()]);
                return Ok(Node { value, lines: None, ..node });
            }
            EventData::Scalar { .. } => return Err(self.error(mark, wrong("a scalar"))),
            _ => return Err(self.error(mark, wrong("a list"))),
        };
        self.open(&properties, mark, depth)?;
        let mut parts = Vec::with_capacity(2);
        let (mut height, mut values) = (1, 1u64);
        loop {
            let (event, mark) = self.next()?;
            if matches!(event, EventData::MappingEnd) {
                break;
            }
            let part = self.node(event, mark, depth + 1)?;
            self.plain_value(&part, mark)?;
            height = height.max(part.height + 1);
            values = values.saturating_add(part.values);
            parts.push(part.value);
        }
        if parts.len() != 2 {
            return Err(self.error(mark, wrong("a mapping with another number of keys")));
        }
        // An alias of the pair is the mapping that it was written as.
        if let Some(anchor) = properties.anchor {
            let entries = vec![(key_text(&parts[0]).unwrap_or_default(), parts[1].clone())];
            let value = Value::Map(entries.into());
            self.anchors.insert(anchor, Some(Node { value, special: None, height, values, lines: None }));
        }
        Ok(Node { value: parts.into(), special: None, height, values, lines: None })
    }

    pub(super) fn mapping(
        &mut self,
        properties: Properties,
        mark: Mark,
        depth: u32,
        merged_into: bool,
    ) -> Result<Node, Error> {
        self.open(&properties, mark, depth)?;
        let keep_lines = depth <= 2 || merged_into || properties.anchor.is_some();
        let mut own = Entries::default();
        let mut merged = Entries::default();
        let (mut height, mut values) = (1, 1u64);
        let mut numbers = NumberKeys::default();
        loop {
            let (event, mark) = self.next()?;
            if matches!(event, EventData::MappingEnd) {
                break;
            }
            let key = self.node(event, mark, depth + 1)?;
            if key.special == Some(Tag::Merge) {
                let nodes = self.merge(mark, depth)?;
                for node in &nodes {
                    height = height.max(node.height);
                    values = values.saturating_add(node.values);
                    merged.merge(node, mark);
                }
                continue;
            }
            let Some(mut text) = key_text(&key.value) else {
                return Err(self.error(mark, ErrorKind::UnhashableKey { found: key.value.type_name() }));
            };
            if !matches!(key.value, Value::Str(_)) {
                text = numbers.same(&key.value, self.strings.intern(&text));
            }
            let (event, value_mark) = self.next()?;
            let value = self.node(event, value_mark, depth + 1)?;
            self.plain_value(&value, value_mark)?;
            height = height.max(value.height + 1);
            values = values.saturating_add(key.values).saturating_add(value.values);
            if keep_lines {
                own.lines.push((text.clone(), line_of(mark)));
            }
            if depth == 1
                && let Some(lines) = value.lines
            {
                self.root.push((text.clone(), lines));
            }
            own.list.push((text, value.value));
        }
        if !merged.list.is_empty() {
            merged.list.append(&mut own.list);
            merged.lines.append(&mut own.lines);
            own = merged;
        }
        let lines = keep_lines.then(|| Rc::new(own.lines));
        let node = Node { value: Value::Map(own.list.into()), special: None, height, values, lines };
        Ok(self.close(properties, node))
    }

    /// Reads what follows `<<`: the mappings to merge, in the order in which to write them.
    fn merge(&mut self, key_mark: Mark, depth: u32) -> Result<Vec<Node>, Error> {
        let (event, mark) = self.next()?;
        match event {
            EventData::SequenceStart { anchor, tag, .. } => {
                let properties = Properties { anchor, tag };
                self.open(&properties, mark, depth + 1)?;
                let mut nodes = Vec::new();
                loop {
                    let (event, mark) = self.next()?;
                    if matches!(event, EventData::SequenceEnd) {
                        break;
                    }
                    nodes.push(self.merged_mapping(event, mark, depth + 1)?);
                }
                let value: Value = nodes.iter().map(|node| node.value.clone()).collect::<Vec<_>>().into();
                let height = 1 + nodes.iter().map(|node| node.height).max().unwrap_or(0);
                let values = nodes.iter().fold(1u64, |sum, node| sum.saturating_add(node.values));
                self.close(properties, Node { value, special: None, height, values, lines: None });
                // The first wins, so it is written last.
                nodes.reverse();
                Ok(nodes)
            }
            EventData::Alias { anchor } => {
                let node = self.alias(anchor, mark, depth)?;
                let Value::List(list) = &node.value else {
                    return Ok(vec![self.only_mapping(node, key_mark)?]);
                };
                let (height, values) = (node.height.saturating_sub(1), node.values);
                let nodes = list.iter().rev().map(|value| {
                    let node = Node { value: value.clone(), special: None, height, values, lines: None };
                    self.only_mapping(node, mark)
                });
                nodes.collect()
            }
            event => Ok(vec![self.merged_mapping(event, mark, depth)?]),
        }
    }

    /// Reads a mapping to merge. Its tag does not matter.
    fn merged_mapping(&mut self, event: EventData, mark: Mark, depth: u32) -> Result<Node, Error> {
        let node = match event {
            EventData::MappingStart { anchor, .. } => {
                self.mapping(Properties { anchor, tag: None }, mark, depth + 1, true)?
            }
            EventData::Scalar { .. } => return Err(self.error(mark, ErrorKind::Merge { found: "a scalar" })),
            event => self.node(event, mark, depth)?,
        };
        self.only_mapping(node, mark)
    }

    fn only_mapping(&self, node: Node, mark: Mark) -> Result<Node, Error> {
        match node.value {
            Value::Map(_) => Ok(node),
            other => Err(self.error(mark, ErrorKind::Merge { found: other.type_name() })),
        }
    }
}

/// The entries of a mapping, in the order written.
#[derive(Default)]
struct Entries {
    list: Vec<(Str, Value)>,
    lines: Vec<(Str, u32)>,
}

impl Entries {
    fn merge(&mut self, node: &Node, mark: Mark) {
        let Value::Map(map) = &node.value else { return };
        self.list.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
        match &node.lines {
            Some(lines) => self.lines.extend_from_slice(lines),
            None => self.lines.extend(map.keys().map(|key| (key.clone(), line_of(mark)))),
        }
    }
}

/// Keys that are equal numbers are one key in Python: `1`, `1.0` and `true`. The first to be written gives the text.
#[derive(Default)]
struct NumberKeys(FxHashMap<i64, Str>);

impl NumberKeys {
    fn same(&mut self, key: &Value, text: Str) -> Str {
        let number = match key {
            Value::Bool(value) => i64::from(*value),
            Value::Int(value) => *value,
            #[expect(clippy::cast_possible_truncation, reason = "only what is not truncated counts")]
            Value::Float(value) if python::equal(key, &Value::Int(*value as i64)) => *value as i64,
            _ => return text,
        };
        self.0.entry(number).or_insert(text).clone()
    }
}

/// A key as text; nothing for a list or mapping.
fn key_text(key: &Value) -> Option<Str> {
    match key {
        Value::Str(text) | Value::Date(text) => Some(text.clone()),
        Value::List(_) | Value::Map(_) => None,
        other => json::compact(other).ok().map(Str::from),
    }
}

fn line_of(mark: Mark) -> u32 {
    u32::try_from(mark.line).unwrap_or(u32::MAX).saturating_add(1)
}
