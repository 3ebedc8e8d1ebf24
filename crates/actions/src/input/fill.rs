//! Defaults.

use taskgraph_value::{Map, Value};

use super::{InputSchema, MOST_INPUT};
use crate::{InputError, bounds};

impl InputSchema {
    /// What an input begins with if nobody gave one.
    pub(super) fn start(&self) -> Value {
        let layers = self.layers(&self.schema);
        if let Some(default) = layers.iter().find_map(|layer| layer.get("default")) {
            return default.clone();
        }
        let types = layers.iter().find_map(|layer| layer.get("type"));
        let is_mapping = match types {
            Some(Value::Str(name)) => name == "object",
            Some(Value::List(names)) => names.first() == Some(&Value::from("object")),
            _ => layers.iter().any(|layer| layer.contains_key("properties")),
        };
        if is_mapping { Value::Map(Map::new()) } else { Value::Null }
    }

    /// Adds the defaults of keys that are missing, at any depth. Of alternatives (`anyOf`, `oneOf`, `if`) none are
    /// taken, because it is not known which one is meant.
    pub(super) fn fill(&self, mut input: Value) -> Result<Value, InputError> {
        let mut left = MOST_INPUT;
        self.fill_in(&self.schema, &mut input, &mut left)?;
        Ok(input)
    }

    fn fill_in(&self, schema: &Value, value: &mut Value, left: &mut usize) -> Result<(), InputError> {
        for layer in self.layers(schema) {
            match value {
                Value::Map(object) => {
                    for (key, schema) in layer.get_map("properties").into_iter().flatten() {
                        if !object.contains_key(key) {
                            let Some(default) = self.default_of(schema) else { continue };
                            let size = bounds::measure(default, *left).map_err(|_| too_large())?;
                            *left = left.checked_sub(size + key.len()).ok_or_else(too_large)?;
                            object.insert(key.clone(), default.clone());
                        }
                        if let Some(value) = object.get_mut(key) {
                            self.fill_in(schema, value, left)?;
                        }
                    }
                }
                Value::List(items) => match layer.get("items") {
                    Some(Value::List(schemas)) => {
                        for (schema, item) in schemas.iter().zip(items.iter_mut()) {
                            self.fill_in(schema, item, left)?;
                        }
                    }
                    Some(schema) => {
                        for item in items.iter_mut() {
                            self.fill_in(schema, item, left)?;
                        }
                    }
                    None => {}
                },
                _ => {}
            }
        }
        Ok(())
    }

    /// The default of a part: what stands beside a reference comes before what it leads to.
    pub(super) fn default_of<'s>(&'s self, schema: &'s Value) -> Option<&'s Value> {
        let own = schema.as_map().and_then(|schema| schema.get("default"));
        own.or_else(|| self.layers(schema).into_iter().find_map(|layer| layer.get("default")))
    }
}

fn too_large() -> InputError {
    InputError::Size { problem: format!("with its defaults is larger than {}", bounds::bytes(MOST_INPUT)) }
}
