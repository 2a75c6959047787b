//! What a robots.txt says (RFC 9309).

use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::time::Duration;
use url::Url;

/// Bytes of the file that are read.
pub(super) const MAX_SIZE: usize = 500 << 10;
/// The longest time between two requests that a file is granted.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(30);
/// Rules of a crawler that are kept, and the bytes of each.
const MAX_RULES: usize = 5_000;
const MAX_RULE_LENGTH: usize = 2_000;

/// The rules for one crawler.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RobotsTxt {
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allows: bool,
    pattern: String,
}

impl RobotsTxt {
    /// The rules for the crawler `product`: those of the groups that name it, else those for all.
    pub(super) fn parse(bytes: &[u8], product: &str) -> Self {
        let text = String::from_utf8_lossy(bytes.get(..MAX_SIZE).unwrap_or(bytes));
        let (mut own, mut general) = (None, Self::default());
        let (mut is_own, mut is_general) = (false, false);
        let mut is_among_names = false;
        for line in text.trim_start_matches('\u{feff}').split(['\n', '\r']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !is_among_names {
                    (is_own, is_general) = (false, false);
                }
                is_among_names = true;
                is_own |= product_of(value).eq_ignore_ascii_case(product);
                is_general |= value == "*";
                if is_own {
                    own.get_or_insert_with(Self::default);
                }
                continue;
            }
            if matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                is_among_names = false;
                if let Some(own) = own.as_mut().filter(|_| is_own) {
                    own.take(&key, value);
                }
                if is_general {
                    general.take(&key, value);
                }
            }
        }
        own.unwrap_or(general)
    }

    fn take(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let seconds = value.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
            let delay = seconds.map(|seconds| Duration::from_secs_f64(seconds.min(86_400.0)));
            self.crawl_delay = delay.map(|delay| delay.min(MAX_CRAWL_DELAY)).or(self.crawl_delay);
        } else if !value.is_empty() && value.len() <= MAX_RULE_LENGTH && self.rules.len() < MAX_RULES {
            self.rules.push(Rule { allows: key == "allow", pattern: comparable(value).into_owned() });
        }
    }

    /// Whether the crawler may ask for `url`: the longest rule decides, and of equal ones the one that allows.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let path = url.query().map_or_else(|| url.path().into(), |query| format!("{}?{query}", url.path()));
        let path = comparable(&path);
        let matching = self.rules.iter().filter(|rule| matches(rule.pattern.as_bytes(), path.as_bytes()));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allows)).is_none_or(|rule| rule.allows)
    }

    /// The time between requests that it asks for.
    pub(super) fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }
}

/// The name that a crawler is looked for by: the beginning of its `User-Agent`.
pub(super) fn product_of(user_agent: &str) -> &str {
    let end = user_agent.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')));
    user_agent.get(..end.unwrap_or(user_agent.len())).unwrap_or_default()
}

/// A path or a pattern as it is compared: characters with and without escapes are the same, but for those that
/// mean something.
fn comparable(text: &str) -> Cow<'_, str> {
    if !text.contains('%') && text.is_ascii() {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        plain.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at..at + 3).unwrap_or("%");
        match percent_decode_str(escape).next() {
            Some(byte) if byte.is_ascii_graphic() && !b"/%*$?#".contains(&byte) => {
                plain.push(char::from(byte));
            }
            _ => plain.push_str(&escape.to_ascii_uppercase()),
        }
        rest = rest.get(at + escape.len()..).unwrap_or_default();
    }
    plain.push_str(rest);
    // What is not ASCII stands in URLs with escapes.
    percent_encoding::utf8_percent_encode(&plain, percent_encoding::CONTROLS).to_string().into()
}

