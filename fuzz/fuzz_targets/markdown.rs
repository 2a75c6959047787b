#![no_main]

gdg_fuzz::parser_target!(Markdown);
