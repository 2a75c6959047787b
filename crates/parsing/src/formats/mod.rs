//! The formats: one module each. A module knows its own format and the seam in [`crate::parser`], no other.

mod delimited;
mod docx;
mod eml;
mod html;
mod json;
mod markdown;
mod ooxml;
mod pdf;
mod plain_text;
mod pptx;
mod value_tree;
mod web_address;
mod xlsx;
mod xml;
mod yaml;

pub(crate) use delimited::Delimited;
pub(crate) use docx::Docx;
pub(crate) use eml::Eml;
pub(crate) use html::Html;
pub(crate) use json::{Json, JsonLines};
pub(crate) use markdown::Markdown;
pub(crate) use pdf::Pdf;
pub(crate) use plain_text::PlainText;
pub(crate) use pptx::Pptx;
pub(crate) use xlsx::Xlsx;
pub(crate) use xml::Xml;
pub(crate) use yaml::Yaml;
