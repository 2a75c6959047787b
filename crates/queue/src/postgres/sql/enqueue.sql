-- A document that is live, or was given up, in this run is not taken again.
-- Positions are given in the order of the arrays.
INSERT INTO document_queue
    (run_id, doc_id, doc_key, source_name, locator, link_depth, etag, modified_at, size_bytes, priority)
SELECT $1, new.doc_id, new.doc_key, new.source_name, new.locator, new.link_depth, new.etag, new.modified_at,
       new.size_bytes, new.priority
FROM unnest($2::text[], $3::bytea[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::bigint[], $9::bigint[],
            $10::smallint[])
    WITH ORDINALITY AS new (doc_id, doc_key, source_name, locator, link_depth, etag, modified_at, size_bytes,
                            priority, place)
WHERE NOT EXISTS (SELECT 1 FROM dead_letter_queue dead WHERE dead.run_id = $1 AND dead.doc_key = new.doc_key)
ORDER BY new.place
ON CONFLICT (run_id, doc_key) DO NOTHING
RETURNING queue_id, doc_id
