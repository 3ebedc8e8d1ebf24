//! Groups: everything that starts with a parenthesis.

use super::{Group, Last, Translator};

impl<'p> Translator<'p> {
    fn open(&mut self, text: &str, number: Option<usize>, branches: Option<usize>) {
        self.open.push(Group {
            start: self.source.position().saturating_sub(1),
            number,
            modes: self.modes,
            branches,
            look: None,
        });
        self.out.push_str(text);
        self.last = Last::Nothing;
        self.global_flags_allowed = false;
    }

    fn open_look(&mut self, text: &str) {
        let start = self.out.len();
        self.open(text, None, None);
        if let Some(group) = self.open.last_mut() {
            group.look = Some(start);
        }
    }

    fn open_numbered(&mut self) {
        self.closed.push(false);
        // Names are turned into numbers: the engine's names are ASCII, Python's are not.
        self.open("(", Some(self.closed.len()), None);
    }

    /// Reads what follows a `(`.
    pub(super) fn group(&mut self) -> Result<(), String> {
        if !self.source.eat('?') {
            self.open_numbered();
            return Ok(());
        }
        let Some(c) = self.source.next() else { return self.error("unexpected end") };
        match c {
            ':' => self.open("(?:", None, None),
            '>' => self.open("(?>", None, None),
            '=' => self.open_look("(?="),
            '!' => self.open_look("(?!"),
            '<' => match self.source.next() {
                Some('=') => self.open_look("(?<="),
                Some('!') => self.open_look("(?<!"),
                _ => {
                    return self
                        .error("`(?<` is neither `(?<=` nor `(?<!`; a named group is `(?P<name>...)`");
                }
            },
            '#' => {
                self.source.take_while(usize::MAX, |c| c != ')');
                if !self.source.eat(')') {
                    return self.error("missing `)` after a comment");
                }
            }
            'P' => return self.named(),
            '(' => return self.conditional(),
            _ => return self.flags(c),
        }
        Ok(())
    }

    fn named(&mut self) -> Result<(), String> {
        if self.source.eat('<') {
            let name = self.name('>')?;
            if self.names.insert(name, self.closed.len() + 1).is_some() {
                return self.error(&format!("the name `{name}` is given to a second group"));
            }
            self.open_numbered();
            return Ok(());
        }
        if !self.source.eat('=') {
            return self.error("`(?P` is neither `(?P<name>...)` nor `(?P=name)`");
        }
        let name = self.name(')')?;
        match self.names.get(name) {
            Some(&number) => self.reference(number),
            None => self.error(&format!("there is no group called `{name}`")),
        }
    }

    fn name(&mut self, end: char) -> Result<&'p str, String> {
        let name = self.source.until(end, "name of a group")?;
        if name.starts_with(|c: char| c.is_numeric())
            || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            return self.error(&format!("`{name}` cannot be the name of a group"));
        }
        Ok(name)
    }

    fn conditional(&mut self) -> Result<(), String> {
        let name = self.source.until(')', "name of a group")?;
        let number = match (self.names.get(name), name.parse::<usize>()) {
            (Some(&number), _) => number,
            (None, Ok(number @ 1..=1_000_000)) => number,
            _ => return self.error(&format!("there is no group called `{name}`")),
        };
        self.highest_condition = self.highest_condition.max(number);
        self.open(&format!("(?({number})"), None, Some(0));
        Ok(())
    }

    /// `(?i)` for the whole expression, `(?i-s:...)` for a part of it.
    fn flags(&mut self, first: char) -> Result<(), String> {
        let (mut on, mut off) = (String::new(), String::new());
        let mut modes = self.modes;
        let mut adding = true;
        let mut next = Some(first);
        let end = loop {
            match next {
                Some('-') if adding => adding = false,
                Some(c @ (')' | ':')) => break c,
                Some(c @ ('i' | 's')) if adding => on.push(c),
                Some(c @ ('i' | 's')) => off.push(c),
                Some('m') => modes.multiline = adding,
                Some('x') => modes.verbose = adding,
                Some('a') if adding => modes.ascii = true,
                Some('u') if adding => modes.ascii = false,
                _ => return self.error("unknown flag or extension after `(?`"),
            }
            next = self.source.next();
        };
        if end == ')' {
            if !adding {
                return self.error("missing `:` after flags that are turned off");
            }
            if !self.global_flags_allowed {
                return self.error("flags for the whole expression that are not at its start");
            }
            if !on.is_empty() {
                self.out.push_str(&format!("(?{on})"));
            }
            self.modes = modes;
            return Ok(());
        }
        if on.chars().any(|c| off.contains(c)) {
            return self.error("a flag that is turned both on and off");
        }
        let minus = if off.is_empty() { "" } else { "-" };
        self.open(&format!("(?{on}{minus}{off}:"), None, None);
        self.modes = modes;
        Ok(())
    }
}
