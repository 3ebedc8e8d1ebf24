//! From Python's syntax of regular expressions to the engine's.
//!
//! The two look alike and differ in what people write: `{` is only a quantifier if it is a complete one, `[` is
//! plain inside a set, `$` also matches before a last newline, `\Z` never does, `*` after nothing is an error.
//! So the pattern is read by Python's rules and every part is written so that the engine cannot misread it.

mod group;

use rustc_hash::FxHashMap;

use super::class::{self, Member, Source};

/// `$`: at the end, or before the newline that ends the text.
const END: &str = r"(?=\n?\z)";

/// The pattern for the engine, anchored at the start; or what is wrong with it.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator {
        source: Source::new(pattern),
        out: String::from(r"\A(?:"),
        open: Vec::new(),
        closed: Vec::new(),
        names: FxHashMap::default(),
        highest_condition: 0,
        modes: Modes::default(),
        last: Last::Nothing,
        global_flags_allowed: true,
    };
    translator.run()?;
    let mut out = translator.out;
    // Nothing follows the last `$`, so it may as well eat the newline, which needs no look-around.
    if let Some(before) = out.strip_suffix(END) {
        let kept = before.len();
        out.truncate(kept);
        out.push_str(r"\n?\z");
    }
    out.push(')');
    Ok(out)
}

/// The flags that we act upon ourselves; the engine is told about the others.
#[derive(Clone, Copy, Default)]
struct Modes {
    verbose: bool,
    multiline: bool,
    ascii: bool,
}

/// What a quantifier would repeat.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Nothing,
    Item,
    /// A look-around, which was written from this byte on.
    Look(usize),
    Repeat,
}

/// A group whose `)` is still to come.
struct Group {
    start: usize,
    number: Option<usize>,
    modes: Modes,
    /// For `(?(1)...)`: how many `|` there were.
    branches: Option<usize>,
    /// For a look-around: at which byte it was written.
    look: Option<usize>,
}

struct Translator<'p> {
    source: Source<'p>,
    out: String,
    open: Vec<Group>,
    /// For every numbered group, whether its `)` was read.
    closed: Vec<bool>,
    names: FxHashMap<&'p str, usize>,
    /// The highest number of a group in `(?(1)...)`, which may be one that comes later.
    highest_condition: usize,
    modes: Modes,
    last: Last,
    global_flags_allowed: bool,
}

