-- In the order of their numbers: whoever locks the same ones waits, and never in a ring.
SELECT document_number FROM documents WHERE document_number = ANY ($1) ORDER BY document_number FOR NO KEY UPDATE
