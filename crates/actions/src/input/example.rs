//! Examples of input.

use taskgraph_value::{Map, Value};

use super::{InputSchema, fields::types, pattern::text_for};

/// What one example may cost, in values.
const MOST_VALUES: usize = 10_000;
/// The longest list or text made.
const LONGEST: usize = 1000;
/// How often other alternatives are tried.
const ATTEMPTS: usize = 6;

impl InputSchema {
    /// An input that the schema allows: with all keys that it knows if that is possible, else with those that it has to
    /// have. Defaults, examples and first choices are taken where the schema has them.
    ///
    /// None if no input was found, which does not mean that there is none.
    pub fn example(&self) -> Option<Value> {
        for attempt in 0..ATTEMPTS {
            for all in [true, false] {
                let mut maker = Maker { schema: self, left: MOST_VALUES, attempt, all };
                if let Some(example) = maker.make(&self.schema).filter(|example| self.is_valid(example)) {
                    return Some(example);
                }
            }
        }
        None
    }
}

struct Maker<'s> {
    schema: &'s InputSchema,
    left: usize,
    /// Which of several alternatives is taken, and how much more than the least.
    attempt: usize,
    /// Whether keys are there that need not be.
    all: bool,
}

impl<'s> Maker<'s> {
    fn make(&mut self, schema: &'s Value) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if *schema == Value::Bool(false) {
            return None;
        }
        let mut layers: Vec<&'s Map> = schema.as_map().into_iter().collect();
        self.schema.layers(schema).into_iter().for_each(|layer| self.with_branches(layer, &mut layers));
        let choices = layers
            .iter()
            .map(|layer| layer.get_list("enum"))
            .find(|list| !list.is_empty())
            .unwrap_or_default();
        for layer in &layers {
            // A default may be there to be replaced.
            let default = layer.get("default").filter(|_| self.attempt < ATTEMPTS / 2);
            let given = [layer.get("const"), default, layer.get_list("examples").first()];
            let fits = |value: &&Value| choices.is_empty() || choices.contains(*value);
            if let Some(value) = given.into_iter().flatten().find(fits) {
                return Some(value.clone());
            }
        }
        if !choices.is_empty() {
            return choices.get(self.attempt.min(choices.len() - 1)).cloned();
        }
        let types = types(&layers);
        let mut wanted = types.iter().filter(|name| *name != "null").chain(&types);
        match wanted.next().map(|name| name.as_str()) {
            Some("object") => self.object(&layers),
            Some("array") => self.list(&layers),
            Some("string") => self.text(&layers),
            Some("integer") => number(&layers, true),
            Some("number") => number(&layers, false),
            Some("boolean") => Some(false.into()),
            Some("null") => Some(Value::Null),
            // The keywords say what it is about.
            _ => {
                let has =
                    |keys: &[&str]| layers.iter().any(|layer| keys.iter().any(|key| layer.contains_key(key)));
                if has(&["properties", "required", "minProperties", "additionalProperties"]) {
                    self.object(&layers)
                } else if has(&["items", "minItems", "uniqueItems", "contains", "prefixItems"]) {
                    self.list(&layers)
                } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
                    number(&layers, false)
                } else {
                    self.text(&layers)
                }
            }
        }
    }

    /// A layer, and one of each of its alternatives.
    fn with_branches(&mut self, layer: &'s Map, layers: &mut Vec<&'s Map>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        layers.push(layer);
        for key in ["anyOf", "oneOf"] {
            let branches = layer.get_list(key);
            if let Some(branch) = branches.get(self.attempt.min(branches.len().saturating_sub(1))) {
                for layer in self.schema.layers(branch) {
                    self.with_branches(layer, layers);
                }
            }
        }
    }

    fn object(&mut self, layers: &[&'s Map]) -> Option<Value> {
        let required: Vec<&str> = layers
            .iter()
            .flat_map(|layer| layer.get_list("required"))
            .filter_map(|name| name.as_str().map(|name| name.as_str()))
            .collect();
        let mut object = Map::new();
        for (name, schema) in layers.iter().filter_map(|layer| layer.get_map("properties")).flatten() {
            let needed = required.contains(&name.as_str());
            if object.contains_key(name) || !(needed || self.all) {
                continue;
            }
            match self.make(schema) {
                Some(value) => drop(object.insert(name.clone(), value)),
                None if needed => return None,
                None => {}
            }
        }
        let other = layers.iter().find_map(|layer| layer.get("additionalProperties"));
        let wanted = least(layers, "minProperties").min(LONGEST);
        let more = (1..).map(|number| format!("key{number}")).take(wanted);
        for name in required.iter().map(ToString::to_string).chain(more) {
            let is_required = required.contains(&name.as_str());
            if !object.contains_key(&name) && (is_required || object.len() < wanted) {
                let value = other.map_or(Some(Value::from("text")), |schema| self.make(schema))?;
                object.insert(name.into(), value);
            }
        }
        Some(Value::Map(object))
    }

    fn list(&mut self, layers: &[&'s Map]) -> Option<Value> {
        let tuple = layers
            .iter()
            .map(|layer| match layer.get_list("prefixItems") {
                [] => layer.get_list("items"),
                prefix => prefix,
            })
            .find(|items| !items.is_empty())
            .unwrap_or_default();
        let mut items = Vec::new();
        for schema in tuple {
            items.push(self.make(schema)?);
        }
        let other =
            layers.iter().find_map(|layer| layer.get("items").filter(|items| items.as_list().is_none()));
        let contained = layers.iter().find_map(|layer| layer.get("contains"));
        if let Some(schema) = contained {
            items.push(self.make(schema)?);
        }
        let most =
            layers.iter().filter_map(|layer| layer.get("maxItems")?.as_int()).min().unwrap_or(i64::MAX);
        let wanted = least(layers, "minItems").max(usize::from(self.all && items.is_empty() && most > 0));
        let unique = layers.iter().any(|layer| layer.is_true("uniqueItems"));
        while items.len() < wanted.min(LONGEST) {
            let item = match other {
                Some(schema) => self.make(schema),
                None => Some(Value::from("text")),
            };
            match item {
                Some(item) if unique => items.push(self.differing(item, &items, other)?),
                Some(item) => items.push(item),
                None if items.len() >= least(layers, "minItems") => break,
                None => return None,
            }
        }
        Some(items.into())
    }

    /// An item that is not in a list yet.
    fn differing(&self, item: Value, items: &[Value], schema: Option<&'s Value>) -> Option<Value> {
        if !items.contains(&item) {
            return Some(item);
        }
        let layers = schema.map(|schema| self.schema.layers(schema)).unwrap_or_default();
        let choices = layers.iter().flat_map(|layer| layer.get_list("enum"));
        if let Some(choice) = choices.into_iter().find(|choice| !items.contains(choice)) {
            return Some(choice.clone());
        }
        (1..=items.len() as i64 + 1)
            .map(|number| match &item {
                Value::Int(least) => Value::Int(least.saturating_add(number)),
                Value::Str(text) => Value::from(format!("{text}{number}")),
                other => other.clone(),
            })
            .find(|item| !items.contains(item))
    }

    fn text(&mut self, layers: &[&'s Map]) -> Option<Value> {
        let shortest = least(layers, "minLength");
        let longest = layers.iter().filter_map(|layer| layer.get("maxLength")?.as_int()).min();
        let longest = longest.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0));
        if shortest > LONGEST {
            return None;
        }
        self.left = self.left.checked_sub(shortest / 10)?;
        if let Some(pattern) = layers.iter().find_map(|layer| layer.get_str("pattern")) {
            let texts = (0..=shortest).filter_map(|extra| text_for(pattern, extra));
            return texts.take(20).find(|text| text.chars().count() >= shortest).map(Value::from);
        }
        let format = layers.iter().find_map(|layer| layer.get_str("format"));
        let text = match format.map(|format| format.as_str()) {
            Some("date-time") => "2026-01-31T12:00:00Z",
            Some("date") => "2026-01-31",
            Some("time") => "12:00:00Z",
            Some("duration") => "P1D",
            Some("email" | "idn-email") => "someone@example.com",
            Some("hostname" | "idn-hostname") => "example.com",
            Some("ipv4") => "192.0.2.1",
            Some("ipv6") => "2001:db8::1",
            Some("uri" | "iri" | "uri-reference" | "iri-reference" | "uri-template") => {
                "https://example.com/"
            }
            Some("uuid") => "7ddb60b0-3e43-4149-8041-911a18cbd0e1",
            Some("json-pointer") => "/key",
            Some("relative-json-pointer") => "0/key",
            Some("regex") => "^a+$",
            _ => "text",
        };
        let mut text: String = text.chars().take(longest).collect();
        while text.chars().count() < shortest {
            text.push('x');
        }
        Some(text.into())
    }
}