/// Whether `path` begins as `pattern` says: `*` stands for anything, and `$` at the end for the end.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = match pattern.split_last() {
        Some((b'$', rest)) => (rest, true),
        _ => (pattern, false),
    };
    let (mut in_pattern, mut in_path) = (0, 0);
    // Where to go on when what follows the last `*` does not fit: behind it, one byte further.
    let mut again = None;
    loop {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                in_pattern += 1;
                again = Some((in_pattern, in_path));
                continue;
            }
            None if !to_the_end || in_path == path.len() => return true,
            Some(byte) if path.get(in_path) == Some(byte) => {
                (in_pattern, in_path) = (in_pattern + 1, in_path + 1);
                continue;
            }
            _ => {}
        }
        match again {
            Some((behind_star, from)) if from < path.len() => {
                again = Some((behind_star, from + 1));
                (in_pattern, in_path) = (behind_star, from + 1);
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(robots: &str, paths: &[(&str, bool)]) {
        let robots = RobotsTxt::parse(robots.as_bytes(), "go-doc-go");
        for (path, allowed) in paths {
            let url = Url::parse(&format!("http://example.com{path}")).unwrap();
            assert_eq!(robots.allows(&url), *allowed, "{path}");
        }
    }

    #[test]
    fn a_file_that_says_nothing_allows_everything() {
        for robots in ["", "\0\u{fffd}", "<html>404</html>", "Disallow: /", "User-agent: *\nDisallow:"] {
            allowed(robots, &[("/", true), ("/a?b", true)]);
        }
    }

    #[test]
    fn the_longest_rule_decides_and_of_equal_ones_the_one_that_allows() {
        allowed(
            "User-agent: *\r\nDisallow: /a\r\nAllow: /a/b\r\nDisallow: /a/b/c\r\nAllow: /x\r\nDisallow: /x\r\n",
            &[("/", true), ("/a", false), ("/ab", false), ("/a/b", true), ("/a/b/c/d", false), ("/x", true)],
        );
    }

    #[test]
    fn stars_and_dollars_are_understood() {
        allowed(
            "user-agent:*\ndisallow:*.pdf$\ndisallow:/*/private/\ndisallow: /*?sort=\ndisallow: /end$",
            &[
                ("/a.pdf", false),
                ("/a.pdf.html", true),
                ("/a.pdf?x", true),
                ("/x/private/y", false),
                ("/private/", true),
                ("/list?sort=up", false),
                ("/list?page=2", true),
                ("/end", false),
                ("/ending", true),
            ],
        );
    }

    #[test]
    fn the_group_of_ones_own_name_counts_alone() {
        let robots = "User-agent: *\nDisallow: /\nCrawl-delay: 9\n\nUser-agent: other\nUser-agent: Go-Doc-Go/1.0\n\
                      Crawl-delay: 2.5\nDisallow: /own # comment\n\nUser-agent: go-doc-go\nDisallow: /more\n";
        allowed(robots, &[("/", true), ("/own", false), ("/more", false)]);
        let delay = |product| RobotsTxt::parse(robots.as_bytes(), product).crawl_delay();
        assert_eq!(delay("go-doc-go"), Some(Duration::from_millis(2500)));
        assert_eq!(delay("another"), Some(Duration::from_secs(9)));
    }

    #[test]
    fn lines_that_are_not_known_divide_no_group() {
        allowed(
            "User-agent: *\nSitemap: http://x/\nUser-agent: b\nDisallow: /a\n",
            &[("/a", false), ("/b", true)],
        );
    }

    #[test]
    fn a_delay_is_bounded() {
        for (text, seconds) in
            [("86400", Some(30)), ("1e300", Some(30)), ("-1", None), ("NaN", None), ("x", None)]
        {
            let robots = RobotsTxt::parse(format!("User-agent: *\nCrawl-delay: {text}").as_bytes(), "a");
            assert_eq!(robots.crawl_delay().map(|delay| delay.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn escapes_do_not_matter() {
        allowed(
            "User-agent: *\nDisallow: /%7eada\nDisallow: /é\nDisallow: /a%2fb\nDisallow: /%",
            &[("/~ada/x", false), ("/%C3%A9", false), ("/a/b", true), ("/a%2Fb", false), ("/b", true)],
        );
    }

    #[test]
    fn a_crawler_is_named_by_the_beginning_of_its_user_agent() {
        assert_eq!(product_of("go-doc-go/0.1 (+https://example.com)"), "go-doc-go");
        assert_eq!(product_of("Mozilla"), "Mozilla");
        assert_eq!(product_of(""), "");
    }

    #[test]
    fn a_pattern_of_many_stars_costs_no_time_without_end() {
        let pattern = format!("User-agent: *\nDisallow: /{}b", "*a".repeat(900));
        allowed(&pattern, &[(&format!("/{}", "a".repeat(1_900)), true)]);
    }

    /// The same question, asked of a regular expression.
    fn by_expression(pattern: &str, path: &str) -> bool {
        let (pattern, end) = pattern.strip_suffix('$').map_or((pattern, ""), |rest| (rest, "$"));
        let parts: Vec<String> = pattern.split('*').map(regex::escape).collect();
        regex::Regex::new(&format!("^{}{end}", parts.join(".*"))).unwrap().is_match(path)
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_file(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let robots = RobotsTxt::parse(&bytes, "go-doc-go");
            robots.allows(&Url::parse("http://example.com/a?b=%zz").unwrap());
        }

        #[test]
        fn any_rule_is_a_rule(rule in ".{0,60}") {
            let robots = RobotsTxt::parse(format!("User-agent: *\nDisallow: {rule}").as_bytes(), "a");
            robots.allows(&Url::parse("http://example.com/a?b=%zz").unwrap());
        }

        #[test]
        fn patterns_match_as_expressions_would(pattern in "[ab*]{0,8}\\$?", path in "[ab]{0,8}") {
            prop_assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), by_expression(&pattern, &path));
        }
    }
}
