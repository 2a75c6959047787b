SELECT document_number, position
FROM elements
WHERE to_tsvector('simple', text) @@ websearch_to_tsquery('simple', $1)
ORDER BY ts_rank_cd(to_tsvector('simple', text), websearch_to_tsquery('simple', $1)) DESC, document_number, position
LIMIT $2
