//! The document that a decision task publishes as `public/actions.json`.

use taskgraph_schema::one_line;
use taskgraph_value::{Map, Value, json, map};

use crate::{Action, DocumentError, FindError, InputSchema, Subject, bounds, formal, near::nearest};

/// The largest document that is read or written, in bytes of JSON.
pub const MOST_DOCUMENT: usize = 8 << 20;
/// The most actions in one document, those of unknown kinds included.
const MOST_ACTIONS: usize = 1000;

/// The actions of a task group.
///
/// ```
/// use taskgraph_actions::Document;
/// let document = Document::parse(r#"{
///     "version": 1,
///     "variables": {},
///     "actions": [
///         {"kind": "task", "name": "hello", "title": "Hello", "description": "Says hello.", "task": {}},
///         {"kind": "carrier-pigeon", "name": "post", "wings": 2}
///     ]
/// }"#)?;
/// assert_eq!(document.actions[0].title, "Hello");
/// assert_eq!(document.skipped[0].to_string(), "`post`, of the kind `carrier-pigeon`");
/// # Ok::<(), taskgraph_actions::DocumentError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The actions, in the order of menus.
    pub actions: Vec<Action>,
    /// Names that templates can use. They shadow those that every template has.
    pub variables: Map,
    /// Entries of kinds that are not known. They are read over, and not written.
    pub skipped: Vec<Skipped>,
}

/// An entry of a kind that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its kind.
    pub kind: String,
    /// Its name, if it has one.
    pub name: Option<String>,
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "`{}`, of the kind `{}`", one_line(name), one_line(&self.kind)),
            None => write!(f, "one without a name, of the kind `{}`", one_line(&self.kind)),
        }
    }
}

/// Two actions of one name, of which some task, or the group, may have both. The first one counts in menus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The name of both.
    pub name: String,
    /// Their places in [`Document::actions`], the earlier one first.
    pub places: (usize, usize),
    /// Whether the later one is never the first: all that it is for, the earlier one is for, too.
    pub hidden: bool,
}

impl Document {
    /// Reads JSON of at most [`MOST_DOCUMENT`] bytes.
    pub fn parse(text: &str) -> Result<Document, DocumentError> {
        if text.len() > MOST_DOCUMENT {
            let problem = format!("is larger than {}", bounds::bytes(MOST_DOCUMENT));
            return Err(DocumentError::Size { problem });
        }
        let value = serde_json::from_str(text)
            .map_err(|error: serde_json::Error| DocumentError::Json { problem: error.to_string() })?;
        Document::from_value(&value)
    }

    /// The document that a value is: compared with the formal schema, but for entries of unknown kinds.
    pub fn from_value(value: &Value) -> Result<Document, DocumentError> {
        measure(value)?;
        if let Some(version) = value.as_map().and_then(|document| document.get("version"))
            && !matches!(version, Value::Int(1))
            && !matches!(version, Value::Float(1.0))
        {
            let found = json::compact(version).unwrap_or_default();
            return Err(DocumentError::Version { found });
        }
        let (known, skipped) = without_unknown(value);
        formal::check(&known)?;
        Ok(Document {
            actions: entries(&known).iter().filter_map(Value::as_map).map(Action::read).collect(),
            variables: known.at("variables").and_then(Value::as_map).cloned().unwrap_or_default(),
            skipped,
        })
    }

    /// The document as a value, compared with the formal schema, as are the schemas of its actions. References to other
    /// documents are not followed.
    ///
    /// The mapping has the keys `version`, `actions` and `variables`.
    pub fn to_value(&self) -> Result<Value, DocumentError> {
        let value = Value::from(map! {
            "version" => 1,
            "actions" => self.actions.iter().map(Action::write).collect::<Vec<_>>(),
            "variables" => self.variables.clone(),
        });
        measure(&value)?;
        formal::check(&value)?;
        for action in &self.actions {
            match action.schema.as_ref().map(InputSchema::new) {
                None | Some(Ok(_) | Err(crate::SchemaError::External { .. })) => {}
                Some(Err(source)) => {
                    return Err(DocumentError::Schema { name: action.shown_name().to_owned(), source });
                }
            }
        }
        match self.overlaps().into_iter().find(|overlap| overlap.hidden) {
            Some(Overlap { name, places: (first, second), .. }) => Err(DocumentError::Unreachable {
                name,
                title: self.actions[second].title.to_string(),
                before: self.actions[first].title.to_string(),
            }),
            None => Ok(value),
        }
    }

    /// The document as JSON, as [`Document::to_value`] has it: sorted keys, two spaces for every level, ASCII only,
    /// without a newline at its end.
    pub fn write(&self) -> Result<String, DocumentError> {
        let value = self.to_value()?;
        json::pretty(&value).map_err(|error| DocumentError::Size { problem: error.to_string() })
    }

