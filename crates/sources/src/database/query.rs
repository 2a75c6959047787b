//! The statement of the configuration, looked at before it is sent anywhere.
//!
//! It becomes a table within other statements, so it has to be one SELECT
//! whose parentheses, quotes and comments all end in it. That it only reads is
//! the server's business: transactions may do nothing else.

use gdg_config::DatabaseBackend;

/// The statement without what may follow it: semicolons, white space and comments.
/// An error is the rest of a sentence that begins with the key.
pub(super) fn checked_query(text: &str, backend: DatabaseBackend) -> Result<String, String> {
    let mut scanner = Scanner { text, position: 0, backend };
    let mut depth = 0_u32;
    let mut first_word = None;
    let mut end = 0;
    let mut is_over = false;
    while let Some(token) = scanner.next_token()? {
        match token {
            Token::Blank => continue,
            Token::Semicolon => {
                if first_word.is_none() {
                    return Err("begins with a semicolon".into());
                }
                is_over = true;
                continue;
            }
            _ if is_over => return Err("holds more than one statement".into()),
            Token::Word(word) => {
                first_word.get_or_insert(word);
            }
            Token::Open => depth += 1,
            Token::Close => {
                depth = depth.checked_sub(1).ok_or("closes a parenthesis that it does not open")?;
            }
            Token::Other => {
                first_word.get_or_insert("");
            }
        }
        end = scanner.position;
    }
    if depth > 0 {
        return Err("does not close a parenthesis that it opens".into());
    }
    match first_word {
        None => Err("is empty".into()),
        Some(word)
            if ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|known| word.eq_ignore_ascii_case(known)) =>
        {
            Ok(text.get(..end).unwrap_or_default().to_owned())
        }
        Some(word) => Err(format!("has to be a SELECT, and begins with `{word}`")),
    }
}

#[derive(Debug)]
enum Token<'a> {
    /// White space, or a comment.
    Blank,
    Semicolon,
    Open,
    Close,
    Word(&'a str),
    /// Quoted text, a number, an operator.
    Other,
}

