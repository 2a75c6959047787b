SELECT document_number, position, part, vector
FROM embeddings
WHERE (document_number, position, part) > ($2, $3, $4) AND model = $1
ORDER BY document_number, position, part
LIMIT $5