/// The largest of the least that layers ask for.
fn least(layers: &[&Map], key: &str) -> usize {
    let found = layers.iter().filter_map(|layer| layer.get(key)?.as_int()).max();
    found.map_or(0, |least| usize::try_from(least).unwrap_or(0))
}

fn number(layers: &[&Map], whole: bool) -> Option<Value> {
    let bounds =
        |key: &str| -> Vec<f64> { layers.iter().filter_map(|layer| float(layer.get(key)?)).collect() };
    // In draft 4, `exclusiveMinimum` is a boolean about `minimum`.
    let exclusive = |key: &str| layers.iter().any(|layer| layer.is_true(key));
    let step = bounds("multipleOf").into_iter().find(|step| *step > 0.0);
    let step = step.unwrap_or(if whole { 1.0 } else { 0.5 });
    let (low, high) = (
        bounds("minimum").into_iter().chain(bounds("exclusiveMinimum")).fold(f64::NEG_INFINITY, f64::max),
        bounds("maximum").into_iter().chain(bounds("exclusiveMaximum")).fold(f64::INFINITY, f64::min),
    );
    let open = |key: &str, limit: f64| exclusive(key) || bounds(key).contains(&limit);
    let mut value = match (low.is_finite(), high.is_finite()) {
        (true, _) => (low / step).ceil() * step,
        (false, true) if high < 1.0 => (high / step).floor() * step,
        _ => step,
    };
    if value == low && open("exclusiveMinimum", low) {
        value += step;
    }
    if !low.is_finite() && value == high && open("exclusiveMaximum", high) {
        value -= step;
    }
    // Between two numbers there is always another one.
    if !whole && (value > high || (value == high && open("exclusiveMaximum", high))) && low.is_finite() {
        value = f64::midpoint(low, high);
    }
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::Int(value as i64));
    }
    value.is_finite().then_some(Value::Float(value))
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::BigInt(digits) => digits.parse().ok(),
        _ => None,
    }
}