#[derive(Debug)]
struct Scanner<'a> {
    text: &'a str,
    position: usize,
    backend: DatabaseBackend,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn next_token(&mut self) -> Result<Option<Token<'a>>, String> {
        use DatabaseBackend::{Mysql, Postgresql, Sqlite};
        let rest = self.rest();
        let mut characters = rest.chars();
        let Some(first) = characters.next() else { return Ok(None) };
        let second = characters.next();
        let token = match first {
            '\0' => return Err("holds a NUL character".into()),
            _ if first.is_whitespace() => self.skip(first.len_utf8(), Token::Blank),
            '-' if second == Some('-') && self.is_dash_comment(rest) => self.line_comment(),
            '#' if self.backend == Mysql => self.line_comment(),
            '/' if second == Some('*') => self.block_comment()?,
            ';' => self.skip(1, Token::Semicolon),
            '(' => self.skip(1, Token::Open),
            ')' => self.skip(1, Token::Close),
            '\'' => self.quoted('\'', self.backend == Mysql)?,
            '"' => self.quoted('"', self.backend == Mysql)?,
            '`' if self.backend != Postgresql => self.quoted('`', false)?,
            '[' if self.backend == Sqlite => self.bracketed()?,
            'e' | 'E' if self.backend == Postgresql && second == Some('\'') => {
                self.position += 1;
                self.quoted('\'', true)?
            }
            '$' if self.backend == Postgresql => self.dollar()?,
            '?' if self.backend != Postgresql => return Err(placeholder("?")),
            ':' if self.backend == Sqlite => return Err(placeholder(":")),
            '@' | '$' if self.backend == Sqlite => return Err(placeholder(&first.to_string())),
            _ if is_word(first) => {
                let length = rest.find(|c| !is_word(c) && c != '$').unwrap_or(rest.len());
                self.skip(length, Token::Word(rest.get(..length).unwrap_or_default()))
            }
            _ => self.skip(first.len_utf8(), Token::Other),
        };
        Ok(Some(token))
    }

    fn skip(&mut self, length: usize, token: Token<'a>) -> Token<'a> {
        self.position += length;
        token
    }

    /// For MySQL, `--` begins a comment only before white space.
    fn is_dash_comment(&self, rest: &str) -> bool {
        self.backend != DatabaseBackend::Mysql
            || rest.chars().nth(2).is_none_or(|third| third.is_whitespace() || third.is_control())
    }

    fn line_comment(&mut self) -> Token<'a> {
        let rest = self.rest();
        let length = rest.find('\n').unwrap_or(rest.len());
        self.skip(length, Token::Blank)
    }

    /// For PostgreSQL, comments lie within comments.
    fn block_comment(&mut self) -> Result<Token<'a>, String> {
        let rest = self.rest();
        if self.backend == DatabaseBackend::Mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
            return Err("holds a comment that MySQL would run (`/*!`)".into());
        }
        let nests = self.backend == DatabaseBackend::Postgresql;
        let (mut depth, mut at) = (1, 2);
        while depth > 0 {
            let inner = rest.get(at..).unwrap_or_default();
            if inner.starts_with("*/") {
                depth -= 1;
                at += 2;
            } else if nests && inner.starts_with("/*") {
                depth += 1;
                at += 2;
            } else {
                let Some(next) = inner.chars().next() else {
                    return Err("has a comment without end".into());
                };
                at += next.len_utf8();
            }
        }
        Ok(self.skip(at, Token::Blank))
    }

    /// A quote within stands twice, or behind a backslash where that escapes.
    fn quoted(&mut self, quote: char, has_escapes: bool) -> Result<Token<'a>, String> {
        let mut characters = self.rest().char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            if character == '\\' && has_escapes {
                characters.next();
            } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
                return Ok(self.skip(at + 1, Token::Other));
            }
        }
        Err(format!("opens a quote ({quote}) that it does not close"))
    }

    fn bracketed(&mut self) -> Result<Token<'a>, String> {
        let end = self.rest().find(']').ok_or("opens a bracket that it does not close")?;
        Ok(self.skip(end + 1, Token::Other))
    }

    /// `$tag$ … $tag$` is text, `$1` stands for a value.
    fn dollar(&mut self) -> Result<Token<'a>, String> {
        let rest = self.rest();
        let after = rest.get(1..).unwrap_or_default();
        if after.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(placeholder("$1"));
        }
        let tag_length = after.find(|c| !is_word(c)).unwrap_or(after.len());
        if !after.get(tag_length..).is_some_and(|behind| behind.starts_with('$')) {
            return Ok(self.skip(1, Token::Other));
        }
        let tag = rest.get(..tag_length + 2).unwrap_or_default();
        let body = rest.get(tag.len()..).unwrap_or_default();
        let end = body.find(tag).ok_or_else(|| format!("opens a quote ({tag}) that it does not close"))?;
        Ok(self.skip(tag.len() + end + tag.len(), Token::Other))
    }
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn placeholder(sign: &str) -> String {
    format!("holds a placeholder for a value (`{sign}`), and there is no value for it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use DatabaseBackend::{Mysql, Postgresql, Sqlite};
    use proptest::prelude::*;

    fn accepted(backend: DatabaseBackend, text: &str) -> String {
        checked_query(text, backend).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    #[test]
    fn what_follows_a_statement_is_taken_off() {
        for backend in [Postgresql, Mysql, Sqlite] {
            for text in
                ["SELECT 1", "SELECT 1;", "SELECT 1 ; ;\n", "SELECT 1; -- done", "SELECT 1 /* done; */ ;"]
            {
                assert_eq!(accepted(backend, text), "SELECT 1", "{text}");
            }
        }
    }

    #[test]
    fn statements_of_every_shape_are_accepted() {
        for backend in [Postgresql, Mysql, Sqlite] {
            for text in [
                "select * from t where a = ';' and b = 'it''s'",
                "-- first\nWITH x AS (SELECT 1) SELECT * FROM x",
                "(SELECT 1) UNION (SELECT 2)",
                "SELECT \"a;b\" FROM t",
                "VALUES (1), (2)",
                "SELECT ')' FROM t",
            ] {
                accepted(backend, text);
            }
        }
        accepted(
            Postgresql,
            "SELECT E'it\\'s;', $$;)$$, $a$ $$ ; $a$, a::text, b ? 'key' FROM t /* /* ; */ ; */",
        );
        accepted(Mysql, "SELECT 'it\\'s;', `a;b`, 1--1 FROM t # ;");
        accepted(Sqlite, "SELECT [a;b], `c)` FROM t");
    }

    #[test]
    fn what_is_no_single_select_is_refused() {
        for backend in [Postgresql, Mysql, Sqlite] {
            for (text, problem) in [
                ("", "is empty"),
                (" -- nothing", "is empty"),
                (";", "begins with a semicolon"),
                ("DELETE FROM t", "begins with `DELETE`"),
                ("update t set a = 1", "begins with `update`"),
                ("(DROP TABLE t)", "begins with `DROP`"),
                ("'SELECT'", "has to be a SELECT"),
                ("SELECT 1; DELETE FROM t", "more than one statement"),
                ("SELECT 1) AS q; DROP TABLE t", "closes a parenthesis"),
                ("SELECT (1", "does not close a parenthesis"),
                ("SELECT 'a", "does not close"),
                ("SELECT 1 /* a", "without end"),
                ("SELECT '\0'", ""),
            ] {
                match checked_query(text, backend) {
                    Err(told) => assert!(told.contains(problem), "{text}: {told}"),
                    Ok(_) => assert!(text.contains('\0'), "{text}"),
                }
            }
        }
    }

    #[test]
    fn a_placeholder_is_refused() {
        for (backend, text) in [
            (Postgresql, "SELECT $1"),
            (Mysql, "SELECT ?"),
            (Sqlite, "SELECT ?1"),
            (Sqlite, "SELECT :a"),
            (Sqlite, "SELECT @a"),
            (Sqlite, "SELECT $a"),
        ] {
            assert!(checked_query(text, backend).unwrap_err().contains("placeholder"), "{text}");
        }
        assert!(checked_query("SELECT 1 /*! INTO OUTFILE 'x' */", Mysql).unwrap_err().contains("would run"));
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "[a-zSELECT'\"`\\[\\]();$/*# \n\\\\-]{0,60}|\\PC{0,40}") {
            for backend in [Postgresql, Mysql, Sqlite] {
                if let Ok(query) = checked_query(&text, backend) {
                    prop_assert!(text.starts_with(&query));
                    prop_assert_eq!(checked_query(&query, backend), Ok(query.clone()));
                }
            }
        }
    }
}
