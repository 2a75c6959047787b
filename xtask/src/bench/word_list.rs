//! Markdown documents that look like what people write, the same in every run.

use std::fmt::Write as _;

const WORDS: [&str; 64] = [
    "tide", "gauge", "harbour", "station", "reading", "interval", "pressure", "sensor", "battery", "cable",
    "level", "datum", "survey", "bench", "mark", "wind", "surge", "storm", "record", "archive", "report",
    "quality", "flag", "drift", "clock", "sample", "filter", "median", "window", "outage", "backup", "modem",
    "antenna", "pier", "ladder", "float", "well", "pipe", "valve", "housing", "seal", "service", "visit",
    "month", "season", "spring", "neap", "high", "low", "water", "mean", "range", "height", "metre",
    "second", "minute", "the", "of", "and", "to", "with", "after", "before", "between",
];

/// A small generator of numbers (`SplitMix64`), so that every run measures the same documents.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A document of about `size` bytes: headings, paragraphs, lists, tables, code and links.
pub(crate) fn markdown(numbers: &mut Numbers, size: usize) -> String {
    let mut text = format!("# {}\n\n", sentence(numbers, 4));
    while text.len() < size {
        // Writing to a string does not fail.
        let _ = match numbers.below(20) {
            0 | 1 => writeln!(text, "## {}\n", sentence(numbers, 3)),
            2 => writeln!(text, "### {}\n", sentence(numbers, 3)),
            3 | 4 => list(&mut text, numbers),
            5 => table(&mut text, numbers),
            6 => writeln!(text, "```sh\n{}\n```\n", sentence(numbers, 8)),
            7 => writeln!(text, "See [{}](file-{}.md).\n", sentence(numbers, 2), numbers.below(20_000)),
            _ => paragraph(&mut text, numbers),
        };
    }
    text
}

fn paragraph(text: &mut String, numbers: &mut Numbers) -> std::fmt::Result {
    for _ in 0..2 + numbers.below(4) {
        let length = 8 + numbers.below(12);
        write!(text, "{}. ", sentence(numbers, length))?;
    }
    text.push_str("\n\n");
    Ok(())
}

fn list(text: &mut String, numbers: &mut Numbers) -> std::fmt::Result {
    for _ in 0..3 + numbers.below(4) {
        let length = 4 + numbers.below(6);
        writeln!(text, "- {}", sentence(numbers, length))?;
    }
    text.push('\n');
    Ok(())
}

fn table(text: &mut String, numbers: &mut Numbers) -> std::fmt::Result {
    writeln!(text, "| day | height | remark |\n|---|---|---|")?;
    for day in 1..3 + numbers.below(3) {
        writeln!(text, "| {day} | {}.{} | {} |", numbers.below(9), numbers.below(100), sentence(numbers, 3))?;
    }
    text.push('\n');
    Ok(())
}

fn sentence(numbers: &mut Numbers, words: u64) -> String {
    let chosen: Vec<&str> = (0..words).map(|_| WORDS[numbers.below(WORDS.len() as u64) as usize]).collect();
    chosen.join(" ")
}
