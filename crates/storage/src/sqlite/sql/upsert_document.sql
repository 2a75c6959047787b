INSERT INTO documents
    (doc_id, doc_key, source_name, locator, outcome, format, title, metadata, size_bytes, etag, modified_at,
     content_hash, parse_fingerprint, link_depth, element_count, stored_by_run, seen_by_run, stored_at,
     links_in_elements)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16,
        CAST(unixepoch('subsec') * 1000 AS INTEGER), ?17)
ON CONFLICT (doc_id) DO UPDATE SET
    source_name = excluded.source_name, locator = excluded.locator, outcome = excluded.outcome,
    format = excluded.format, title = excluded.title, metadata = excluded.metadata,
    size_bytes = excluded.size_bytes, etag = excluded.etag, modified_at = excluded.modified_at,
    content_hash = excluded.content_hash, parse_fingerprint = excluded.parse_fingerprint,
    -- a document is as near as the shortest way to it
    link_depth = min(documents.link_depth, excluded.link_depth),
    element_count = excluded.element_count, stored_by_run = excluded.stored_by_run,
    seen_by_run = excluded.seen_by_run, stored_at = excluded.stored_at,
    links_in_elements = excluded.links_in_elements, related_as = NULL
RETURNING document_number
