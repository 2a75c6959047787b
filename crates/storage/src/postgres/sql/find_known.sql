SELECT doc_key, outcome, format, etag, modified_at, size_bytes, content_hash, parse_fingerprint, seen_by_run
FROM documents
WHERE doc_key = ANY ($1)
