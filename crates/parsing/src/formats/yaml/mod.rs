//! YAML, read as a stream of events into the elements that JSON has.
//!
//! Aliases are replaced by what they refer to, out of the document's budget.
//! Merge keys (`<<`) stay members; tags other than those of the core schema
//! say nothing. A document of a stream is located by its number in it, from 0:
//! `/1/name`; a single document's values need no such prefix.

mod anchors;
mod complex_key;
mod core_schema;
mod flow_indent;
mod stream;

use super::value_tree::{Container, ValueTree};
use crate::text_encoding::decode;
use crate::{Input, ParseError, Parser, TreeBuilder};
use anchors::Anchors;
use complex_key::ComplexKey;
use gdg_model::Format;
use saphyr_parser::{Event, ScalarStyle, ScanError};

/// YAML.
#[derive(Debug)]
pub(crate) struct Yaml;

impl Parser for Yaml {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        let text = &*flow_indent::move_right(&decoded.text, tree.budget())?;
        let values =
            if stream::has_several(text) { ValueTree::of_stream(tree) } else { ValueTree::of_document(tree) };
        let mut reader = Reader { values, names_awaited: Vec::new(), complex_key: None };
        let mut anchors = Anchors::default();
        for event in saphyr_parser::Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| malformed(&error, &reader))?;
            anchors.record(&event);
            reader.take_expanded(event, &anchors).map_err(|failure| match failure {
                Failure::Tree(error) => error,
                Failure::WithinItself => ParseError::malformed(
                    Format::Yaml,
                    format!(
                        "an alias stands within what it refers to at line {}, column {}",
                        span.start.line(),
                        span.start.col() + 1
                    ),
                ),
            })?;
        }
        Ok(())
    }
}

/// How many flow collections the scanner takes inside one another.
const SCANNER_FLOW_LEVELS: usize = 255;

fn malformed(error: &ScanError, reader: &Reader<'_>) -> ParseError {
    if error.info() == "recursion limit exceeded"
        && let Err(too_deep) = reader.values.tree().budget().check_depth(SCANNER_FLOW_LEVELS + 1)
    {
        return too_deep;
    }
    let place = error.marker();
    ParseError::malformed(
        Format::Yaml,
        format!("{} at line {}, column {}", error.info(), place.line(), place.col() + 1),
    )
}

/// Why an event could not be taken.
enum Failure {
    Tree(ParseError),
    /// An alias to a node whose end is yet to come.
    WithinItself,
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Self {
        Self::Tree(error)
    }
}

struct Reader<'t> {
    values: ValueTree<'t>,
    /// For each open container, whether a member's name comes next. Never for arrays.
    names_awaited: Vec<bool>,
    /// The object or array that is being read as a name.
    complex_key: Option<ComplexKey>,
}

