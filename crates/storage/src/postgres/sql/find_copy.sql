SELECT document_number, title, metadata::text AS metadata
FROM documents
WHERE content_hash = $1 AND source_name = $2 AND parse_fingerprint = $3 AND doc_key <> $4 AND format = $5
  AND outcome = 'stored' AND links_in_elements
LIMIT 1
