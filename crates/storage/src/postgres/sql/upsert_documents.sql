-- One row a document, in the order of the arrays. That is the order of the keys, so that two workers
-- with the same documents wait for each other and do not deadlock.
INSERT INTO documents
    (doc_id, doc_key, source_name, locator, outcome, format, title, metadata, size_bytes, etag, modified_at,
     content_hash, parse_fingerprint, link_depth, element_count, links_in_elements, stored_by_run, seen_by_run)
SELECT new.doc_id, new.doc_key, new.source_name, new.locator, new.outcome, new.format, new.title,
       new.metadata::jsonb, new.size_bytes, new.etag, new.modified_at, new.content_hash, new.parse_fingerprint,
       new.link_depth, new.element_count, new.links_in_elements, $1, $1
FROM unnest($2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::bigint[], $11::text[], $12::bigint[], $13::bytea[], $14::text[], $15::integer[], $16::integer[],
            $17::boolean[])
    WITH ORDINALITY AS new (doc_id, doc_key, source_name, locator, outcome, format, title, metadata, size_bytes,
                            etag, modified_at, content_hash, parse_fingerprint, link_depth, element_count,
                            links_in_elements, place)
ORDER BY new.place
ON CONFLICT (doc_key) DO UPDATE SET
    source_name = excluded.source_name, locator = excluded.locator, outcome = excluded.outcome,
    format = excluded.format, title = excluded.title, metadata = excluded.metadata,
    size_bytes = excluded.size_bytes, etag = excluded.etag, modified_at = excluded.modified_at,
    content_hash = excluded.content_hash, parse_fingerprint = excluded.parse_fingerprint,
    -- a document is as near as the shortest way to it
    link_depth = least(documents.link_depth, excluded.link_depth),
    element_count = excluded.element_count, links_in_elements = excluded.links_in_elements, stored_by_run = excluded.stored_by_run,
    seen_by_run = excluded.seen_by_run, stored_at = now(), related_as = NULL
-- A row that was there was locked before it was updated, and its new version says by whom (xmax); a new row says nobody.
RETURNING doc_key, document_number, xmax <> 0 AS was_there