impl Reader<'_> {
    /// Takes an event; an alias as the events of what it refers to.
    fn take_expanded(&mut self, event: Event<'_>, anchors: &Anchors<'_>) -> Result<(), Failure> {
        let Event::Alias(anchor) = event else { return Ok(self.take(event)?) };
        let mut replays = vec![anchors.events(anchor).ok_or(Failure::WithinItself)?.iter()];
        while let Some(replay) = replays.last_mut() {
            match replay.next() {
                None => {
                    replays.pop();
                }
                Some(Event::Alias(inner)) => {
                    let events = anchors.events(*inner).ok_or(Failure::WithinItself)?;
                    replays.push(events.iter());
                }
                Some(event) => self.take(event.clone())?,
            }
        }
        Ok(())
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), ParseError> {
        if self.complex_key.is_some() {
            return self.extend_complex_key(&event);
        }
        let names_next = self.names_awaited.last() == Some(&true);
        match event {
            Event::Scalar(text, ..) if names_next => {
                self.name_next(text.into_owned());
                Ok(())
            }
            Event::MappingStart(..) | Event::SequenceStart(..) if names_next => {
                self.complex_key = Some(ComplexKey::default());
                self.extend_complex_key(&event)
            }
            Event::Scalar(text, style, _, tag) => {
                if self.is_absent_document(&text, style) {
                    self.values.skip_value();
                    return Ok(());
                }
                let scalar_type = core_schema::scalar_type(&text, style, tag.as_deref());
                self.values.scalar(&text, scalar_type)?;
                self.await_name();
                Ok(())
            }
            Event::MappingStart(..) => {
                self.values.begin(Container::Object)?;
                self.names_awaited.push(true);
                Ok(())
            }
            Event::SequenceStart(..) => {
                self.values.begin(Container::Array)?;
                self.names_awaited.push(false);
                Ok(())
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.values.end();
                self.names_awaited.pop();
                self.await_name();
                Ok(())
            }
            Event::Alias(_)
            | Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn name_next(&mut self, name: String) {
        self.values.name_next(name);
        if let Some(awaited) = self.names_awaited.last_mut() {
            *awaited = false;
        }
    }

    /// After a value: in an object, a name is next.
    fn await_name(&mut self) {
        if let Some(awaited) = self.names_awaited.last_mut() {
            *awaited = self.values.container() == Some(Container::Object);
        }
    }

    fn extend_complex_key(&mut self, event: &Event<'_>) -> Result<(), ParseError> {
        let Some(key) = &mut self.complex_key else { return Ok(()) };
        if key.extend(event, self.values.tree().budget(), self.names_awaited.len())?
            && let Some(key) = self.complex_key.take()
        {
            self.name_next(key.into_text());
        }
        Ok(())
    }

    /// Whether a scalar is what the parser puts where a document has nothing: `---` behind the last one.
    fn is_absent_document(&self, text: &str, style: ScalarStyle) -> bool {
        self.values.container().is_none() && style == ScalarStyle::Plain && matches!(text, "" | "~")
    }
}

#[cfg(test)]
mod tests {
    use crate::{Input, parse_as};
    use gdg_config::ParsingLimits;
    use gdg_model::{Format, Outline};

    fn outcome(text: &str) -> String {
        let input = Input { name: "", bytes: text.as_bytes() };
        match parse_as(Format::Yaml, &input, &ParsingLimits::default()) {
            Ok(document) => Outline(&document).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        insta::assert_snapshot!(outcome("a: 1_0\nb: 0x1F\nc: '3'\nd: yes\ne: True\nf:\ng: ~\nh: -.inf\ni: !!str 5\nj: 2026-01-02\nk: !x 6\n"), @r#"
        document
          json_object
            json_field "1_0" {"name":"a","value_type":"string"} @/a
            json_field "0x1F" {"name":"b","value_type":"number"} @/b
            json_field "3" {"name":"c","value_type":"string"} @/c
            json_field "yes" {"name":"d","value_type":"string"} @/d
            json_field "True" {"name":"e","value_type":"boolean"} @/e
            json_field {"name":"f","value_type":"null"} @/f
            json_field "~" {"name":"g","value_type":"null"} @/g
            json_field "-.inf" {"name":"h","value_type":"number"} @/h
            json_field "5" {"name":"i","value_type":"string"} @/i
            json_field "2026-01-02" {"name":"j","value_type":"string"} @/j
            json_field "6" {"name":"k","value_type":"number"} @/k
        "#);
    }

    #[test]
    fn aliases_are_replaced_by_what_they_refer_to() {
        insta::assert_snapshot!(outcome("base: &b\n  port: 1\n  list: &l [x]\nother:\n  <<: *b\n  again: *l\n*l : z\n"), @r#"
        document
          json_object
            json_object {"name":"base"} @/base
              json_field "1" {"name":"port","value_type":"number"} @/base/port
              json_array {"name":"list"} @/base/list
                json_item "x" {"index":0,"value_type":"string"} @/base/list/0
            json_object {"name":"other"} @/other
              json_object {"name":"<<"} @/other/<<
                json_field "1" {"name":"port","value_type":"number"} @/other/<</port
                json_array {"name":"list"} @/other/<</list
                  json_item "x" {"index":0,"value_type":"string"} @/other/<</list/0
              json_array {"name":"again"} @/other/again
                json_item "x" {"index":0,"value_type":"string"} @/other/again/0
            json_field "z" {"name":"[x]","value_type":"string"} @/[x]
        "#);
    }

    #[test]
    fn documents_of_a_stream_have_their_number_in_the_pointer() {
        insta::assert_snapshot!(outcome("%YAML 1.2\n---\na: 1\n---\n- b\n---\n"), @r#"
        document
          json_object {"index":0} @/0
            json_field "1" {"name":"a","value_type":"number"} @/0/a
          json_array {"index":1} @/1
            json_item "b" {"index":0,"value_type":"string"} @/1/0
        "#);
        insta::assert_snapshot!(outcome("# comment\n---\na: 1\n...\n# end\n"), @r#"
        document
          json_object
            json_field "1" {"name":"a","value_type":"number"} @/a
        "#);
    }

    #[test]
    fn a_name_that_is_no_scalar_is_written_out() {
        insta::assert_snapshot!(outcome("? [a, {b: c}]\n: 1\n? {}\n: [2]\n"), @r#"
        document
          json_object
            json_field "1" {"name":"[a, {b: c}]","value_type":"number"} @/[a, {b: c}]
            json_array {"name":"{}"} @/{}
              json_item "2" {"index":0,"value_type":"number"} @/{}/0
        "#);
    }

    #[test]
    fn nothing_but_comments_is_an_empty_document() {
        assert_eq!(outcome("# nothing\n"), "document\n");
        assert_eq!(outcome("---\n"), "document\n");
        assert_eq!(outcome("  \n"), "document\n");
    }

    #[test]
    fn expanding_aliases_ends_at_the_limit() {
        let ten_aliases = |level| vec![format!("*a{level}"); 10].join(", ");
        let levels: Vec<String> =
            (1..40).map(|level| format!("&a{level} [{}]", ten_aliases(level - 1))).collect();
        let as_values: Vec<String> = levels.iter().map(|value| format!("- {value}\n")).collect();
        let as_names: Vec<String> = levels.iter().map(|name| format!("  ? {name}\n  : 1\n")).collect();
        for text in [as_values.concat(), format!("-\n{}", as_names.concat())] {
            let error = outcome(&format!("- &a0 [x, x, x, x, x, x, x, x, x, x]\n{text}"));
            assert!(error.contains("parsing.limits.max_elements"), "{error}");
        }
    }

    #[test]
    fn a_flow_collection_may_end_as_far_left_as_it_began() {
        insta::assert_snapshot!(outcome("jobs:\n  os: [\n  a,\n    'b\n  c', {\n  }\n  ]\n  steps: |\n    [\n    ]\n"), @r#"
        document
          json_object
            json_object {"name":"jobs"} @/jobs
              json_array {"name":"os"} @/jobs/os
                json_item "a" {"index":0,"value_type":"string"} @/jobs/os/0
                json_item "b c" {"index":1,"value_type":"string"} @/jobs/os/1
                json_object {"index":2} @/jobs/os/2
              json_field "[\n]\n" {"name":"steps","value_type":"string"} @/jobs/steps
        "#);
        insta::assert_snapshot!(outcome("a: {\n}\nb: [\n"), @"malformed yaml: while parsing a node, did not find expected node content at line 4, column 1");
    }

    #[test]
    fn an_alias_within_its_own_anchor_is_malformed() {
        insta::assert_snapshot!(outcome("a: &a\n  - *a\n"), @"malformed yaml: an alias stands within what it refers to at line 2, column 5");
    }

    #[test]
    fn depth_over_the_limit_names_the_key() {
        let flow = ["[", "{a: "].map(|open| open.repeat(10_000));
        let block = ["- ", "? "].map(|open| open.repeat(10_000));
        let in_a_key = format!("? {}", "[".repeat(230));
        for text in flow.iter().chain(&block).chain([&in_a_key]) {
            let error = outcome(text);
            assert!(error.contains("parsing.limits.max_depth"), "{error}");
        }
    }

    #[test]
    fn malformed_yaml_says_what_and_where() {
        insta::assert_snapshot!(outcome("a: [1, 2\nb: 3\n"), @"malformed yaml: illegal placement of ':' indicator at line 2, column 2");
        insta::assert_snapshot!(outcome("a: *missing\n"), @"malformed yaml: while parsing node, found unknown anchor at line 1, column 4");
    }
}
