//! What file names and media types say of the format.

use gdg_model::Format;

/// What a name's extension says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extension {
    /// There is none.
    None,
    /// One that no table has.
    Unknown,
    /// The extension of a format.
    Format(Format),
    /// The extension of text that no parser knows, with its description.
    Unsupported(&'static str),
}

impl Extension {
    pub(super) fn format(self) -> Option<Format> {
        match self {
            Self::Format(format) => Some(format),
            Self::None | Self::Unknown | Self::Unsupported(_) => None,
        }
    }
}

/// Extensions of each format, in lower case.
const EXTENSIONS: [(Format, &[&str]); Format::ALL.len()] = [
    (Format::Markdown, &["md", "markdown", "mdown", "mkd", "mkdn", "mdx", "rmd", "qmd"]),
    (Format::Html, &["html", "htm", "xhtml", "xht", "shtml"]),
    (Format::Text, TEXT_EXTENSIONS),
    (Format::Csv, &["csv"]),
    (Format::Tsv, &["tsv", "tab"]),
    (Format::Json, &["json", "ipynb", "geojson", "topojson", "jsonld", "har", "webmanifest"]),
    (Format::Jsonl, &["jsonl", "ndjson", "jsonlines"]),
    (Format::Xml, XML_EXTENSIONS),
    (Format::Yaml, &["yaml", "yml"]),
    (Format::Docx, &["docx", "docm", "dotx", "dotm"]),
    (Format::Pptx, &["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"]),
    (Format::Xlsx, &["xlsx", "xlsm", "xltx", "xltm"]),
    (Format::Pdf, &["pdf"]),
    (Format::Eml, &["eml", "mht", "mhtml"]),
];

/// Prose, logs, code and configuration: whatever else such a text looks like, it is read as text.
const TEXT_EXTENSIONS: &[&str] = &[
    "txt",
    "text",
    "log",
    "rst",
    "org",
    "adoc",
    "asciidoc",
    "tex",
    "bib",
    "typ",
    "srt",
    "vtt",
    "ics",
    "vcf",
    "diff",
    "patch",
    "toml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "env",
    "sql",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "py",
    "rs",
    "c",
    "h",
    "cc",
    "cpp",
    "hpp",
    "cs",
    "java",
    "kt",
    "go",
    "js",
    "mjs",
    "ts",
    "jsx",
    "tsx",
    "css",
    "scss",
    "less",
    "rb",
    "pl",
    "lua",
    "r",
    "jl",
    "swift",
    "scala",
    "hs",
    "ml",
    "ex",
    "exs",
    "erl",
    "clj",
    "lisp",
    "el",
    "vim",
    "vue",
    "svelte",
    "proto",
    "graphql",
    "tf",
    "mk",
    "cmake",
    "gradle",
];

const XML_EXTENSIONS: &[&str] = &[
    "xml", "rss", "atom", "svg", "xsd", "xsl", "xslt", "wsdl", "rdf", "opml", "fb2", "docbook", "dbk", "tei",
    "dita", "xliff", "xlf", "gpx", "kml", "plist", "resx",
];

/// How a file of several messages is described; reading its first message alone would lose the others.
pub(super) const MAILBOX: &str = "a mailbox of several messages (mbox)";

/// Extensions of text that no parser knows.
const UNSUPPORTED: [(&str, &str); 1] = [("mbox", MAILBOX)];

/// Media types that are in use besides the registered ones of [`Format::media_type`].
const MEDIA_TYPES: [(&str, Format); 12] = [
    ("text/x-markdown", Format::Markdown),
    ("application/xhtml+xml", Format::Html),
    ("application/csv", Format::Csv),
    ("text/json", Format::Json),
    ("application/x-ndjson", Format::Jsonl),
    ("application/x-jsonlines", Format::Jsonl),
    ("application/jsonlines", Format::Jsonl),
    ("application/json-seq", Format::Jsonl),
    ("text/xml", Format::Xml),
    ("application/x-yaml", Format::Yaml),
    ("text/yaml", Format::Yaml),
    ("text/x-yaml", Format::Yaml),
];

/// Endings of media types that name the syntax below (RFC 6839).
const SUFFIXES: [(&str, Format); 3] =
    [("+json", Format::Json), ("+xml", Format::Xml), ("+yaml", Format::Yaml)];

/// What the extension of a file name says. A leading dot begins one: `.env`.
pub(super) fn extension(name: &str) -> Extension {
    let file_name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let Some((_, extension)) = file_name.rsplit_once('.') else { return Extension::None };
    let is = |known: &str| known.eq_ignore_ascii_case(extension);
    if let Some((format, _)) = EXTENSIONS.iter().find(|(_, names)| names.iter().any(|known| is(known))) {
        return Extension::Format(*format);
    }
    let unsupported = UNSUPPORTED.iter().find(|(known, _)| is(known));
    unsupported.map_or(Extension::Unknown, |(_, description)| Extension::Unsupported(description))
}

/// The text format that a media type names. Plain text is no answer: servers call so what they do not know.
pub(super) fn format_of_media_type(content_type: &str) -> Option<Format> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let ends_with = |suffix: &str| {
        let start = essence.len().checked_sub(suffix.len());
        start.and_then(|start| essence.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    };
    let registered = Format::ALL.into_iter().map(|format| (format.media_type(), format));
    registered
        .chain(MEDIA_TYPES)
        .find(|(media_type, _)| media_type.eq_ignore_ascii_case(essence))
        .or_else(|| SUFFIXES.into_iter().find(|(suffix, _)| ends_with(suffix)))
        .map(|(_, format)| format)
        .filter(|format| is_text(*format) && *format != Format::Text)
}

/// Whether documents of `format` are text as a whole, without a mark of their own.
pub(super) fn is_text(format: Format) -> bool {
    !matches!(format, Format::Docx | Format::Pptx | Format::Xlsx | Format::Pdf)
}
