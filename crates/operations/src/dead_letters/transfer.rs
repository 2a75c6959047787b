//! Dead letters into files and out of them, one JSON object a line.

use super::store::Page;
use super::{DeadLetterError, DeadLetters, Filter, Letter};
use serde::Serialize;
use std::io::{BufRead, Write};

/// Letters that are read or written at a time.
const TRANSFER_BATCH: u32 = 1_000;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Letters that were read.
    pub read: u64,
    /// Letters that were taken in; the others are here already, or their documents are well or being tried.
    pub imported: u64,
}

impl DeadLetters {
    /// Writes the letters that `filter` means to `output`, the oldest first. Returns how many.
    pub async fn export(
        &self,
        filter: &Filter,
        output: &mut (dyn Write + Send),
    ) -> Result<u64, DeadLetterError> {
        let (mut after, mut exported) = (0, 0);
        loop {
            let letters = self.store.page(filter, Page::OldestFirst { after }, TRANSFER_BATCH).await?;
            let Some(last) = letters.last() else { break };
            after = last.dead_letter_id;
            exported += letters.len() as u64;
            for letter in &letters {
                serde_json::to_writer(&mut *output, letter).map_err(std::io::Error::from)?;
                output.write_all(b"\n")?;
            }
        }
        output.flush()?;
        Ok(exported)
    }

    /// Takes in letters as [`export`](Self::export) writes them. They get numbers of their own.
    ///
    /// Fails at the first line that is no letter; what came before it in whole thousands is taken in, and an import of
    /// the mended file leaves it out.
    pub async fn import(&self, input: &mut (dyn BufRead + Send)) -> Result<Imported, DeadLetterError> {
        let mut imported = Imported::default();
        let mut letters = Vec::new();
        let mut line = String::new();
        for number in 1.. {
            line.clear();
            let is_end = input.read_line(&mut line)? == 0;
            if !line.trim().is_empty() {
                letters.push(read_line(&line, number)?);
                imported.read += 1;
            }
            if letters.len() >= TRANSFER_BATCH as usize || (is_end && !letters.is_empty()) {
                imported.imported += self.store.insert(std::mem::take(&mut letters)).await?;
            }
            if is_end {
                break;
            }
        }
        Ok(imported)
    }
}

fn read_line(line: &str, number: usize) -> Result<Letter, DeadLetterError> {
    let wrong = |detail: String| DeadLetterError::Import { line: number, detail };
    let letter: Letter = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
    if !(0..=2).contains(&letter.priority) {
        return Err(wrong(format!("priority {} is none of 0, 1 and 2", letter.priority)));
    }
    let numbers = letter.attempts.iter().map(|attempt| attempt.attempt);
    if !numbers.clone().is_sorted_by(|one, next| one < next) || numbers.min().is_some_and(|first| first < 1) {
        return Err(wrong("its attempts are not numbered one after the other".into()));
    }
    Ok(letter)
}