    /// The actions for a task, or for the group, in the order of menus.
    pub fn relevant(&self, subject: &Subject<'_>) -> Vec<&Action> {
        match subject.tags() {
            Some(tags) => self.actions.iter().filter(|action| action.is_for_tags(&tags)).collect(),
            None => self.actions.iter().filter(|action| action.is_for_group()).collect(),
        }
    }

    /// What a menu for a task, or for the group, shows: the relevant actions, of several with one name the first.
    pub fn menu(&self, subject: &Subject<'_>) -> Vec<&Action> {
        let mut names = std::collections::BTreeSet::new();
        let mut menu = self.relevant(subject);
        menu.retain(|action| action.name.as_ref().is_none_or(|name| names.insert(name.as_str())));
        menu
    }

    /// All actions of a name for a task, or for the group, in the order of menus; at least one.
    pub fn named(&self, name: &str, subject: &Subject<'_>) -> Result<Vec<&Action>, FindError> {
        let relevant = self.relevant(subject);
        let found: Vec<&Action> =
            relevant.iter().copied().filter(|action| action.name.as_deref() == Some(name)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let elsewhere: Vec<&Action> =
            self.actions.iter().filter(|action| action.name.as_deref() == Some(name)).collect();
        if elsewhere.is_empty() {
            let known = names(&self.actions);
            return Err(FindError::Unknown { name: name.to_owned(), near: nearest(name, &known), known });
        }
        Err(FindError::NotRelevant {
            name: name.to_owned(),
            subject: subject.to_string(),
            contexts: elsewhere.iter().map(|action| action.shown_context()).collect::<Vec<_>>().join("; or "),
            relevant: names(relevant),
        })
    }

    /// The one action of a name for a task, or for the group. Whoever triggers an action by its name, without showing to
    /// a person which one that is, has to use this.
    pub fn find(&self, name: &str, subject: &Subject<'_>) -> Result<&Action, FindError> {
        match self.named(name, subject)?[..] {
            [action] => Ok(action),
            ref several => Err(FindError::Several {
                name: name.to_owned(),
                subject: subject.to_string(),
                titles: several.iter().map(|action| action.title.to_string()).collect(),
            }),
        }
    }

    /// Pairs of actions with one name that may be for one task, or are for the group; in the order of menus.
    pub fn overlaps(&self) -> Vec<Overlap> {
        // SchemaDocuments come from anywhere; comparing all tag-sets of all actions might take long.
        let mut left: usize = 1_000_000;
        let mut found = Vec::new();
        for (second, later) in self.actions.iter().enumerate() {
            for (first, earlier) in self.actions[..second].iter().enumerate() {
                let Some(name) = later.name.as_ref().filter(|_| later.name == earlier.name) else { continue };
                let Some(rest) = left.checked_sub(later.context.len() * earlier.context.len()) else {
                    return found;
                };
                left = rest;
                let both_group = later.is_for_group() && earlier.is_for_group();
                let together = later.context.iter().any(|a| earlier.context.iter().any(|b| a.agrees_with(b)));
                if both_group || together {
                    let hidden = both_group
                        || later.context.iter().all(|a| earlier.context.iter().any(|b| a.implies(b)));
                    found.push(Overlap { name: name.to_string(), places: (first, second), hidden });
                }
            }
        }
        found
    }
}

fn names<'a>(actions: impl IntoIterator<Item = &'a Action>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in actions.into_iter().filter_map(|action| action.name.as_ref()) {
        if !names.iter().any(|known| known == name.as_str()) {
            names.push(name.to_string());
        }
    }
    names
}

fn measure(value: &Value) -> Result<(), DocumentError> {
    let problem = match bounds::measure(value, MOST_DOCUMENT) {
        Err(problem) => problem,
        Ok(_) if entries(value).len() > MOST_ACTIONS => format!("has more than {MOST_ACTIONS} actions"),
        Ok(_) => return Ok(()),
    };
    Err(DocumentError::Size { problem })
}

fn entries(document: &Value) -> &[Value] {
    document.as_map().map(|document| document.get_list("actions")).unwrap_or_default()
}

/// The document without entries of unknown kinds, and what they are.
fn without_unknown(document: &Value) -> (Value, Vec<Skipped>) {
    let kind = |entry: &Value| {
        let kind = entry.as_map()?.get_str("kind")?;
        (!matches!(kind.as_str(), "task" | "hook")).then(|| kind.to_string())
    };
    let skipped: Vec<Skipped> = entries(document)
        .iter()
        .filter_map(|entry| {
            let name = entry.as_map().and_then(|entry| entry.get_str("name")).map(ToString::to_string);
            Some(Skipped { kind: kind(entry)?, name })
        })
        .collect();
    let mut known = document.clone();
    if !skipped.is_empty()
        && let Some(actions) = known.as_map_mut().and_then(|document| document.get_mut("actions"))
        && let Some(actions) = actions.as_list_mut()
    {
        actions.retain(|entry| kind(entry).is_none());
    }
    (known, skipped)
}
