//! What to ask a person for.

use taskgraph_value::{Map, Str, Value};

use super::InputSchema;

/// One thing to ask a person for: a key of the input, or all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key; empty for the input as a whole.
    pub name: Str,
    /// A short name for people.
    pub title: Option<Str>,
    /// What it is, in markdown.
    pub description: Option<Str>,
    /// The JSON types that it can have (`string`, `integer`, `number`, `boolean`, `array`, `object`, `null`); none if
    /// the schema does not say.
    pub types: Vec<Str>,
    /// Of lists, the types of their items.
    pub item_types: Vec<Str>,
    /// What it is unless somebody says otherwise; none if that is not one of the choices, but there to be replaced.
    pub default: Option<Value>,
    /// All that it can be, if the schema lists that.
    pub choices: Vec<Value>,
    /// Whether the input must have it.
    pub required: bool,
}

impl Field {
    /// What it can be, in words: `an integer`, `a list of strings`.
    pub fn shown_type(&self) -> String {
        if self.types.is_empty() {
            return "anything".to_owned();
        }
        let shown = self.types.iter().map(|name| match name.as_str() {
            "array" => match self.item_types.as_slice() {
                [item] if item != "array" && item != "object" && item != "null" => {
                    format!("a list of {item}s")
                }
                _ => "a list".to_owned(),
            },
            "object" => "a mapping".to_owned(),
            "integer" => "an integer".to_owned(),
            "null" => "null".to_owned(),
            other => format!("a {other}"),
        });
        shown.collect::<Vec<_>>().join(" or ")
    }
}

impl InputSchema {
    /// What to ask for: the keys of the input, in the order of the schema; or one field for all of it, if it is no
    /// mapping with known keys.
    pub fn fields(&self) -> Vec<Field> {
        let layers = self.layers(&self.schema);
        let required: Vec<&Str> =
            layers.iter().flat_map(|layer| layer.get_list("required")).filter_map(Value::as_str).collect();
        let mut fields: Vec<Field> = Vec::new();
        let mut seen = Map::new();
        for (name, schema) in layers.iter().filter_map(|layer| layer.get_map("properties")).flatten() {
            if *schema != Value::Bool(false) && seen.insert(name.clone(), Value::Null).is_none() {
                fields.push(self.field(name.clone(), schema, required.contains(&name)));
            }
        }
        if fields.is_empty() && !types(&layers).iter().any(|name| name == "object") {
            fields.push(self.field(Str::new(), &self.schema, true));
        }
        fields
    }

    fn field(&self, name: Str, schema: &Value, required: bool) -> Field {
        let own = schema.as_map();
        let layers: Vec<&Map> = own.into_iter().chain(self.layers(schema)).collect();
        let text = |key: &str| layers.iter().find_map(|layer| layer.get_str(key)).cloned();
        let choices = layers.iter().map(|layer| layer.get_list("enum")).find(|choices| !choices.is_empty());
        let mut choices = choices.unwrap_or_default().to_vec();
        if choices.is_empty()
            && let Some(only) = layers.iter().find_map(|layer| layer.get("const"))
        {
            choices.push(only.clone());
        }
        let types = types(&layers);
        if choices.is_empty() && types.len() == 1 && types[0] == "boolean" {
            choices = vec![true.into(), false.into()];
        }
        let items = layers.iter().find_map(|layer| layer.get("items"));
        let item_types = items.map(|items| self::types(&self.layers(items))).unwrap_or_default();
        let default =
            self.default_of(schema).filter(|default| choices.is_empty() || choices.contains(default));
        let default = default.cloned();
        Field {
            name,
            title: text("title"),
            description: text("description"),
            types,
            item_types,
            default,
            choices,
            required,
        }
    }

    /// The part of the schema for a field.
    pub(super) fn part<'s>(&'s self, name: &str) -> Option<&'s Value> {
        if name.is_empty() {
            return Some(&self.schema);
        }
        self.layers(&self.schema).into_iter().find_map(|layer| layer.get_map("properties")?.get(name))
    }
}

/// The types that the first layer that has any allows.
pub(super) fn types(layers: &[&Map]) -> Vec<Str> {
    let found = layers.iter().find_map(|layer| layer.get("type"));
    match found {
        Some(Value::Str(name)) => vec![name.clone()],
        Some(Value::List(names)) => names.iter().filter_map(Value::as_str).cloned().collect(),
        _ => Vec::new(),
    }
}
