//! Expressions, as text and as trees.

use taskgraph_value::Value;

use super::evaluate::Result;

/// Nodes above each other. Evaluating takes stack for each.
const TALLEST: usize = 100;
/// Parentheses and the like within each other.
const DEEPEST: usize = 50;

/// An expression.
#[derive(Debug)]
pub(super) enum Node<'t> {
    Literal(Value),
    Name(&'t str),
    List(Vec<Node<'t>>),
    Object(Vec<(&'t str, Node<'t>)>),
    Unary(char, Box<Node<'t>>),
    Binary(&'static str, Box<Node<'t>>, Box<Node<'t>>),
    Index(Box<Node<'t>>, Box<Node<'t>>),
    Slice(Box<Node<'t>>, Option<Box<Node<'t>>>, Option<Box<Node<'t>>>),
    Dot(Box<Node<'t>>, &'t str),
    Call(Box<Node<'t>>, Vec<Node<'t>>),
}

/// Operators between two operands; what stands first is looked for first. The higher, the tighter.
const BINARY: [(&str, u8); 15] = [
    ("||", 0),
    ("&&", 1),
    ("in", 2),
    ("==", 3),
    ("!=", 3),
    ("<=", 4),
    (">=", 4),
    ("<", 4),
    (">", 4),
    ("+", 5),
    ("-", 5),
    ("**", 7),
    ("*", 6),
    ("/", 6),
    // No operator; ends the list.
    ("\0", 0),
];

/// Parses the expression that a text begins with. Returns what is behind it, too.
pub(super) fn start(text: &str) -> Result<(Node<'_>, &str)> {
    let mut parser = Parser { rest: text, depth: 0 };
    let (node, _) = parser.expression(0)?;
    Ok((node, parser.rest))
}

/// Whether it can be the name of a value.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_') && bytes.all(is_word)
}

/// Whether it is a name without underscores, which operators have to be.
pub(super) fn is_plain_name(text: &str) -> bool {
    is_name(text) && !text.contains('_')
}

/// The beginning of a text, for messages.
pub(super) fn excerpt(text: &str) -> String {
    text.trim_start().chars().take(40).collect()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A node and how tall it is.
type Tall<'t> = (Node<'t>, usize);

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// An expression whose operators are at least this tight.
    fn expression(&mut self, tightness: u8) -> Result<Tall<'t>> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("an expression is more than {DEEPEST} deep"));
        }
        let (mut left, mut height) = self.postfix()?;
        while let Some((operator, tight)) = self.operator().filter(|&(_, tight)| tight >= tightness) {
            self.rest = &self.rest[operator.len()..];
            // Powers of powers are taken from the right, all else from the left.
            let (right, tall) = self.expression(if operator == "**" { tight } else { tight + 1 })?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
            height = taller(height.max(tall))?;
        }
        self.depth -= 1;
        Ok((left, height))
    }

    fn operator(&mut self) -> Option<(&'static str, u8)> {
        self.skip_space();
        let found = BINARY.iter().find(|(operator, _)| self.rest.starts_with(operator))?;
        let word = found.0 == "in" && self.rest.as_bytes().get(2).is_some_and(|&byte| is_word(byte));
        (!word).then_some(*found)
    }

    /// A unit, and what is taken from it or called.
    fn postfix(&mut self) -> Result<Tall<'t>> {
        let (mut node, mut height) = self.unit()?;
        loop {
            let tall = if self.take(".") {
                node = Node::Dot(Box::new(node), self.name()?);
                0
            } else if self.take("(") {
                let (arguments, tall) = self.list(")")?;
                node = Node::Call(Box::new(node), arguments);
                tall
            } else if self.take("[") {
                let (next, tall) = self.brackets(node)?;
                node = next;
                tall
            } else {
                return Ok((node, height));
            };
            height = taller(height.max(tall))?;
        }
    }

    /// An index or a slice, behind the opening bracket.
    fn brackets(&mut self, node: Node<'t>) -> Result<Tall<'t>> {
        let mut height = 0;
        let mut from = None;
        if !self.take(":") {
            let (index, tall) = self.expression(0)?;
            height = tall;
            if self.take("]") {
                return Ok((Node::Index(Box::new(node), Box::new(index)), height));
            }
            from = Some(Box::new(index));
            self.expect(":")?;
        }
        let mut to = None;
        if !self.take("]") {
            let (index, tall) = self.expression(0)?;
            height = height.max(tall);
            to = Some(Box::new(index));
            self.expect("]")?;
        }
        Ok((Node::Slice(Box::new(node), from, to), height))
    }

    fn unit(&mut self) -> Result<Tall<'t>> {
        self.skip_space();
        let Some(first) = self.rest.chars().next() else {
            return Err("an expression ends where a value is expected".to_owned());
        };
        match first {
            '!' | '-' | '+' => {
                self.rest = &self.rest[1..];
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(format!("an expression is more than {DEEPEST} deep"));
                }
                let (node, height) = self.unit()?;
                self.depth -= 1;
                Ok((Node::Unary(first, Box::new(node)), taller(height)?))
            }
            '(' => {
                self.rest = &self.rest[1..];
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            '[' => {
                self.rest = &self.rest[1..];
                let (items, height) = self.list("]")?;
                Ok((Node::List(items), taller(height)?))
            }
            '{' => {
                self.rest = &self.rest[1..];
                self.object()
            }
            '"' | '\'' => Ok((Node::Literal(Value::from(self.quoted(first)?)), 1)),
            '0'..='9' => Ok((Node::Literal(self.number()?), 1)),
            _ => {
                let name = self.name()?;
                let node = match name {
                    "true" => Node::Literal(Value::Bool(true)),
                    "false" => Node::Literal(Value::Bool(false)),
                    "null" => Node::Literal(Value::Null),
                    "in" => return Err("`in` stands where a value is expected".to_owned()),
                    _ => Node::Name(name),
                };
                Ok((node, 1))
            }
        }
    }

    /// Expressions between commas, behind the opening bracket.
    fn list(&mut self, end: &str) -> Result<(Vec<Node<'t>>, usize)> {
        let (mut items, mut height) = (Vec::new(), 0);
        if self.take(end) {
            return Ok((items, height));
        }
        loop {
            let (item, tall) = self.expression(0)?;
            items.push(item);
            height = height.max(tall);
            if self.take(end) {
                return Ok((items, height));
            }
            self.expect(",")?;
        }
    }

    fn object(&mut self) -> Result<Tall<'t>> {
        let (mut entries, mut height) = (Vec::new(), 0);
        if self.take("}") {
            return Ok((Node::Object(entries), 1));
        }
        loop {
            self.skip_space();
            let key = match self.rest.chars().next() {
                Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
                _ => self.name()?,
            };
            self.expect(":")?;
            let (value, tall) = self.expression(0)?;
            entries.push((key, value));
            height = height.max(tall);
            if self.take("}") {
                return Ok((Node::Object(entries), taller(height)?));
            }
            self.expect(",")?;
        }
    }

    fn quoted(&mut self, quote: char) -> Result<&'t str> {
        let (text, rest) =
            self.rest[1..].split_once(quote).ok_or("a string in an expression does not end")?;
        self.rest = rest;
        Ok(text)
    }

    fn number(&mut self) -> Result<Value> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = digits(self.rest);
        if let Some(fraction) = self.rest[length..].strip_prefix('.')
            && digits(fraction) > 0
        {
            length += 1 + digits(fraction);
        }
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        if let Ok(whole) = text.parse::<i64>() {
            return Ok(Value::from(whole));
        }
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(Value::Float).ok_or_else(|| format!("the number {} is too large", excerpt(text)))
    }

    fn name(&mut self) -> Result<&'t str> {
        self.skip_space();
        let length = self.rest.bytes().take_while(|&byte| is_word(byte)).count();
        let (name, rest) = self.rest.split_at(length);
        if !is_name(name) {
            return Err(format!("found `{}` in an expression, expected a value", excerpt(self.rest)));
        }
        self.rest = rest;
        Ok(name)
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        match self.take(token) {
            true => Ok(()),
            false => Err(format!("found `{}` in an expression, expected `{token}`", excerpt(self.rest))),
        }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

fn taller(height: usize) -> Result<usize> {
    match height {
        TALLEST.. => Err(format!("an expression has more than {TALLEST} operators within each other")),
        _ => Ok(height + 1),
    }
}
