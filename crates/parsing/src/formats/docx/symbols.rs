//! Characters of the symbol fonts, which `w:sym` gives by their place in the font.

/// The Symbol font from 0x20 and from 0xA1, in Unicode.
const SYMBOL_LOW: &str =
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";
const SYMBOL_HIGH: &str = "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑";

/// The character at `code` (hexadecimal, often in the private use area) of `font`; `None` where Unicode has none.
pub(super) fn symbol(font: &str, code: &str) -> Option<char> {
    let code = u32::from_str_radix(code, 16).ok()?;
    let place = if (0xF000..=0xF0FF).contains(&code) { code - 0xF000 } else { code };
    let font = font.to_ascii_lowercase();
    if font == "symbol" {
        let from_low = place.checked_sub(0x20).and_then(|offset| SYMBOL_LOW.chars().nth(offset as usize));
        let from_high = place.checked_sub(0xA1).and_then(|offset| SYMBOL_HIGH.chars().nth(offset as usize));
        return from_low.or(from_high);
    }
    if font.starts_with("wingdings") {
        return wingding(&font, place);
    }
    char::from_u32(code).filter(|character| !('\u{E000}'..='\u{F8FF}').contains(character))
}

/// The Wingdings that stand for something in a text: ticks, boxes, arrows, bullets.
fn wingding(font: &str, place: u32) -> Option<char> {
    Some(match (font, place) {
        ("wingdings", 0x28) => '☎',
        ("wingdings", 0x2A) => '✉',
        ("wingdings", 0x4A) => '☺',
        ("wingdings", 0x4C) => '☹',
        ("wingdings", 0x6C) => '●',
        ("wingdings", 0x6E | 0xA7) => '■',
        ("wingdings", 0x6F | 0xA8) => '□',
        ("wingdings", 0xD8) => '➢',
        ("wingdings", 0xDF) => '←',
        ("wingdings", 0xE0 | 0xE8) => '→',
        ("wingdings", 0xE1) => '↑',
        ("wingdings", 0xE2) => '↓',
        ("wingdings", 0xF0) => '⇨',
        ("wingdings", 0xFB) | ("wingdings 2", 0x4F) => '✗',
        ("wingdings", 0xFC) | ("wingdings 2", 0x50) => '✓',
        ("wingdings", 0xFD) | ("wingdings 2", 0x51) => '☒',
        ("wingdings", 0xFE) | ("wingdings 2", 0x52) => '☑',
        ("wingdings 2", 0xA3) => '☐',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::symbol;

    #[test]
    fn symbols_become_the_characters_they_show() {
        assert_eq!(symbol("Symbol", "F061"), Some('α'));
        assert_eq!(symbol("Symbol", "F0B7"), Some('•'));
        assert_eq!(symbol("Symbol", "F0A3"), Some('≤'));
        assert_eq!(symbol("Symbol", "F0E5"), Some('∑'));
        assert_eq!(symbol("Wingdings", "F0FC"), Some('✓'));
        assert_eq!(symbol("MS Gothic", "2610"), Some('☐'));
        assert_eq!(symbol("Webdings", "F061"), None);
        assert_eq!(symbol("Symbol", "zz"), None);
    }
}
