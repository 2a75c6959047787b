//! What Word documents, presentations and workbooks have in common: the Open Packaging
//! Convention (a zip of XML parts that refer to one another by relationships)
//! and the pieces of content that several kinds hold.

mod graphics;
mod lists;
mod math;
mod package;
mod properties;
mod relationships;
mod text;
mod xml;

pub(crate) use graphics::{read_chart, read_diagram, write_chart, write_diagram};
pub(crate) use lists::{Item, OpenLists};
pub(crate) use math::MathText;
pub(crate) use package::Package;
pub(crate) use properties::read_core_properties;
pub(crate) use relationships::{Relationships, Target};
pub(crate) use text::{Inline, collapse, write_inline};
pub(crate) use xml::{Node, Tag, XmlPart, is_on, is_true};