impl<'p> Translator<'p> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.source.next() {
            if self.modes.verbose && matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') {
                continue;
            }
            match c {
                '#' if self.modes.verbose => {
                    self.source.take_while(usize::MAX, |c| c != '\n');
                }
                '\\' => self.escape()?,
                '[' => {
                    class::translate_set(&mut self.source, &mut self.out, self.modes.ascii)?;
                    self.item();
                }
                '*' | '+' | '?' => self.quantifier(&c.to_string(), u32::from(c == '+'))?,
                '{' => self.brace()?,
                '(' => self.group()?,
                ')' => self.close()?,
                '|' => self.alternative()?,
                '.' => self.push("."),
                '^' => self.anchor(if self.modes.multiline { "(?m:^)" } else { r"\A" }),
                '$' => self.anchor(if self.modes.multiline { "(?m:$)" } else { END }),
                c => self.literal(u32::from(c))?,
            }
        }
        if let Some(group) = self.open.last() {
            return Err(format!("missing `)` for the group at position {}", group.start));
        }
        if self.highest_condition > self.closed.len() {
            return Err(format!("there is no group {}", self.highest_condition));
        }
        Ok(())
    }

    fn error<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("{what} at position {}", self.source.position().saturating_sub(1)))
    }

    /// Notes that something was written that can be repeated.
    fn item(&mut self) {
        self.last = Last::Item;
        self.global_flags_allowed = false;
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.item();
    }

    fn literal(&mut self, code: u32) -> Result<(), String> {
        class::write_literal(&mut self.out, code)?;
        self.item();
        Ok(())
    }

    /// Writes what matches a place. Python refuses to repeat it.
    fn anchor(&mut self, text: &str) {
        self.push(text);
        self.last = Last::Nothing;
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.source.next() else { return Err("it ends in a backslash".into()) };
        match c {
            'A' => self.anchor(r"\A"),
            'Z' => self.anchor(r"\z"),
            'b' => {
                let word = self.word();
                self.anchor(&format!("(?:(?<!{word})(?={word})|(?<={word})(?!{word}))"));
            }
            // Until 3.14, Python's `\B` does not match an empty text.
            'B' => {
                let word = self.word();
                self.anchor(&format!(r"(?:(?!\A\z)(?:(?<!{word})(?!{word})|(?<={word})(?={word})))"));
            }
            '1'..='9' => self.number(c)?,
            _ => match class::escape(&mut self.source, c)? {
                Member::Literal(code) => self.literal(code)?,
                Member::Category(category) => {
                    self.out.push('[');
                    class::write_category(&mut self.out, category, self.modes.ascii);
                    self.push("]");
                }
            },
        }
        Ok(())
    }

    /// The set of what Python takes for parts of words.
    fn word(&self) -> String {
        let mut set = String::from("[");
        class::write_category(&mut set, 'w', self.modes.ascii);
        set.push(']');
        set
    }

    /// `\1` and `\12` are groups, `\123` is a character in octal.
    fn number(&mut self, first: char) -> Result<(), String> {
        let mut digits = first.to_string();
        let is_octal = |c: char| matches!(c, '0'..='7');
        digits.push_str(self.source.take_while(1, |c| c.is_ascii_digit()));
        if digits.len() == 2 && digits.chars().all(is_octal) {
            digits.push_str(self.source.take_while(1, is_octal));
        }
        if digits.len() < 3 {
            return self.reference(digits.parse().unwrap_or(usize::MAX));
        }
        match class::octal(self.source.position().saturating_sub(4), &digits)? {
            Member::Literal(code) => self.literal(code),
            Member::Category(_) => Ok(()),
        }
    }

    fn reference(&mut self, number: usize) -> Result<(), String> {
        match number.checked_sub(1).and_then(|at| self.closed.get(at)) {
            Some(true) => {
                self.push(&format!("(?:\\{number})"));
                Ok(())
            }
            Some(false) => self.error(&format!("reference to the group {number} from within it")),
            None => self.error(&format!("reference to the group {number}, which is not there")),
        }
    }

    /// `{` begins a quantifier only if what follows completes it.
    fn brace(&mut self) -> Result<(), String> {
        if self.source.peek() == Some('}') {
            return self.literal(u32::from('{'));
        }
        let saved = self.source.save();
        let is_digit = |c: char| c.is_ascii_digit();
        let least = self.source.take_while(usize::MAX, is_digit);
        let comma = self.source.eat(',');
        let most = if comma { self.source.take_while(usize::MAX, is_digit) } else { least };
        if !self.source.eat('}') {
            self.source.restore(saved);
            return self.literal(u32::from('{'));
        }
        let number = |digits: &str| {
            let number = digits.parse::<u32>().ok().filter(|number| *number < u32::MAX);
            number.ok_or_else(|| format!("the number of repetitions {digits} is too large"))
        };
        let least = if least.is_empty() { 0 } else { number(least)? };
        if most.is_empty() {
            return self.quantifier(&format!("{{{least},}}"), least);
        }
        let most = number(most)?;
        if most < least {
            return self.error("quantifier with a maximum below its minimum");
        }
        self.quantifier(&format!("{{{least},{most}}}"), least)
    }

    fn quantifier(&mut self, text: &str, least: u32) -> Result<(), String> {
        let last = std::mem::replace(&mut self.last, Last::Repeat);
        if last == Last::Nothing {
            return self.error("nothing to repeat");
        }
        if last == Last::Repeat {
            return self.error("quantifier after a quantifier");
        }
        let kind = if self.source.eat('?') {
            "?"
        } else if self.source.eat('+') {
            "+"
        } else {
            ""
        };
        match last {
            // The engine repeats no look-around. It takes no space, so once or not at all is all there is.
            Last::Look(start) if least == 0 => {
                self.out.insert_str(start, "(?:");
                self.out.push_str("|)");
            }
            Last::Look(_) => {}
            _ => {
                self.out.push_str(text);
                self.out.push_str(kind);
            }
        }
        Ok(())
    }

    fn alternative(&mut self) -> Result<(), String> {
        if let Some(branches) = self.open.last_mut().and_then(|group| group.branches.as_mut()) {
            *branches += 1;
            if *branches > 1 {
                return self.error("conditional group with more than two alternatives");
            }
        }
        self.out.push('|');
        self.last = Last::Nothing;
        self.global_flags_allowed = false;
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(group) = self.open.pop() else { return self.error("unbalanced `)`") };
        if let Some(closed) = group.number.and_then(|number| self.closed.get_mut(number - 1)) {
            *closed = true;
        }
        self.modes = group.modes;
        self.push(")");
        if let Some(start) = group.look {
            self.last = Last::Look(start);
        }
        Ok(())
    }
}
