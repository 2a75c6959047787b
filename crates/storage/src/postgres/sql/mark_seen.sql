-- The stamp of a document may be new while its content is not.
UPDATE documents d
SET seen_by_run = $1, etag = seen.etag, modified_at = seen.modified_at,
    size_bytes = coalesce(seen.size_bytes, d.size_bytes)
FROM unnest($2::bytea[], $3::text[], $4::bigint[], $5::bigint[]) AS seen (doc_key, etag, modified_at, size_bytes)
WHERE d.doc_key = seen.doc_key
